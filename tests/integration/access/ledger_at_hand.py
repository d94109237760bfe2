"""A ledger in a database of its own: other connections must see what was committed, and the owner must alter it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from django.db import connections
from django.test import override_settings
from psycopg.types.json import Jsonb
from tests.conftest import NOW, owner_connection
from tests.integration.receiving.own_database import OwnDatabase, a_database_of_its_own

from engage.methods.ledger.verify_file import Verification
from engage.practice.access import audit, verifying
from engage.practice.access.gate import acting_as
from engage.practice.access.ledger import sequence, signing_key_of_the_ledger
from engage.practice.access.ledger_keys import Witness
from engage.practice.agencies.models import Staff


class LedgerAtHand:
    def __init__(self, database: OwnDatabase, folder: Path) -> None:
        self.database, self.key_file = database, folder / "ledger.key"
        database.environment |= {
            "ENGAGE_LEDGER_KEY_FILE": str(self.key_file),
            "ENGAGE_LEDGER_ORIGIN": "engage.test/ledger",
        }

    def looks(self, count: int) -> list[UUID]:
        """As many audit entries, each committed."""
        ewan = Staff.objects.select_related("agency", "team").get(code="ewan")
        made = []
        for number in range(count):
            with acting_as(ewan, now=NOW + timedelta(seconds=number)):
                made.append(audit.record(audit.Verb.CONSULT, "test", counts={"number": number}).pk)
        return made

    def sequence(self, **more) -> int:
        return sequence(now=NOW, **more)

    def verify(self, witnesses: list[Witness] | None = None, **more) -> Verification:
        with verifying.one_moment():
            return verifying.verify_ledger([str(signing_key_of_the_ledger().public)], witnesses or [], **more)

    def as_owner(self, *statements: str, parameters: dict | None = None) -> None:
        """What somebody who administers the database can do: triggers and foreign keys off, change, triggers on."""
        tables = ("access_auditentry", "access_ledgerleaf", "access_checkpoint", "access_cosignature")
        with owner_connection(self.database.name) as owner:
            for table in tables:
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for table, key in owner.execute(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint"
                " WHERE contype = 'f' AND conrelid IN ('access_ledgerleaf'::regclass, 'access_cosignature'::regclass)"
            ).fetchall():
                owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
            for statement in statements:
                owner.execute(statement, parameters)
            for table in tables:
                owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    def rows(self, sql: str) -> list[tuple]:
        with owner_connection(self.database.name) as owner:
            return owner.execute(sql).fetchall()

    def places(self) -> dict[UUID, int]:
        return dict(self.rows("SELECT entry_id, index FROM access_ledgerleaf"))


def as_the_application(database: str) -> psycopg.Connection:
    settings = connections["default"].settings_dict
    return psycopg.connect(
        dbname=database, user=settings["USER"], password=settings["PASSWORD"], host=settings["HOST"],
        port=settings["PORT"] or None,
    )  # fmt: skip


def add_entry(connection: psycopg.Connection, actor: UUID, at=NOW) -> UUID:
    """An entry as the application writes it, in a transaction that the caller ends."""
    entry = uuid4()
    body = {"id": str(entry), "at": at.isoformat(), "actor": str(actor), "action": "test"}
    connection.execute(
        "INSERT INTO access_auditentry (id, at, actor_id, body, leaf) VALUES (%s, %s, %s, %s, %s)",
        [entry, at, actor, Jsonb(body), audit.leaf_of(body)],
    )
    return entry


@contextmanager
def a_ledger(template: str, folder: Path, unblock) -> Iterator[LedgerAtHand]:
    with a_database_of_its_own(template, folder, unblock) as database:
        ledger = LedgerAtHand(database, folder)
        with (
            override_settings(
                LEDGER_KEY_FILE=ledger.key_file, LEDGER_ORIGIN="engage.test/ledger", WITNESSES=""
            ),
            database.doors_open(),
        ):
            try:
                yield ledger
            finally:
                connections.close_all()

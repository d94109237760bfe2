"""A database of invented identity records, as many as wanted, for measuring how one child is found among them.

Rows of the same kind as the usual door writes, behind the same walls: a test writes some hundreds both ways and compares
the tables. An interrupted filling goes on where it stopped.
"""

from __future__ import annotations

import atexit
import json
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from bench import figure, keep
from bench.county import _migrations, _point_at, _stamp_of
from engage.methods.linkage.records import IdentityRecord, standardise

if TYPE_CHECKING:
    from engage.practice.people.keys import Sight

AS_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
AT_ONCE = 10_000
# Whose records are whose in the demo's team. All in every area: what districts are called there, the demo does not know.
AGENCIES = {
    "COUNCIL": "BWD-CSC",
    "SCHOOLS": "SCHOOLS",
    "HEALTH": "ELHT",
    "POLICE": "LANCS-POL",
    "CHARITY": "BRIDGE",
    "HELPLINE": "LANTERN",
}
TABLES = ["people_record", "people_recorddetail", "people_identifier", "people_address", "people_token"]
Invented = tuple[str, IdentityRecord]  # whose it is, and what an agency says
Tables = dict[str, tuple[list[str], list[str]]]  # of each, its columns and its rows


def uuid_of(what: str, name: str) -> UUID:
    """The same in every run, so that whose a record is need not be kept; as scattered as any other."""
    return UUID(bytes=blake2b(f"{what} {name}".encode(), digest_size=16).digest(), version=4)


def prepare(records: Iterable[Invented], wanted: int, made_of: str) -> None:
    """Point this process and its children at the database, and fill it as far as it is not. `made_of` names what
    else the records depend on."""
    from engage.demo.building import fresh_database

    name = f"engage_identities_{wanted}"
    stamp = _stamp_of(name) or {}
    if (stamp.get("made_of"), stamp.get("migrations")) != (made_of, _migrations()):
        fresh_database(name)
        _set_up()
        stamp = {
            "name": name,
            "made_of": made_of,
            "migrations": _migrations(),
            "records": 0,
            "indexes": {},
            "seconds": 0,
        }
    _point_at(name)
    _fill(islice(records, stamp["records"], wanted), stamp)
    if stamp["indexes"]:
        _index(stamp)
    figure("linkage-online", "seconds to fill the database", round(stamp["seconds"]), "s", records=wanted)


def read_through() -> None:
    """Every page of these tables and their indexes once, as a server at work has them in memory: a machine puts pages
    away that nobody reads for some minutes, and Splink's table was read a moment ago. Row-level security, by which the
    owner would read nothing, is down within this transaction alone, which is taken back."""
    from django.db import connections, transaction

    with transaction.atomic(using="owner"), connections["owner"].cursor() as owner:
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            owner.execute(
                "SELECT DISTINCT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]"
                " WHERE indrelid = %s::regclass",
                [table],
            )
            columns = [name for (name,) in owner.fetchall()]
            owner.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexonlyscan = off")
            owner.execute(f"SELECT count(*) FROM {table}")
            owner.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexonlyscan = on")
            for name in columns:
                owner.execute(f"SELECT count(*) FROM {table} WHERE {name} IS NOT NULL")
        transaction.set_rollback(True, using="owner")


def later_than_any_before(lasts: timedelta) -> datetime:
    """A moment after all that was looked at in this database by earlier runs, which its account keeps; so long is taken
    from then on."""
    from django.db import connections

    stamp = _stamp_of(connections["default"].settings_dict["NAME"]) or {}
    begins_at = datetime.fromisoformat(stamp.get("looked_until", AS_AT.isoformat())) + timedelta(hours=2)
    stamp["looked_until"] = (begins_at + lasts).isoformat()
    _write_stamp(stamp)
    return begins_at


def _set_up() -> None:
    from django.core.management import call_command

    from engage.demo.team import set_up_team

    call_command("migrate", database="owner", verbosity=0)
    set_up_team(now=AS_AT, seed=1)


def _fill(records: Iterable[Invented], stamp: dict) -> None:
    """Keys are made in as many processes as there are cores, while the database copies what is ready."""
    started = time.monotonic()
    for tables, count in _made_ahead(records, stamp["records"]):
        if not stamp["indexes"]:
            _drop_indexes(stamp)
        _copy(tables, count, stamp, started)
        started = time.monotonic()
        print(f"{stamp['records']:,} records, {stamp['seconds']:.0f} s", flush=True)


def _made_ahead(records: Iterable[Invented], first: int) -> Iterator[tuple[Tables, int]]:
    stream = iter(records)
    part = list(islice(stream, AT_ONCE))
    if not part:
        return
    places()  # their compartments are made before others look for them
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, get_context("spawn"), _begin) as processes:
        ahead: deque[tuple[Future[Tables], int]] = deque()
        while part or ahead:
            if part:
                ahead.append((processes.submit(lines_of, part, first), len(part)))
                first += len(part)
                part = list(islice(stream, AT_ONCE))
            if len(ahead) > cores or not part:
                made, count = ahead.popleft()
                yield made.result(), count


def _begin() -> None:
    import django

    atexit.unregister(keep)  # what is kept is the figures of the run, not of its helpers
    django.setup()


def _drop_indexes(stamp: dict) -> None:
    """Quicker made at the end than kept up. Those of a constraint stay."""
    from django.db import connections

    with connections["owner"].cursor() as owner:
        owner.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS"
            " (SELECT FROM pg_constraint WHERE conindid = format('%%I', indexname)::regclass)",
            [TABLES],
        )
        stamp["indexes"] = dict(owner.fetchall())
        _write_stamp(stamp)
        for name in stamp["indexes"]:
            owner.execute(f'DROP INDEX "{name}"')


def _index(stamp: dict) -> None:
    from django.db import connections

    started = time.monotonic()
    with connections["owner"].cursor() as owner:
        owner.execute("SET maintenance_work_mem = '1GB'")
        for definition in stamp["indexes"].values():
            owner.execute(definition.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1))
        owner.execute("VACUUM ANALYZE")
    stamp["indexes"] = {}
    stamp["seconds"] += time.monotonic() - started
    _write_stamp(stamp)


def _write_stamp(stamp: dict) -> None:
    from django.db import connections
    from psycopg.sql import SQL, Identifier, Literal

    with connections["owner"].cursor() as owner:
        owner.execute(
            SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(stamp["name"]), Literal(json.dumps(stamp)))
        )


def _copy(tables: Tables, count: int, stamp: dict, started: float) -> None:
    """Copied by the owner: row-level security lets nobody COPY, so it is put down and up again within the one
    transaction that copies."""
    from django.db import connections, transaction

    with transaction.atomic(using="owner"), connections["owner"].cursor() as owner:
        for table, (columns, texts) in tables.items():
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            with owner.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                copy.write("".join(texts))
            owner.execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        stamp["records"] += count
        stamp["seconds"] += time.monotonic() - started
        _write_stamp(stamp)  # with the rows it counts, or not at all


@cache
def places() -> dict[str, _Place]:
    """Of each source, whose its records are and where they lie."""
    from engage.practice.access.gate import acting_as
    from engage.practice.agencies.models import Agency
    from engage.practice.receiving.actions import receiver

    with acting_as(receiver(), now=AS_AT):
        agencies = {agency.code: agency for agency in Agency.objects.all()}
        return {source: _Place(agencies[code]) for source, code in AGENCIES.items()}


def lines_of(part: list[Invented], first: int) -> Tables:
    """What `people.actions.records` would write of these, each already with its person."""
    lines, where = _Lines(), places()
    for number, (person, said) in enumerate(part, first):
        place = where[said.source]
        # No feed tells of former surnames, and no record keeps them.
        told = replace(said, former_surnames=(), source=place.code)
        lines.write(person, told, number, place)
    return lines.tables


class _Lines:
    """Rows as COPY reads them, by table."""

    def __init__(self) -> None:
        self.tables: Tables = {}
        self._defaults: dict[str, dict[str, object]] = {}

    def add(self, model: Any, **values: object) -> None:
        table = model._meta.db_table
        if table not in self.tables:
            fields = model._meta.concrete_fields
            self._defaults[table] = {field.column: field.get_default() for field in fields}
            self.tables[table] = list(self._defaults[table]), []
        row = self._defaults[table] | values
        self.tables[table][1].append("\t".join(map(_told, row.values())) + "\n")

    def write(self, person: str, said: IdentityRecord, number: int, place: _Place) -> None:
        from engage.practice.people import districts, models
        from engage.practice.people.actions.records import _is_valid
        from engage.practice.people.keys import linking_keys, search_keys, token

        record_id, at = uuid_of("record", said.id), place.compartments
        area = districts.area_from(districts.bits_named([said.district] if said.district else []))
        whose = {"person_id": uuid_of("person", person), "area": area}
        of_record = whose | {"record_id": record_id, "recorded_at": AS_AT}
        self.add(
            models.Record, **whose, id=record_id, compartment_id=at["summary"], agency_id=place.agency_id,
            register=said.register, reference=said.id, received_no=number + 1, received_at=AS_AT,
            surname=said.surname, forenames=said.forenames, district=said.district or "",
            born_in=said.dob.replace(day=1) if said.dob else None,
            has_identifiers=bool(said.nhs_number or said.upn or said.council_child_id),
        )  # fmt: skip
        self.add(
            models.RecordDetail, **of_record, id=uuid4(), compartment_id=at["full"], born_on=said.dob, sex=said.sex or "",
        )  # fmt: skip
        kinds = models.Identifier.Type
        for kind, value in (
            (kinds.NHS, said.nhs_number),
            (kinds.UPN, said.upn),
            (kinds.COUNCIL_CHILD, said.council_child_id),
        ):
            if value:
                valid = _is_valid(kind, value)
                numbered = {"type": str(kind), "value": value, "telephone": b"", "valid": valid}
                self.add(models.Identifier, **of_record, id=uuid4(), compartment_id=at["full"], **numbered)
        if said.phone:
            row = uuid4()
            numbered = {
                "type": str(kinds.PHONE),
                "telephone": place.sealed(models.Identifier, row, "telephone", said.phone),
                "valid": _is_valid(kinds.PHONE, said.phone),
            }
            self.add(models.Identifier, **of_record, id=row, compartment_id=at["location"], **numbered)
        for postcode in said.postcodes:
            row = uuid4()
            lived = {"address": b"", "postcode": place.sealed(models.Address, row, "postcode", postcode)}
            self.add(models.Address, **of_record, id=row, compartment_id=at["location"], **lived)
        standard = standardise(said)
        keys = {
            (rule, value): sight
            for rule, value, sight in (*linking_keys(standard), *search_keys(standard, (said.id,)))
        }
        columns = "id, record_id, person_id, area, compartment_id, rule, value, current, recorded_at"
        tokens = self.tables.setdefault("people_token", (columns.split(", "), []))[1]
        fixed, after = f"{record_id}\t{whose['person_id']}\t{area}", f"t\t{AS_AT}\n"
        for count, ((rule, value), sight) in enumerate(keys.items()):
            tokens.append(
                f"{number:08x}-0000-4000-8000-{count:012x}\t{fixed}\t{at[sight]}\t{rule}\t"
                f"\\\\x{token(rule, value).hex()}\t{after}"
            )


def _told(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return str(value)


class _Place:
    """An agency, and the compartments of what it says."""

    def __init__(self, agency: Any):
        from engage.practice.access.keys import live_key
        from engage.practice.people.actions.records import IdentityInput
        from engage.practice.people.actions.sources import compartments_of

        said = IdentityInput(agency, "", "")
        made = compartments_of(agency, said.wanted_compartments())
        sights: tuple[Sight, ...] = ("summary", "full", "location")
        self.agency_id, self.code = agency.pk, agency.code
        self.compartments = {sight: made[said.compartment_for(sight)] for sight in sights}
        self.key = live_key(self.compartments["location"])

    def sealed(self, model: Any, row: UUID, column: str, text: str) -> bytes:
        from engage.practice.access.encrypted import place, seal

        return seal(text, place(model._meta.db_table, row, column), self.key)

"""A database of its own, with what other processes wrote in it: for what a rolled-back test cannot show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from django.conf import LazySettings, settings
from django.db import connections
from django.test import override_settings
from tests.conftest import NOW, clone, owner_connection, point_at

from engage.demo.building import drop_database
from engage.practice.access.gate import acting_as
from engage.practice.receiving.actions import receiver


def address(url: str, database: str) -> str:
    head, _, tail = url.partition("?")
    return head.rsplit("/", 1)[0] + f"/{database}" + (f"?{tail}" if tail else "")


class OwnDatabase:
    def __init__(self, name: str, folder: Path, unblock) -> None:
        self.name, self.folder, self.unblock = name, folder, unblock
        self.environment = os.environ | {
            "ENGAGE_DATABASE_URL": address(os.environ["ENGAGE_DATABASE_URL"], name),
            "ENGAGE_OWNER_DATABASE_URL": address(os.environ["ENGAGE_OWNER_DATABASE_URL"], name),
            "ENGAGE_PUBLIC_DATABASE_URL": address(os.environ["ENGAGE_PUBLIC_DATABASE_URL"], name),
            "ENGAGE_RECEIVED_FOLDER": str(folder / "received"),
            # No worker starts without them: those under which this process writes.
            "ENGAGE_SECRET_KEY": settings.SECRET_KEY,
            "ENGAGE_TOKEN_KEY": settings.TOKEN_KEY.decode(),
            "ENGAGE_AUDIT_KEY": settings.AUDIT_KEY.decode(),
            "ENGAGE_AS_AT": NOW.isoformat(),
            "PYTHONPATH": os.pathsep.join(["src", ".", os.environ.get("PYTHONPATH", "")]),
            "COLUMNS": "200",
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, timeout: int = 240) -> subprocess.CompletedProcess[str]:
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    @contextmanager
    def doors_open(self) -> Iterator[LazySettings]:
        """This process opens its doors on the database: what they write stays."""
        before = connections["default"].settings_dict["NAME"]
        with (
            self.unblock(),
            override_settings(RECEIVED_FOLDER=self.folder / "received", AS_AT=NOW.isoformat()),
        ):
            point_at(self.name)
            try:
                yield settings
            finally:
                point_at(before)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This process looks into the database, as the receiving service."""
        with self.doors_open(), acting_as(receiver(), now=NOW):
            yield

    def audit(self, action: str) -> list[dict]:
        with owner_connection(self.name) as owner:
            rows = owner.execute("SELECT body FROM access_auditentry WHERE body->>'action' = %s", [action])
            return [body for (body,) in rows.fetchall()]


@contextmanager
def a_database_of_its_own(template: str, folder: Path, unblock) -> Iterator[OwnDatabase]:
    name = f"engage_test_own_{uuid4().hex[:12]}"
    clone(template, name)
    try:
        yield OwnDatabase(name, folder, unblock)
    finally:
        with owner_connection("postgres") as owner:
            drop_database(owner, name)

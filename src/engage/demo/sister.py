"""Freedom's own installation beside Engage's: another database in the same server, other keys, processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connections

from engage.demo.building import as_owner, drop_the_demo, refuse_real_work_in
from engage.demo.freedom import write_for_freedom
from engage.demo.identifiers import Issuer
from engage.demo.world import World
from engage.ground.passwords import Passwords
from engage.practice.agencies.models import Installation

ADDRESSES = ("ENGAGE_DATABASE_URL", "ENGAGE_OWNER_DATABASE_URL", "ENGAGE_PUBLIC_DATABASE_URL")
KEYS = ("ENGAGE_SECRET_KEY", "ENGAGE_TOKEN_KEY", "ENGAGE_AUDIT_KEY")
# As the secret key of the settings: they live as long as what is stored under them.
KEPT_IN = settings.PROJECT / ".engage" / "freedom"


class NotBuilt(Exception):
    """Freedom's installation could not be made. What its process said is above."""


class Sister:
    """Freedom's installation beside the database that this process is connected to."""

    def __init__(self, kept_in: Path = KEPT_IN) -> None:
        self.kept_in = kept_in
        self.database = f"{connections['default'].settings_dict['NAME']}_freedom"
        self._building: subprocess.Popen | None = None

    def environment(self) -> dict[str, str]:
        """Of each process of Freedom's. Only the server and its roles are Engage's, too: one machine plays two places."""
        self.kept_in.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = Passwords(self.kept_in / "keys.json")
        urls = {name: self._there(os.environ[name]) for name in ADDRESSES if os.environ.get(name)}
        return {
            **os.environ,
            **urls,
            **{name: keys.get_or_make(name) for name in KEYS},
            "ENGAGE_ROOT_KEY_FILE": str(self.kept_in / "root.key"),
            "ENGAGE_LEDGER_KEY_FILE": str(self.kept_in / "ledger.key"),
            "ENGAGE_LEDGER_ORIGIN": "freedom.invalid/ledger",
            "ENGAGE_RECEIVED_FOLDER": str(self.kept_in / "received"),
            "ENGAGE_WITNESSES": "",  # Engage's witnesses remember another ledger
            "ENGAGE_WITNESSES_FILE": str(self.kept_in / "witnesses.txt"),
        }

    def may_be_made(self) -> bool:
        """An owner role that somebody else set up may have to make do with the one database."""
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            return bool(cursor.fetchone()[0])

    def refuse_real_work(self) -> None:
        """Raises RealWork where Freedom's database is somebody's."""
        with as_owner("postgres") as connection:
            refuse_real_work_in(connection, self.database)

    def copy_tables(self) -> None:
        """From Engage's, which has to be empty still: quicker than making them again. Raises RealWork."""
        ours = connections["default"].settings_dict["NAME"]
        for alias in connections:
            connections[alias].close()  # a database that somebody is connected to cannot be copied
        with as_owner("postgres") as connection:
            drop_the_demo(connection, self.database)
            try:
                connection.execute(f'CREATE DATABASE "{self.database}" TEMPLATE "{ours}"')
            except psycopg.errors.ObjectInUse:  # another terminal: then its process makes the tables
                connection.execute(f'CREATE DATABASE "{self.database}"')

    def begin(self, world: World, issuer: Issuer, folder: Path) -> None:
        """Write what Freedom is sent, and leave it to a process of its own to receive it."""
        own = folder / "freedom"
        write_for_freedom(world, issuer, own)
        words = [str(own), world.as_at.isoformat(), str(world.seed)]
        self._building = subprocess.Popen(
            [sys.executable, "-m", "engage.demo.building_freedom", *words],
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_until_built(self) -> None:
        assert self._building
        if code := self._building.wait():
            raise NotBuilt(f"Freedom's installation was not built (code {code}).")

    def is_built(self) -> bool:
        """With the demo that this process is connected to, and no other."""
        marked = Installation.objects.values_list("demo_seed", "demo_as_at").first()
        try:
            with as_owner(self.database) as there:
                own = there.execute("SELECT demo_seed, demo_as_at FROM agencies_installation").fetchone()
        except psycopg.Error:  # no such database, or no tables in it
            return False
        return marked is not None and marked[0] is not None and own == marked

    def bring_up_to_date(self) -> None:
        """A demo of an earlier release has that release's tables."""
        subprocess.run(
            [sys.executable, "-m", "engage", "database", "migrate"],
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def _there(self, address: str) -> str:
        return urlunsplit(urlsplit(address)._replace(path=f"/{self.database}"))

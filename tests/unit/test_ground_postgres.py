"""The launcher against a real server in a folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engage.ground import postgres, roles
from engage.ground.cluster import LONGEST_SOCKET_FOLDER, CannotStart, Cluster
from engage.ground.passwords import Passwords

pytestmark = [pytest.mark.xdist_group("ground"), pytest.mark.timeout(120)]

START_AND_HOLD = """
import sys
from pathlib import Path
from engage.ground import postgres
server = postgres.start("test", state=Path(sys.argv[1]))
print(server.app_url, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture(scope="module", autouse=True)
def no_server_is_given() -> Iterator[None]:
    """These tests are about our own server, whatever server the rest of the run uses."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "ENGAGE_DATABASE_URL"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    # Not tmp_path: as root the server runs as another account, which must be able to pass through.
    folder = Path(tempfile.mkdtemp(prefix="engage-ground-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(state: Path) -> Iterator[postgres.Server]:
    started = postgres.start("test", state=state)
    yield started
    started.stop()


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]


def postmaster(state: Path, name: str = "test") -> int:
    return int((state / name / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_the_app_role_owns_nothing_and_cannot_bypass_row_level_security(server: postgres.Server):
    rights = "rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb"
    assert one(server.app_url, f"SELECT {rights} FROM pg_roles WHERE rolname = current_user") is False
    assert one(server.app_url, "SELECT count(*) FROM pg_database WHERE datdba = current_user::regrole") == 0


@pytest.mark.parametrize("role", ["app_url", "public_url"])
def test_only_the_owner_may_make_a_table(server: postgres.Server, role: str):
    with psycopg.connect(server.owner_url) as owner:
        owner.execute("CREATE TABLE allowed (a int)")
        owner.rollback()
    with psycopg.connect(getattr(server, role)) as other, pytest.raises(psycopg.errors.InsufficientPrivilege):
        other.execute("CREATE TABLE refused (a int)")


def test_the_backup_role_reads_what_row_level_security_hides_and_writes_nothing(server: postgres.Server):
    with psycopg.connect(server.owner_url) as owner:
        owner.execute("CREATE TABLE hidden AS SELECT 1 AS a")
        owner.execute("ALTER TABLE hidden ENABLE ROW LEVEL SECURITY")
    try:
        assert one(server.backup_url, "SELECT count(*) FROM hidden") == 1
        with psycopg.connect(server.backup_url) as backup:
            backup.read_only = False  # the wall is the missing right, not only the setting
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                backup.execute("INSERT INTO hidden VALUES (2)")
    finally:
        with psycopg.connect(server.owner_url) as owner:
            owner.execute("DROP TABLE hidden")


def test_nobody_connects_without_the_password(server: postgres.Server):
    user, rest = server.app_url.removeprefix("postgresql://").split("@", 1)
    name = user.split(":")[0]
    for wrong in (f"postgresql://{name}@{rest}", f"postgresql://{name}:wrong@{rest}"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(wrong)


def test_the_passwords_are_for_their_owner_alone(server: postgres.Server, state: Path):
    assert (state / "passwords.json").stat().st_mode & 0o777 == 0o600
    assert server.app_url.split(":")[2].split("@")[0] not in repr(server)


def test_the_demo_keeps_its_keys_and_takes_those_it_is_given(state: Path, monkeypatch: pytest.MonkeyPatch):
    first = postgres.start("demo", state=state)
    second = postgres.start("demo", state=state)
    first.stop()
    second.stop()
    assert len(first.keys["ENGAGE_AUDIT_KEY"]) >= 32
    assert len(set(first.keys.values())) == len(first.keys)
    assert first.variables() == second.variables()
    monkeypatch.setenv("ENGAGE_AUDIT_KEY", "from the environment")
    assert "ENGAGE_AUDIT_KEY" not in first.variables()


def test_tests_never_run_on_the_database_somebody_works_on(monkeypatch: pytest.MonkeyPatch, state: Path):
    monkeypatch.setenv("ENGAGE_DATABASE_URL", "postgresql://app@db.invalid/engage")
    started = postgres.start("test", state=state)
    started.stop()
    assert "db.invalid" not in started.app_url


def test_nothing_listens_on_the_network(server: postgres.Server):
    assert one(server.app_url, "SHOW listen_addresses") == ""


def test_two_starts_at_once_give_one_server_and_each_its_own_database(state: Path):
    never_started = state / "race"
    both = [hold(never_started) for _ in range(2)]
    urls = [process.stdout.readline().strip() for process in both if process.stdout]
    try:
        assert all(urls)
        started_at = {str(one(url, "SELECT pg_postmaster_start_time()")) for url in urls}
        databases = {one(url, "SELECT current_database()") for url in urls}
        assert len(started_at) == 1
        assert len(databases) == 2
    finally:
        for process in both:
            process.communicate("", timeout=30)


def test_the_server_stays_until_the_last_one_leaves(state: Path):
    first, second = (hold(state) for _ in range(2))
    assert first.stdout and second.stdout
    first.stdout.readline()
    url = second.stdout.readline().strip()
    first.communicate("", timeout=30)
    assert one(url, "SELECT 1") == 1
    second.communicate("", timeout=30)


def test_after_a_kill_the_next_start_finds_every_row(state: Path):
    # The demo's settings, not the tests': those trade the last moment's rows for speed.
    killed = postgres.start("demo", state=state)
    with psycopg.connect(killed.owner_url) as owner:
        owner.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS a")
    os.kill(postmaster(state, "demo"), signal.SIGKILL)
    again = postgres.start("demo", state=state)
    try:
        assert one(again.owner_url, "SELECT count(*) FROM kept") == 1000
    finally:
        killed.stop()
        again.stop()
    assert not (state / "demo" / "data" / "postmaster.pid").exists()


def test_a_pid_file_whose_number_another_program_has_now_is_no_hindrance(
    server: postgres.Server, state: Path
):
    pid_file = state / "test" / "data" / "postmaster.pid"
    dead = postmaster(state)
    left_behind = pid_file.read_text()
    owner = pid_file.stat()
    os.kill(dead, signal.SIGKILL)
    while Path(f"/proc/{dead}").exists() and "Z" not in Path(f"/proc/{dead}/stat").read_text().split()[2]:
        time.sleep(0.05)
    account = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **account) as somebody_else:
        try:
            pid_file.write_text(left_behind.replace(str(dead), str(somebody_else.pid), 1))
            again = postgres.start("test", state=state)
            assert one(server.app_url, "SELECT 1") == 1
            again.stop()
        finally:
            somebody_else.kill()


def test_a_folder_path_too_long_for_a_socket_still_gets_one(state: Path):
    cluster = Cluster("test", state / ("long" * 30), Passwords(state / "passwords.json"))
    assert len(str(cluster.socket_folder)) <= LONGEST_SOCKET_FOLDER


def test_data_of_another_major_version_is_not_taken_for_an_empty_database(
    server: postgres.Server, state: Path
):
    version = state / "test" / "data" / "PG_VERSION"
    kept = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(CannotStart, match="made by PostgreSQL 14"):
            postgres.start("test", state=state)
    finally:
        version.write_text(kept)


@pytest.fixture
def address_given(state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """`DATABASE_URL` of a server that knows nothing of Engage yet."""
    cluster = Cluster("test", state / "given", Passwords(state / "given.json"))
    presence = cluster.start()
    monkeypatch.setenv("DATABASE_URL", cluster.url(Cluster.ADMIN, "postgres"))
    yield os.environ["DATABASE_URL"]
    assert presence.leave()
    cluster.stop()


@pytest.mark.usefixtures("address_given")
def test_a_server_given_by_its_address_gets_the_same_roles_however_often_it_is_started(state: Path):
    for _ in range(2):
        given = postgres.start("demo", state=state)
        assert one(given.app_url, "SELECT current_user") == roles.APP
        assert one(given.owner_url, "SELECT current_database()") == "engage"
        given.stop()


@pytest.mark.usefixtures("address_given")
def test_a_given_server_with_the_roles_of_another_checkout_is_refused(state: Path):
    elsewhere = state / "another-checkout"
    postgres.start("demo", state=state).stop()
    with pytest.raises(CannotStart, match="another checkout"):
        postgres.start("demo", state=elsewhere)


def test_an_account_that_may_not_make_roles_is_told_what_to_do(
    address_given: str, monkeypatch: pytest.MonkeyPatch, state: Path
):
    with psycopg.connect(address_given, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS plain")
        admin.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
        host = admin.info.host
    monkeypatch.setenv("DATABASE_URL", f"postgresql://plain:plain@/postgres?host={host}")
    with pytest.raises(roles.RolesRefused, match="ENGAGE_OWNER_DATABASE_URL"):
        postgres.start("demo", state=state)


def test_addresses_of_ones_own_accounts_are_used_as_they_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ENGAGE_DATABASE_URL", "postgresql://app@db.invalid/engage")
    monkeypatch.setenv("ENGAGE_OWNER_DATABASE_URL", "postgresql://owner@db.invalid/engage")
    monkeypatch.setenv("ENGAGE_PUBLIC_DATABASE_URL", "postgresql://public@db.invalid/engage")
    server = postgres.start("demo")
    assert server.variables() == {
        "ENGAGE_DATABASE_URL": "postgresql://app@db.invalid/engage",
        "ENGAGE_OWNER_DATABASE_URL": "postgresql://owner@db.invalid/engage",
        "ENGAGE_PUBLIC_DATABASE_URL": "postgresql://public@db.invalid/engage",
    }


def hold(state: Path) -> subprocess.Popen[str]:
    """Another process that starts the server and keeps it until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", START_AND_HOLD, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

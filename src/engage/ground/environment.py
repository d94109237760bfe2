"""The Python environment: made once, from locks that name versions and hashes but no address.

Standard library only: `./run` imports this before anything is installed.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from engage.ground.turns import one_at_a_time

CHECKOUT = Path(__file__).resolve().parents[3]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = CHECKOUT / "locks"
STATE = CHECKOUT / ".engage"
STAMP = VENV / "engage-stamp.json"


class CannotPrepare(Exception):
    """Set-up cannot go on; the message says what the person at the terminal can do."""


def packages_needed_by(command: str, arguments: list[str]) -> str:
    """`run` or `dev`, the names of the two locks; `dev` holds all of `run`."""
    # The demo's check drives a browser over every page, so it needs what the tests need.
    if command == "demo" and "--check" not in arguments:
        return "run"
    return "run" if command == "engage" else "dev"


def variables() -> dict[str, str]:
    """The environment that every child process of `./run` gets."""
    return {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT / "src"),
        "DJANGO_SETTINGS_MODULE": "engage.config.settings",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def prepare(packages: str) -> Path:
    """Make the environment hold `packages` (`run` or `dev`) and return its Python. Warm: reads two small files."""
    if is_prepared(packages):
        return PYTHON
    with one_at_a_time(STATE / "set-up.lock"):
        if is_prepared(packages):  # somebody else did it while this process waited
            return PYTHON
        # Someone who runs tests keeps the test packages when the demo starts.
        wanted = "dev" if _stamp().get("packages") == "dev" else packages
        _make_venv()
        write_stamp(wanted, lock="not finished")
        _install_uv()
        _sync(wanted)
        write_stamp(wanted, lock=lock_hash(wanted))
    return PYTHON


def uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [VENV / "bin" / "uv", *arguments],
        cwd=CHECKOUT,
        env={**variables(), **where_pip_looks(), **caches()},
        text=True,
        check=False,
    )


def caches() -> dict[str, str]:
    """Where uv and npm may keep downloads, for an account without a home of its own."""
    home = Path(os.environ.get("HOME", "/nonexistent"))
    if os.access(home, os.W_OK):
        return {}
    return {"HOME": str(STATE), "UV_CACHE_DIR": str(STATE / "uv"), "npm_config_cache": str(STATE / "npm")}


def _stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def write_stamp(packages: str, *, lock: str) -> None:
    STAMP.write_text(json.dumps({"packages": packages, "lock": lock}))


def lock_hash(packages: str) -> str:
    return hashlib.sha256((LOCKS / f"{packages}.txt").read_bytes()).hexdigest()


def is_prepared(packages: str) -> bool:
    stamp = _stamp()
    held = stamp.get("packages", "")
    if held not in (packages, "dev") or not PYTHON.exists():
        return False
    return stamp.get("lock") == lock_hash(held)


def _make_venv() -> None:
    if PYTHON.exists() and _works(PYTHON, "-m", "pip", "--version"):
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        _install_venv_module()
    print("Making the Python environment in .venv …", flush=True)
    # A venv of a Python that has since been removed is of no use to anybody.
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)


def _works(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def _install_venv_module() -> None:
    apt = shutil.which("apt-get")
    command = "apt-get install -y python3-venv"
    if apt is None:
        raise CannotPrepare(f"{sys.executable} has no venv module. Install it, then run this again.")
    if os.geteuid() != 0:
        raise CannotPrepare(f"Python’s venv module is missing. Install it with:\n\n  sudo {command}\n")
    print(f"Python’s venv module is missing; running: {command}", flush=True)
    noninteractive = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt, "update", "-qq"], check=False)
    if subprocess.run([apt, "install", "-y", "-qq", "python3-venv"], env=noninteractive).returncode != 0:
        raise CannotPrepare(f"That did not work. Run it by hand, then start again:\n\n  {command}\n")
    importlib.invalidate_caches()


def _install_uv() -> None:
    wanted = (LOCKS / "uv.txt").read_text().split("uv==", 1)[1].split()[0]
    found = VENV / "bin" / "uv"
    if found.exists():
        version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.split()
        if wanted in version:
            return
    _pip_install("uv")


def _pip_install(lock: str) -> None:
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    if subprocess.run([*command, "-r", str(LOCKS / f"{lock}.txt")]).returncode != 0:
        raise CannotPrepare(
            "pip could not install what Engage needs (see above). Is the package index reachable? "
            "Behind a proxy or a mirror, set it as usual for pip (PIP_INDEX_URL, PIP_CERT, HTTPS_PROXY)."
        )


def _sync(packages: str) -> None:
    print(f"Installing packages from locks/{packages}.txt …", flush=True)
    lock = str(LOCKS / f"{packages}.txt")
    if uv("pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", lock).returncode != 0:
        print("uv could not install them; trying pip, which is slower …", flush=True)
        _pip_install(packages)


def where_pip_looks() -> dict[str, str]:
    """Pip's own settings in uv's words: uv reads no pip.conf, and a council's mirror is often set only there.

    Handed to uv in its environment at run time, never written down.
    """
    settings = _pip_settings()
    found = {"SSL_CERT_FILE": os.environ.get("SSL_CERT_FILE") or settings.get("cert", "")}
    if not found["SSL_CERT_FILE"]:
        found["UV_SYSTEM_CERTS"] = os.environ.get("UV_SYSTEM_CERTS", "1")  # public bodies inspect TLS
    uv_knows = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_CONFIG_FILE")
    if not any(os.environ.get(name) for name in uv_knows):
        found |= {
            "UV_DEFAULT_INDEX": settings.get("index-url", ""),
            "UV_INDEX": settings.get("extra-index-url", ""),
            "UV_INSECURE_HOST": settings.get("trusted-host", ""),
            # Every file is pinned by hash, so it does not matter which index serves it.
            "UV_INDEX_STRATEGY": "unsafe-best-match" if settings.get("extra-index-url") else "",
        }
    return {name: value for name, value in found.items() if value}


def _pip_settings() -> dict[str, str]:
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    settings: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        scope, _, key = name.partition(".")
        # The environment wins over files, as it does for pip; [install] counts as well as [global].
        if scope == ":env:" or (scope in ("global", "install") and key not in settings):
            settings[key] = " ".join(value.strip("'\"").replace("\\n", " ").split())
    return settings

"""The set-up: what is installed, from where, and what is never written down."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engage.ground import environment
from engage.ground.environment import CHECKOUT, LOCKS
from engage.ground.listing import COMMANDS

PACKAGE_LOCKS = [CHECKOUT / "package-lock.json", LOCKS / "browser" / "package-lock.json"]


def pinned(lock: str) -> dict[str, str]:
    """Package → version and marker, as the lock has it."""
    lines = (LOCKS / f"{lock}.txt").read_text().splitlines()
    return dict(line.rstrip(" \\").split("==", 1) for line in lines if re.match(r"[a-z0-9]", line))


@pytest.mark.parametrize("lock", [*LOCKS.glob("*.txt"), *PACKAGE_LOCKS], ids=lambda path: path.name)
def test_no_lock_names_a_download_address(lock: Path):
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("lock", ["run", "dev", "uv"])
def test_every_package_is_pinned_by_hash(lock: str):
    text = (LOCKS / f"{lock}.txt").read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    packages = [block for block in blocks if re.match(r"[a-z0-9]", block)]
    assert len(packages) == len(pinned(lock)) > 0
    assert all("--hash=sha256:" in block for block in packages)


@pytest.mark.parametrize("lock", PACKAGE_LOCKS, ids=["front end", "browser"])
def test_every_front_end_file_is_pinned_by_hash(lock: Path):
    packages = json.loads(lock.read_text())["packages"]
    fetched = {name: package for name, package in packages.items() if name}
    assert fetched
    assert all(package["integrity"].startswith("sha512-") for package in fetched.values())


def test_the_packages_for_tests_hold_those_of_the_demo_in_the_same_versions():
    assert pinned("run").items() <= pinned("dev").items()


@pytest.mark.parametrize(
    ("command", "arguments", "packages"),
    [
        ("demo", [], "run"),
        ("demo", ["--seed", "7"], "run"),
        ("demo", ["--check"], "dev"),  # it drives a browser
        ("engage", ["receive"], "run"),
        ("test", [], "dev"),
        ("check", [], "dev"),
        ("bench", ["pages"], "dev"),
    ],
)
def test_a_command_installs_no_more_than_it_needs(command: str, arguments: list[str], packages: str):
    assert environment.packages_needed_by(command, arguments) == packages


@pytest.fixture
def stamped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with both locks and a Python, for what the stamp beside it says."""
    for name in ("run", "dev"):
        (tmp_path / f"{name}.txt").write_text(f"{name}==1")
    (tmp_path / "python").touch()
    monkeypatch.setattr(environment, "LOCKS", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp.json")
    return tmp_path


@pytest.mark.parametrize(
    ("installed", "wanted", "ready"),
    [("run", "run", True), ("dev", "run", True), ("dev", "dev", True), ("run", "dev", False)],
)
def test_what_is_installed_is_not_installed_again(stamped: Path, installed: str, wanted: str, ready: bool):
    environment.write_stamp(installed, lock=environment.lock_hash(installed))
    assert environment.is_prepared(wanted) is ready


def test_a_changed_lock_is_installed_even_for_somebody_who_only_starts_the_demo(stamped: Path):
    environment.write_stamp("dev", lock=environment.lock_hash("dev"))
    (stamped / "dev.txt").write_text("dev==2")
    assert not environment.is_prepared("run")


def test_a_set_up_that_was_broken_off_is_not_taken_for_done(stamped: Path):
    environment.write_stamp("run", lock="not finished")
    assert not environment.is_prepared("run")
    (stamped / "stamp.json").write_text("{half")
    assert not environment.is_prepared("run")


def test_uv_looks_where_pip_was_told_to_look(monkeypatch: pytest.MonkeyPatch):
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.invalid/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://second.invalid/simple https://third.invalid/simple")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "mirror.invalid")
    found = environment.where_pip_looks()
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.invalid/simple"
    assert found["UV_INDEX"] == "https://second.invalid/simple https://third.invalid/simple"
    assert found["UV_INSECURE_HOST"] == "mirror.invalid"


def test_what_uv_was_told_itself_stands(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.invalid/simple")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://for-uv.invalid/simple")
    assert "UV_DEFAULT_INDEX" not in environment.where_pip_looks()


def test_run_alone_lists_every_command_in_one_line_each():
    alone = subprocess.run([sys.executable, CHECKOUT / "run"], capture_output=True, text=True, check=True)
    listed = [line.split()[1] for line in alone.stdout.splitlines() if line.startswith("  ./run ")]
    assert listed == list(COMMANDS)


def test_an_unknown_command_is_refused_before_anything_is_installed():
    refused = subprocess.run([sys.executable, CHECKOUT / "run", "dmeo"], capture_output=True, text=True)
    assert refused.returncode == 1
    assert "“dmeo”" in refused.stderr

"""Conventions of the whole tree: where things are, what they are called, what no file may hold."""

import ast
import csv
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "engage"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
REFERENCE = SOURCE / "reference"

NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "common", "core", "services", "managers", "misc"}
MOST_LINES = 500
# In parts, so that this file does not name them either.
REGISTRY_HOSTS = [
    "pypi" + ".org", "files.python" + "hosted.org", "registry.npm" + "js.org", "registry.yarn" + "pkg.com",
]  # fmt: skip
MAY_TOUCH_THE_AUDIT = {
    # The demo's check asks as the owner role whether every read was accounted for; it sees counts and pseudonyms.
    "demo/check.py",
    "demo/probing.py",
    # Names the table beside all others; reads no row of any.
    "config/documents/dpia.py",
}
LISTS_WITHOUT_A_SOURCE_IN_EACH_ROW = {
    "asvs.csv": "one published standard as a whole, named in README.md",
    "ethnicity-crosswalk.csv": "two published lists side by side; code-lists.csv has their sources",
    "fact-kinds.csv": "our own kinds of fact",
    "sharing-matrix.csv": "one proposal as a whole, named in README.md",
    "sources.csv": "the sources themselves",
    "wards.csv": "one publisher; each row has its year",
}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def inside(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def test_no_tracked_file_names_a_package_registry():
    hosts = [host.encode() for host in REGISTRY_HOSTS]
    naming = [
        str(path.relative_to(ROOT)) for path in tracked() if any(host in path.read_bytes() for host in hosts)
    ]
    assert naming == []


def test_no_module_has_a_name_that_says_nothing():
    named = [inside(p) for p in MODULES if {p.stem, p.parent.name} & NAMES_THAT_SAY_NOTHING]
    assert named == []


@pytest.mark.parametrize("path", MODULES, ids=inside)
def test_a_module_can_be_read_in_one_sitting(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{lines} lines: it is two modules"


def test_names_of_test_files_are_unique():
    # pytest imports them by base name.
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_only_access_touches_the_audit():
    touching = {
        inside(path)
        for path in MODULES
        if not inside(path).startswith("practice/access/")
        and any(word in path.read_text(encoding="utf-8") for word in ("AuditEntry", "access_auditentry"))
    }
    assert touching <= MAY_TOUCH_THE_AUDIT


def test_the_public_site_is_kept_from_every_app_but_publication():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    kept_from = next(c for c in contracts if c.get("source_modules") == ["engage.public.**"])
    apps = {f"engage.practice.{p.parent.name}" for p in (SOURCE / "practice").glob("*/apps.py")}
    assert set(kept_from["forbidden_modules"]) == apps - {"engage.practice.publication"}


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.csv")), ids=lambda path: path.name)
def test_every_reference_list_has_its_source(path):
    assert f"`{path.name}`" in (REFERENCE / "README.md").read_text(encoding="utf-8"), (
        "README.md does not name it"
    )
    if path.name in LISTS_WITHOUT_A_SOURCE_IN_EACH_ROW:
        return
    with path.open(encoding="utf-8", newline="") as file:
        without = [
            number
            for number, row in enumerate(csv.DictReader(file), start=2)
            if not (row.get("source") or row.get("source_ids") or row.get("verification"))
        ]
    assert without == [], "lines that do not say where they come from or how far they were checked"


def test_the_clock_is_read_in_doors_alone():
    # Methods, queries and actions are told the time, so that a test needs no tricks.
    told = {"actions", "queries", "permissions", "models", "methods"}
    reading = []
    for path in MODULES:
        parts = {*path.relative_to(SOURCE).with_suffix("").parts}
        if not parts & told:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"now", "today", "utcnow"}
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"datetime", "date", "timezone"}
            ):
                reading.append(f"{inside(path)}:{node.lineno}")
    assert reading == []

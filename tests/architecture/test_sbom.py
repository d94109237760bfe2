"""The list of what Engage is made of holds what the locks hold."""

import json
import re
from importlib.metadata import version
from pathlib import Path

from engage.config.documents import sbom

ROOT = Path(__file__).resolve().parents[2]
BILL = json.loads(sbom.page())
COMPONENTS = {one["bom-ref"]: one for one in BILL["components"]}


def test_every_package_of_the_locks_is_listed_once_with_its_version():
    locked = {
        f"pkg:pypi/{name}@{found}"
        for lock in ROOT.glob("locks/*.txt")
        for name, found in re.findall(r"^([\w.-]+)==([^\s\\;]+)", lock.read_text(), re.MULTILINE)
    }
    for lock in (ROOT / "package-lock.json", ROOT / "locks/browser/package-lock.json"):
        for path, told in json.loads(lock.read_text())["packages"].items():
            if path:
                name = path.rpartition("node_modules/")[2].replace("@", "%40")
                locked.add(f"pkg:npm/{name}@{told['version']}")
    assert len(BILL["components"]) == len(COMPONENTS) > 100
    assert set(COMPONENTS) == locked


def test_what_runs_is_told_from_what_tests_alone_need():
    scopes = {one["name"]: one["scope"] for one in BILL["components"]}
    assert scopes["django"] == scopes["govuk-frontend"] == "required"
    assert scopes["pytest"] == scopes["uv"] == scopes["axe-core"] == "excluded"


def test_what_needs_what_is_said_of_every_package_and_of_nothing_else():
    needs = {one["ref"]: one["dependsOn"] for one in BILL["dependencies"]}
    assert set(needs) == {"engage", *COMPONENTS}
    assert {on for all_of_it in needs.values() for on in all_of_it} <= set(COMPONENTS)
    django, asgiref = (
        next(ref for ref in COMPONENTS if ref.startswith(f"pkg:pypi/{name}@"))
        for name in ("django", "asgiref")
    )
    assert django in needs["engage"] and asgiref in needs[django]
    reached, waiting = set(), ["engage"]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += needs[one]
    extras = {ref for ref, one in COMPONENTS.items() if one["scope"] == "optional"}
    # uv is asked for by the set-up itself, an extra by whoever wants it.
    assert {ref for ref in COMPONENTS if "pypi/uv@" not in ref} - extras <= reached


def test_what_is_installed_is_what_is_listed():
    assert f"pkg:pypi/django@{version('django')}" in COMPONENTS


def test_no_address_is_named():
    assert "://" not in sbom.page()

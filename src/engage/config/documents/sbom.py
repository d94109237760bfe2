"""docs/reference/sbom.json: every package of the locks, as a CycloneDX list. Nothing is asked of any network."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parents[4]
# The first lock that names a package says what it is for.
PYTHON_LOCKS = {
    "locks/run.txt": "required",
    "locks/spark.txt": "optional",
    "locks/uv.txt": "excluded",
    "locks/dev.txt": "excluded",
}
FRONT_END_LOCKS = {"package-lock.json": "required", "locks/browser/package-lock.json": "excluded"}
NOT_SERVED = {"axe-core"}  # read by tests alone
OURS = "engage"


@dataclass
class Package:
    purl: str
    name: str
    version: str
    scope: str  # as CycloneDX has it; "excluded": set-up and tests, not in use
    lock: str
    licence: str = ""
    sha512: str = ""
    needed_by: list[str] = field(default_factory=list)  # names in the same lock


def page() -> str:
    packages = {one.purl: one for one in reversed([*_python(), *_front_end()])}  # the first lock wins
    ordered = [packages[purl] for purl in sorted(packages)]
    needs: dict[str, set[str]] = {OURS: set(), **{purl: set() for purl in packages}}
    by_name = {one.name: one.purl for one in ordered}
    for one in ordered:
        for name in one.needed_by:
            needs[OURS if name == OURS else by_name[name]].add(one.purl)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": OURS, **_ourselves()}},
        "components": [_component(one) for one in ordered],
        "dependencies": [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(needs.items())],
    }
    return json.dumps(bill, indent=1, ensure_ascii=False) + "\n"


def _ourselves() -> dict[str, Any]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }


def _component(one: Package) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": "library",
        "bom-ref": one.purl,
        "name": one.name,
        "version": one.version,
        "scope": one.scope,
        "purl": one.purl,
        "properties": [{"name": "engage:lock", "value": one.lock}],  # the hash of every file stands there
    }
    if one.licence:
        said["licenses"] = [{"expression": one.licence}]
    if one.sha512:
        said["hashes"] = [{"alg": "SHA-512", "content": one.sha512}]
    return said


def _python() -> Iterator[Package]:
    for lock, scope in PYTHON_LOCKS.items():
        text = (CHECKOUT / lock).read_text(encoding="utf-8")
        for block in re.split(r"\n(?=[A-Za-z0-9])", text):
            named = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", block)
            if named:
                name, version = named.groups()
                # "via engage (pyproject.toml:dev)", or one name a line; "-r locks/uv.in" is the set-up's own wish.
                said = re.sub(r"\(.*?\)|-r \S+|#", "", block.partition("# via")[2])
                yield Package(
                    f"pkg:pypi/{name}@{version}", name, version, scope, lock, needed_by=said.split()
                )


def _front_end() -> Iterator[Package]:
    for lock, scope in FRONT_END_LOCKS.items():
        packages = json.loads((CHECKOUT / lock).read_text(encoding="utf-8"))["packages"]
        named = {path.rpartition("node_modules/")[2]: told for path, told in packages.items() if path}
        needed_by: dict[str, list[str]] = {name: [] for name in named}
        for path, told in packages.items():
            for name in told.get("dependencies", {}):
                needed_by[name].append(path.rpartition("node_modules/")[2] or OURS)
        for name, told in named.items():
            yield Package(
                f"pkg:npm/{quote(name)}@{told['version']}",
                name,
                told["version"],
                "excluded" if name in NOT_SERVED else scope,
                lock,
                licence=told.get("license", ""),
                sha512=base64.b64decode(told["integrity"].removeprefix("sha512-")).hex(),
                needed_by=needed_by[name],
            )

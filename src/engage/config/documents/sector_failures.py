"""docs/reference/sector-failures.md: what went wrong elsewhere, and the tests that hold it off here."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from engage import reference

from .markdown import code, table, written

TESTS = Path(__file__).resolve().parents[4] / "tests"
NAMED = re.compile(r"test_r(\d+)_(\w+)")

INTRODUCTION = """Each fact below happened to somebody, and most of them not by an attack: an old address, a sheet left in a file, an
alarm that nobody owned. A test carries the number of the fact that it holds: `test_r7_…`. A number without a test fails the
build (`tests/architecture/test_sector_failures.py`).

The cases are told in our own words. Marks: **V** read at its source, **P** second hand."""


@dataclass(frozen=True)
class Holding:
    """A test that holds a fact. `says`: its docstring's first line, or its name in words."""

    fact: str
    name: str
    file: str
    says: str


def page() -> str:
    holding = held_by()
    return written(
        "What went wrong elsewhere",
        "src/engage/reference/sector-failures.csv and the names of the tests",
        INTRODUCTION,
        table(
            ["", "What happened", "Tests"],
            [
                (f"[{one.id}](#{one.id.lower()})", one.happened, len(holding.get(one.id, ())))
                for one in reference.sector_failures()
            ],
        ),
        *(
            f"## {one.id}\n\n**{one.case}.** {one.happened}.\n\nRequired: {one.requirement}.\n\nSource: {one.source} ({one.verification}).\n\n"
            + _tests(holding.get(one.id, []))
            for one in reference.sector_failures()
        ),
    )


def _tests(holding: list[Holding]) -> str:
    if not holding:
        return "No test yet."
    return table(["Held by", "In"], [(one.says, code(one.file)) for one in holding])


def held_by(folder: Path = TESTS) -> dict[str, list[Holding]]:
    """Every test named after a fact, by the fact's id, in the order of files and lines."""
    found: dict[str, list[Holding]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "def test_r" in text else ():
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if named := NAMED.fullmatch(node.name):
                said = (ast.get_docstring(node) or "").split("\n")[0].strip().rstrip(".")
                words = named[2].replace("_", " ")
                one = Holding(
                    f"R{named[1]}", node.name, f"tests/{path.relative_to(folder).as_posix()}", said or words
                )
                found.setdefault(one.fact, []).append(one)
    return found

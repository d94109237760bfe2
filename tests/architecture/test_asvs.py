"""The table of the security standard is complete, and what it names is there."""

import ast
from functools import cache
from pathlib import Path

from django.conf import settings

from engage.reference import security_requirements

ROOT = Path(__file__).resolve().parents[2]
# By section, read from the standard: the requirements of level 1, and those of level 2. Level 3 is left out.
PUBLISHED = {
    "1.1": ((), (1, 2)), "1.2": ((1, 2, 3, 4, 5), (6, 7, 8, 9)), "1.3": ((1, 2), range(3, 12)), "1.4": ((), (1, 2, 3)),
    "1.5": ((1,), (2,)), "2.1": ((1,), (2, 3)), "2.2": ((1, 2), (3,)), "2.3": ((1,), (2, 3, 4)), "2.4": ((), (1,)),
    "3.2": ((1, 2), ()), "3.3": ((1,), (2, 3, 4)), "3.4": ((1, 2), (3, 4, 5, 6)), "3.5": ((1, 2, 3), (4, 5)),
    "3.7": ((), (1, 2)), "4.1": ((1,), (2, 3)), "4.2": ((), (1,)), "4.3": ((), (1, 2)), "4.4": ((1,), (2, 3, 4)),
    "5.1": ((), (1,)), "5.2": ((1, 2), (3,)), "5.3": ((1, 2), ()), "5.4": ((), (1, 2, 3)), "6.1": ((1,), (2, 3)),
    "6.2": (range(1, 9), (9, 10, 11, 12)), "6.3": ((1, 2), (3, 4)), "6.4": ((1, 2), (3, 4)), "6.5": ((), range(1, 6)),
    "6.6": ((), (1, 2, 3)), "6.8": ((), (1, 2, 3, 4)), "7.1": ((), (1, 2, 3)), "7.2": ((1, 2, 3, 4), ()),
    "7.3": ((), (1, 2)), "7.4": ((1, 2), (3, 4, 5)), "7.5": ((), (1, 2)), "7.6": ((), (1, 2)), "8.1": ((1,), (2,)),
    "8.2": ((1, 2), (3,)), "8.3": ((1,), ()), "8.4": ((), (1,)), "9.1": ((1, 2, 3), ()), "9.2": ((1,), (2, 3, 4)),
    "10.1": ((), (1, 2)), "10.2": ((), (1, 2)), "10.3": ((), (1, 2, 3, 4)), "10.4": (range(1, 6), range(6, 12)),
    "10.5": ((), range(1, 6)), "10.6": ((), (1, 2)), "10.7": ((), (1, 2, 3)), "11.1": ((), (1, 2)), "11.2": ((), (1, 2, 3)),
    "11.3": ((1, 2), (3,)), "11.4": ((1,), (2, 3, 4)), "11.5": ((), (1,)), "11.6": ((), (1,)), "12.1": ((1,), (2, 3)),
    "12.2": ((1, 2), ()), "12.3": ((), (1, 2, 3, 4)), "13.1": ((), (1,)), "13.2": ((), range(1, 6)), "13.3": ((), (1, 2)),
    "13.4": ((1,), (2, 3, 4, 5)), "14.1": ((), (1, 2)), "14.2": ((1,), (2, 3, 4)), "14.3": ((1,), (2, 3)),
    "15.1": ((1,), (2, 3)), "15.2": ((1,), (2, 3)), "15.3": ((1,), range(2, 8)), "16.1": ((), (1,)), "16.2": ((), range(1, 6)),
    "16.3": ((), (1, 2, 3, 4)), "16.4": ((), (1, 2, 3)), "16.5": ((), (1, 2, 3)), "17.1": ((), (1,)),
    "17.2": ((), (1, 2, 3, 4)), "17.3": ((), (1, 2)),
}  # fmt: skip
ROWS = security_requirements()


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def is_there(place: str) -> bool:
    if place.startswith("setting "):
        return hasattr(settings, place.removeprefix("setting "))
    file, _, test = place.partition("::")
    return (ROOT / file).is_file() and (not test or (test.startswith("test_") and test in names_in(file)))


def test_every_requirement_of_levels_1_and_2_is_there_once_at_its_level():
    wanted = [
        (f"{section}.{number}", level)
        for section, levels in PUBLISHED.items()
        for level, numbers in enumerate(levels, start=1)
        for number in numbers
    ]
    assert sorted((one.id, one.level) for one in ROWS) == sorted(wanted)
    assert [sum(one.level == level for one in ROWS) for level in (1, 2)] == [70, 183]


def test_what_a_row_names_is_there():
    assert [(one.id, place) for one in ROWS for place in one.where if not is_there(place)] == []


def test_a_test_that_is_not_there_is_noticed():
    assert not is_there("tests/architecture/test_asvs.py::test_that_nobody_wrote")
    assert not is_there("tests/architecture/test_nowhere.py") and not is_there("setting NO_SUCH_SETTING")


def test_a_row_says_where_it_is_met_or_else_what_is_missing():
    assert [one.id for one in ROWS if not one.summary] == []
    assert {one.state for one in ROWS} == {"met", "partly", "not met", "does not apply"}
    assert [one.id for one in ROWS if not (one.where if one.state == "met" else one.remark)] == []

"""Cedar, the stored sets, both walls and the oracle agree about every row: a small run of `./run bench access-oracle`."""

import ast
from pathlib import Path

import pytest
from tests.oracle import rows, world
from tests.oracle.asking import ask_cedar_beforehand, compare, only_the_jobs
from tests.oracle.faults import FAULTS, with_fault
from tests.unit.policy import oracle

pytestmark = pytest.mark.django_db
WORLDS = 60  # 60,000 decisions, some 35 s; the bench makes 200,000 and 5,000,000
SEED = 7


def test_the_oracle_shares_no_line_with_engage():
    for module in (rows, world, oracle):
        text = Path(module.__file__).read_text(encoding="utf-8")
        imported = {
            name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            )
        }
        assert not [name for name in imported if name.split(".")[0] in ("engage", "django")]


@pytest.fixture
def asked(db):
    only_the_jobs()
    ask_cedar_beforehand()


def test_five_answers_about_every_row_are_one(asked):
    tally = compare(range(SEED, SEED + WORLDS))
    assert tally.differences == 0, tally.first
    assert tally.decisions == WORLDS * 1000
    assert tally.shown > tally.decisions / 50  # a comparison in which nobody sees anything shows nothing


@pytest.mark.parametrize(
    "name",
    [
        "an agreement never ends",
        "any area will do",
        "a conflict of interest is forgotten",
        "a restriction is forgotten",
        "a circle never ends",
        "a summary is as good as the full row",
    ],
)
def test_a_fault_in_one_of_them_is_noticed(name, asked):
    assert name in FAULTS
    with with_fault(name):
        assert compare(range(SEED, SEED + WORLDS), until=1).differences


def test_a_world_can_be_made_again():
    assert world.invent(3) == world.invent(3) != world.invent(4)

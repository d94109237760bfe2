"""A little more is received, and who kept their companions kept their id: a small run of `./run bench linkage-stability`."""

from random import Random

import pytest
from bench.linkage_stability import FAULTS, SEED, WRONG, Area, noticed


@pytest.fixture(scope="module")
def draw():
    return Area.invented(SEED, children=25, others=60).draw(Random(2))


def test_ids_stay_and_two_files_are_as_one(draw):
    told = draw.compared()
    assert [name for name in WRONG if told[name]] == []
    assert draw.new and told["people whose companions did not change"] > 50


@pytest.mark.parametrize("name", FAULTS)
def test_an_id_that_changes_is_noticed(name, draw):
    assert noticed(name, [draw])

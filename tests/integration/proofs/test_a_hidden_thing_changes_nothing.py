"""The same world with one hidden thing more answers the same bytes: a small run of `./run bench noninterference`."""

import pytest
from bench.noninterference import FAULTS, NAME, SHOWN_BY, THINGS, with_fault

from engage.demo import hidden_things

pytestmark = pytest.mark.xdist_group("hidden things")  # of one world


def test_a_hidden_thing_changes_no_answer(world):
    outcome = world.compare(300, seed=1)
    assert outcome.found == []
    assert outcome.pairs > 250
    assert set(outcome.things) == set(THINGS)
    assert outcome.statuses[200] > 50  # pages that tell nothing to anybody prove nothing


@pytest.mark.parametrize("shown", dict.fromkeys(SHOWN_BY.values()), ids=" at ".join)
def test_where_a_leak_would_show_there_is_none(shown, world):
    assert world.compare_one(*shown).differences == 0


@pytest.mark.parametrize("name", FAULTS)
def test_a_leak_is_noticed(name, world):
    with with_fault(name):
        assert world.compare_one(*SHOWN_BY[name], until=1).differences


def test_the_demos_check_hides_a_child_of_the_same_name():
    assert hidden_things.NAME == NAME

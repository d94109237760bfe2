"""The same world with one hidden thing more answers the same bytes: a small run of `./run bench noninterference`."""

import pytest
from bench.noninterference import FAULTS, SHOWN_BY, THINGS, Invented, clock_stands_still, with_fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    with clock_stands_still():
        yield Invented()


def test_a_hidden_thing_changes_no_answer(world):
    outcome = world.compare(300, seed=1)
    assert outcome.found == []
    assert outcome.pairs > 250
    assert set(outcome.things) == set(THINGS)
    assert outcome.statuses[200] > 50  # pages that tell nothing to anybody prove nothing


@pytest.mark.parametrize("name", FAULTS)
def test_a_leak_is_noticed(name, world):
    assert world.compare_one(*SHOWN_BY[name]).differences == 0
    with with_fault(name):
        assert world.compare_one(*SHOWN_BY[name]).differences

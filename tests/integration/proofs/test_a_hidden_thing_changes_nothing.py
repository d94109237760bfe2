"""The same world with one hidden thing more answers the same bytes: a small run of `./run bench noninterference`."""

import pytest
from bench import noninterference
from bench.noninterference import FAULTS, THINGS, Invented, clock_stands_still, with_fault

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


@pytest.mark.parametrize(
    "name", ["what is hidden answers 403, what is absent 404", "a search reads past the walls"]
)
def test_a_leak_is_noticed(name, world, monkeypatch):
    assert name in FAULTS
    few = {"a restricted child": THINGS["a restricted child"]}
    monkeypatch.setattr(noninterference, "THINGS", few)
    with with_fault(name):
        assert world.compare(150, seed=1, until=1).differences

"""Whatever is said of who is who and taken back: a small run of `./run bench linkage-histories`."""

import pytest
from bench._families import FAMILIES, members, weighed
from bench._histories import EVENTS
from bench.linkage_histories import FAULTS, SEED, noticed_after, try_all


def test_two_thousand_histories_keep_every_law():
    tally = try_all(2_000, SEED)
    assert tally.found == []
    assert set(tally.events) == set(EVENTS)
    assert all(tally.checked[law] > 1_000 for law in tally.checked) and len(tally.checked) == 13


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed(name):
    assert noticed_after(name)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_program_joins_nobody_of_a_family_to_another_and_each_to_themselves(family):
    pairs = [(a, b) for a in members(family) for b in members(family) if a < b]
    joined = {(a.split()[0], b.split()[0]) for a, b in pairs if weighed(family, a, b).joins}
    assert joined == {(whose, whose) for whose, _ in joined}
    assert len(joined) == len(FAMILIES[family])

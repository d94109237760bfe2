"""Answers that may change with a hidden thing: each exception is still needed, so that none outlives its reason."""

from unittest import mock

import pytest
from bench import noninterference
from bench.noninterference import CHANGES_BECAUSE

pytestmark = pytest.mark.xdist_group("what may change")


@pytest.mark.parametrize("thing_and_route", CHANGES_BECAUSE, ids=" at ".join)
def test_without_its_exception_a_difference_is_found(thing_and_route, world):
    others = {known: why for known, why in CHANGES_BECAUSE.items() if known != thing_and_route}
    with mock.patch.object(noninterference, "CHANGES_BECAUSE", others):
        assert world.compare_one(*thing_and_route, until=1).differences
    assert CHANGES_BECAUSE[thing_and_route]  # and it says why

"""Rights that end, nobody at work, connections used again: the usual run of `./run bench fail-closed`."""

import pytest
from bench._closing import TRIALS
from bench.fail_closed import FAULTS, noticed_after, small_world, try_all
from tests.integration.receiving.own_database import a_database_of_its_own

pytestmark = pytest.mark.xdist_group("fails closed")  # of one world, committed into a database of its own


@pytest.fixture(scope="module")
def world(template_database, tmp_path_factory, django_db_blocker, django_db_setup):
    folder = tmp_path_factory.mktemp("fails-closed")
    with (
        a_database_of_its_own(template_database, folder, django_db_blocker.unblock) as own,
        own.doors_open(),
        small_world() as made,
    ):
        yield made


def test_500_trials_leave_nothing_open(world):
    tally = try_all(world, 500, seed=1)
    assert tally.found == []
    assert set(tally.trials) == set(TRIALS) and min(tally.trials.values()) >= 16


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_one_wall_is_noticed(name, world):
    assert noticed_after(world, name, seed=1)

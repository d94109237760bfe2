"""Six slips of the hundreds that `./run bench policy-mutants` makes: each is noticed."""

import pytest
from bench.policy_mutants import killed, of_policy, of_queries, of_walls
from tests.oracle.asking import only_the_jobs

pytestmark = pytest.mark.django_db
IN_POLICY = [
    "party-circle-full: left out",
    "core-team-area-identity: || for && (0)",
    "sealed-holder-only: left out",
]


@pytest.mark.parametrize("name", IN_POLICY)
def test_a_slip_in_the_policy_is_noticed(name):
    (mutant,) = [one for one in of_policy() if one.name == name]
    assert killed(mutant)


def test_a_query_without_its_filter_is_noticed():
    queries = list(of_queries())
    assert len(queries) > 100
    assert killed(queries[0])


@pytest.mark.parametrize(
    "name",
    ["guarded.SeenUnder.as_sql: OR for AND (0)", "reach.circle_of: if True} for if named} (0)"],
)
def test_a_slip_in_a_wall_is_noticed(name, db):
    only_the_jobs()
    (mutant,) = [one for one in of_walls() if one.name == name]
    assert killed(mutant)

"""Each kind of agency writes with the error rates of error-rates.yaml."""

from random import Random

import pytest

from engage.demo import World
from engage.demo.errors import Recorded, rates_of, typing_error, written_down
from engage.demo.world import Child


def written(world: World, kind: str, *, bad_year: bool = False) -> list[tuple[Child, Recorded]]:
    rng = Random(f"{kind}/{bad_year}")
    pairs = []
    for _ in range(2):
        pairs += [(child, written_down(rng, child, kind, bad_year=bad_year)) for child in world.children]
    return pairs


@pytest.mark.parametrize("kind", ["police", "council", "schools", "health", "charity", "helpline"])
def test_gaps_and_wrong_birthdays_are_as_frequent_as_the_table_says(default_world: World, kind: str) -> None:
    rates, pairs = rates_of(kind, False), written(default_world, kind)
    without_dob = sum(recorded.dob is None for _, recorded in pairs) / len(pairs)
    without_postcode = sum(not recorded.postcode for _, recorded in pairs) / len(pairs)
    wrong = sum(recorded.dob not in (None, child.dob) for child, recorded in pairs) / len(pairs)
    moved = sum(recorded.address is not child.address for child, recorded in pairs) / len(pairs)
    assert without_dob == pytest.approx(rates.dob_missing, abs=0.01)
    assert without_postcode == pytest.approx(rates.postcode_missing, abs=0.01)
    assert wrong == pytest.approx(rates.dob_wrong * (1 - rates.dob_missing), abs=0.01)
    assert moved == pytest.approx(rates.moved_house, abs=0.01)


def test_only_health_schools_and_councils_give_numbers(default_world: World) -> None:
    assert all(
        not recorded.nhs_number and not recorded.upn for _, recorded in written(default_world, "police")
    )
    given = [recorded.nhs_number for _, recorded in written(default_world, "health")]
    assert sum(map(bool, given)) / len(given) == pytest.approx(0.95, abs=0.01)


def test_a_wrong_number_is_mostly_that_of_a_brother_or_sister(default_world: World) -> None:
    wrong_sibling = [
        recorded
        for child, recorded in written(default_world, "health")
        if recorded.nhs_number in {o.nhs_number for o in child.household.children if o is not child}
    ]
    assert 0.0005 < len(wrong_sibling) / (2 * len(default_world.children)) < 0.006


def test_a_bad_year_has_more_errors(default_world: World) -> None:
    usual = sum(recorded.dob is None for _, recorded in written(default_world, "charity"))
    bad = sum(recorded.dob is None for _, recorded in written(default_world, "charity", bad_year=True))
    assert bad == pytest.approx(1.5 * usual, rel=0.05)


def test_a_typing_error_keeps_the_first_letter_and_most_of_the_name() -> None:
    rng = Random(4)
    for _ in range(300):
        wrong = typing_error(rng, "Katherine")
        assert wrong[0] == "K" and abs(len(wrong) - len("Katherine")) <= 1

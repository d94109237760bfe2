"""The invented world keeps to the published parameters and holds every edge case."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from tests.unit.demo.conftest import AS_AT

from engage.demo import World, invent
from engage.demo.identifiers import Issuer, nhs_number_is_valid, upn_is_valid
from engage.demo.invention import window_start
from engage.demo.names import load
from engage.demo.world import Child, Episode, Interview, Referral, Report


def counted(world: World) -> list[Episode]:
    start = window_start(world)
    return [e for e in world.episodes if e.last_seen_at >= start and not e.reports[0].cancelled]


def children_of(episodes: list[Episode]) -> dict[str, Child]:
    return {episode.child.child_id: episode.child for episode in episodes}


def test_near_400_children_are_reported_missing_in_six_months(default_world: World) -> None:
    assert abs(len(children_of(counted(default_world))) - 400) <= 5
    assert 10_400 <= len(default_world.children) <= 10_402


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_other_seeds_have_the_same_volume(seed: int) -> None:
    world = invent(seed=seed, as_at=AS_AT, others=1_000)
    assert abs(len(children_of(counted(world))) - 400) <= 5
    assert 1.7 < len(counted(world)) / 400 < 2.6


def test_shares_are_near_the_published_ones(default_world: World) -> None:
    episodes = counted(default_world)
    children = children_of(episodes).values()
    assert 0.14 < sum(c.looked_after for c in children) / len(children) < 0.24
    assert 0.20 < sum(e.child.looked_after for e in episodes) / len(episodes) < 0.50
    assert 0.42 < sum(c.sex == "F" for c in children) / len(children) < 0.54
    under_12 = sum(c.age_on(AS_AT.date()) < 12 for c in children) / len(children)
    assert 0.03 < under_12 < 0.11
    reports = default_world.reports
    grades = Counter(report.grade for report in reports)
    assert 0.62 < grades["medium"] / len(reports) < 0.85
    assert 0.05 < sum(e.cse for e in episodes) / len(episodes) < 0.14
    short = sum(
        e.returned_at is not None and e.returned_at - e.last_seen_at < timedelta(days=3) for e in episodes
    )
    assert 0.84 < short / len(episodes) < 0.95


def test_interviews_are_offered_and_held_as_often_as_published(default_world: World) -> None:
    interviews = default_world.interviews
    offered = [i for i in interviews if i.offered_at]
    held = [i for i in offered if i.held_at]
    assert 0.72 < len(offered) / len(interviews) < 0.90
    assert 0.52 < len(held) / len(offered) < 0.72
    in_time = [i for i in held if i.held_at - i.returned_at <= timedelta(hours=72)]
    assert 0.53 < len(in_time) / len(held) < 0.73


def test_today_has_something_of_each_kind(default_world: World) -> None:
    still_missing = [e for e in default_world.episodes if e.returned_at is None]
    assert 6 <= len(still_missing) <= 10
    covered = {id(e) for i in default_world.interviews for e in i.episodes}
    waiting = [e for e in counted(default_world) if e.returned_at and id(e) not in covered]
    assert any(AS_AT - e.returned_at < timedelta(hours=72) for e in waiting)
    overdue = [e for e in waiting if AS_AT - e.returned_at > timedelta(hours=72)]
    assert 1 <= len(overdue) <= 15


def test_nothing_happens_after_the_moment_asked_for(default_world: World) -> None:
    for episode in default_world.episodes:
        assert episode.last_seen_at < AS_AT
        assert episode.returned_at is None or episode.last_seen_at < episode.returned_at <= AS_AT
        assert all(episode.last_seen_at <= r.reported_at <= AS_AT for r in episode.reports)
    for interview in default_world.interviews:
        assert interview.offered_at is None or interview.returned_at <= interview.offered_at <= AS_AT
        assert interview.held_at is None or interview.held_at <= AS_AT
    assert all(contact.on <= AS_AT.date() for contact in default_world.contacts)
    assert all(referral.at <= AS_AT for referral in default_world.referrals)


def test_a_child_is_never_missing_twice_at_once(default_world: World) -> None:
    by_child: dict[str, list[Episode]] = {}
    for episode in sorted(default_world.episodes, key=lambda e: e.last_seen_at):
        by_child.setdefault(episode.child.child_id, []).append(episode)
    for episodes in by_child.values():
        for earlier, later in pairwise(episodes):
            assert earlier.returned_at is not None and earlier.returned_at < later.last_seen_at


def test_nobody_missing_is_grown_up_but_the_one_who_turned_18(default_world: World) -> None:
    grown_up = {e.child.child_id for e in default_world.episodes if e.child.age_on(AS_AT.date()) >= 18}
    turned = default_world.edge_cases["still_missing_at_18th_birthday"][0]
    assert grown_up == {turned.child.child_id}


def test_identifiers_are_valid_and_given_once(default_world: World) -> None:
    nhs = [c.nhs_number for c in default_world.children if c.nhs_number]
    upns = [c.upn for c in default_world.children if c.upn]
    assert all(map(nhs_number_is_valid, nhs)) and len(set(nhs)) == len(nhs)
    assert all(map(upn_is_valid, upns)) and len(set(upns)) == len(upns)


def test_published_examples_pass_our_check_digits() -> None:
    assert nhs_number_is_valid("9990000018") and not nhs_number_is_valid("9991234560")
    assert upn_is_valid("H889201200001") and not upn_is_valid("R247962919251")


def test_an_issuer_gives_a_hundred_thousand_different_numbers() -> None:
    issuer = Issuer(9)
    assert len({issuer.nhs_number() for _ in range(100_000)}) == 100_000


def test_a_postcode_lies_in_its_district(default_world: World) -> None:
    districts = load("places.yaml")["districts"]
    for household in default_world.households:
        for address in household.addresses:
            assert any(address.postcode.startswith(area) for area in districts[address.district]["postcodes"])


def test_families_are_as_the_parameters_say(default_world: World) -> None:
    several = [h for h in default_world.households if len(h.children) > 1]
    assert 0.35 < len(several) / len(default_world.households) < 0.55
    twins = [h for h in several if len({c.dob for c in h.children}) < len(h.children)]
    assert 0.01 < len(twins) / len(several) < 0.10
    assert any(len({c.surname for c in h.children}) > 1 for h in several)
    backgrounds = {h.background for h in default_world.households}
    assert backgrounds == set(load("names.yaml"))


KEYS_OF_THE_PARAMETERS = {
    "episode open across midnight, month end, 31 March and the clock change": [
        "open_across_midnight",
        "open_across_month_end",
        "open_across_31_march",
        "open_across_clock_change",
    ],
    "still missing at 18th birthday": ["still_missing_at_18th_birthday"],
    "two episodes touching on the same day": ["two_episodes_touching_on_the_same_day"],
    "overlapping reports from two carers": ["overlapping_reports_from_two_carers"],
    "child with no UPN, no NHS number, two addresses": ["no_upn_no_nhs_number_two_addresses"],
    "child placed from another county": ["placed_from_another_county"],
    "siblings and a friendship group missing together": ["siblings_and_friends_missing_together"],
    "child is also named as a suspect": ["child_also_named_as_suspect"],
    "adult linked to 4 children across both teams' areas": ["adult_linked_to_four_children_in_both_areas"],
    "episode reported then cancelled as not missing": ["cancelled_as_not_missing"],
    "return interview declined by child, given by carer": ["interview_declined_by_child_given_by_carer"],
    "interview at 71 h 59 min and at 72 h 01 min": ["interview_at_71_h_59", "interview_at_72_h_01"],
    "name with apostrophe, hyphen, non-Latin letters, single name, alias": [
        "name_with_apostrophe",
        "name_with_hyphen",
        "name_with_non_latin_letter",
        "single_name",
        "alias",
    ],
    "DOB unknown day (15th used)": ["day_of_birth_unknown"],
    "record under an inquiry hold and past its retention date": ["inquiry_hold_past_retention"],
    "restricted record (worker related to the family)": ["restricted_record"],
}


def test_every_edge_case_of_the_parameters_is_there(world: World) -> None:
    assert set(load("synthetic-parameters.yaml")["edge_cases_to_seed"]) == set(KEYS_OF_THE_PARAMETERS)
    for keys in KEYS_OF_THE_PARAMETERS.values():
        for key in keys:
            assert world.edge_cases[key], key


def test_edge_cases_are_what_their_keys_say(world: World) -> None:
    def first(key: str):
        return world.edge_cases[key][0]

    change: Episode = first("open_across_clock_change")
    assert change.last_seen_at < datetime(2026, 10, 25, 1, tzinfo=UTC) < change.returned_at
    march: Episode = first("open_across_31_march")
    assert march.last_seen_at.date() <= date(2026, 3, 31) < date(2026, 4, 1) <= march.returned_at.date()
    turned: Episode = first("still_missing_at_18th_birthday")
    assert turned.child.age_on(turned.last_seen_at.date()) == 17 and turned.child.age_on(AS_AT.date()) == 18
    touching: list[Episode] = world.edge_cases["two_episodes_touching_on_the_same_day"]
    assert touching[0].returned_at.date() == touching[1].last_seen_at.date()
    one, other = world.edge_cases["overlapping_reports_from_two_carers"][:2]
    assert isinstance(one, Report) and one.episode is other.episode and one.reported_by != other.reported_by
    nobody: Child = first("no_upn_no_nhs_number_two_addresses")
    assert not nobody.upn and not nobody.nhs_number and nobody.second_address
    early: Interview = first("interview_at_71_h_59")
    late: Interview = first("interview_at_72_h_01")
    assert early.held_at - early.returned_at == timedelta(hours=71, minutes=59)
    assert late.held_at - late.returned_at == timedelta(hours=72, minutes=1)
    assert "Łukasz" in first("name_with_non_latin_letter").forenames
    assert first("single_name").surname == ""
    assert first("day_of_birth_unknown").dob.day == 15
    linked: list[Referral] = world.edge_cases["adult_linked_to_four_children_in_both_areas"]
    assert len({r.child.child_id for r in linked}) == 4 and len({id(r.adult) for r in linked}) == 1
    areas = {r.child.address.district in ("Burnley", "Pendle", "Rossendale") for r in linked}
    assert areas == {True, False}
    together: list[Episode] = world.edge_cases["siblings_and_friends_missing_together"]
    assert len({e.child.household.household_id for e in together}) == 2
    suspect: Referral = first("child_also_named_as_suspect")
    names = {f"{c.forenames.split()[0]} {c.surname}" for c in world.children}
    assert suspect.adult.name in names


@pytest.mark.parametrize("seed", range(20, 30))
def test_a_small_world_of_any_seed_holds_every_edge_case(seed: int) -> None:
    small = invent(seed=seed, as_at=AS_AT, children=80, others=0)
    assert all(small.edge_cases[key] for keys in KEYS_OF_THE_PARAMETERS.values() for key in keys)


@pytest.mark.parametrize("month", [1, 3, 4, 6, 8, 10, 12])
def test_any_moment_of_the_year_will_do(month: int) -> None:
    as_at = datetime(2027, month, 1, 0, 5, tzinfo=UTC)
    world = invent(seed=1, as_at=as_at, children=120, others=200)
    assert abs(len(children_of(counted(world))) - 120) <= 5
    assert all(episode.last_seen_at < as_at for episode in world.episodes)

from datetime import timedelta

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label
from engage.practice.front_door.models import Referral
from engage.practice.missing.models import MissingReport
from engage.practice.people.actions import FactInput, write_facts
from engage.practice.people.grouping import regroup
from engage.practice.people.models import Fact, Judgement
from engage.practice.screening.actions import open_first_looks, sweep_first_looks
from engage.practice.screening.models import Cause, FirstLook

pytestmark = pytest.mark.django_db


def kinds(world, record):
    return sorted(cause.kind for cause in world.causes(record))


def test_a_child_reported_missing_gets_a_first_look(world):
    record = world.child()
    world.report(record)
    world.open(record)
    (look,) = world.looks(record)
    assert (look.state, look.record_id) == ("open", record)
    (cause,) = world.causes(record)
    assert (cause.kind, cause.waiting, cause.at) == ("episode", True, world.now - timedelta(hours=30))


def test_a_cancelled_report_opens_none(world):
    record = world.child()
    world.report(record, outcome=MissingReport.Outcome.CANCELLED)
    world.open(record)
    assert world.looks(record) == []


@pytest.mark.parametrize(
    ("signs", "looks"), [(("CE31",), 1), (("CE32", "CE50"), 0), ((), 0), (("CE40", "CE01"), 1)]
)
def test_a_referral_opens_a_look_only_with_a_sign_of_exploitation(world, signs, looks):
    record = world.child(agency="SCHOOLS", register="referrals")
    world.referral(record, indicators=signs)
    world.open(record)
    assert len(world.looks(record)) == looks


def test_a_referral_about_immediate_danger_opens_a_look_whatever_was_ticked(world):
    record = world.child(agency="SCHOOLS", register="referrals")
    world.referral(record, indicators=(), immediate_danger=True)
    world.open(record)
    assert len(world.looks(record)) == 1


@pytest.mark.parametrize(
    ("kind", "text", "category", "cause"),
    [
        ("cse_flag", "yes", "C06", "flag"),
        ("cce_flag", "yes", "C06", "flag"),
        ("cse_flag", "no", "C06", None),
        ("people_of_concern", "A man called Red in a van", "C18", "person_of_concern"),
        ("grade_reason", "yes", "C06", None),
    ],
)
def test_flags_and_people_of_concern_open_a_look(world, kind, text, category, cause):
    record = world.child()
    world.fact(record, kind, text=text, category=category)
    world.open(record)
    assert kinds(world, record) == ([cause] if cause else [])


def test_the_cause_stands_in_the_compartment_of_its_row(world):
    record = world.child()
    world.report(record)
    world.fact(record, "people_of_concern", text="A man called Red", category="C18")
    world.open(record)
    assert {str(cause.compartment) for cause in world.causes(record)} == {
        "LANCS-POL C03 full",
        "LANCS-POL C18 full",
    }


def test_that_a_referral_waits_is_a_summary_but_a_restricted_one_stays_restricted(world):
    one, two = world.child("S1", agency="SCHOOLS"), world.child("S2", agency="SCHOOLS")
    world.referral(one)
    world.referral(two, label=Label.RESTRICTED)
    world.open(one, two)
    assert [str(cause.compartment) for cause in world.causes(one)] == ["SCHOOLS C06 summary"]
    assert [str(cause.compartment) for cause in world.causes(two)] == ["SCHOOLS C06 restricted"]


def test_the_service_may_run_as_often_as_it_likes(world):
    record = world.child()
    world.report(record)
    world.fact(record, "cse_flag")
    for _ in range(3):
        world.open(record)
    assert len(world.looks(record)) == 1
    assert kinds(world, record) == ["episode", "flag"]


def test_a_call_about_danger_opens_nothing_but_raises_a_look_that_is_there(world):
    record = world.child()
    world.call(record)
    world.open(record)
    assert world.looks(record) == []
    world.report(record)
    world.open(record)
    assert kinds(world, record) == ["call", "episode"]
    assert len(world.looks(record)) == 1


def test_a_report_cancelled_later_closes_the_look_quietly_and_opens_it_again_when_it_stands_again(world):
    record = world.child()
    world.report(record, reference="P1")
    world.open(record)
    world.report(record, reference="P1", outcome=MissingReport.Outcome.CANCELLED)
    world.open(record)
    assert [look.state for look in world.looks(record)] == ["closed"]
    assert world.causes(record) == []
    world.report(record, reference="P1")
    world.open(record)
    assert [look.state for look in world.looks(record)] == ["open"]
    assert [cause.waiting for cause in world.causes(record)] == [True]


def test_the_next_version_of_a_report_is_the_same_cause_with_the_clock_it_now_has(world):
    record = world.child()
    world.report(record, reference="P1", grade="high")
    world.open(record)
    (before,) = world.causes(record)
    assert (before.immediate_danger, before.nearest_clock_at) == (True, None)
    back = world.now - timedelta(hours=2)
    world.report(record, reference="P1", grade="high", returned_at=back)
    world.open(record)
    (after,) = world.causes(record)
    assert after.pk == before.pk
    assert (after.immediate_danger, after.nearest_clock_at) == (False, back + timedelta(hours=72))


def test_a_return_known_by_its_day_gives_a_clock_that_is_a_day(world):
    record = world.child()
    world.report(record, returned_on=world.now.date())
    world.open(record)
    (cause,) = world.causes(record)
    assert cause.clock_is_a_day
    assert cause.nearest_clock_at > world.now + timedelta(hours=48)


def test_a_corrected_row_is_the_same_cause_as_before(world):
    record = world.child()
    first = world.source("P1", flag="Y")
    world.fact(record, "cse_flag", source_id=first)
    world.fact(record, "cce_flag", source_id=first)
    world.open(record)
    before = {cause.pk for cause in world.causes(record)}
    second = world.source("P1", flag="Y", spelling="mended")
    assert second != first
    with world.acting():
        write_facts(
            [
                FactInput(world.agency["LANCS-POL"], record, kind, "C06", source_id=second, text="yes")
                for kind in ("cse_flag", "cce_flag")
            ],
            by=world.receiver,
            now=world.now,
        )
    world.open(record)
    assert {cause.pk for cause in world.causes(record)} == before
    with world.acting():
        current = set(
            Fact.objects.visible_to(world.receiver).filter(current=True).values_list("pk", flat=True)
        )
    assert {cause.row_id for cause in world.causes(record)} <= current


def test_joined_records_keep_their_looks_and_un_joined_ones_get_each_their_own_back(world, people_at_work):
    one, two = world.child("R1"), world.child("R2")
    world.report(one, "P1")
    world.open(one)
    _judge(world, people_at_work["ewan"], one, two, "same", 1)
    assert world.person(two) == world.person(one)
    # Told after the joining, so it stands on the first record's look.
    world.report(two, "P2", hours_ago=400, returned_at=world.now - timedelta(hours=390))
    world.open(one)
    (look,) = world.looks(one)
    assert len(world.causes(one)) == 2
    _judge(world, people_at_work["ewan"], one, two, "not_same", 2)
    assert world.person(two) != world.person(one)
    assert [kept.pk for kept in world.looks(one)] == [look.pk]
    (own,) = world.looks(two)
    assert own.record_id == two
    assert [cause.look_id for cause in world.causes(one)] == [look.pk]
    assert [cause.look_id for cause in world.causes(two)] == [own.pk]


def _judge(world, by, one, two, verdict, number):
    a, b = sorted((one, two))
    with acting_as(by, now=world.now):
        Judgement.objects.create(
            record_a_id=a,
            record_b_id=b,
            verdict=verdict,
            by=by,
            by_person=True,
            role=by.role,
            at=world.now + timedelta(minutes=number),
            judged_no=10_000 + number,
        )
        regroup({one, two}, now=world.now)


def test_the_sweep_finds_whoever_a_crash_left_without_a_look(world):
    missing, referred, calm = world.child("R1"), world.child("R2"), world.child("R3")
    world.report(missing)
    world.referral(referred)
    world.fact(calm, "cse_flag", text="no")
    assert sweep_first_looks(now=world.now) == 2
    assert [len(world.looks(record)) for record in (missing, referred, calm)] == [1, 1, 0]
    assert sweep_first_looks(now=world.now) == 0


def test_the_sweep_follows_a_row_that_fell_away_or_changed(world):
    one, two = world.child("R1"), world.child("R2")
    report = world.report(one)
    referral = world.referral(two)
    world.open(one, two)
    world.change(MissingReport, report, grade="high")
    world.change(Referral, referral, current=False)
    assert sweep_first_looks(now=world.now) == 2
    assert [cause.immediate_danger for cause in world.causes(one)] == [True]
    assert [look.state for look in world.looks(two)] == ["closed"]
    assert sweep_first_looks(now=world.now) == 0


def test_many_children_cost_no_more_questions_than_one(world, django_assert_max_num_queries):
    one = world.child("R0")
    world.report(one, "P0")
    many = [world.child(f"R{number}", forenames=f"Katie{number}") for number in range(1, 21)]
    for number, record in enumerate(many, start=1):
        world.report(record, f"P{number}")
    persons = {world.person(record) for record in many}
    with world.acting(), django_assert_max_num_queries(25):
        open_first_looks(persons, now=world.now)
        assert FirstLook.objects.visible_to(world.receiver).count() == 20
        assert Cause.objects.visible_to(world.receiver).count() == 20

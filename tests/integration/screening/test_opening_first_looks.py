from datetime import timedelta

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember, Label
from engage.practice.agencies.models import Staff
from engage.practice.front_door.models import Referral
from engage.practice.missing.models import MissingReport
from engage.practice.people.actions import FactInput, write_facts
from engage.practice.people.grouping import regroup
from engage.practice.people.models import Fact, Judgement
from engage.practice.screening.actions import open_first_looks, sweep_first_looks
from engage.practice.screening.models import Cause, FirstLook
from engage.practice.screening.permissions import may_take
from engage.practice.screening.queries import first_looks, looks_of

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


def test_a_report_s_cause_stands_in_its_own_compartment_and_a_worry_s_in_its_owner_s_summary(world):
    record = world.child()
    world.report(record)
    world.fact(record, "people_of_concern", text="A man called Red", category="C18")
    world.open(record)
    assert {str(cause.compartment) for cause in world.causes(record)} == {
        "LANCS-POL C03 full",
        "LANCS-POL C06 summary",
    }


# What each kind of cause that opens a look is told by, and by whom: not every agency has somebody in the team.
CAUSES = {
    "episode": lambda world, record, label: world.report(record),
    "referral": lambda world, record, label: world.referral(record, label=label),
    "flag of the police": lambda world, record, label: world.fact(record, "cse_flag", label=label),
    "flag of a school": lambda world, record, label: world.fact(
        record, "cce_flag", agency="SCHOOLS", label=label
    ),
    "person of concern of a school": lambda world, record, label: world.fact(
        record, "people_of_concern", "A man called Red", "C18", "SCHOOLS", label
    ),
    "person of concern of the police": lambda world, record, label: world.fact(
        record, "people_of_concern", "A man called Red", "C18", "LANCS-POL", label
    ),
}


@pytest.mark.parametrize("told", CAUSES)
def test_whatever_opens_a_look_the_whole_core_team_of_the_area_sees_it_and_may_take_it(
    world, people_at_work, told
):
    record = world.child(agency="SCHOOLS", register="referrals")
    CAUSES[told](world, record, Label.FULL)
    world.open(record)
    for code in ("amir", "carys", "dina", "ewan", "farah", "grace", "hal"):
        with acting_as(people_at_work[code], now=world.now) as context:
            (row,) = first_looks(context.staff, world.now).object_list
            assert row.person_id == world.person(record)
            assert may_take(context.staff, looks_of(row.person_id, context.staff), restricted=False)
    with acting_as(people_at_work["nia"], now=world.now) as context:
        assert list(first_looks(context.staff, world.now).object_list) == []


@pytest.mark.parametrize("told", [told for told in CAUSES if told != "episode"])
def test_a_restricted_worry_opens_a_look_for_the_named_circle_alone(world, people_at_work, told):
    record = world.child(agency="SCHOOLS", register="referrals")
    CAUSES[told](world, record, Label.RESTRICTED)
    world.open(record)
    person = world.person(record)
    (cause,) = world.causes(record)
    assert cause.compartment.label == Label.RESTRICTED

    def see_it():
        seen = set()
        for code in ("amir", "beth", "carys", "dina", "ewan", "grace", "hal", "iris", "nia"):
            with acting_as(people_at_work[code], now=world.now) as context:
                if looks_of(person, context.staff):
                    seen.add(code)
        return seen

    assert see_it() == set()
    with world.acting():
        CircleMember.objects.create(
            record_id=record,
            person_id=person,
            staff=people_at_work["amir"],
            kind=CircleMember.Kind.LEAD,
            named=True,
            starts_at=world.now,
            added_by=world.receiver,
        )
    assert see_it() == {"amir"}


def test_the_sweep_lifts_a_worry_that_stood_where_the_team_could_not_see_it(world):
    record = world.child(agency="SCHOOLS", register="referrals")
    row = world.fact(record, "people_of_concern", "A man called Red", "C18", "SCHOOLS")
    world.open(record)
    with world.acting():
        own = Fact.objects.visible_to(world.receiver).get(pk=row).compartment_id
        Cause.objects.visible_to(world.receiver).update(compartment=own)
    assert sweep_first_looks(now=world.now) == 1
    assert [str(cause.compartment) for cause in world.causes(record)] == ["SCHOOLS C06 summary"]
    assert sweep_first_looks(now=world.now) == 0


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


def test_looks_are_opened_by_the_service_that_watches_clocks_and_not_by_the_one_that_sees_everything(world):
    """So the policy says, which an information-governance lead reads."""
    record = world.child()
    world.report(record)
    for label in (Label.FULL, Label.RESTRICTED):
        world.fact(record, "cse_flag", label=label)
        world.fact(record, "people_of_concern", "A man called Red", "C18", label=label)
    world.call(record)
    person = world.person(record)
    receiving = Staff.objects.filter(code="service_receiver")
    receiving.update(status=Staff.Status.SUSPENDED)
    open_first_looks({person}, now=world.now)
    assert sweep_first_looks(now=world.now) == 0
    receiving.update(status=Staff.Status.ACTIVE)
    assert len(world.looks(record)) == 1
    assert sorted(str(cause.compartment) for cause in world.causes(record)) == [
        "LANCS-POL C03 full",
        "LANCS-POL C06 restricted",
        "LANCS-POL C06 summary",
        "LANCS-POL C06 summary",
        "LANCS-POL C18 restricted",
        "LANTERN C21 summary",
    ]


def test_notes_of_a_health_service_open_no_look_that_would_tell_others_of_them(world):
    record = world.child()
    world.fact(record, "people_of_concern", "An invented note", "C10", "ELSH")
    world.open(record)
    assert world.looks(record) == []

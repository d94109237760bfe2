from datetime import timedelta

import pytest

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import CircleMember, Label
from engage.practice.missing.models import MissingReport
from engage.practice.people.models import Record
from engage.practice.screening.actions import decide, hand_back, open_with_purpose, take
from engage.practice.screening.models import Cause, FirstLook
from engage.practice.screening.queries import first_looks, judgements_of, reasons_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_work(people_at_work, now):
    def context(code, later=timedelta()):
        return acting_as(people_at_work[code], now=now + later)

    return context


@pytest.fixture
def worried_about(world):
    record = world.child()
    world.report(record)
    world.fact(record, "cse_flag")
    world.fact(record, "people_of_concern", text="A man called Red", category="C18")
    world.open(record)
    return record


def said(now, **changes):
    return {
        "level": "possible",
        "reason": "Three times missing with older people.",
        "next_step": "Ewan visits on Friday.",
        "review_on": now.date() + timedelta(days=14),
        **changes,
    }


def kinds(reader, person, now):
    return {reason.kind for reason in reasons_for(person, reader, now)}


def test_the_reader_who_sees_one_of_two_causes_sees_the_look_with_that_cause_s_time(
    world, people_at_work, at_work
):
    record = world.child()
    world.report(record, hours_ago=30)
    hidden_from_most = {"label": Label.RESTRICTED, "true_at": world.now - timedelta(hours=90)}
    world.fact(record, "cse_flag", **hidden_from_most)
    world.open(record)
    with world.acting():
        CircleMember.objects.create(
            record_id=record,
            person_id=world.person(record),
            staff=people_at_work["amir"],
            kind=CircleMember.Kind.LEAD,
            named=True,
            starts_at=world.now,
            added_by=world.receiver,
        )
    for code, hours in (("ewan", 30), ("amir", 90)):
        with at_work(code) as context:
            (row,) = first_looks(context.staff, world.now).object_list
            assert row.since == world.now - timedelta(hours=hours)
            assert row.identity.name == "Katie Holden"


def test_a_reader_outside_the_area_sees_no_look(world, worried_about, at_work):
    for code in ("nia", "kit", "max", "jun"):
        with at_work(code) as context:
            assert list(first_looks(context.staff, world.now).object_list) == []
            with pytest.raises(FirstLook.DoesNotExist):
                take(world.person(worried_about), by=context.staff, now=world.now)


def test_danger_comes_first_then_the_nearest_clock_then_the_longest_wait(world, at_work):
    children = {}
    for number, (name, report) in enumerate(
        {
            "waits longest": {"hours_ago": 200},
            "waits": {"hours_ago": 20},
            "clock": {"returned_at": world.now - timedelta(hours=5)},
            "nearer clock": {"returned_at": world.now - timedelta(hours=9)},
            "in danger": {"grade": "high", "hours_ago": 2},
        }.items()
    ):
        children[name] = world.child(f"R{number}", forenames=f"Katie{number}")
        world.report(children[name], f"P{number}", **report)
    world.open(*children.values())
    with at_work("ewan") as context:
        page = first_looks(context.staff, world.now)
        order = [row.person_id for row in page.object_list]
    wanted = ["in danger", "nearer clock", "clock", "waits longest", "waits"]
    assert order == [world.person(children[name]) for name in wanted]


def test_a_hidden_call_about_danger_does_not_move_the_child_up(world, at_work):
    calm, called = world.child("R1", forenames="Ann"), world.child("R2", forenames="Zoe")
    world.report(calm, "P1", hours_ago=50)
    world.report(called, "P2", hours_ago=20)
    world.call(called)
    world.open(calm, called)
    for code, first in (("ewan", calm), ("hal", called)):
        with at_work(code) as context:
            rows = first_looks(context.staff, world.now).object_list
            assert rows[0].person_id == world.person(first)
            assert rows[0].immediate_danger == (code == "hal")


def test_a_referral_from_another_agency_is_seen_waiting_without_what_it_says(world, at_work):
    record = world.child(agency="SCHOOLS", register="referrals")
    world.referral(record)
    world.open(record)
    person = world.person(record)
    with at_work("ewan") as context:
        assert len(first_looks(context.staff, world.now).object_list) == 1
        (reason,) = reasons_for(person, context.staff, world.now)
        assert reason.source == ""
        take(person, by=context.staff, now=world.now)
        (reason,) = reasons_for(person, context.staff, world.now)
        assert reason.source == "East Lancashire Schools Safeguarding Network"
        assert "taxis" in reason.sentence


def test_the_signs_of_a_referral_are_told_once(world, at_work):
    record = world.child(agency="SCHOOLS", register="referrals")
    sent, other = (world.source(name, "SCHOOLS", "referrals") for name in ("F1", "F2"))
    world.referral(record, source_id=sent)
    world.fact(record, "indicator", "CE05", agency="SCHOOLS", codes=("CE05",), source_id=sent)
    world.fact(record, "indicator", "CE06", agency="SCHOOLS", codes=("CE06",), source_id=other)
    world.open(record)
    person = world.person(record)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        told = sorted(one.kind for one in reasons_for(person, context.staff, world.now))
        assert told == ["referral", "sign"]


def test_taking_joins_the_circle_and_shows_more(world, worried_about, at_work):
    person = world.person(worried_about)
    with at_work("ewan") as context:
        # That something waits, and nothing of it.
        assert kinds(context.staff, person, world.now) == {"episode", "repeat", "worry"}
        take(person, by=context.staff, now=world.now)
        take(person, by=context.staff, now=world.now)
        assert kinds(context.staff, person, world.now) == {"episode", "repeat", "flag", "worry"}
        assert CircleMember.objects.visible_to(context.staff).filter(staff=context.staff).count() == 1
        assert context.audited == 1
        hand_back(person, by=context.staff, now=world.now)
        assert kinds(context.staff, person, world.now) == {"episode", "repeat", "worry"}
    assert [(look.state, look.holder_id) for look in world.looks(worried_about)] == [("open", None)]


def test_health_advice_is_for_the_circle_and_names_no_service(world, worried_about, at_work):
    world.fact(worried_about, "health_safety_summary", "Carries no phone.", "C26", "ELSH", Label.SUMMARY)
    person = world.person(worried_about)
    with at_work("ewan") as context:
        assert "health" not in kinds(context.staff, person, world.now)
        take(person, by=context.staff, now=world.now)
        (reason,) = [one for one in reasons_for(person, context.staff, world.now) if one.kind == "health"]
        assert (reason.source, reason.sentence) == ("a health service", "Carries no phone.")


def test_a_judgement_keeps_the_reasons_and_the_core_team_of_the_area_sees_its_level(
    world, worried_about, at_work, people_at_work
):
    person = world.person(worried_about)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        judgement = decide(person, by=context.staff, now=world.now, **said(world.now))
        assert context.audited == 2
    assert {one["kind"] for one in judgement.reasons_seen} == {"episode", "repeat", "flag", "worry"}
    assert [str(row.compartment) for row in world.judgements(worried_about)] == [
        "BWD-CSC C06 full",
        "BWD-CSC C06 summary",
    ]
    assert [cause.waiting for cause in world.causes(worried_about)] == [False] * 3
    with at_work("farah") as context:
        (shown,) = judgements_of(person, context.staff)
        assert (shown.level, shown.full) == ("Possible", None)
    with at_work("nia") as context:
        assert judgements_of(person, context.staff) == []


def test_the_holder_s_reason_to_read_ends_with_the_judgement_and_their_own_words_stay(
    world, worried_about, at_work
):
    person = world.person(worried_about)
    with at_work("farah") as context:
        take(person, by=context.staff, now=world.now)
        assert "flag" in kinds(context.staff, person, world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now))
        assert "flag" not in kinds(context.staff, person, world.now)
    with at_work("farah", timedelta(minutes=1)) as context:
        assert "flag" not in kinds(context.staff, person, world.now)
        (judged,) = judgements_of(person, context.staff)
        assert judged.full.next_step == "Ewan visits on Friday."
        open_with_purpose(person, purpose="protect_this_child", by=context.staff, now=context.now)
        assert "flag" in kinds(context.staff, person, world.now)


def test_a_lead_who_judges_goes_on_reading(world, worried_about, at_work, people_at_work):
    person = world.person(worried_about)
    with world.acting():
        CircleMember.objects.create(
            record_id=worried_about,
            person_id=person,
            staff=people_at_work["farah"],
            kind=CircleMember.Kind.LEAD,
            starts_at=world.now,
            added_by=world.receiver,
        )
    with at_work("farah") as context:
        take(person, by=context.staff, now=world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now))
        assert "flag" in kinds(context.staff, person, world.now)


def test_going_to_work_is_no_look_at_everybody_one_works_with(world, worried_about, at_work):
    person = world.person(worried_about)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
    with at_work("ewan") as context:
        assert context.people == (person,)
        assert (context.shown, context.kinds_read) == (set(), set())


def test_a_judgement_sent_twice_is_one(world, worried_about, at_work):
    person = world.person(worried_about)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        first = decide(person, by=context.staff, now=world.now, **said(world.now))
        again = decide(person, by=context.staff, now=world.now, **said(world.now))
        assert again.pk == first.pk
        with pytest.raises(NotPermitted, match="has been decided"):
            decide(person, by=context.staff, now=world.now, **said(world.now, level="known"))
    assert len(world.judgements(worried_about)) == 2


@pytest.mark.parametrize(
    "lacks",
    [{"reason": " "}, {"next_step": ""}, {"review_on": None}, {"level": "high"}, {"review_on": "yesterday"}],
)
def test_a_judgement_needs_reason_next_step_and_a_review_day_to_come(world, worried_about, at_work, lacks):
    if lacks.get("review_on"):
        lacks = {"review_on": world.now.date() - timedelta(days=1)}
    person = world.person(worried_about)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        with pytest.raises(NotPermitted):
            decide(person, by=context.staff, now=world.now, **said(world.now, **lacks))


def test_who_has_not_taken_the_look_does_not_decide_it(world, worried_about, at_work):
    person = world.person(worried_about)
    with at_work("ewan") as context, pytest.raises(NotPermitted, match="Take this first look"):
        decide(person, by=context.staff, now=world.now, **said(world.now))
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
    with at_work("farah") as context:
        for deed in (
            lambda: take(person, by=context.staff, now=world.now),
            lambda: decide(person, by=context.staff, now=world.now, **said(world.now)),
            lambda: hand_back(person, by=context.staff, now=world.now),
        ):
            with pytest.raises(NotPermitted, match="Ewan"):
                deed()
    with at_work("grace") as context:
        hand_back(person, by=context.staff, now=world.now)
    assert [look.state for look in world.looks(worried_about)] == ["open"]


def test_a_school_lead_sees_the_school_s_referral_waiting_and_may_not_take_or_decide(world, at_work):
    record = world.child(agency="SCHOOLS", register="referrals")
    world.referral(record)
    world.open(record)
    person = world.person(record)
    with at_work("iris") as context:
        assert len(first_looks(context.staff, world.now).object_list) == 1
        with pytest.raises(NotPermitted, match="Only the team"):
            take(person, by=context.staff, now=world.now)
        with pytest.raises(NotPermitted, match="Only the team"):
            decide(person, by=context.staff, now=world.now, **said(world.now))


@pytest.mark.parametrize(("level", "looks"), [("not_as_far_as_known", 2), ("possible", 1), ("known", 1)])
def test_a_new_cause_reopens_only_a_child_judged_not_exploited(world, at_work, level, looks):
    record = world.child()
    world.report(record)
    world.open(record)
    person = world.person(record)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now, level=level))
    world.open(record)
    assert len(world.looks(record)) == 1
    world.now += timedelta(days=1)
    world.fact(record, "cse_flag")
    world.open(record)
    assert len(world.looks(record)) == looks
    assert [cause.waiting for cause in world.causes(record, kind="flag")] == [looks == 2]
    with at_work("ewan", timedelta(days=1)) as context:

        def new():
            reasons = reasons_for(person, context.staff, world.now)
            return {one.kind for one in reasons if one.is_new_since_judgement}

        assert new() == {"worry"}
        take(person, by=context.staff, now=context.now)
        assert new() == {"flag"}


def test_not_exploited_is_no_judgement_on_what_its_maker_could_not_read(world, worried_about, at_work):
    """A social worker's C18 is a summary: the person of concern waits on, and a police officer reads it."""
    person = world.person(worried_about)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now, level="not_as_far_as_known"))
        (row,) = first_looks(context.staff, world.now).object_list
        assert row.causes == ("Worry told by an agency",)
        take(person, by=context.staff, now=world.now)
        (worry,) = [one for one in reasons_for(person, context.staff, world.now) if one.kind == "worry"]
        assert "your role does not read" in worry.sentence
        hand_back(person, by=context.staff, now=world.now)
    world.open(worried_about)
    assert {look.state for look in world.looks(worried_about)} == {"open", "decided"}
    with at_work("amir") as context:
        (row,) = first_looks(context.staff, world.now).object_list
        assert row.causes == ("Person of concern named",)
        take(person, by=context.staff, now=world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now, level="not_as_far_as_known"))
        assert list(first_looks(context.staff, world.now).object_list) == []


def test_not_exploited_is_no_judgement_on_a_cause_its_maker_could_not_see(world, at_work, people_at_work):
    record = world.child()
    world.report(record)
    world.fact(record, "cse_flag", label=Label.RESTRICTED)
    world.open(record)
    person = world.person(record)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now, level="not_as_far_as_known"))
        assert list(first_looks(context.staff, world.now).object_list) == []
    assert [cause.waiting for cause in world.causes(record, kind="flag")] == [True]


def test_who_sees_a_worry_waiting_learns_neither_its_kind_nor_its_sender(world, at_work):
    record = world.child(agency="SCHOOLS", register="referrals")
    world.fact(record, "people_of_concern", "A man called Red", "C18", "SCHOOLS")
    world.open(record)
    person = world.person(record)
    with at_work("ewan") as context:
        (row,) = first_looks(context.staff, world.now).object_list
        assert row.causes == ("Worry told by an agency",)
        (reason,) = reasons_for(person, context.staff, world.now)
        assert (reason.kind, reason.source) == ("worry", "")
        assert "Red" not in reason.sentence and "concern" not in reason.sentence


def name_for_the_child(world, record, staff):
    with world.acting():
        CircleMember.objects.create(
            record_id=record,
            person_id=world.person(record),
            staff=staff,
            kind=CircleMember.Kind.LEAD,
            named=True,
            starts_at=world.now,
            added_by=world.receiver,
        )


def test_a_helpline_worker_is_told_that_a_restricted_look_is_not_theirs_to_judge(
    world, at_work, people_at_work
):
    """Letter S writes no restricted row: without the question beforehand the database would refuse."""
    record = world.child()
    world.fact(record, "cse_flag", label=Label.RESTRICTED)
    world.open(record)
    person = world.person(record)
    for code in ("hal", "ewan"):
        name_for_the_child(world, record, people_at_work[code])
    with at_work("hal") as context, pytest.raises(NotPermitted, match="no restricted judgement"):
        take(person, by=context.staff, now=world.now)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now))
    assert [str(row.compartment) for row in world.judgements(record)] == ["BWD-CSC C06 restricted"]


def test_a_look_that_became_restricted_after_it_was_taken_is_handed_back_not_judged_by_a_helpline_worker(
    world, at_work, people_at_work
):
    record = world.child()
    told = world.report(record)
    world.fact(record, "cse_flag", label=Label.RESTRICTED)
    world.open(record)
    person = world.person(record)
    name_for_the_child(world, record, people_at_work["hal"])
    with at_work("hal") as context:
        take(person, by=context.staff, now=world.now)
    world.change(MissingReport, told, current=False)
    world.open(record)
    with at_work("hal") as context:
        with pytest.raises(NotPermitted, match="no restricted judgement"):
            decide(person, by=context.staff, now=world.now, **said(world.now))
        hand_back(person, by=context.staff, now=world.now)
    # What was taken back no longer makes a judgement anything but restricted.
    name_for_the_child(world, record, people_at_work["ewan"])
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now))
    assert [str(row.compartment) for row in world.judgements(record)] == ["BWD-CSC C06 restricted"]


def test_a_judged_child_can_be_looked_at_again(world, worried_about, at_work):
    person = world.person(worried_about)
    with at_work("ewan") as context:
        take(person, by=context.staff, now=world.now)
        decide(person, by=context.staff, now=world.now, **said(world.now))
        take(person, by=context.staff, now=world.now)
        later = world.now + timedelta(hours=1)
        decide(person, by=context.staff, now=later, **said(world.now, level="known"))
        assert [one.level for one in judgements_of(person, context.staff)] == ["Known", "Possible"]


def test_on_duty_a_stated_purpose_opens_a_child_of_the_area_until_the_shift_ends(
    world, worried_about, at_work
):
    person = world.person(worried_about)
    with at_work("farah") as context:
        for _ in range(2):
            open_with_purpose(person, purpose="protect_this_child", by=context.staff, now=world.now)
        assert CircleMember.objects.visible_to(context.staff).filter(kind="duty").count() == 1
        assert "flag" in kinds(context.staff, person, world.now)
        with pytest.raises(NotPermitted, match="purposes of your role"):
            open_with_purpose(person, purpose="prevent_or_detect_crime", by=context.staff, now=world.now)
    with at_work("farah", timedelta(hours=8)) as context:
        assert "flag" not in kinds(context.staff, person, world.now)
    with at_work("nia") as context, pytest.raises(Record.DoesNotExist):
        open_with_purpose(person, purpose="protect_this_child", by=context.staff, now=world.now)


def test_the_list_costs_the_same_for_one_child_and_for_twenty(world, at_work, django_assert_max_num_queries):
    for number in range(20):
        world.report(world.child(f"R{number}", forenames=f"Katie{number}"), f"P{number}")
    with world.acting():
        everybody = set(Record.objects.visible_to(world.receiver).values_list("person_id", flat=True))
    from engage.practice.screening.actions import open_first_looks

    open_first_looks(everybody, now=world.now)
    with at_work("ewan") as context:
        assert Cause.objects.visible_to(context.staff).count() == 20
        with django_assert_max_num_queries(7):
            assert len(first_looks(context.staff, world.now).object_list) == 20

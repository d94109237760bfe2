from datetime import UTC, date, datetime

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency
from engage.practice.front_door.actions import CallInput, ReferralInput, write_calls, write_referrals
from engage.practice.front_door.models import Call, Referral
from engage.practice.front_door.queries import calls_of, referrals_of
from engage.practice.people.actions.records import IdentityInput, write_records
from engage.practice.people.grouping import regroup

MORNING = datetime(2026, 10, 5, 8, tzinfo=UTC)


@pytest.fixture
def child(receiver, now):
    """Record id and person id of an invented child in Hyndburn."""
    given = IdentityInput(
        agency=Agency.objects.get(code="ENGAGE"),
        register="referrals",
        reference="R1",
        surname="Brook",
        forenames="Ada",
        born_on=date(2011, 5, 4),
        district="Hyndburn",
    )
    with acting_as(receiver, now=now):
        record_id = write_records([given], by=receiver, now=now)[given.key]
        (person_id,) = regroup({record_id}, now=now)
    return record_id, person_id


@pytest.fixture
def refer(child, receiver, now):
    def write(*rows, reference="F1", **said):
        owner = Agency.objects.get(code="ENGAGE")
        given = rows or [ReferralInput(child[0], owner, None, reference, MORNING, **said)]
        with acting_as(receiver, now=now):
            return write_referrals(given, by=receiver, now=now)

    return write


@pytest.fixture
def call(child, receiver, now):
    def write(**said):
        given = CallInput(child[0], Agency.objects.get(code="LANTERN"), None, "L1", MORNING, **said)
        with acting_as(receiver, now=now):
            return write_calls([given], by=receiver, now=now)

    return write


def test_a_referral_told_again_keeps_its_id_and_its_first_wording_is_kept_aside(refer, receiver, now):
    (first,) = refer(what_happened="First wording")
    (again,) = refer(what_happened="Second wording", indicators=("CE01", "CE02"))
    assert again.pk == first.pk
    with acting_as(receiver, now=now):
        rows = (
            Referral.objects.visible_to(receiver).order_by("current").values_list("what_happened", "current")
        )
        assert list(rows) == [("First wording", False), ("Second wording", True)]


def test_the_same_reference_of_another_agency_is_another_referral(refer, child, receiver, now):
    school = Agency.objects.get(code="SCHOOLS")
    refer(what_happened="By the team")
    refer(ReferralInput(child[0], school, None, "F1", MORNING, what_happened="By the school"))
    with acting_as(receiver, now=now):
        assert Referral.objects.visible_to(receiver).filter(current=True).count() == 2


def test_the_summary_of_a_call_never_tells_of_the_caller(call, child, people_at_work, now):
    call(
        concern="Seen with older people",
        caller_name="Invented Caller",
        caller_kind="parent",
        worker_ref="W1",
        safe_contact="Text only",
        safe_to_call_back=True,
        immediate_danger=True,
    )
    hal, grace = people_at_work["hal"], people_at_work["grace"]
    with acting_as(hal, now=now):
        (full,) = calls_of(child[1], hal)
        assert (full.caller_name, full.is_summary) == ("Invented Caller", False)
        summary = Call.objects.visible_to(hal).get(is_summary=True)
        assert (summary.caller_name, summary.caller_kind, summary.worker_ref, summary.outcome) == (
            "",
            "",
            "",
            "",
        )
        assert (summary.concern, summary.safe_contact) == ("Seen with older people", "Text only")
        assert summary.immediate_danger is True
    with acting_as(grace, now=now):
        assert calls_of(child[1], grace) == []  # a call is for who works with the child


def test_a_social_worker_of_the_child_reads_the_summary_of_a_call_and_no_more(
    call, child, people_at_work, receiver, now
):
    from engage.practice.access.models import CircleMember

    call(concern="Seen with older people", caller_name="Invented Caller")
    ewan = people_at_work["ewan"]
    with acting_as(receiver, now=now):
        CircleMember.objects.create(
            record_id=child[0],
            person_id=child[1],
            staff=ewan,
            kind="lead",
            starts_at=MORNING,
            added_by=receiver,
        )
    with acting_as(ewan, now=now):
        (seen,) = calls_of(child[1], ewan)
        assert (seen.is_summary, seen.caller_name) == (True, "")


def test_a_restricted_call_has_no_summary(call, receiver, now):
    call(concern="Not for everybody", label="restricted")
    with acting_as(receiver, now=now):
        assert [c.is_summary for c in Call.objects.visible_to(receiver)] == [False]


def test_a_call_told_again_replaces_both_its_rows(call, receiver, now):
    first = call(concern="First")
    again = call(concern="Second")
    assert [c.pk for c in first] == [c.pk for c in again]
    with acting_as(receiver, now=now):
        assert Call.objects.visible_to(receiver).filter(current=True).count() == 2


def test_a_withdrawn_referral_leaves_the_list(refer, child, people_at_work, now):
    refer(what_happened="Told")
    refer(what_happened="Told", withdrawn=True)
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        assert referrals_of(child[1], grace) == []


def test_someone_outside_the_circle_learns_nothing_of_a_referral_of_another_agency(
    refer, child, people_at_work, now
):
    refer(what_happened="Told", indicators=("CE01",))
    for code in ("ewan", "hal", "nia", "kit", "max"):
        with acting_as(people_at_work[code], now=now):
            assert referrals_of(child[1], people_at_work[code]) == []


def test_many_referrals_take_as_many_queries_as_one(
    refer, child, receiver, now, django_assert_max_num_queries
):
    owner = Agency.objects.get(code="ENGAGE")
    rows = [ReferralInput(child[0], owner, None, f"F{n}", MORNING) for n in range(300)]
    refer(*rows[:1])
    with acting_as(receiver, now=now), django_assert_max_num_queries(8):
        write_referrals(rows, by=receiver, now=now)

"""After a wrong join: who saw two people as one is known, and is told."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.people import mixtures
from engage.practice.people.actions import judge_records, undo
from engage.practice.people.models import Mixture, MixtureSeen, Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def opens(people_at_work):
    """Somebody opens a child's page: what was read is accounted for as the page does."""

    def open_(code, person_id, at):
        reader = people_at_work[code]
        with acting_as(reader, now=at):
            found = list(Record.objects.visible_to(reader).filter(person_id=person_id))
            audit.record_look("open_child")
        return len(found)

    return open_


@pytest.fixture
def two(written, council_record, police_record):
    return written(council_record("P1"), police_record("R1", forenames="Eleanor"))


@pytest.fixture
def joined_and_parted(two, people_at_work, opens, now):
    """Grace joins two sisters, Ewan and Amir read of them as one child, and Grace takes it back on the third day."""
    grace = people_at_work["grace"]
    assert opens("carys", two[0], now - timedelta(hours=1)) == 1
    with acting_as(grace, now=now):
        said = judge_records(
            record_a=two[0], record_b=two[1], verdict="same", reason="One name", by=grace, now=now
        )
    assert said.one_person
    assert opens("ewan", two[0], now + timedelta(hours=1)) == 2
    assert opens("ewan", two[0], now + timedelta(hours=2)) == 2
    assert opens("amir", two[0], now + timedelta(days=1)) == 2
    later = now + timedelta(days=3)
    with acting_as(grace, now=later):
        undo(judgement_id=said.judgement.pk, reason="They are sisters", by=grace, now=later)
    assert opens("carys", two[0], later + timedelta(hours=1)) == 1
    return later


def test_r18_after_a_wrong_merge_whoever_saw_the_mixture_is_listed_and_told(
    joined_and_parted, people_at_work, two, now
):
    """Records of two children stood as one: everybody who opened them so is found in the account, and finds it on Today."""
    later = joined_and_parted
    grace, ewan = people_at_work["grace"], people_at_work["ewan"]
    with acting_as(grace, now=later):
        (mixture,) = Mixture.objects.visible_to(grace)
        seen = {one.staff.code: one for one in mixtures.who_saw(mixture, grace)}
        assert (mixture.since, mixture.until) == (now, later)
    assert set(seen) == {"ewan", "amir"}
    assert (seen["ewan"].times, seen["ewan"].first_at) == (2, now + timedelta(hours=1))
    with acting_as(ewan, now=later):
        (own,) = mixtures.to_check(ewan)
        mixtures.check(own.mixture_id, by=ewan, now=later)
        assert mixtures.to_check(ewan) == []
    with acting_as(grace, now=later):
        assert {one.staff.code for one in mixtures.who_saw(mixture, grace) if one.checked_at} == {"ewan"}


def test_r18_who_may_not_see_both_records_is_shown_nothing_of_it(joined_and_parted, people_at_work):
    max_ = people_at_work["max"]
    with acting_as(max_, now=joined_and_parted):
        assert not Mixture.objects.visible_to(max_).exists()
        assert not MixtureSeen.objects.visible_to(max_).exists()


def test_what_nobody_saw_is_not_kept_and_only_engage_s_own_jobs_ask_who_saw(two, people_at_work, now):
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        said = judge_records(
            record_a=two[0], record_b=two[1], verdict="same", reason="One name", by=grace, now=now
        )
        undo(
            judgement_id=said.judgement.pk, reason="They are sisters", by=grace, now=now + timedelta(hours=1)
        )
        assert not Mixture.objects.visible_to(grace).exists()
        asked = pytest.raises(DatabaseError, match="for jobs of Engage")
        with asked, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM engage_saw(%s, %s, %s)", [two[0], now, now + timedelta(hours=1)])

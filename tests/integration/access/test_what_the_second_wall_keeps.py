"""What the second wall compares is worked out once a transaction: for nobody else, and not past a change."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from engage.practice.access.gate import acting_as, refresh_circle
from engage.practice.access.models import CircleMember

pytestmark = pytest.mark.django_db


def asked(sql: str):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}")
        return cursor.fetchone()[0]


def is_kept() -> bool:
    return asked("engage_kept('people')") is not None


def joined(staff, person_id, now):
    return CircleMember.objects.create(
        staff=staff,
        added_by=staff,
        person_id=person_id,
        record_id=uuid4(),
        kind=CircleMember.Kind.CO_WORKER,
        starts_at=now - timedelta(days=1),
    )


def test_who_is_at_work_has_their_sets_kept_and_nobody_has_them_afterwards(people_at_work, now):
    with acting_as(people_at_work["ewan"], now=now):
        assert is_kept()
        assert asked("engage_reach('in_circle')") == asked(
            "(SELECT r.in_circle FROM engage_read_reach() AS r)"
        )
    assert not is_kept()


def test_within_one_transaction_a_change_is_seen_at_once_and_kept_when_read_again(people_at_work, now):
    ewan, person_id = people_at_work["ewan"], uuid4()
    with acting_as(ewan, now=now):
        member = joined(ewan, person_id, now)
        assert not is_kept() and person_id in asked("engage_people()")
        refresh_circle()
        assert is_kept() and person_id in asked("engage_people()")
        with transaction.atomic():
            CircleMember.objects.filter(pk=member.pk).update(ends_at=now - timedelta(hours=1))
            assert person_id not in asked("engage_people()")
            transaction.set_rollback(True)
        # What was undone was never so, and what was kept before it is right again.
        assert is_kept() and person_id in asked("engage_people()")


def test_what_is_kept_for_one_answers_for_no_other_purpose_time_or_person(people_at_work, now):
    ewan, amir, person_id = people_at_work["ewan"], people_at_work["amir"], uuid4()
    with acting_as(ewan, now=now):
        joined(ewan, person_id, now)
    with acting_as(ewan, now=now):
        assert is_kept() and person_id in asked("engage_people()")
        with acting_as(amir, now=now):
            assert is_kept() and person_id not in asked("engage_people()")
        assert is_kept() and person_id in asked("engage_people()")
        # Set past the gate, as no code of ours does:
        for name, value in (
            ("staff", str(amir.pk)),
            ("now", (now - timedelta(days=2)).isoformat()),
            ("purpose", "another"),
        ):
            with transaction.atomic():
                asked(f"set_config('engage.{name}', '{value}', true)")
                assert not is_kept()
                assert (person_id in asked("engage_people()")) == (name == "purpose")
                transaction.set_rollback(True)
            assert is_kept()


def test_every_table_that_the_sets_are_read_from_ends_what_is_kept():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosrc FROM pg_proc WHERE proname LIKE 'engage_read\\_%' AND proname <> 'engage_read_lately' OR proname = 'engage_restricted'"
        )
        bodies = " ".join(body for (body,) in cursor.fetchall())
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = tgrelid::regclass::text || '_keep_no_longer'"
        )
        watched = {table for (table,) in cursor.fetchall()}
    assert watched == set(re.findall(r"\b(?:access|agencies)_[a-z]+\b", bodies)) and len(watched) == 9

"""Rows inserted as arrays are kept whole or refused, never cut."""

from uuid import uuid4

import pytest
from django.db import DataError, transaction

from engage.practice.access.gate import acting_as
from engage.practice.access.reach import compartments
from engage.practice.people.models import Fact, Record


@pytest.fixture
def compartment(people_at_work, receiver, now):
    with acting_as(receiver, now=now):
        return compartments(people_at_work["amir"].agency, {("C01", "summary")})["C01", "summary"]


def record(people_at_work, compartment, now, **more) -> Record:
    police = people_at_work["amir"].agency
    return Record(
        id=uuid4(),
        compartment_id=compartment,
        agency=police,
        register="police-missing",
        reference=str(uuid4()),
        received_no=int(uuid4().int % 10**15),
        received_at=now,
        **more,
    )


def fact(record, now, **more) -> Fact:
    return Fact(id=uuid4(), compartment_id=record.compartment_id, record=record, recorded_at=now, **more)


def test_a_text_longer_than_its_column_is_refused_and_not_cut(people_at_work, receiver, compartment, now):
    with acting_as(receiver, now=now), pytest.raises(DataError), transaction.atomic():
        Record.objects.bulk_create([record(people_at_work, compartment, now, surname="x" * 121)])


def test_a_code_longer_than_its_column_is_refused_and_not_cut(people_at_work, receiver, compartment, now):
    with acting_as(receiver, now=now):
        known = record(people_at_work, compartment, now)
        Record.objects.bulk_create([known])
        with pytest.raises(DataError), transaction.atomic():
            Fact.objects.bulk_create([fact(known, now, kind="school", codes=["y" * 41])])


def test_awkward_texts_come_back_as_they_were(people_at_work, receiver, compartment, now):
    awkward = [
        'a "quoted" word',
        "back\\slash",
        "comma, {brace}",
        "NULL",
        "",
        "line\nbreak",
        "Łukasz ’ é",
        "'",
    ]
    with acting_as(receiver, now=now):
        known = record(people_at_work, compartment, now)
        Record.objects.bulk_create([known])
        facts = [fact(known, now, kind="school", text=text, codes=[text[:40], "b"]) for text in awkward]
        Fact.objects.bulk_create(facts)
        back = {f.pk: (f.text, f.codes) for f in Fact.objects.visible_to(receiver).filter(record=known)}
    assert back == {f.pk: (f.text, f.codes) for f in facts}

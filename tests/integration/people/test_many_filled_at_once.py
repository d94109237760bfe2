"""The people among whom bench/linkage_online.py looks are stored as the usual door would store them."""

from __future__ import annotations

from collections import Counter

import pytest
from bench._identities import AGENCIES, lines_of, places
from bench._many_people import many_people
from django.db import connection, transaction

from engage.methods.linkage.batch import as_records
from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency
from engage.practice.people.actions.records import AddressInput, IdentityInput, write_records
from engage.practice.people.models import Address, Identifier, Record, RecordDetail, Token

# What each writing decides for itself: ids, the order of receipt, and whose a record is before anybody linked it.
OF_ONE_WRITING = {"id", "person_id", "record_id", "received_no", "received_at", "recorded_at"}


@pytest.fixture
def invented():
    said = list(as_records(many_people(400, 5).records))
    assert {one.source for one in said} == AGENCIES.keys()
    return said


def received(said, by, now):
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    inputs = [
        IdentityInput(
            agency=agencies[AGENCIES[one.source]],
            register=one.register,
            reference=one.id,
            surname=one.surname,
            forenames=one.forenames,
            born_on=one.dob,
            sex=one.sex or "",
            nhs_number=one.nhs_number or "",
            upn=one.upn or "",
            council_child_id=one.council_child_id or "",
            phone=one.phone or "",
            district=one.district or "",
            addresses=tuple(AddressInput(postcode=postcode) for postcode in one.postcodes),
        )
        for one in said
    ]
    write_records(inputs, by=by, now=now)


def filled(lines):
    """As copied by the bench, in statements that the walls allow."""
    with connection.cursor() as cursor:
        for table, (columns, rows) in lines.items():
            cursor.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})",
                [
                    [None if told == "\\N" else told.replace("\\\\", "\\") for told in line[:-1].split("\t")]
                    for line in rows
                ],
            )


def stored(by) -> dict[str, Counter]:
    """By table what its rows say, each with the record it belongs to, and encrypted texts opened."""
    references = dict(Record.objects.visible_to(by).values_list("id", "reference"))
    told = {}
    for model in (Record, RecordDetail, Identifier, Address, Token):
        columns = [one.attname for one in model._meta.concrete_fields if one.attname not in OF_ONE_WRITING]
        told[model.__name__] = Counter(
            (references[getattr(row, "record_id", row.pk)], *(_plain(getattr(row, name)) for name in columns))
            for row in model.objects.visible_to(by)
        )
    return told


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def test_filled_and_received_are_the_same_rows(invented, receiver, now):
    places.cache_clear()  # of another test's database
    places()
    undone = transaction.savepoint()
    with acting_as(receiver, now=now):
        received(invented, receiver, now)
        by_the_door = stored(receiver)
    transaction.savepoint_rollback(undone)
    lines = lines_of([(one.id, one) for one in invented], 0)
    with acting_as(receiver, now=now):
        assert not any(stored(receiver).values())
        filled(lines)
        at_once = stored(receiver)
    places.cache_clear()
    assert len(by_the_door["Record"]) == 400 and sum(by_the_door["Token"].values()) > 8_000
    for name, rows in by_the_door.items():
        assert rows == at_once[name], (
            f"{name}: {list(rows - at_once[name])[:2]} {list(at_once[name] - rows)[:2]}"
        )

"""From when until when an agreement lets see, to the second, by the program and by the database alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from engage.practice.access.gate import acting_as
from engage.practice.access.models import SharingAgreement
from engage.practice.access.reach import compartments
from engage.practice.people.models import Record

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
# In winter, London's midnight is that of UTC.
MIDNIGHT = datetime(2026, 12, 31, 0, 0, tzinfo=UTC)


@pytest.fixture
def record(agency, receiver, now) -> Record:
    """A child of the police's records, in the area of everybody's team."""
    with acting_as(receiver, now=now):
        compartment = compartments(agency["LANCS-POL"], {("C01", "summary")})["C01", "summary"]
        return Record.objects.create(
            compartment_id=compartment, agency=agency["LANCS-POL"], register="police-missing", reference="EXPIRY-1",
            received_no=1, received_at=now, surname="Invented", area=0b1,
        )  # fmt: skip


@pytest.fixture
def sees(record, people_at_work):
    """Whether the council's social worker sees it at a moment: by the first wall, and by the second alone."""

    def at(moment: datetime, code: str = "ewan") -> bool:
        reader = people_at_work[code]
        with acting_as(reader, now=moment):
            first = Record.objects.visible_to(reader).filter(pk=record.pk).exists()
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM people_record WHERE id = %s", [record.pk])
                (second,) = cursor.fetchone()
        assert first == bool(second)
        return first

    return at


def test_an_agreement_ends_at_midnight_to_the_second(table, standing, sees):
    table.agree(table.propose_end(standing, MIDNIGHT))
    assert sees(MIDNIGHT - SECOND)  # 23:59:59
    assert not sees(MIDNIGHT)  # 00:00:00
    assert not sees(MIDNIGHT + SECOND)
    assert sees(MIDNIGHT, "amir")  # one's own agency's record needs no agreement


def test_an_agreement_ends_at_its_own_end_as_signed(standing, sees):
    assert sees(standing.ends_at - SECOND)
    assert not sees(standing.ends_at)


def test_a_version_that_follows_leaves_no_gap_and_no_overlap(table, standing, as_signed, sees):
    table.agree(
        table.propose_version(
            standing, replace(as_signed, starts_at=MIDNIGHT, ends_at=as_signed.ends_at + timedelta(days=365))
        )
    )
    first, second = SharingAgreement.objects.filter(code=standing.code)
    assert first.in_force_until == second.starts_at == MIDNIGHT
    assert sees(MIDNIGHT - SECOND) and sees(MIDNIGHT) and sees(as_signed.ends_at)


def test_a_version_without_a_category_takes_it_away_at_its_start(table, standing, as_signed, sees):
    fewer = [one for one in as_signed.categories if one != "C01"]
    table.agree(
        table.propose_version(standing, replace(as_signed, categories=fewer, starts_at=MIDNIGHT), by="grace"),
        by=("lena", "olga"),
    )
    assert sees(MIDNIGHT - SECOND)
    assert not sees(MIDNIGHT)


def test_an_agreement_begins_at_its_start_to_the_second(table, standing, as_signed, sees, now):
    table.agree(table.propose_end(standing, now + timedelta(hours=1)))
    table.agree(table.propose(replace(as_signed, code="ENGAGE-2027", starts_at=MIDNIGHT)))
    assert sees(now)
    assert not sees(MIDNIGHT - SECOND)
    assert sees(MIDNIGHT)


def test_ending_at_once_shuts_within_the_second_of_the_second_approval(table, standing, sees, now):
    proposal = table.propose_end(standing, now)
    later = now + timedelta(minutes=20)
    table.approve(proposal, "lena", later)
    assert sees(later)
    table.approve(proposal, "grace", later)
    assert not sees(later)
    standing.refresh_from_db()
    assert standing.ended_at == later  # what could be seen until then stays readable
    assert sees(later - SECOND)

"""One hidden thing more, of each kind, written where somebody will look: what changes then has told of it.

Used by the demo's check and by `./run bench noninterference`. Each returns what it added. Nothing of it is meant to stay.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label, Restriction
from engage.practice.access.reach import compartments
from engage.practice.agencies.models import Agency, Staff
from engage.practice.missing.actions import ReportInput, derive_episodes, write_reports
from engage.practice.people.actions import (
    AddressInput,
    FactInput,
    IdentityInput,
    link_records,
    write_facts,
    write_records,
)
from engage.practice.people.models import Fact, Judgement, Pair, Record
from engage.practice.receiving.models import ReceivedFile
from engage.practice.screening.actions import open_first_looks

NAME = "Quillfeather"  # of nobody else in the demo


def missing_child(by: Staff, now: datetime, number: int = 1) -> Record:
    """Reported missing longer than anybody, with a first look to take; open until somebody restricts it."""
    police = Agency.objects.get(code="LANCS-POL")
    given = IdentityInput(
        police,
        "police-missing",
        f"HIDDEN-{number}",
        forenames=f"Zelda{'abcdefgh'[number]}",
        surname=NAME,
        born_on=date(2012, 3, number),
        phone=f"07700 90098{number}",
        addresses=(AddressInput(f"{number} Mill Lane", "BB2 9ZZ", "Blackburn with Darwen"),),
    )
    with acting_as(by, now=now):
        record_id = write_records([given], by=by, now=now)[given.key]
        link_records([record_id], by=by, now=now)
        person = Record.objects.visible_to(by).get(pk=record_id).person_id
        report = ReportInput(
            record_id, police, None, f"HIDDEN-{number}", "police", last_seen_at=now - timedelta(hours=400),
            reported_at=now - timedelta(hours=399), grade="high",
        )  # fmt: skip
        write_reports([report], by=by, now=now)
        derive_episodes({person}, now=now)
        open_first_looks({person}, now=now)
        return Record.objects.visible_to(by).get(pk=record_id)


def shut(record_id: UUID, by: Staff, now: datetime) -> None:
    """Restricted as soon as written, to nobody at all."""
    with acting_as(by, now=now):
        # One who resembles a restricted child is restricted by the program itself.
        if not Restriction.objects.visible_to(by).filter(record_id=record_id).exists():
            Restriction.objects.create(
                record_id=record_id,
                person_id=record_id,
                kind=Restriction.Kind.HIGH_PROFILE,
                starts_at=now,
                added_by=by,
            )


def restricted_child(by: Staff, now: datetime, number: int = 1) -> Record:
    record = missing_child(by, now, number)
    shut(record.pk, by, now)
    return record


def clinical_note(about: UUID, by: Staff, now: datetime) -> Fact:
    """A clinic's own words on a child whom others see."""
    clinic = Agency.objects.get(code="ELSH")
    with acting_as(by, now=now):
        given = FactInput(clinic, about, "clinical_note", "C10", Label.FULL, text="An invented note.")
        return write_facts([given], by=by, now=now)[0]


def first_word_of_an_agency(about: UUID, by: Staff, now: datetime) -> Fact:
    """Of a health service that had said nothing of the child: that it works with them at all."""
    with acting_as(by, now=now):
        known = Fact.objects.visible_to(by).filter(person_id=about).values("compartment__owner")
        clinic = Agency.objects.filter(kind=Agency.Kind.HEALTH).exclude(pk__in=known).order_by("code")[0]
        given = FactInput(clinic, about, "clinical_note", "C11", Label.FULL, text="An invented note.")
        return write_facts([given], by=by, now=now)[0]


def pair(one: UUID, other: UUID, by: Staff, now: datetime) -> Pair:
    """Two records of which somebody is to say whether they are one child."""
    first, second = sorted([one, other])
    with acting_as(by, now=now):
        return Pair.objects.create(
            record_a_id=first,
            record_b_id=second,
            weight_bits=12.0,
            model_version="invented",
            why="grey",
            offered_at=now,
        )


def judgement(one: UUID, other: UUID, by: Staff, now: datetime) -> Judgement:
    """What links two records, or says that nothing does."""
    first, second = sorted([one, other])
    with acting_as(by, now=now):
        last = Judgement.objects.visible_to(by).aggregate(last=Max("judged_no"))["last"] or 0
        return Judgement.objects.create(
            record_a_id=first,
            record_b_id=second,
            verdict=Judgement.Verdict.NOT_SAME,
            by=by,
            by_person=False,
            role="service_receiver",
            at=now,
            judged_no=last + 1,
        )


def file_of_a_hospital(by: Staff, now: datetime, received_at: datetime) -> ReceivedFile:
    agency = Agency.objects.get(code="ELHT")
    with acting_as(by, now=now):
        return ReceivedFile.objects.create(
            compartment_id=compartments(agency, {("C01", "raw")})["C01", "raw"],
            agency=agency,
            format="health-contacts",
            file_name="invented.csv",
            sha256="0" * 64,
            size_bytes=1,
            state=ReceivedFile.State.RECEIVED,
            by=by,
            received_at=received_at,
            finished_at=received_at,
        )


def entry_in_the_account(about: UUID, by: Staff, now: datetime) -> Any:
    """Somebody else's look at a child."""
    with acting_as(by, now=now):
        return audit.record(audit.Verb.CONSULT, "open_record", subjects=[about], kinds=["people.fact"])

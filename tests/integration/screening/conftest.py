"""Invented children, reported missing and worried about, as files would tell of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label
from engage.practice.access.reach import reach_of
from engage.practice.agencies.models import Agency
from engage.practice.front_door.models import Call, Referral
from engage.practice.missing.actions import ReportInput, derive_episodes, write_reports
from engage.practice.missing.models import MissingReport
from engage.practice.people.actions import (
    AddressInput,
    FactInput,
    IdentityInput,
    SourceInput,
    write_facts,
    write_records,
    write_sources,
)
from engage.practice.people.actions.sources import compartments_of
from engage.practice.people.models import Record
from engage.practice.screening.actions import open_first_looks
from engage.practice.screening.models import Cause, ExploitationJudgement, FirstLook


@pytest.fixture
def agency(db):
    return {a.code: a for a in Agency.objects.all()}


class World:
    """What agencies told, and what followed from it, read as the receiving service."""

    def __init__(self, agency, receiver, now):
        self.agency, self.receiver, self.now = agency, receiver, now
        self.sent = 0

    def acting(self):
        return acting_as(self.receiver, now=self.now)

    def child(self, reference="R1", agency="LANCS-POL", district="Blackburn with Darwen", **said):
        given = IdentityInput(
            self.agency[agency],
            said.pop("register", "police-missing"),
            reference,
            **{
                "surname": "Holden",
                "forenames": "Katie",
                "born_on": date(2012, 3, 4),
                "addresses": (AddressInput("1 Mill Lane", "BB1 1AA", district),),
                **said,
            },
        )
        with self.acting():
            return write_records([given], by=self.receiver, now=self.now)[given.key]

    def source(self, reference, agency="LANCS-POL", format="police-missing", **content):
        self.sent += 1
        given = SourceInput(self.agency[agency], format, reference, "C06", {"sent": self.sent, **content})
        with self.acting():
            return write_sources([given], by=self.receiver, now=self.now)[0].source_id

    def report(self, record, reference="P1", hours_ago=30, agency="LANCS-POL", **said):
        given = ReportInput(
            record_id=record,
            owner=self.agency[agency],
            source_id=said.pop("source_id", None),
            reference=reference,
            told_by=MissingReport.Told.POLICE,
            **{"reported_at": self.now - timedelta(hours=hours_ago), **said},
        )
        with self.acting():
            report = write_reports([given], by=self.receiver, now=self.now)[0]
            derive_episodes({self.person(record)}, now=self.now)
            return report.pk

    def fact(self, record, kind, text="yes", category="C06", agency="LANCS-POL", label=Label.FULL, **said):
        given = FactInput(
            agency=self.agency[agency],
            record_id=record,
            kind=kind,
            category=category,
            label=label,
            text=text,
            **said,
        )
        with self.acting():
            return write_facts([given], by=self.receiver, now=self.now)[0].pk

    def referral(self, record, hours_ago=5, agency="SCHOOLS", indicators=("CE05",), label=Label.FULL, **said):
        return self._row(
            Referral,
            record,
            agency,
            ("C06", label),
            reference="F1",
            referred_at=self.now - timedelta(hours=hours_ago),
            indicators=list(indicators),
            **said,
        )

    def call(self, record, hours_ago=1, agency="LANTERN", **said):
        return self._row(
            Call,
            record,
            agency,
            ("C21", Label.SUMMARY),
            reference="K1",
            is_summary=True,
            started_at=self.now - timedelta(hours=hours_ago),
            immediate_danger=True,
            **said,
        )

    def _row(self, model, record_id, agency, wanted, **said):
        with self.acting():
            record = Record.objects.visible_to(self.receiver).get(pk=record_id)
            return model.objects.create(
                compartment_id=compartments_of(self.agency[agency], {wanted})[wanted],
                record_id=record_id,
                person_id=record.person_id,
                area=record.area,
                recorded_at=self.now,
                **said,
            ).pk

    def change(self, model, pk, **values):
        with self.acting():
            model.objects.visible_to(self.receiver).filter(pk=pk).update(**values)

    def person(self, record):
        with self.acting():
            return Record.objects.visible_to(self.receiver).get(pk=record).person_id

    def open(self, *records):
        open_first_looks({self.person(record) for record in records}, now=self.now)

    def looks(self, record):
        person = self.person(record)
        with self.acting():
            return list(
                FirstLook.objects.visible_to(self.receiver).filter(person_id=person).order_by("state")
            )

    def causes(self, record, **chosen):
        person = self.person(record)
        with self.acting():
            rows = Cause.objects.visible_to(self.receiver).filter(person_id=person, current=True, **chosen)
            return list(rows.select_related("compartment").order_by("at", "kind"))

    def judgements(self, record):
        person = self.person(record)
        with self.acting():
            rows = ExploitationJudgement.objects.visible_to(self.receiver).filter(person_id=person)
            return list(rows.select_related("compartment").order_by("is_summary"))


@pytest.fixture
def world(agency, receiver, now):
    assert reach_of(receiver, "protect_this_child", now)
    return World(agency, receiver, now)

"""Two invented children in the areas of two teams, told of by several agencies, and browsers of the staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client

from engage.demo.probing import GoesOn
from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency, Staff
from engage.practice.front_door.actions import ReferralInput, write_referrals
from engage.practice.missing.actions import ReportInput, derive_episodes, write_reports
from engage.practice.people.actions import (
    AddressInput,
    FactInput,
    IdentityInput,
    link_records,
    write_facts,
    write_records,
)
from engage.practice.people.models import Record
from engage.practice.screening.actions import open_first_looks


@dataclass
class Town:
    receiver: Staff
    now: datetime

    def __post_init__(self):
        self.agency = {agency.code: agency for agency in Agency.objects.all()}
        self.sent = 0

    def acting(self):
        return acting_as(self.receiver, now=self.now)

    def child(self, forenames: str, surname: str, district: str, agency="LANCS-POL", **said) -> UUID:
        self.sent += 1
        given = IdentityInput(
            self.agency[agency],
            said.pop("register", "police-missing"),
            f"R{self.sent}",
            forenames=forenames,
            surname=surname,
            addresses=(AddressInput("1 Mill Lane", said.pop("postcode", "BB1 1AA"), district),),
            **{"born_on": date(2012, 3, 4), "phone": "07700 900123", **said},
        )
        with self.acting():
            record_id = write_records([given], by=self.receiver, now=self.now)[given.key]
            link_records([record_id], by=self.receiver, now=self.now)
        return record_id

    def missing(
        self, record_id: UUID, hours: float = 31, back_hours: float | None = None, grade="high", **said
    ):
        self.sent += 1
        given = ReportInput(
            record_id,
            self.agency["LANCS-POL"],
            None,
            f"P{self.sent}",
            "police",
            last_seen_at=self.now - timedelta(hours=hours),
            reported_at=self.now - timedelta(hours=hours - 1),
            returned_at=None if back_hours is None else self.now - timedelta(hours=back_hours),
            grade=grade,
            **said,
        )
        with self.acting():
            (report,) = write_reports([given], by=self.receiver, now=self.now)
            derive_episodes({self.person(record_id)}, now=self.now)
            open_first_looks({self.person(record_id)}, now=self.now)
            return report.pk

    def fact(
        self, record_id: UUID, kind: str, text: str, category: str, agency="LANCS-POL", label=Label.FULL
    ):
        with self.acting():
            write_facts(
                [FactInput(self.agency[agency], record_id, kind, category, label, text=text)],
                by=self.receiver,
                now=self.now,
            )

    def referral(self, record_id: UUID, what_happened: str):
        self.sent += 1
        given = ReferralInput(
            record_id,
            self.agency["SCHOOLS"],
            None,
            f"F{self.sent}",
            self.now - timedelta(hours=50),
            indicators=("CE05",),
            what_happened=what_happened,
        )
        with self.acting():
            write_referrals([given], by=self.receiver, now=self.now)
            open_first_looks({self.person(record_id)}, now=self.now)

    def person(self, record_id: UUID) -> UUID:
        with self.acting():
            return Record.objects.visible_to(self.receiver).get(pk=record_id).person_id


@pytest.fixture
def town(receiver, now) -> Town:
    return Town(receiver, now)


@pytest.fixture
def katie(town) -> UUID:
    """In the area of team Engage: missing since yesterday, referred by her school, known to the council."""
    record = town.child("Katie", "Holden", "Blackburn with Darwen")
    town.missing(record)
    town.fact(record, "school", "Invented High School", "C13", agency="BWD-CSC")
    town.fact(record, "social_worker", "Sam Invented", "C07", agency="BWD-CSC")
    town.fact(record, "health_safety_summary", "Carry her inhaler.", "C26", "ELSH", Label.SUMMARY)
    town.fact(record, "clinical_note", "An invented note of the clinic.", "C10", "ELSH")
    town.referral(record, "She was seen in a car she did not know.")
    return record


@pytest.fixture
def elsewhere(town) -> UUID:
    """In the area of team Freedom alone."""
    record = town.child("Orla", "Quennell", "Burnley", postcode="BB11 1AA", phone="07700 900456")
    town.missing(record, hours=12)
    return record


@pytest.fixture
def browser(people_at_work, settings, now):
    settings.AS_AT = now.isoformat()

    def as_(code: str) -> Client:
        client = GoesOn()
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        client.force_login(people_at_work[code].user, backend=backend)
        session = client.session
        session[STEPPED_IN] = True
        session.save()
        return client

    return as_

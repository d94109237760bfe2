"""A council's list of invented people, received long ago, and those who look after how long it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.integration.receiving.conftest import *  # noqa: F403 (feeds sent by agencies, and browsers)
from tests.integration.receiving.conftest import Feeds

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import Record
from engage.practice.retention import actions
from engage.practice.retention.models import Plan, PlanItem

ADULTS = [
    {"person_id": "P1", "surname": "Ainscough", "forenames": "Ada", "dob": "04/05/2000", "school": "Invented High"},
    {"person_id": "P2", "surname": "Bickerdike", "forenames": "Ben", "dob": "06/07/2001", "postcode": "BB1 1AA"},
    {"person_id": "P3", "surname": "Crumbleholme", "forenames": "Cy", "dob": "08/09/2012"},
    {"person_id": "P4", "surname": "Duerden", "forenames": "Dot"},
]  # fmt: skip
ADDRESSED = [{"address_from": "01/02/2015", "district": "Hyndburn", **row} for row in ADULTS]


@dataclass
class Archive:
    feeds: Feeds
    people: dict[str, Staff]
    now: datetime
    agency: Agency = field(init=False)

    def __post_init__(self):
        self.agency = Agency.objects.get(code="BWD-CSC")

    def at(self, days: float = 0) -> datetime:
        return self.now + timedelta(days=days)

    def receive(self, rows=None, years_ago=8):
        return self.feeds.send(
            "social-care-people", "BWD-CSC", rows or ADDRESSED, now=self.at(-365 * years_ago)
        )

    def adopt(self, by="lena", years=21, counted_from="birth", at=0):
        with acting_as(self.people[by], now=self.at(at)):
            return actions.adopt(
                self.agency, register="social-care-people", kind="A child in need", years=years,
                counted_from=counted_from, legal_basis="The council's invented policy", verification="N",
                by=self.people[by], now=self.at(at),
            )  # fmt: skip

    def hold(self, by="lena", at=0, **said):
        with acting_as(self.people[by], now=self.at(at)):
            return actions.place_hold(
                self.agency, kind="inquiry", reason="Invented for a test", by=self.people[by], now=self.at(at), **said
            )  # fmt: skip

    def plan(self, by="service_retention", at=0) -> Plan:
        with acting_as(self.people[by], now=self.at(at)):
            return actions.make_plan(self.agency, by=self.people[by], now=self.at(at))

    def approve(self, plan: Plan, by: str, at=0, seen=None) -> Plan:
        with acting_as(self.people[by], now=self.at(at)):
            return actions.approve(
                plan.pk, seen=plan.digest if seen is None else seen, by=self.people[by], now=self.at(at)
            )

    def approved(self, plan: Plan | None = None, at=0) -> Plan:
        plan = plan or self.plan(at=at)
        self.approve(plan, "grace", at)
        return self.approve(plan, "lena", at)

    def carry_out(self, at=14.0):
        return actions.carry_out_what_has_cooled(now=self.at(at))

    def records(self) -> dict[str, Record]:
        return {one.reference: one for one in self.feeds.rows(Record, register="social-care-people")}

    def became(self, plan: Plan) -> dict[UUID, tuple[str, str]]:
        with acting_as(self.people["lena"], now=self.now):
            rows = PlanItem.objects.visible_to(self.people["lena"]).filter(plan=plan)
            return dict(
                (record, (outcome, reason))
                for record, outcome, reason in rows.values_list("record_id", "outcome", "reason")
            )


@pytest.fixture
def archive(feeds, people_at_work, now) -> Archive:
    archive = Archive(feeds, people_at_work, now)
    archive.receive()
    return archive

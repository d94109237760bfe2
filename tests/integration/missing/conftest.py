"""One invented child and three agencies that may tell of her being missing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from october import at

from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember
from engage.practice.agencies.models import Agency, Staff
from engage.practice.missing.actions import (
    InterviewInput,
    ReportInput,
    derive_episodes,
    write_interviews,
    write_reports,
)
from engage.practice.missing.models import MissingReport
from engage.practice.people.actions.records import IdentityInput, write_records
from engage.practice.people.actions.words import next_judgement_numbers
from engage.practice.people.grouping import regroup
from engage.practice.people.models import Judgement


@dataclass
class Scene:
    receiver: Staff
    now: datetime

    def __post_init__(self):
        self.police, self.council, self.bridge, self.lantern = (
            Agency.objects.get(code=code) for code in ("LANCS-POL", "BWD-CSC", "BRIDGE", "LANTERN")
        )
        self.number = 0

    def record(self, agency: Agency, district: str = "Hyndburn", **more) -> UUID:
        self.number += 1
        given = IdentityInput(
            agency=agency,
            register="test",
            reference=f"R{self.number}",
            **{"surname": "Brook", "forenames": "Ada", "born_on": date(2011, 5, 4)} | more,
            district=district,
        )
        with acting_as(self.receiver, now=self.now):
            record_id = write_records([given], by=self.receiver, now=self.now)[given.key]
            regroup({record_id}, now=self.now)
        return record_id

    def person_of(self, record_id: UUID) -> UUID:
        from engage.practice.people.models import Record

        with acting_as(self.receiver, now=self.now):
            return Record.objects.visible_to(self.receiver).get(pk=record_id).person_id

    def tell(self, *inputs: ReportInput, now: datetime | None = None) -> list[MissingReport]:
        now = now or self.now
        with acting_as(self.receiver, now=now):
            reports = write_reports(inputs, by=self.receiver, now=now)
            derive_episodes({report.person_id for report in reports}, now=now)
            return [self.report(report.pk) for report in reports]

    def report(self, pk: UUID) -> MissingReport:
        with acting_as(self.receiver, now=self.now):
            return MissingReport.objects.visible_to(self.receiver).get(pk=pk)

    def reports(self, **wanted) -> list[MissingReport]:
        with acting_as(self.receiver, now=self.now):
            return list(
                MissingReport.objects.visible_to(self.receiver).filter(**wanted).order_by("starts_at")
            )

    def interview(self, *inputs: InterviewInput):
        with acting_as(self.receiver, now=self.now):
            interviews = write_interviews(inputs, by=self.receiver, now=self.now)
            derive_episodes({one.person_id for one in interviews}, now=self.now)
            return interviews

    def same_person(self, a: UUID, b: UUID, verdict: str = "same") -> None:
        with acting_as(self.receiver, now=self.now):
            Judgement.objects.create(
                record_a_id=min(a, b),
                record_b_id=max(a, b),
                verdict=verdict,
                by=self.receiver,
                by_person=verdict != "same",
                role="service_receiver",
                weight_bits=30.0,
                at=self.now,
                judged_no=next_judgement_numbers(1)[0],
            )
            regroup({a, b}, now=self.now)

    def joins_circle(self, staff: Staff, record_id: UUID, kind: str = "lead") -> None:
        with acting_as(self.receiver, now=self.now):
            CircleMember.objects.create(
                record_id=record_id,
                person_id=self.person_of(record_id),
                staff=staff,
                kind=kind,
                starts_at=datetime(2026, 1, 1, tzinfo=UTC),
                added_by=self.receiver,
            )

    def police_report(self, record_id: UUID, reference: str = "P1", **more) -> ReportInput:
        return ReportInput(record_id, self.police, None, reference, "police", **more)

    def council_return(self, record_id: UUID, reference: str = "C1", **more) -> ReportInput:
        return ReportInput(record_id, self.council, None, reference, "return_file", type="M", **more)


@pytest.fixture
def scene(receiver, now) -> Scene:
    return Scene(receiver, now)


@pytest.fixture
def open_report(scene):
    """A child in Hyndburn, missing since 28 October 20:00 as the police tell."""
    record = scene.record(scene.police)
    (report,) = scene.tell(
        scene.police_report(record, last_seen_at=at(28, 20), reported_at=at(28, 21), grade="medium"),
        now=at(28, 22),
    )
    return report


@pytest.fixture
def does(people_at_work, now):
    """Do a deed as somebody; gives what it made and how many audit entries it wrote."""

    def do(code, deed, *args, when=now, **said):
        by = people_at_work[code]
        with acting_as(by, now=when) as context:
            made = deed(*args, **said, by=by, now=when)
            return made, context.audited

    return do


@pytest.fixture
def browse(client, people_at_work, settings, now):
    """A browser in which somebody is signed in, on 2 November 2026 at nine."""
    settings.AS_AT = now.isoformat()
    settings.ASK_PURPOSE = (
        False  # what those are shown who see the summary alone; desk/test_who_looked stands at the door
    )
    backend = "allauth.account.auth_backends.AuthenticationBackend"

    def sign_in(code):
        client.force_login(people_at_work[code].user, backend=backend)
        session = client.session
        session[STEPPED_IN] = True
        session.save()
        return client

    return sign_in

"""Ids for the check: things that exist and that a reader may not see, and things the reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from engage.practice.access.gate import acting, acting_as
from engage.practice.access.models import (
    AgreementProposal,
    Label,
    ReadingAlarm,
    SharingAgreement,
    UnexplainedLook,
)
from engage.practice.access.permissions import may_look_after_access, may_read_looks
from engage.practice.access.reviewing import alarms_open, looks_to_review
from engage.practice.agencies.models import Agency, Staff
from engage.practice.agencies.sign_in import SIGNED_IN
from engage.practice.breaches.models import Breach
from engage.practice.bundles.models import Bundle, BundleSpan, SubjectRequest
from engage.practice.bundles.queries import bundles
from engage.practice.contact.models import NotToPerson, Outgoing, WayOfContact
from engage.practice.front_door.models import ReceivedLetter
from engage.practice.front_door.queries import letters
from engage.practice.missing.models import MissingReport
from engage.practice.missing.queries import awaiting_interview, held_reports, missing_now
from engage.practice.people.models import Judgement, Mixture, Pair, Record, SealedHandover, SealedItem
from engage.practice.people.queries import offered_sealed, sealed_by
from engage.practice.receiving import uploads
from engage.practice.receiving.actions import receiver
from engage.practice.receiving.feeds import formats_sent_by
from engage.practice.receiving.models import ReceivedFile, SetAsideRow
from engage.practice.receiving.queries import persons_of_concern
from engage.practice.receiving.tokens import make_token
from engage.practice.retention.models import Hold, Plan, Schedule
from engage.practice.retention.permissions import may_keep_schedules
from engage.practice.screening.models import FirstLook
from engage.practice.sharing.models import Disclosure, EmergencyAccess, InformationRequest
from engage.practice.sharing.queries import register
from engage.practice.sister_teams.models import QuestionAsked, VolumeAlarm

from .probing import Id, Ids, signed_in, with_token
from .typed import FILE, in_a_family

# Of each kind of thing: its model, which of its columns, and under which name an address takes it.
KINDS: list[tuple[Any, str, str]] = [
    (Record, "person_id", "person_id"),
    (Record, "pk", "person_id"),
    (MissingReport, "episode_id", "report_id"),
    (MissingReport, "pk", "report_id"),
    (MissingReport, "pk", "entry_id"),
    (FirstLook, "pk", "first_look_id"),  # in no address, and no door may take it for something else
    (Pair, "pk", "pair_id"),
    (Judgement, "pk", "judgement_id"),
    (Mixture, "pk", "mixture_id"),
    (ReceivedFile, "pk", "file_id"),
    (Disclosure, "pk", "disclosure_id"),
    (InformationRequest, "pk", "request_id"),
    (EmergencyAccess, "pk", "emergency_id"),
    (SetAsideRow, "pk", "concern_id"),
    (UnexplainedLook, "pk", "look_id"),
    (ReadingAlarm, "pk", "alarm_id"),
    (SealedItem, "pk", "item_id"),
    (SealedHandover, "pk", "handover_id"),
    (WayOfContact, "about_id", "way_id"),
    (NotToPerson, "about_id", "not_to_id"),
    (Outgoing, "pk", "outgoing_id"),
    (SubjectRequest, "pk", "bundle_request_id"),
    (Bundle, "pk", "bundle_id"),
    (BundleSpan, "pk", "span_id"),
    (Plan, "pk", "plan_id"),
    (Hold, "pk", "hold_id"),
    (Breach, "pk", "breach_id"),
    (QuestionAsked, "pk", "sister_question_id"),
    (VolumeAlarm, "pk", "volume_alarm_id"),
]


def staff_called(code: str) -> Staff:
    return Staff.objects.select_related("agency", "team", "user").get(code=code)


def hidden_ids(reader: Staff, now: datetime, most: int = 2) -> dict[str, list[Id]]:
    """Ids of every kind of thing that exists and that `reader` may not see; restricted children first."""
    service = receiver()
    hidden: dict[str, list[Id]] = {}
    for model, column, name in KINDS:
        with acting_as(service, now=now):
            every = set(model.objects.visible_to(service).values_list(column, flat=True)) - {None}
        with acting_as(reader, now=now):
            seen = set(model.objects.visible_to(reader).values_list(column, flat=True))
            # A person's id is a record's id: who sees any record of the person may ask for that one.
            if model is Record:
                seen |= set(Record.objects.visible_to(reader).values_list("pk", flat=True))
                seen |= set(Record.objects.visible_to(reader).values_list("person_id", flat=True))
        restricted = _restricted(model, column, service, now) - seen
        hidden.setdefault(name, []).extend(
            [*sorted(restricted)[:1], *sorted(every - seen - restricted)[:most]]
        )
    # No service reads letters: what there is, somebody says who answers the line.
    if not may_look_after_access(reader):
        hidden |= _agreements()
    hidden["sign_in_id"] = [_signed_in_elsewhere(staff_called("ewan" if reader.code != "ewan" else "amir"))]
    if not may_keep_schedules(reader):
        hidden |= _schedules()
    hidden["letter_id"] = [*sorted(_letters(staff_called("hal"), now) - _letters(reader, now))[:most]]
    return hidden


def _agreements() -> dict[str, list[Id]]:
    return {
        "agreement_code": _few(SharingAgreement.objects.values_list("code", flat=True)),
        "proposal_id": _few(AgreementProposal.objects.values_list("pk", flat=True)),
    }


def _schedules() -> dict[str, list[Id]]:
    return {"schedule_id": _few(Schedule.objects.filter(ended_at=None).values_list("pk", flat=True)[:2])}


def _letters(reader: Staff, now: datetime) -> set[UUID]:
    with acting_as(reader, now=now):
        return set(ReceivedLetter.objects.visible_to(reader).values_list("pk", flat=True))


def _restricted(model: Any, column: str, service: Staff, now: datetime) -> set[UUID]:
    if model not in (Record, MissingReport):
        return set()
    with acting_as(service, now=now):
        rows = model.objects.visible_to(service).filter(compartment__label=Label.RESTRICTED)
        return set(rows.values_list(column, flat=True)) - {None}


def visible_ids(reader: Staff, now: datetime) -> dict[str, list[Id]]:
    """Of each kind a few that the reader may see, in the states for which there are deeds."""
    with acting_as(reader, now=now):
        latest = MissingReport.objects.visible_to(reader).filter(current=True).order_by("-starts_at")
        missing, awaiting = list(missing_now(reader, now))[:1], list(awaiting_interview(reader, now))[:1]
        looks = FirstLook.objects.visible_to(reader).filter(state=FirstLook.State.OPEN)
        pairs = Pair.objects.visible_to(reader).filter(state=Pair.State.OPEN)
        own_entries = latest.filter(
            told_by=MissingReport.Told.DESK, compartment__owner=reader.agency
        ).values_list("pk", flat=True)[:1]
        return {
            "person_id": _few(
                looks.values_list("person_id", flat=True)[:1],
                _persons(latest),
                _written_to(reader),
                _asked_about_next_door(reader),
                in_a_family(reader)[:1],
            ),
            "report_id": _few(
                (one.id for one in (*missing, *awaiting)),
                held_reports(reader).values_list("pk", flat=True)[:1],
                latest.exclude(episode_id=None).values_list("episode_id", flat=True)[:1],
                own_entries,
            ),
            "entry_id": _few(own_entries),
            "pair_id": _few(pairs.values_list("pk", flat=True)[:1]),
            "mixture_id": _few(Mixture.objects.visible_to(reader).values_list("pk", flat=True)[:1]),
            "judgement_id": _few(_judgements(reader)),
            "request_id": _few(
                InformationRequest.objects.visible_to(reader).values_list("pk", flat=True)[:2]
            ),
            "emergency_id": _few(EmergencyAccess.objects.visible_to(reader).values_list("pk", flat=True)[:2]),
            "disclosure_id": _few(
                register(reader).filter(state=state).values_list("pk", flat=True).first()
                for state in Disclosure.State.values
            ),
            "item_id": _few(sealed_by(reader).values_list("pk", flat=True)[:1]),
            "handover_id": _few(offered_sealed(reader).values_list("pk", flat=True)[:1]),
            "way_id": _few(
                WayOfContact.objects.visible_to(reader)
                .order_by("said_no")
                .values_list("about_id", flat=True)[:1]
            ),
            "not_to_id": _few(NotToPerson.objects.visible_to(reader).values_list("about_id", flat=True)[:1]),
            "outgoing_id": _few(Outgoing.objects.visible_to(reader).values_list("pk", flat=True)[:2]),
            "bundle_request_id": _few(
                SubjectRequest.objects.visible_to(reader).values_list("pk", flat=True)[:2]
            ),
            "bundle_id": _few(
                bundles(reader).filter(state=state).values_list("pk", flat=True).first()
                for state in Bundle.State.values
            ),
            "span_id": _few(
                BundleSpan.objects.visible_to(reader)
                .filter(bundle__state=Bundle.State.PREPARING, marks__isnull=False)
                .values_list("pk", flat=True)[:1]
            ),
            "concern_id": _few(persons_of_concern(reader).values_list("pk", flat=True)[:1]),
            "letter_id": _few(letters(reader).values_list("pk", flat=True)[:3]),
            "sign_in_id": [_signed_in_elsewhere(reader)],
            "file_id": _few(ReceivedFile.objects.visible_to(reader).values_list("pk", flat=True)[:1]),
            "look_id": _few(looks_to_review(reader).values_list("pk", flat=True)[:2]),
            "alarm_id": _few(alarms_open(reader).values_list("pk", flat=True)[:2]),
            "sister_question_id": _few(
                QuestionAsked.objects.visible_to(reader)
                .order_by("asked_at", "pk")
                .values_list("pk", flat=True)[:1]
            ),
            "volume_alarm_id": _few(VolumeAlarm.objects.visible_to(reader).values_list("pk", flat=True)[:2]),
            "plan_id": _few(Plan.objects.visible_to(reader).values_list("pk", flat=True)[:2]),
            "breach_id": _few(Breach.objects.visible_to(reader).values_list("pk", flat=True)[:2]),
            "hold_id": _few(Hold.objects.visible_to(reader).values_list("pk", flat=True)[:2]),
            **(_schedules() if may_keep_schedules(reader) else {}),
            **(_agreements() if may_look_after_access(reader) else {}),
            **(_whose_looks(reader) if may_read_looks(reader) else {}),
        }


def _whose_looks(reader: Staff) -> dict[str, list[Id]]:
    return {"staff_id": [staff_called("farah").pk, reader.pk], "agency_code": [reader.agency.code]}


def _signed_in_elsewhere(reader: Staff) -> UUID:
    """One more session of theirs, as on another device."""
    return UUID(signed_in(reader).session[SIGNED_IN]["id"])


def _few(*found: Iterable[Id | None]) -> list[Id]:
    return list(dict.fromkeys(one for some in found for one in some if one))


def _persons(latest) -> list[UUID]:
    return list(latest.exclude(person_id=None).values_list("person_id", flat=True)[:1])


def _written_to(reader: Staff) -> list[UUID]:
    """A child whom the reader may write to."""
    ways = WayOfContact.objects.visible_to(reader).filter(
        kind=WayOfContact.Kind.ADDRESS, person_id__in=acting().people
    )
    return list(ways.order_by("said_no").values_list("person_id", flat=True)[:1])


def _asked_about_next_door(reader: Staff) -> list[UUID]:
    """Whom the reader asked about themselves: a question is found at its child."""
    asked = QuestionAsked.objects.visible_to(reader).order_by("asked_at", "pk")[:1]
    return [one.person_id for one in asked if one.asked_by_id == reader.pk]


def _judgements(reader: Staff) -> list[UUID]:
    return list(Judgement.objects.visible_to(reader).order_by("-judged_no").values_list("pk", flat=True)[:1])


def hand_in(readers: Iterable[Staff]) -> dict[str, UUID]:
    """A file handed in by each reader whose agency sends some, and not yet received."""
    return {
        reader.code: UUID(
            uploads.keep(SimpleUploadedFile("check.csv", FILE), format=format.code, by=reader).id
        )
        for reader in readers
        for format in formats_sent_by(reader.agency)[:1]
    }


@dataclass
class Machine:
    """An agency's system, with a token made for the check, or a sister team's instance."""

    name: str
    client: Client
    staff: Staff
    hidden: Ids
    visible: Ids


def machines(now: datetime, sisters_token: str) -> Iterator[Machine]:
    """Two agencies' systems: what one of them sent is hidden from the other. And the team next door."""
    service = receiver()
    for code, format in (("LANCS-POL", "police-missing"), ("BWD-CSC", "social-care-people")):
        agency = Agency.objects.get(code=code)
        token, secret = make_token(agency=agency, formats=[format], now=now)
        with acting_as(service, now=now):
            files = ReceivedFile.objects.visible_to(service)
            own = files.filter(agency=agency, format__in=token.formats).values_list("pk", flat=True)
            others = files.exclude(pk__in=own)
            hidden: Ids = {
                "receipt_id": _few(
                    others.exclude(agency=agency).values_list("pk", flat=True)[:4],
                    others.filter(agency=agency).values_list("pk", flat=True)[:1],
                ),
                "format": _few(
                    others.exclude(format__in=token.formats).values_list("format", flat=True)[:50]
                )[:4],
            }
            visible: Ids = {"receipt_id": _few(own[:1]), "format": list(token.formats)}
        yield Machine(f"{code} by token", with_token(secret), token.staff, hidden, visible)
    yield Machine("the team next door by token", with_token(sisters_token), service, {}, {})

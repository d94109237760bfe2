"""A request from the day it came to the day it is answered: its clock, its holds, and who does what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from engage.methods.deadlines import subject_access_due_on
from engage.methods.moments import london_date
from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff

from . import permissions
from .models import RequestHold, SubjectRequest
from .queries import holds_of, requests

Kind = SubjectRequest.Kind
State = SubjectRequest.State


@dataclass(frozen=True)
class Asked:
    """What somebody asks, as it came."""

    kind: str
    asked_by: str
    about: str
    received_on: date
    received_how: str
    authority: str = ""
    notice: str = ""


def open_request(asked: Asked, *, by: Staff, now: datetime) -> SubjectRequest:
    """Begin the clock on the day it came, by whichever route, and whether or not anybody noticed it that day."""
    permissions.may_open(by).enforce()
    if not asked.asked_by.strip() or not asked.about.strip():
        raise NotPermitted("Say who asks, and whose record it is.")
    if asked.received_on > london_date(now):
        raise NotPermitted("It cannot have come after today.")
    if asked.kind == Kind.INQUIRY and not asked.notice.strip():
        raise NotPermitted("An inquiry asks by notice: give its reference.")
    if asked.kind in (Kind.CARER, Kind.SOLICITOR) and not asked.authority.strip():
        raise NotPermitted(
            "Say by which right they ask for the child. A parent has none by itself once the child can decide."
        )
    made = SubjectRequest(
        kind=asked.kind,
        asked_by=asked.asked_by.strip(),
        about=asked.about.strip(),
        authority=asked.authority.strip(),
        notice=asked.notice.strip() if asked.kind == Kind.INQUIRY else "",
        received_on=asked.received_on,
        received_how=asked.received_how,
        due_on=subject_access_due_on(asked.received_on),
        agency=by.agency,
        team=by.team,
        opened_by=by,
        opened_at=now,
        owner=by,
    )
    made.save(force_insert=True)
    _account(made, "open_subject_request")
    return made


def assign(request_id: UUID, preparer: Staff, *, by: Staff, now: datetime) -> SubjectRequest:
    """Name who may read the record and prepares the bundle. What another gathered under their own rights stays theirs."""
    request = _open(request_id, by)
    permissions.may_be_preparer(preparer).enforce()
    permissions.may_be_named(preparer, request.person_id, now).enforce()
    request.preparer = preparer
    request.save(update_fields=["preparer"])
    _account(request, "assign_preparer")
    return request


def check_identity(request_id: UUID, *, words: str, on: date, by: Staff, now: datetime) -> SubjectRequest:
    """Keep how it was checked who they are; a clock that waited for it runs again from that day."""
    request = _open(request_id, by)
    if not words.strip():
        raise NotPermitted("Say how it was checked who they are.")
    if not request.received_on <= on <= london_date(now):
        raise NotPermitted("That day lies before the request came, or after today.")
    request.identity_checked_on, request.identity_words = on, words.strip()
    request.save(update_fields=["identity_checked_on", "identity_words"])
    waiting = _standing(request, RequestHold.Kind.IDENTITY, by)
    if waiting:
        _end(waiting, max(on, waiting.from_on), by)
        _count_again(request, by)
    _account(request, "check_identity")
    return request


def hold(request_id: UUID, *, kind: str, reason: str, from_on: date, by: Staff, now: datetime) -> RequestHold:
    request = _open(request_id, by)
    if kind not in RequestHold.Kind.values or not reason.strip():
        raise NotPermitted("Say what it waits for, and why.")
    if not request.received_on <= from_on <= london_date(now):
        raise NotPermitted("That day lies before the request came, or after today.")
    if kind == RequestHold.Kind.IDENTITY and request.identity_checked_on:
        raise NotPermitted("It was checked already who they are, so the clock does not wait for that.")
    if _standing(request, kind, by):
        raise NotPermitted("Such a hold stands already.")
    made = RequestHold(request=request, kind=kind, reason=reason.strip(), from_on=from_on, begun_by=by)
    made.save(force_insert=True)
    _account(request, f"begin_{kind}_hold")
    return made


def end_hold(request_id: UUID, hold_id: UUID, *, by: Staff, now: datetime) -> SubjectRequest:
    request = requests(by).select_for_update(of=("self",)).get(pk=request_id)
    permissions.answers_for(by, request).enforce()
    standing = next(one for one in holds_of(request, by) if one.pk == hold_id and one.until_on is None)
    if request.state != State.OPEN and standing.kind != RequestHold.Kind.LEGAL:
        raise NotPermitted("The request was answered or closed.")
    _end(standing, london_date(now), by)
    if request.state == State.OPEN:
        _count_again(request, by)
    _account(request, f"end_{standing.kind}_hold")
    return request


def extend(request_id: UUID, *, because: str, told_on: date, by: Staff, now: datetime) -> SubjectRequest:
    """Two months more, once, for a request that is complex; the requester is told why within the first month."""
    request = _open(request_id, by)
    if request.extended_on:
        raise NotPermitted("It was extended once, and cannot be again.")
    if not because.strip():
        raise NotPermitted("Say why: the requester is told.")
    if not request.received_on <= told_on <= min(london_date(now), request.due_on):
        raise NotPermitted("The requester must have been told by now, and before the first month ended.")
    request.extended_on, request.extended_because = told_on, because.strip()
    request.save(update_fields=["extended_on", "extended_because"])
    _count_again(request, by)
    _account(request, "extend_subject_request")
    return request


def close(request_id: UUID, *, because: str, by: Staff, now: datetime) -> SubjectRequest:
    """Withdrawn, or nothing is held, or refused: the reason is kept."""
    request = _open(request_id, by)
    if not because.strip():
        raise NotPermitted("Say why no bundle answers it.")
    if _standing(request, RequestHold.Kind.LEGAL, by):
        raise NotPermitted("A legal hold stands: end it first, with whoever asked for it.")
    request.state, request.ended_at, request.ended_because = State.CLOSED, now, because.strip()
    request.save(update_fields=["state", "ended_at", "ended_because"])
    _account(request, "close_subject_request")
    return request


def stands_still(holds: list[RequestHold]) -> bool:
    return any(one.kind == RequestHold.Kind.IDENTITY and one.until_on is None for one in holds)


def _open(request_id: UUID, by: Staff) -> SubjectRequest:
    request = requests(by).select_for_update(of=("self",)).get(pk=request_id)
    permissions.answers_for(by, request).enforce()
    if request.state != State.OPEN:
        raise NotPermitted("The request was answered or closed.")
    return request


def _standing(request: SubjectRequest, kind: str, by: Staff) -> RequestHold | None:
    return next((one for one in holds_of(request, by) if one.kind == kind and one.until_on is None), None)


def _end(standing: RequestHold, on: date, by: Staff) -> None:
    standing.until_on, standing.ended_by = on, by
    standing.save(update_fields=["until_on", "ended_by"])


def _count_again(request: SubjectRequest, by: Staff) -> None:
    stopped = sum(
        ((one.until_on - one.from_on) for one in holds_of(request, by)
         if one.kind == RequestHold.Kind.IDENTITY and one.until_on),
        timedelta(),
    )  # fmt: skip
    request.due_on = subject_access_due_on(
        request.received_on, extended=request.extended_on is not None, days_stopped=stopped.days
    )
    request.save(update_fields=["due_on"])


def _account(request: SubjectRequest, deed: str) -> None:
    audit.record(
        audit.Verb.ALTER,
        deed,
        subjects=[request.person_id] if request.person_id else [],
        basis="answer_a_request",
        asked=request.pk,
    )

"""Asking another agency about a child, with a clock; and answering, refusing with a reason, escalating."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from engage.methods.deadlines import working_days_after
from engage.methods.moments import london_date
from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff
from engage.practice.contact import leaving

from . import permissions
from .models import InformationRequest, Purpose
from .offer import Shareable, about_child, may_leave

State = InformationRequest.State


def ask(
    person_id: UUID,
    owner: Staff,
    *,
    question: str,
    purpose: str,
    by: Staff,
    now: datetime,
    because: str = "",
) -> InformationRequest:
    """Ask `owner`, who is told the child's name, age and district. Raises Record.DoesNotExist for a child unseen.

    `because`: why another child is named in the question, if one is; the owner reads it with the question.
    """
    about, record = about_child(person_id, by)
    permissions.may_share(by).enforce()
    permissions.may_be_told(owner, by).enforce()
    if not question.strip() or purpose not in Purpose.values:
        raise NotPermitted("Say what you ask, and what for.")
    # To ask is to tell that the team knows the child.
    naming = may_leave(Shareable("identity", "C01", "Who the child is", about, by.agency.name), owner)
    if not naming.allowed:
        raise NotPermitted(naming.sentence)
    findings = leaving.looked_at(person_id, [leaving.Words("Question", question)], owner, by, now)
    if leaving.answered(findings, {one.key: because for one in findings}):
        question = f"{question.strip()}\n\nWhy another child is named: {because.strip()}"
    made = InformationRequest.objects.create(
        record_id=record.pk,
        person_id=person_id,
        asked_by=by,
        team=by.team,
        asked_at=now,
        owner=owner,
        about=about,
        question=question.strip(),
        purpose=purpose,
        due_on=working_days_after(london_date(now), settings.REQUEST_WORKING_DAYS),
    )
    _account(made, "ask_agency")
    return made


def answer(request_id: UUID, *, words: str, refused: bool, by: Staff, now: datetime) -> InformationRequest:
    """Answer, or refuse with a reason: a refusal is an answer that is kept too."""
    asked = _open(request_id, by)
    if asked.owner_id != by.pk:
        raise NotPermitted("Who was asked answers.")
    if not words.strip():
        raise NotPermitted("Say why you refuse." if refused else "Write your answer.")
    asked.state = State.REFUSED if refused else State.ANSWERED
    asked.answer, asked.answered_at = words.strip(), now
    asked.save()
    _account(asked, "refuse_agency" if refused else "answer_agency")
    return asked


def escalate(request_id: UUID, *, because: str, by: Staff, now: datetime) -> InformationRequest:
    """Lay it before the manager of the asker's team: overdue, or refused."""
    asked = InformationRequest.objects.visible_to(by).select_for_update(of=("self",)).get(pk=request_id)
    if asked.asked_by_id != by.pk:
        raise NotPermitted("Who asked escalates.")
    if asked.state == State.ASKED and asked.due_on >= london_date(now):
        raise NotPermitted("It is not overdue yet.")
    if asked.state not in (State.ASKED, State.REFUSED):
        raise NotPermitted("It was answered or withdrawn.")
    asked.escalated_at, asked.escalated_because = now, because.strip()
    asked.save()
    _account(asked, "escalate_request")
    return asked


def withdraw(request_id: UUID, *, by: Staff, now: datetime) -> InformationRequest:
    asked = _open(request_id, by)
    if asked.asked_by_id != by.pk:
        raise NotPermitted("Who asked withdraws.")
    asked.state, asked.answered_at = State.WITHDRAWN, now
    asked.save()
    _account(asked, "withdraw_request")
    return asked


def requests(reader: Staff):
    return (
        InformationRequest.objects.visible_to(reader)
        .select_related("asked_by__agency", "owner__agency")
        .order_by("due_on", "asked_at")
    )


def waiting_for(reader: Staff):
    """To be answered by the reader; answers and refusals are found on the register of requests."""
    return requests(reader).filter(owner=reader, state=State.ASKED)


def escalated_to(reader: Staff):
    """Laid before the manager of a team, and still without an answer."""
    if reader.role != "team_manager":
        return requests(reader).none()
    found = requests(reader).filter(Q(state=State.ASKED) | Q(state=State.REFUSED), escalated_at__isnull=False)
    return found.filter(team=reader.team)


def _open(request_id: UUID, by: Staff) -> InformationRequest:
    return (
        InformationRequest.objects.visible_to(by)
        .select_for_update(of=("self",))
        .get(pk=request_id, state=State.ASKED)
    )


def _account(asked: InformationRequest, deed: str) -> None:
    audit.record(
        audit.Verb.DISCLOSE,
        deed,
        subjects=[asked.person_id],
        basis=asked.purpose,
        acting_for=str(asked.owner_id),
        asked=asked.pk,
    )

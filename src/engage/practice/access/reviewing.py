"""Looks that nothing explains, and alarms about reading: asked about, answered, taken, settled."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from engage.practice.agencies.models import Staff

from . import audit, permissions
from .gate import NotPermitted
from .looks import ReadingAlarm, UnexplainedLook

State = UnexplainedLook.State


def looks_to_review(reader: Staff) -> QuerySet[UnexplainedLook]:
    """Of others, the nearest clock first."""
    return (
        UnexplainedLook.objects.visible_to(reader)
        .filter(state__in=UnexplainedLook.WAITING)
        .exclude(looker=reader)
        .select_related("looker__agency", "owner")
        .order_by("due_on", "at")
    )


def looks_asked_about(reader: Staff) -> QuerySet[UnexplainedLook]:
    """The reader's own, about which they are asked and have not answered."""
    return (
        UnexplainedLook.objects.visible_to(reader)
        .filter(looker=reader, state=State.ASKED, answered_at=None)
        .select_related("owner")
        .order_by("due_on")
    )


def alarms_open(reader: Staff) -> QuerySet[ReadingAlarm]:
    """Those that nobody has settled, also where a colleague took them: whoever takes one does not take it out of sight."""
    return (
        ReadingAlarm.objects.visible_to(reader)
        .filter(settled_at=None)
        .exclude(looker=reader)
        .select_related("looker__agency", "owner", "taken_by")
        .order_by("take_by")
    )


def look_called(look_id: UUID, reader: Staff) -> UnexplainedLook:
    """A look of one's own is there for its looker from when they are asked. Raises DoesNotExist."""
    rows = UnexplainedLook.objects.visible_to(reader).select_related("looker__agency", "owner", "closed_by")
    return rows.exclude(Q(looker=reader) & Q(asked_at=None)).get(pk=look_id)


def alarm_called(alarm_id: UUID, reader: Staff) -> ReadingAlarm:
    """Raises DoesNotExist, for whoever it is about too."""
    rows = ReadingAlarm.objects.visible_to(reader).select_related("looker__agency", "owner", "taken_by")
    return rows.exclude(looker=reader).get(pk=alarm_id)


def ask(look_id: UUID, *, by: Staff, now: datetime) -> UnexplainedLook:
    """Ask whoever looked why they did: it stands on their Today."""
    look = _locked(look_id, by)
    permissions.may_review_look(by, look).enforce()
    if look.state == State.OPEN:
        look.state, look.asked_at = State.ASKED, now
        look.save(update_fields=["state", "asked_at"])
        audit.record(audit.Verb.ALTER, "ask_about_look", asked=look.pk)
    return look


def answer(look_id: UUID, words: str, *, by: Staff, now: datetime) -> UnexplainedLook:
    look = _locked(look_id, by)
    permissions.may_answer_for_look(by, look).enforce()
    look.answer, look.answered_at = _said(words), now
    look.save(update_fields=["answer", "answered_at"])
    audit.record(audit.Verb.ALTER, "answer_for_look", asked=look.pk)
    return look


def close(look_id: UUID, *, justified: bool, because: str, by: Staff, now: datetime) -> UnexplainedLook:
    """Say that the look is explained, or that it was not justified, and why."""
    look = _locked(look_id, by)
    permissions.may_review_look(by, look).enforce()
    look.state = State.EXPLAINED if justified else State.NOT_JUSTIFIED
    look.because, look.closed_by, look.closed_at = _said(because), by, now
    look.save(update_fields=["state", "because", "closed_by", "closed_at"])
    audit.record(audit.Verb.ALTER, "review_look", decision=look.state, asked=look.pk)
    return look


def take_alarm(alarm_id: UUID, *, by: Staff, now: datetime) -> ReadingAlarm:
    alarm = _locked_alarm(alarm_id, by)
    permissions.may_take_alarm(by, alarm, now).enforce()
    alarm.taken_by, alarm.taken_at = by, now
    alarm.save(update_fields=["taken_by", "taken_at"])
    audit.record(audit.Verb.ALTER, "take_reading_alarm", asked=alarm.pk)
    return alarm


def settle_alarm(alarm_id: UUID, *, outcome: str, words: str, by: Staff, now: datetime) -> ReadingAlarm:
    alarm = _locked_alarm(alarm_id, by)
    permissions.may_settle_alarm(by, alarm).enforce()
    if outcome not in ReadingAlarm.Outcome.values:
        raise NotPermitted("Say whether their work explains it.")
    alarm.outcome, alarm.words, alarm.settled_at = outcome, _said(words), now
    alarm.save(update_fields=["outcome", "words", "settled_at"])
    audit.record(audit.Verb.ALTER, "settle_reading_alarm", decision=outcome, asked=alarm.pk)
    return alarm


def _said(words: str) -> str:
    if not words.strip():
        raise NotPermitted("Say why, in a few words.")
    return words.strip()


def _locked(look_id: UUID, by: Staff) -> UnexplainedLook:
    look_called(look_id, by)
    return UnexplainedLook.objects.visible_to(by).select_for_update().get(pk=look_id)


def _locked_alarm(alarm_id: UUID, by: Staff) -> ReadingAlarm:
    alarm_called(alarm_id, by)
    return ReadingAlarm.objects.visible_to(by).select_for_update().get(pk=alarm_id)

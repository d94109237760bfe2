"""The holder's side: whose token it is, and a question answered without learning whom it is about.

Each question is counted and entered before its answer leaves; the row names no child, for none is known here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from engage.methods.ledger import PublicKey
from engage.methods.private_query.asking import Answer, BadMessage, Question, answer, read_question
from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.access.looking import lead_for
from engage.practice.agencies.models import Staff
from engage.practice.receiving.actions import receiver
from engage.practice.sharing.models import Purpose

from .filters import overlap
from .joining import hash_of
from .models import HoldingKey, QuestionReceived, SisterTeam, VolumeAlarm
from .sealing import key_of

A_DAY = timedelta(days=1)
ALARM_AT = 0.5  # of what a team may ask a day (N, ours)
Refused = QuestionReceived.Refused


class NotAnswered(Exception):
    def __init__(self, why: Refused):
        super().__init__(why)
        self.why = why


def sister_with(token: str) -> SisterTeam | None:
    """Whose token this is, unless the team has left or questions are shut here."""
    if not settings.SISTER_QUERIES:
        return None
    return SisterTeam.objects.filter(their_token_hash=hash_of(token), left_at=None).first()


def filter_for(sister: SisterTeam, *, now: datetime) -> bytes | None:
    """None where none was made yet."""
    with acting_as(receiver(), now=now):
        made = HoldingKey.objects.filter(ended_at=None).first()
        if made is None:
            return None
        audit.record(audit.Verb.DISCLOSE, "give_sister_filter", acting_for=sister.code, asked=made.version)
        return bytes(made.filter)


def answer_question(sister: SisterTeam, sent: bytes, *, now: datetime) -> Answer:
    """Raises NotAnswered. That, too, is a row and an entry."""
    service = receiver()
    with acting_as(service, now=now):
        # One at a time for each team: two at once would both be the last that a limit allows.
        SisterTeam.objects.select_for_update().get(pk=sister.pk)
        received = QuestionReceived(sister=sister, received_at=now)
        answered: Answer | None = None
        try:
            answered = _answered(received, sent, service, now)
        except NotAnswered as refusal:
            received.refused = refusal.why
        received.save(force_insert=True)
        audit.record(
            audit.Verb.DISCLOSE,
            "answer_sister_team",
            decision="not_permitted" if received.refused else "allowed",
            basis=received.purpose,
            acting_for=sister.code,
            asked=received.pk,
            counts={"points": received.points},
        )
        _alarm(sister, service, now)
    if answered is None:
        raise NotAnswered(Refused(received.refused))
    return answered


def _answered(received: QuestionReceived, sent: bytes, service: Staff, now: datetime) -> Answer:
    question = _read(received.sister, sent)
    received.asked_by, received.purpose, received.case = question.asked_by, question.purpose, question.case
    received.points = len(question.points)
    _within_limits(received, service, now)
    kept = HoldingKey.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now - overlap()))
    key = kept.filter(version=question.key_version).first()
    if key is None:
        raise NotAnswered(Refused.ANOTHER_FILTER)
    try:
        return answer(question, key_of(key), key_version=key.version)
    except BadMessage:
        raise NotAnswered(Refused.UNREADABLE) from None


def _read(sister: SisterTeam, sent: bytes) -> Question:
    try:
        question = read_question(sent)
    except BadMessage:
        raise NotAnswered(Refused.UNREADABLE) from None
    if question.asker != PublicKey.read(sister.filter_key).name or question.purpose not in Purpose.values:
        raise NotAnswered(Refused.UNREADABLE)
    return question


def _within_limits(received: QuestionReceived, service: Staff, now: datetime) -> None:
    """What is refused is not counted: it told nothing."""
    lately = _answered_lately(received.sister, service, now)
    if lately.filter(asked_by=received.asked_by).count() >= settings.SISTER_QUESTIONS_A_DAY_BY_PERSON:
        raise NotAnswered(Refused.PERSON_LIMIT)
    questions, points = _counted(lately)
    if (
        questions >= settings.SISTER_QUESTIONS_A_DAY
        or points + received.points > settings.SISTER_POINTS_A_DAY
    ):
        raise NotAnswered(Refused.TEAM_LIMIT)


def _answered_lately(sister: SisterTeam, service: Staff, now: datetime):
    """Within the 24 hours before now, so that midnight buys nothing."""
    return QuestionReceived.objects.visible_to(service).filter(
        sister=sister, refused="", received_at__gt=now - A_DAY
    )


def _counted(rows) -> tuple[int, int]:
    counted = rows.aggregate(points=Coalesce(Sum("points"), 0))
    return rows.count(), counted["points"]


def _alarm(sister: SisterTeam, service: Staff, now: datetime) -> None:
    questions, points = _counted(_answered_lately(sister, service, now))
    if (
        questions < settings.SISTER_QUESTIONS_A_DAY * ALARM_AT
        and points < settings.SISTER_POINTS_A_DAY * ALARM_AT
    ):
        return
    standing = VolumeAlarm.objects.visible_to(service).filter(sister=sister)
    if standing.filter(settled_at__gt=now - A_DAY).exists():
        return  # a lead has looked at these very questions
    if not standing.filter(settled_at=None).update(questions=questions, points=points):
        VolumeAlarm.objects.create(
            sister=sister, raised_at=now, questions=questions, points=points, owner=lead_for(service)
        )

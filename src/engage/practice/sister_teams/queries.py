"""Reading what was asked, as far as one reader may: of one child, or counted for the lead."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from engage.practice.agencies.models import Staff

from .models import HeldFilter, HoldingKey, QuestionAsked, QuestionReceived, SisterTeam, VolumeAlarm
from .permissions import may_ask

DAYS_SHOWN = 30


def sisters() -> list[SisterTeam]:
    return list(SisterTeam.objects.filter(left_at=None).select_related("colleague").order_by("name"))


def may_ask_next_door(by: Staff) -> bool:
    """Whether there is anybody to ask, and `by` may."""
    return bool(may_ask(by)) and SisterTeam.objects.filter(left_at=None).exists()


def asked_about(person_id: UUID, reader: Staff) -> QuerySet[QuestionAsked]:
    """Newest first."""
    return (
        QuestionAsked.objects.visible_to(reader)
        .filter(person_id=person_id)
        .select_related("asked_by__agency", "sister__colleague")
        .order_by("-asked_at", "id")
    )


def held_filters() -> dict[int, HeldFilter]:
    """By sister team, without their bytes."""
    return {one.sister_id: one for one in HeldFilter.objects.defer("content")}


def own_filter() -> HoldingKey | None:
    return HoldingKey.objects.defer("filter", "secret").filter(ended_at=None).first()


def received_by_day(reader: Staff, now: datetime):
    """Team, day, questions, points, and how many were refused; the last day first."""
    return (
        QuestionReceived.objects.visible_to(reader)
        .filter(received_at__gt=now - timedelta(days=DAYS_SHOWN))
        .values("sister__name", day=TruncDate("received_at"))
        .annotate(
            questions=Count("id"),
            people=Count("asked_by", distinct=True),
            points=Sum("points"),
            refusals=Count("id", filter=~Q(refused="")),
        )
        .order_by("-day", "sister__name")
    )


def asked_by_day(reader: Staff, now: datetime):
    """Team, day, and how many questions came to what. Of no child."""
    counts = {
        f"count_{value or 'unheard'}": Count("id", filter=Q(outcome=value))
        for value in QuestionAsked.Outcome.values
    }
    return (
        QuestionAsked.objects.visible_to(reader)
        .filter(asked_at__gt=now - timedelta(days=DAYS_SHOWN))
        .values("sister__name", day=TruncDate("asked_at"))
        .annotate(questions=Count("id"), people=Count("asked_by", distinct=True), **counts)
        .order_by("-day", "sister__name")
    )


def alarms(reader: Staff) -> QuerySet[VolumeAlarm]:
    """Those that wait first, then the latest."""
    return (
        VolumeAlarm.objects.visible_to(reader)
        .select_related("sister", "owner", "settled_by")
        .order_by("settled_at", "-raised_at", "id")
    )

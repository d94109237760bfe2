"""Why a look at a child is explained, what follows where it is not, and what follows where somebody reads very much.

All of it is decided and written in the transaction of the look.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F

from engage.methods.deadlines import working_days_after
from engage.methods.moments import london_date
from engage.practice.agencies.models import Staff

from .gate import Acting, acting
from .looks import ReadingAlarm, UnexplainedLook
from .models import AuditEntry, CircleMember
from .policy import purposes_of

Kind = CircleMember.Kind
Page = Literal["child", "list", "piece"]

UNEXPLAINED = "unexplained"
# What explains a look: a live reason to work with the child, or one of these.
EXPLANATIONS: dict[str, str] = {
    **{kind: str(label) for kind, label in Kind.choices},
    "list": "On a list or among others",
    "piece": "Something sent to them, or that waits for them",
    "first_look_waits": "A first look that waits for the team",
    "looks_after_access": "Looks after how information is used",
    "engage": "A job of Engage itself",
    UNEXPLAINED: "Nothing explains it",
}
# Addresses of pages about one child take one of these.
OF_ONE_CHILD = ("person_id", "report_id")
# Purposes for which somebody may need one child's record.
FOR_ONE_CHILD = (
    "protect_this_child",
    "protect_another_child",
    "prevent_or_detect_crime",
    "plan_and_supervise",
)


def kind_of_page(takes: dict[str, Any]) -> Page:
    """By what its address takes: one child, some other single thing, or nothing that has a number."""
    if any(name in takes for name in OF_ONE_CHILD):
        return "child"
    return "piece" if any(isinstance(value, UUID) for value in takes.values()) else "list"


def explain(name: str) -> None:
    """A page that knows why its reader looks says so before it is shown. `name`: one of EXPLANATIONS."""
    assert name in EXPLANATIONS, f"nothing explains a look as {name}"
    acting().explained = name


def child_of(context: Acting, subjects: Iterable[UUID]) -> UUID | None:
    """The one child whom a look is about."""
    subjects = set(subjects)
    if context.page == "child" and context.about in subjects:
        return context.about
    return next(iter(subjects)) if len(subjects) == 1 else None


def explanation(context: Acting, subjects: Iterable[UUID]) -> str:
    """Why this person looks at these children: a name among EXPLANATIONS, empty where no child is concerned."""
    subjects = set(subjects)
    if not subjects:
        return ""
    if context.staff.kind == Staff.Kind.SERVICE:
        return "engage"
    child = child_of(context, subjects)
    kinds = {kind for kind, _ in context.reasons.get(child, ())} if child else set()
    # What somebody said or took is more than what they are; else in the order in which the kinds stand.
    for kind in (Kind.EMERGENCY, Kind.DUTY, Kind.STATED, *Kind.values):
        if kind in kinds:
            # That an address is protected is nothing for whoever reads who looked.
            return str(Kind.CO_WORKER if kind == Kind.LOCATION else kind)
    if context.explained:
        return context.explained
    if context.page == "child":
        return UNEXPLAINED if child else "list"
    return context.page


def must_say_why(context: Acting) -> UUID | None:
    """The child for whom the reader has to state a purpose before the page is shown."""
    if settings.ASK_PURPOSE and explanation(context, context.shown) == UNEXPLAINED:
        return child_of(context, context.shown)
    return None


def purposes_offered(by: Staff) -> tuple[str, ...]:
    """What somebody of this role can state for one child, the role's usual purpose first."""
    usual, *others = purposes_of(by.role)
    return (usual, *(purpose for purpose in others if purpose in FOR_ONE_CHILD))


def after_look(entry: AuditEntry) -> None:
    """In the transaction of a look: queue it if nothing explains it, and raise an alarm if it is one too many."""
    context = acting()
    if context.staff.kind != Staff.Kind.PERSON:
        return
    if entry.body["explained"] == UNEXPLAINED:
        _queue(entry, context)
    _count(entry, context)


def _queue(entry: AuditEntry, context: Acting) -> None:
    """Of one person and child one line waits, however often they look meanwhile."""
    subject = UUID(entry.body["about"])
    waiting = UnexplainedLook.objects.visible_to(context.staff).filter(
        looker=context.staff, subject=subject, state__in=UnexplainedLook.WAITING
    )
    if waiting.update(times=F("times") + 1):
        return
    UnexplainedLook.objects.create(
        entry_id=entry.pk,
        subject=subject,
        page=entry.body["action"],
        looker=context.staff,
        agency=context.staff.agency,
        at=context.now,
        owner=lead_for(context.staff),
        due_on=working_days_after(london_date(context.now), settings.LOOK_EXPLAINED_WORKING_DAYS),
    )


def lead_for(looker: Staff) -> Staff | None:
    """The information-governance lead of somebody's agency, else of their team, else any; else the team's manager."""
    people = Staff.objects.filter(
        kind=Staff.Kind.PERSON, status=Staff.Status.ACTIVE, agency__is_active=True, user__isnull=False
    ).exclude(pk=looker.pk)
    leads = list(people.filter(role="dpo_audit").order_by("name"))
    managers = people.filter(role="team_manager").order_by("name")
    nearest_first = [
        *(one for one in leads if one.agency_id == looker.agency_id),
        *(one for one in leads if looker.team_id and one.team_id == looker.team_id),
        *leads,
        *(one for one in managers if one.team_id == looker.team_id),
    ]
    return nearest_first[0] if nearest_first else None


def _count(entry: AuditEntry, context: Acting) -> None:
    opened = context.page == "child"
    if not opened and not entry.body["subjects_count"]:
        return
    minutes = settings.OPENED_WITHIN_MINUTES if opened else settings.LISTED_WITHIN_MINUTES
    counted = _read_lately(alone=opened, since=context.now - timedelta(minutes=minutes))
    if not opened:
        # Of the longest lists the account names the first few hundred and counts the rest.
        counted = max(counted, entry.body["subjects_count"])
    kind = ReadingAlarm.Kind.OPENED if opened else ReadingAlarm.Kind.LISTED
    first, second = settings.OPENED_ALARM if opened else settings.LISTED_ALARM, second_threshold(kind)
    context.read_lately = (str(kind), counted, counted > second)
    if counted > first:
        _raise_alarm(kind, counted, minutes, counted > second, context)


def second_threshold(kind: str) -> int:
    """Beyond this many the person signs in again before another child opens."""
    return (
        settings.OPENED_SIGN_IN_AGAIN if kind == ReadingAlarm.Kind.OPENED else settings.LISTED_SIGN_IN_AGAIN
    )


def _read_lately(*, alone: bool, since: datetime) -> int:
    """How many different children the person acting opened (`alone`), or read at all: one at a time on lists too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT engage_read_lately(%s, %s)", [alone, since])
        return cast(int, cursor.fetchone()[0])


def _raise_alarm(kind: str, counted: int, minutes: int, contained: bool, context: Acting) -> None:
    """One alarm for one stretch of reading: while it lasts, its count goes up."""
    since = context.now - timedelta(minutes=minutes)
    lately = ReadingAlarm.objects.visible_to(context.staff).filter(
        looker=context.staff, kind=kind, at__gt=since, settled_at=None
    )
    if lately.exists():
        lately.filter(counted__lt=counted).update(counted=counted)
        if contained:
            lately.filter(contained_at=None).update(contained_at=context.now)
        return
    ReadingAlarm.objects.create(
        kind=kind,
        looker=context.staff,
        agency=context.staff.agency,
        at=context.now,
        counted=counted,
        within_minutes=minutes,
        owner=lead_for(context.staff),
        take_by=context.now + timedelta(hours=settings.ALARM_TAKEN_WITHIN_HOURS),
        contained_at=context.now if contained else None,
    )

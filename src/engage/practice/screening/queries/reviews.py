"""Judgements whose day to be looked at again has come, or comes within a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Exists, OuterRef, Q

from engage.practice.access.gate import GuardedQuerySet
from engage.practice.access.written_once import DAY, written_once
from engage.practice.agencies.models import Staff
from engage.practice.people.lists import read_so_far
from engage.practice.people.queries import AskedOfEach, ShownIdentity, shown_identity

from ..models import Cause, ExploitationJudgement, FirstLook
from .listing import PAGE

DUE_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ReviewDue:
    person_id: UUID
    identity: ShownIdentity | None
    level: str
    at: datetime
    by: Staff
    next_step: str
    review_on: date
    has_look: (
        bool  # False where everything that caused it was taken back: then it stands on the child's record
    )


def due_for_review(reader: Staff, until: date) -> GuardedQuerySet:
    """Of each child the last judgement the reader sees, where it says its review day (the summary does not).

    Not where a later judgement stands, nor where somebody is looking at the child at this moment.
    """
    own = ExploitationJudgement.objects.visible_to(reader).filter(current=True)
    of_the_child = own.filter(person_id=OuterRef("person_id"))
    later = of_the_child.filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), is_summary=False, id__gt=OuterRef("id"))
    )
    taken = FirstLook.objects.visible_to(reader).filter(
        person_id=OuterRef("person_id"), state=FirstLook.State.TAKEN
    )
    return (
        own.filter(is_summary=False, review_on__lte=until)
        .exclude(AskedOfEach(later))
        .exclude(AskedOfEach(taken))
    )


@written_once(until=DAY)
def _first_due(reader: Staff, until: date, most: int) -> GuardedQuerySet:
    due = due_for_review(reader, until)
    stands = Cause.objects.visible_to(reader).filter(look_id=OuterRef("look_id"), current=True)
    return due.annotate(has_look=Exists(stands)).select_related("by").order_by("review_on", "at", "id")[:most]


def judgements_to_review(
    reader: Staff, today: date, *, number: int | str | None = 1, per_page: int = PAGE
) -> Page:
    """A page of ReviewDue, the longest overdue first."""
    until = today + DUE_WITHIN
    page = read_so_far(lambda most: _first_due(reader, until=until, most=most), number, per_page)
    found = list(page.object_list)
    names = shown_identity([row.person_id for row in found], reader)
    page.object_list = [
        ReviewDue(
            row.person_id,
            names.get(row.person_id),
            row.get_level_display(),
            row.at,
            row.by,
            row.next_step,
            row.review_on,
            row.has_look,
        )
        for row in found
    ]
    return page

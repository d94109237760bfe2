"""Telling who holds a restricted record that somebody searched for the child, and nothing to who searched.

Whoever searches leaves the same row, whether anybody was found, nobody, or somebody hidden; what follows from it follows
later and elsewhere. So the answer and its time say nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from engage.practice.access import audit, gate
from engage.practice.access.models import CircleMember, Label
from engage.practice.access.reach import restricted_people
from engage.practice.access.written_once import MOMENT, written_once
from engage.practice.agencies.models import Staff
from engage.practice.people.grouping import service
from engage.practice.people.models import Token

from .models import SearchAsked, SearchNoticed

AT_ONCE = 500
TOLD_AGAIN_AFTER = timedelta(days=1)
TOLD_FOR = timedelta(days=7)


def searched(keys: Collection[bytes], by: Staff, now: datetime) -> None:
    """Called by every search. `keys`: what names one child (name and surname together, or a number), keyed."""
    SearchAsked.objects.bulk_create([SearchAsked(by=by, at=now, keys=sorted(keys))])


def notice_searches(*, now: datetime) -> int:
    """Look through what was asked since the last time, tell those named, and forget it. Answers how many were told."""
    told = 0
    with gate.acting_as(service("service_receiver"), now=now) as engage:
        waiting = SearchAsked.objects.visible_to(engage.staff).select_related("by__agency").order_by("at")
        rows = list(waiting[:AT_ONCE])
        restricted = restricted_people()
        for asked in rows:
            for person_id in _hidden_named(asked, restricted, engage.staff):
                told += _tell(person_id, asked, engage.staff, now)
        SearchAsked.objects.visible_to(engage.staff).filter(pk__in=[row.pk for row in rows]).delete()
        if rows:
            audit.record_look("notice_searches")
    return told


def noticed_for(reader: Staff, now: datetime) -> list[SearchNoticed]:
    """Lately, the latest first."""
    return _noticed_since(reader, since=now - TOLD_FOR)


@written_once(since=MOMENT)
def _noticed_since(reader: Staff, since: datetime) -> QuerySet[SearchNoticed]:
    rows = SearchNoticed.objects.visible_to(reader).filter(holder=reader, at__gt=since)
    return rows.select_related("agency").order_by("-at", "id")[:50]


def _hidden_named(asked: SearchAsked, restricted: set[UUID], reader: Staff) -> set[UUID]:
    """Persons whom the search names by a record that those named alone see."""
    rows = Token.objects.visible_to(reader).filter(value__in=[bytes(key) for key in asked.keys])
    return {
        person_id
        for person_id, label in rows.values_list("person_id", "compartment__label").distinct()[:AT_ONCE]
        if person_id and (person_id in restricted or label == Label.RESTRICTED)
    }


def _tell(person_id: UUID, asked: SearchAsked, reader: Staff, now: datetime) -> int:
    """Everybody named, unless who searched is one of them, or they were told of this agency within the day."""
    named = (
        CircleMember.objects.visible_to(reader)
        .filter(person_id=person_id, named=True, starts_at__lte=asked.at)
        .exclude(ends_at__lte=asked.at)
        .select_related("staff")
    )
    holders = {member.staff_id: member for member in named}
    if asked.by_id in holders:
        return 0
    lately = SearchNoticed.objects.visible_to(reader).filter(
        person_id=person_id, agency=asked.by.agency, at__gt=now - TOLD_AGAIN_AFTER
    )
    knows = set(lately.values_list("holder_id", flat=True))
    fresh = [member for pk, member in holders.items() if pk not in knows]
    SearchNoticed.objects.bulk_create(
        SearchNoticed(
            record_id=member.record_id,
            person_id=person_id,
            holder=member.staff,
            agency=asked.by.agency,
            at=asked.at,
        )
        for member in fresh
    )
    return len(fresh)

"""A first look for every child reported missing, or worried about for signs of exploitation.

Which looks there are follows from the rows that stand; nobody opens one by hand. So this may run as often
as anybody likes: after each chunk of a file, after each regrouping, and every minute in case one was missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember
from engage.practice.agencies.models import Staff
from engage.practice.people.grouping import service

from ..models import Cause, ExploitationJudgement, FirstLook
from . import standing_rows
from .standing_rows import Opening

PERSONS_AT_ONCE = 5000
State = FirstLook.State
WAITING = (State.OPEN, State.TAKEN)
NOT_EXPLOITED = ExploitationJudgement.Level.NOT_AS_FAR_AS_KNOWN
CAUSE_FIELDS = [
    "look", "row_id", "compartment", "source", "current", "at", "immediate_danger", "nearest_clock_at",
    "clock_is_a_day", "waiting",
]  # fmt: skip
CAUSE_COLUMNS = [field.attname for field in Cause._meta.concrete_fields if field.name in CAUSE_FIELDS]


def watcher() -> Staff:
    """Looks follow from rows that nobody sees all of: the service that watches clocks reads those that open one."""
    return service("service_clock")


def open_first_looks(person_ids: Collection[UUID], *, now: datetime) -> None:
    """Bring these persons' first looks, and the causes of them, to what the rows now say."""
    if not person_ids:
        return
    clock = watcher()
    with acting_as(clock, now=now):
        _wait_for_turn()
        everybody = sorted(person_ids)
        for start in range(0, len(everybody), PERSONS_AT_ONCE):
            _bring_up_to_date(everybody[start : start + PERSONS_AT_ONCE], clock, now)


def sweep_first_looks(*, now: datetime, at_most: int = PERSONS_AT_ONCE) -> int:
    """Bring up to date whoever has a row that should have caused a look and did not, or tells otherwise now.

    Returns how many persons were behind.
    """
    with acting_as(watcher(), now=now):
        behind = standing_rows.persons_behind(at_most)
        open_first_looks(behind, now=now)
    return len(behind)


def _wait_for_turn() -> None:
    """Two at once would open two looks for one child."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('engage.screening.first_looks'))")


def _bring_up_to_date(person_ids: Sequence[UUID], clock: Staff, now: datetime) -> None:
    openings: dict[UUID, list[Opening]] = defaultdict(list)
    for opening in standing_rows.openings_of(person_ids):
        openings[opening.person_id].append(opening)
    causes: dict[UUID, list[Cause]] = defaultdict(list)
    for cause in Cause.objects.visible_to(clock).filter(person_id__among=person_ids).order_by("at", "id"):
        causes[cause.person_id].append(cause)
    if not openings and not causes:
        return
    looks: dict[UUID, list[FirstLook]] = defaultdict(list)
    # Locked in one order everywhere: somebody may be deciding one at this moment.
    for look in (
        FirstLook.objects.visible_to(clock)
        .filter(person_id__among=person_ids)
        .order_by("id")
        .select_for_update()
    ):
        looks[look.person_id].append(look)
    levels = _last_levels([look.pk for own in looks.values() for look in own], clock)
    before = {cause.pk: _values(cause) for told in causes.values() for cause in told}
    states = {look.pk: look.state for own in looks.values() for look in own}

    left_over: set[UUID] = set()
    standing_rows.follow_corrections(openings, causes, now)
    for person_id in sorted({*openings, *causes, *looks}):
        _one_person(openings[person_id], causes[person_id], looks[person_id], levels, left_over, now)

    everything = [look for own in looks.values() for look in own]
    FirstLook.objects.bulk_create([look for look in everything if look.pk not in states], batch_size=1000)
    every_cause = [cause for told in causes.values() for cause in told]
    Cause.objects.bulk_create([cause for cause in every_cause if cause.pk not in before], batch_size=1000)
    changed = [cause for cause in every_cause if cause.pk in before and before[cause.pk] != _values(cause)]
    Cause.objects.visible_to(clock).bulk_update(changed, CAUSE_FIELDS, batch_size=500)
    Cause.objects.visible_to(clock).filter(pk__in=left_over & before.keys()).delete()
    moved = [look for look in everything if states.get(look.pk, look.state) != look.state]
    FirstLook.objects.visible_to(clock).bulk_update(moved, ["state", "holder", "taken_at"], batch_size=500)
    _end_circles([look for look in moved if look.state == State.CLOSED], clock, now)


def _one_person(
    openings: Iterable[Opening],
    causes: list[Cause],
    looks: list[FirstLook],
    levels: dict[UUID, str],
    left_over: set[UUID],
    now: datetime,
) -> None:
    """Decide where each cause stands. New causes and looks are appended to the lists given."""
    own = {look.pk for look in looks}
    told = {opening.row_id: opening for opening in openings}
    opens = {row_id for row_id, opening in told.items() if opening.opens}
    homeless: list[Cause] = []
    for cause in causes:
        opening = told.pop(cause.row_id, None)
        cause.current = opening is not None
        if opening is not None:
            opening.write_into(cause)
            # Its look is another child's since two records ceased to count as one.
            if cause.look_id not in own:
                homeless.append(cause)
    fresh = [opening.as_cause(now) for opening in told.values()]
    causes += fresh
    homeless += fresh
    if homeless and not _find_a_look(homeless, opens, looks, levels):
        for cause in homeless:
            causes.remove(cause)
            left_over.add(cause.pk)

    for look in looks:
        standing = [cause for cause in causes if cause.current and cause.look_id == look.pk]
        stands = any(cause.row_id in opens for cause in standing)
        if look.state == State.CLOSED and stands:
            look.state, look.holder_id, look.taken_at = State.OPEN, None, None
        elif look.state in WAITING and not stands:
            look.state = State.CLOSED
    waiting = {look.pk for look in looks if look.state in WAITING}
    for cause in causes:
        cause.waiting = cause.current and cause.look_id in waiting


def _find_a_look(
    causes: list[Cause], opens: set[UUID], looks: list[FirstLook], levels: dict[UUID, str]
) -> bool:
    """The look that waits; else the judged one, unless it was judged "not exploited as far as known".

    False where nothing opens a look: a call alone does not; once there is a look it joins it.
    """
    waiting = [look for look in looks if look.state in WAITING]
    decided = sorted((look for look in looks if look.state == State.DECIDED), key=_decided_at)
    closed = [look for look in looks if look.state == State.CLOSED]
    opening = sorted(
        (cause for cause in causes if cause.row_id in opens), key=lambda cause: (cause.at, cause.row_id)
    )
    if waiting:
        look = waiting[0]
    elif decided and (not opening or levels.get(decided[-1].pk) != NOT_EXPLOITED):
        look = decided[-1]
    elif opening and closed:
        look = closed[0]
    elif opening:
        look = FirstLook(id=uuid4(), record_id=opening[0].record_id, person_id=opening[0].person_id)
        looks.append(look)
    elif closed:
        look = closed[0]
    else:
        return False
    for cause in causes:
        cause.look_id = look.pk
    return True


def _decided_at(look: FirstLook) -> datetime:
    assert look.decided_at is not None, "what is decided says when"
    return look.decided_at


def _values(cause: Cause) -> tuple:
    return tuple(getattr(cause, column) for column in CAUSE_COLUMNS)


def _last_levels(look_ids: Sequence[UUID], clock: Staff) -> dict[UUID, str]:
    judgements = (
        ExploitationJudgement.objects.visible_to(clock)
        .filter(look__in=look_ids, is_summary=False)
        .order_by("at", "recorded_at")
        .values_list("look_id", "level")
    )
    return dict(judgements)


def _end_circles(looks: Collection[FirstLook], clock: Staff, now: datetime) -> None:
    """Who held a look that fell away has no reason left to read."""
    for look in looks:
        if look.holder_id:
            CircleMember.objects.visible_to(clock).filter(
                record_id=look.record_id,
                staff_id=look.holder_id,
                kind=CircleMember.Kind.FIRST_LOOK,
                ends_at=None,
            ).update(ends_at=now)

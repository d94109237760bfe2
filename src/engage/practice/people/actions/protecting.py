"""Keeping back where a child is: for those alone whom the lead names. It follows every record of the child."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from engage.practice.access import audit, gate
from engage.practice.access.gate import NotPermitted, acting
from engage.practice.access.looking import lead_for
from engage.practice.access.models import Barred, CircleMember, ProtectedLocation
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff

from .. import permissions
from ..grouping import service, wait_for_turn
from ..models import Pair, Record
from .restricting import FEWEST_NAMED

LOCATION = CircleMember.Kind.LOCATION


def protect_location(
    *, person_id: UUID, reason: str, named: Collection[Staff], by: Staff, now: datetime
) -> None:
    """From now on those named alone, `by` always among them, see where the child is. Said again, it names anew.

    Raises Record.DoesNotExist unless `by` sees the child; NotPermitted for roles that may not, without a reason, with
    fewer than two named, and where it is protected by somebody else's word and `by` is not named.
    """
    wait_for_turn()  # who is who does not change meanwhile
    _may_decide(person_id, by)
    permissions.gives_reason(reason).enforce()
    circle = {person.pk: person for person in (by, *named) if permissions.may_be_named_for_location(person)}
    if len(circle) < FEWEST_NAMED:
        raise NotPermitted(
            "Name at least one colleague besides yourself: somebody must know where this child is when you are away."
        )
    receiver = service("service_receiver")
    with gate.acting_as(receiver, now=now):
        standing = _standing([person_id])
        _not_past_those_named(standing, by)
        records = list(
            Record.objects.visible_to(receiver).filter(person_id=person_id).values_list("pk", flat=True)
        )
        covered = {row.record_id for row in standing}
        ProtectedLocation.objects.visible_to(receiver).filter(pk__in=[row.pk for row in standing]).update(
            reason=reason.strip(), likeness=False
        )
        _write([record for record in records if record not in covered], person_id, reason.strip(), by, now)
        live = _named(records)
        live.exclude(staff_id__in=list(circle)).update(ends_at=now)
        _name(circle.values(), records, person_id, by, now)
        shield_locations(_open_pairs(records), now)
    gate.refresh_circle()
    audit.record(
        audit.Verb.ALTER,
        "protect_location",
        subjects=[person_id],
        kinds=["access.protectedlocation"],
        counts={"named": len(circle)},
    )


def lift_location(*, person_id: UUID, reason: str, by: Staff, now: datetime) -> None:
    """Where the child is is seen again like anything else of the child."""
    wait_for_turn()
    _may_decide(person_id, by)
    permissions.gives_reason(reason).enforce()
    with gate.acting_as(service("service_receiver"), now=now):
        standing = _standing([person_id])
        _not_past_those_named(standing, by)
        if not standing:
            raise NotPermitted("Where this child lives is not protected.")
        _end(standing, by, reason, now)
    gate.refresh_circle()
    audit.record(audit.Verb.ALTER, "lift_location", subjects=[person_id], kinds=["access.protectedlocation"])


@dataclass(frozen=True)
class FewNamed:
    """A protected child whose address fewer than two people at work may open. The lead is told nothing else of the child."""

    id: UUID  # of its first protected record
    person_id: UUID
    records: tuple[UUID, ...]
    since: datetime
    by: Staff
    left: frozenset[UUID]


def few_named(lead: Staff, now: datetime) -> list[FewNamed]:
    """Where too few are left: they went, left their posting, have a conflict of interest, or are not named for a child who
    is restricted, or for a record that was joined. Told to the lead nearest to who protected the child."""
    if not permissions.may_name_for_location(lead):
        return []
    with gate.acting_as(service("service_receiver"), now=now):
        found = _few_named()
    return [one for one in found if lead_for(one.by) == lead]


def _few_named() -> list[FewNamed]:
    engage = acting().staff
    by_person: dict[UUID, list[ProtectedLocation]] = defaultdict(list)
    standing = ProtectedLocation.objects.visible_to(engage).filter(ends_at=None)
    for row in standing.select_related("added_by").order_by("starts_at", "id"):
        by_person[row.person_id].append(row)
    members = CircleMember.objects.visible_to(engage).filter(person_id__among=list(by_person), ends_at=None)
    at_work = members.filter(staff__status=Staff.Status.ACTIVE, staff__agency__is_active=True)
    on = set(at_work.filter(kind=LOCATION).values_list("record_id", "staff_id"))
    named = set(at_work.filter(named=True).values_list("person_id", "staff_id"))
    live = Barred.objects.visible_to(engage).filter(person_id__among=list(by_person), ended_at=None)
    barred = set(live.values_list("person_id", "staff_id"))
    restricted = restricted_people()
    found = []
    for person_id, rows in by_person.items():
        left = frozenset(
            staff
            for staff in {staff for _, staff in on}
            if all((row.record_id, staff) in on for row in rows)
            and (person_id, staff) not in barred
            and (person_id not in restricted or (person_id, staff) in named)
        )
        if len(left) < FEWEST_NAMED:
            records = tuple(row.record_id for row in rows)
            found.append(FewNamed(rows[0].pk, person_id, records, rows[0].starts_at, rows[0].added_by, left))
    return found


def name_for_location(*, location_id: UUID, colleague: Staff, reason: str, by: Staff, now: datetime) -> None:
    """The lead names one more where fewer than two are left. Who is named reads it on Today.

    Raises ProtectedLocation.DoesNotExist where there is no such child of whom `by` is told, NotPermitted without a
    reason, and for a colleague who could not open it all the same or could already.
    """
    wait_for_turn()
    permissions.may_name_for_location(by).enforce()
    short = next((one for one in few_named(by, now) if one.id == location_id), None)
    if short is None:
        raise ProtectedLocation.DoesNotExist
    permissions.gives_reason(reason).enforce()
    cannot = NotPermitted("This colleague cannot be named for it. Choose somebody else.")
    if not permissions.may_be_named_for_location(colleague) or colleague.pk in short.left:
        raise cannot
    with gate.acting_as(service("service_receiver"), now=now):
        _name([colleague], short.records, short.person_id, by, now, reason=reason.strip())
        if any(one.id == location_id and colleague.pk not in one.left for one in _few_named()):
            raise cannot
    audit.record(
        audit.Verb.ALTER,
        "name_for_location",
        subjects=[short.person_id],
        acting_for=str(colleague.pk),
        kinds=["access.protectedlocation"],
    )


def follow_records(person_ids: Collection[UUID], now: datetime) -> None:
    """Whatever is joined to a protected child is protected like it, and stays so if it is taken apart again: the
    address may have come with it. Called whenever records were grouped anew, as the receiving service."""
    by_person: dict[UUID, list[ProtectedLocation]] = {}
    for row in _standing(person_ids):
        by_person.setdefault(row.person_id, []).append(row)
    for person_id, standing in by_person.items():
        covered = [row.record_id for row in standing]
        rows = Record.objects.visible_to(acting().staff).filter(person_id=person_id).exclude(pk__in=covered)
        fresh = list(rows.values_list("pk", flat=True))
        if fresh:
            first = standing[0]
            _write(fresh, person_id, first.reason, first.added_by, now, likeness=first.likeness)
            _name(_named_on_each(covered), fresh, person_id, first.added_by, now)


def shield_locations(pairs: Iterable[Pair], now: datetime) -> int:
    """Of two records that may be one person, the one whose address is open is kept back like the other, until somebody
    has said which. Called by Engage's own jobs; answers how many were."""
    pairs = [pair for pair in pairs if pair.why != "veto"]
    sides = {record for pair in pairs for record in (pair.record_a_id, pair.record_b_id)}
    rows = ProtectedLocation.objects.visible_to(acting().staff).filter(ends_at=None)
    held = (
        {row.record_id: row for row in rows.filter(record_id__in=sides).select_related("added_by")}
        if sides
        else {}
    )
    shielded = 0
    for pair in pairs if held else ():
        for mine, other in ((pair.record_a_id, pair.record_b_id), (pair.record_b_id, pair.record_a_id)):
            if mine in held or other not in held:
                continue
            protected = held[other]
            person_id = Record.objects.visible_to(acting().staff).get(pk=mine).person_id or mine
            _write([mine], person_id, protected.reason, protected.added_by, now, likeness=True)
            _name(_named_on_each([other]), [mine], person_id, protected.added_by, now)
            held[mine] = protected
            shielded += 1
    return shielded


def settle_location_likeness(a: UUID, b: UUID, *, same: bool, by: Staff, now: datetime) -> None:
    """What resembled a protected child is that child, and protected; or another, and open again."""
    with gate.acting_as(service("service_receiver"), now=now):
        standing = {
            row.record_id: row
            for row in ProtectedLocation.objects.visible_to(acting().staff).filter(
                Q(record_id__in=[a, b]) | Q(likeness=True), ends_at=None
            )
        }
        for mine, other in ((a, b), (b, a)):
            alike = standing.get(mine)
            if alike is None or not alike.likeness:
                continue
            own = [row for row in standing.values() if row.likeness and row.person_id == alike.person_id]
            if same:
                _stand([row.pk for row in own])
            # A word on two other records opens nothing, nor while another protected child may be this one.
            elif other in standing and not standing[other].likeness and not _like_another(own, other):
                _end(own, by, "Another child", now)


def _stand(rows: Collection[UUID]) -> None:
    ProtectedLocation.objects.visible_to(acting().staff).filter(pk__in=list(rows)).update(likeness=False)


def _open_pairs(records: Collection[UUID]) -> list[Pair]:
    pairs = Pair.objects.visible_to(acting().staff).filter(state=Pair.State.OPEN)
    return list(pairs.filter(Q(record_a__in=list(records)) | Q(record_b__in=list(records))))


def _like_another(alike: Collection[ProtectedLocation], but: UUID) -> bool:
    """Whether a pair waits of one of these and a record that is protected as somebody said."""
    mine = {row.record_id for row in alike}
    others = (
        {one for pair in _open_pairs(mine) for one in (pair.record_a_id, pair.record_b_id)} - mine - {but}
    )
    rows = ProtectedLocation.objects.visible_to(acting().staff).filter(ends_at=None, likeness=False)
    return bool(others) and rows.filter(record_id__in=list(others)).exists()


def _may_decide(person_id: UUID, by: Staff) -> None:
    if not Record.objects.visible_to(by).filter(person_id=person_id).exists():
        raise Record.DoesNotExist
    permissions.may_restrict(by).enforce()


def _not_past_those_named(standing: Collection[ProtectedLocation], by: Staff) -> None:
    """A manager does not name themselves into what another keeps back, nor by joining a child of their own to it."""
    if standing and by not in _named_on_each([row.record_id for row in standing]):
        raise NotPermitted(
            "Where this child lives is kept back by a colleague. One of those named changes it."
        )


def _standing(person_ids: Collection[UUID]) -> list[ProtectedLocation]:
    rows = ProtectedLocation.objects.visible_to(acting().staff).filter(
        person_id__among=list(person_ids), ends_at=None
    )
    return list(rows.select_related("added_by").order_by("starts_at", "id"))


def _named(records: Collection[UUID]):
    return CircleMember.objects.visible_to(acting().staff).filter(
        record_id__in=list(records), kind=LOCATION, ends_at=None
    )


def _named_on_each(records: Collection[UUID]) -> list[Staff]:
    """Who sees where the child is now: named on every protected record of it."""
    on: dict[UUID, set[UUID]] = {}
    people: dict[UUID, Staff] = {}
    for member in _named(records).select_related("staff"):
        on.setdefault(member.staff_id, set()).add(member.record_id)
        people[member.staff_id] = member.staff
    return [people[pk] for pk, named_on in on.items() if named_on >= set(records)]


def _write(
    records: Collection[UUID],
    person_id: UUID,
    reason: str,
    by: Staff,
    now: datetime,
    *,
    likeness: bool = False,
) -> None:
    ProtectedLocation.objects.bulk_create(
        ProtectedLocation(
            record_id=record,
            person_id=person_id,
            reason=reason,
            likeness=likeness,
            starts_at=now,
            added_by=by,
        )
        for record in records
    )


def _name(
    people: Iterable[Staff],
    records: Collection[UUID],
    person_id: UUID,
    by: Staff,
    now: datetime,
    *,
    reason: str = "",
) -> None:
    already = set(_named(records).values_list("record_id", "staff_id"))
    CircleMember.objects.bulk_create(
        CircleMember(
            record_id=record,
            person_id=person_id,
            staff=person,
            kind=LOCATION,
            reason=reason,
            starts_at=now,
            added_by=by,
        )
        for person in people
        for record in records
        if (record, person.pk) not in already
    )


def _end(standing: Collection[ProtectedLocation], by: Staff, reason: str, now: datetime) -> None:
    ProtectedLocation.objects.visible_to(acting().staff).filter(pk__in=[row.pk for row in standing]).update(
        ends_at=now, ended_by=by, ended_because=reason.strip()
    )
    _named([row.record_id for row in standing]).update(ends_at=now)

"""Restricting a child to those who are named, and lifting that. The label follows every record of the child."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from engage.practice.access import audit, gate
from engage.practice.access.gate import NotPermitted, acting
from engage.practice.access.models import Barred, CircleMember, Restriction
from engage.practice.agencies.models import Staff

from .. import permissions
from ..grouping import service, wait_for_turn
from ..models import Judgement, Pair, Record

FEWEST_NAMED = 2


def restrict(
    *, person_id: UUID, kind: str, reason: str, named: Collection[Staff], by: Staff, now: datetime
) -> None:
    """From now on those named alone, `by` always among them, see anything of the child. Said again, it names anew.

    Every record the child has now is restricted by itself, and each of those named is named on each record: taking
    records apart later strips none of them. Raises Record.DoesNotExist unless `by` sees the child, NotPermitted
    for roles that may not, without a reason, or with fewer than two named.
    """
    wait_for_turn()  # who is who does not change meanwhile
    if not Record.objects.visible_to(by).filter(person_id=person_id).exists():
        raise Record.DoesNotExist
    permissions.may_restrict(by).enforce()
    permissions.gives_reason(reason).enforce()
    if kind not in Restriction.Kind.values or kind == Restriction.Kind.LIKENESS:
        raise NotPermitted("Choose why this child is restricted.")
    circle = {person.pk: person for person in (by, *named) if person.is_active}
    if len(circle) < FEWEST_NAMED:
        raise NotPermitted(
            "Name at least one colleague besides yourself: somebody must see this child when you are away."
        )
    receiver = service("service_receiver")
    with gate.acting_as(receiver, now=now):
        records = _records_of(person_id, receiver)
        standing = Restriction.objects.visible_to(acting().staff).filter(person_id=person_id, ends_at=None)
        standing.update(kind=kind, reason=reason.strip(), added_by=by)
        restricted = set(standing.values_list("record_id", flat=True))
        Restriction.objects.bulk_create(
            Restriction(
                record_id=record_id,
                person_id=person_id,
                kind=kind,
                reason=reason.strip(),
                starts_at=now,
                added_by=by,
            )
            for record_id in records
            if record_id not in restricted
        )
        _end_naming(person_id, now, besides=circle)
        _name(circle.values(), records, person_id, by, now)
    gate.refresh_circle()
    audit.record(
        audit.Verb.ALTER,
        "restrict_child",
        subjects=[person_id],
        kinds=["access.restriction"],
        counts={"named": len(circle)},
    )


def lift(*, person_id: UUID, reason: str, by: Staff, now: datetime) -> None:
    """The child is as any other again. Whoever was named keeps no reason of theirs but other ones they have.

    Raises Record.DoesNotExist unless `by` sees the child.
    """
    if not Record.objects.visible_to(by).filter(person_id=person_id).exists():
        raise Record.DoesNotExist
    permissions.may_restrict(by).enforce()
    permissions.gives_reason(reason).enforce()
    with gate.acting_as(service("service_receiver"), now=now):
        standing = Restriction.objects.visible_to(acting().staff).filter(person_id=person_id, ends_at=None)
        lifted = standing.update(ends_at=now, ended_by=by, ended_because=reason.strip())
        if not lifted:
            raise NotPermitted("This child is not restricted.")
        _end_naming(person_id, now)
        _open_what_resembled(person_id, by, now)
    gate.refresh_circle()
    audit.record(audit.Verb.ALTER, "lift_restriction", subjects=[person_id], kinds=["access.restriction"])


def bar(*, person_id: UUID, colleague: Staff, reason: str, by: Staff, now: datetime) -> None:
    """A conflict of interest: own family, own address, a friend. `colleague` sees nothing of the child from now on.

    Anybody says it of themselves; of a colleague the team manager. The manager is told. Raises Record.DoesNotExist
    unless `by` sees the child.
    """
    if not Record.objects.visible_to(by).filter(person_id=person_id).exists():
        raise Record.DoesNotExist
    permissions.may_bar(by, colleague).enforce()
    permissions.gives_reason(reason).enforce()
    receiver = service("service_receiver")
    with gate.acting_as(receiver, now=now):
        live = Barred.objects.visible_to(receiver).filter(staff=colleague, ended_at=None)
        already = set(live.values_list("record_id", flat=True))
        Barred.objects.bulk_create(
            Barred(
                record_id=record_id,
                person_id=person_id,
                staff=colleague,
                reason=reason.strip(),
                added_at=now,
                added_by=by,
            )
            for record_id in _records_of(person_id, receiver)
            if record_id not in already
        )
    gate.refresh_circle()
    audit.record(
        audit.Verb.ALTER,
        "bar_from_child",
        subjects=[person_id],
        acting_for=str(colleague.pk),
        kinds=["access.barred"],
    )


def unbar(*, person_id: UUID, colleague: Staff, by: Staff, now: datetime) -> None:
    """The conflict is no more, or never was: the manager says so, never the colleague themselves."""
    if not Record.objects.visible_to(by).filter(person_id=person_id).exists():
        raise Record.DoesNotExist
    permissions.may_unbar(by, colleague).enforce()
    with gate.acting_as(service("service_receiver"), now=now):
        Barred.objects.visible_to(acting().staff).filter(
            person_id=person_id, staff=colleague, ended_at=None
        ).update(ended_at=now, ended_by=by)
    gate.refresh_circle()
    audit.record(
        audit.Verb.ALTER,
        "unbar_from_child",
        subjects=[person_id],
        acting_for=str(colleague.pk),
        kinds=["access.barred"],
    )


def shield(likenesses: Iterable[tuple[UUID, UUID]], by: Staff, now: datetime) -> int:
    """Of each (record, restricted child): the record so closely resembles the child that it is restricted too,
    until one of those named has said whether it is the child. An update to a protected child must never come
    back as an unprotected copy. Called by Engage's own jobs; answers how many records were shielded.

    A record of which somebody said already that it is another child is left as it is.
    """
    live = Restriction.objects.visible_to(by).filter(ends_at=None)
    child_of = {
        record_id: child
        for record_id, child in likenesses
        if not live.filter(record_id=record_id).exists() and not _said_to_be_another(record_id, child, by)
    }
    named: dict[UUID, list[Staff]] = {}
    members = CircleMember.objects.visible_to(by).filter(
        person_id__in=set(child_of.values()), named=True, ends_at=None
    )
    for member in members.select_related("staff"):
        named.setdefault(member.person_id, []).append(member.staff)
    persons = Record.objects.visible_to(by).filter(pk__in=list(child_of)).values_list("pk", "person_id")
    for record_id, person_id in persons:
        Restriction.objects.create(
            record_id=record_id,
            person_id=person_id,
            kind=Restriction.Kind.LIKENESS,
            starts_at=now,
            added_by=by,
        )
        _name(
            {one.pk: one for one in named.get(child_of[record_id], ())}.values(),
            [record_id],
            person_id,
            by,
            now,
        )
    return len(child_of)


def _said_to_be_another(record_id: UUID, child: UUID, by: Staff) -> bool:
    """The last word of a person on the record and any record of the child."""
    said = Judgement.objects.visible_to(by).filter(
        Q(record_a=record_id, record_b__person_id=child) | Q(record_b=record_id, record_a__person_id=child),
        by_person=True,
    )
    last = said.exclude(verdict=Judgement.Verdict.UNSURE).order_by("-at", "-judged_no").first()
    return last is not None and last.verdict == Judgement.Verdict.NOT_SAME


def settle_likeness(a: UUID, b: UUID, *, same: bool, by: Staff, now: datetime) -> None:
    """What resembled a restricted child is that child, and restricted for the same reason; or it is another, and
    open again. Called when somebody named has said which."""
    with gate.acting_as(service("service_receiver"), now=now):
        live = Restriction.objects.visible_to(acting().staff).filter(ends_at=None)
        person_of = dict(live.filter(record_id__in=[a, b]).values_list("record_id", "person_id"))
        for mine, other in ((a, b), (b, a)):
            resembles = live.filter(person_id=person_of.get(mine), kind=Restriction.Kind.LIKENESS)
            protected = (
                live.filter(person_id=person_of.get(other)).exclude(kind=Restriction.Kind.LIKENESS).first()
            )
            if protected is None:
                continue
            if same:
                resembles.update(kind=protected.kind, reason=protected.reason, added_by=by)
                continue
            _open_again(resembles, by, now)


def _records_of(person_id: UUID, receiver: Staff) -> list[UUID]:
    return list(Record.objects.visible_to(receiver).filter(person_id=person_id).values_list("pk", flat=True))


def _open_what_resembled(person_id: UUID, by: Staff, now: datetime) -> None:
    pairs = Pair.objects.visible_to(acting().staff).filter(state=Pair.State.OPEN, why="restricted")
    others = {
        *pairs.filter(record_a__person_id=person_id).values_list("record_b_id", flat=True),
        *pairs.filter(record_b__person_id=person_id).values_list("record_a_id", flat=True),
    }
    _open_again(
        Restriction.objects.visible_to(acting().staff).filter(
            record_id__in=others, kind=Restriction.Kind.LIKENESS, ends_at=None
        ),
        by,
        now,
    )


def _open_again(likenesses: QuerySet[Restriction], by: Staff, now: datetime) -> None:
    records = list(likenesses.values_list("record_id", flat=True))
    likenesses.update(ends_at=now, ended_by=by)
    CircleMember.objects.visible_to(acting().staff).filter(
        record_id__in=records, kind=CircleMember.Kind.NAMED, ends_at=None
    ).update(ends_at=now)


def _name(
    people: Iterable[Staff], records: Collection[UUID], person_id: UUID, by: Staff, now: datetime
) -> None:
    live = CircleMember.objects.visible_to(acting().staff).filter(
        record_id__in=list(records), kind=CircleMember.Kind.NAMED, ends_at=None
    )
    already = set(live.values_list("record_id", "staff_id"))
    CircleMember.objects.bulk_create(
        CircleMember(
            record_id=record_id,
            person_id=person_id,
            staff=person,
            kind=CircleMember.Kind.NAMED,
            named=True,
            starts_at=now,
            added_by=by,
        )
        for person in people
        for record_id in records
        if (record_id, person.pk) not in already
    )


def _end_naming(person_id: UUID, now: datetime, besides: Collection[UUID] = ()) -> None:
    CircleMember.objects.visible_to(acting().staff).filter(
        person_id=person_id, kind=CircleMember.Kind.NAMED, ends_at=None
    ).exclude(staff_id__in=list(besides)).update(ends_at=now)

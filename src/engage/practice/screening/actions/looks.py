"""Taking a first look, handing it back, deciding it; and opening a record on duty."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q

from engage.methods.moments import london_date
from engage.practice.access import audit
from engage.practice.access.gate import acting_as, refresh_circle
from engage.practice.access.models import CircleMember, Label
from engage.practice.agencies.models import Staff
from engage.practice.people.actions.sources import compartments_of
from engage.practice.people.models import Record

from .. import permissions
from ..models import Cause, ExploitationJudgement, FirstLook
from ..queries import looks_of, reasons_for, restricted_alone, without_its_row
from .opening import NOT_EXPLOITED, WAITING, watcher

State = FirstLook.State


def shift() -> timedelta:
    """How long a purpose stated on duty lasts."""
    return timedelta(hours=settings.DUTY_SHIFT_HOURS)


def take(person_id: UUID, *, by: Staff, now: datetime) -> list[FirstLook]:
    """Take every look of the child that `by` can see, and join the circle. A judged child is looked at again.

    Raises FirstLook.DoesNotExist where `by` sees none, NotPermitted where somebody else holds one.
    """
    looks = _looks(person_id, by)
    waiting = [look for look in looks if look.state in WAITING]
    chosen = waiting or looks
    permissions.may_take(by, chosen, restricted=bool(restricted_alone(chosen, by))).enforce()
    fresh = [look for look in chosen if look.state != State.TAKEN]
    for look in fresh:
        look.state, look.holder, look.taken_at = State.TAKEN, by, now
        look.save(update_fields=["state", "holder", "taken_at"])
    for look in chosen:
        _join_circle(look.record_id, person_id, CircleMember.Kind.FIRST_LOOK, by=by, now=now)
    refresh_circle()
    if fresh:
        if not waiting:
            with acting_as(watcher(), now=now) as context:
                _causes_on(chosen, context.staff).filter(current=True).update(waiting=True)
        audit.record(audit.Verb.ALTER, "take_first_look", subjects=[person_id])
    return chosen


def hand_back(person_id: UUID, *, by: Staff, now: datetime) -> list[FirstLook]:
    """Give the look back to the list; its holder's reason to read ends now."""
    looks = _looks(person_id, by)
    permissions.may_hand_back(by, looks).enforce()
    taken = [look for look in looks if look.state == State.TAKEN]
    for look in taken:
        holder_id = look.holder_id
        assert holder_id is not None, "a look that is taken has a holder"
        look.state, look.holder, look.taken_at = State.OPEN, None, None
        look.save(update_fields=["state", "holder", "taken_at"])
        _leave_circle(look.record_id, holder_id, now=now)
    refresh_circle()
    audit.record(audit.Verb.ALTER, "hand_back_first_look", subjects=[person_id])
    return taken


def decide(
    person_id: UUID,
    *,
    level: str,
    reason: str,
    next_step: str,
    review_on: date,
    by: Staff,
    now: datetime,
) -> ExploitationJudgement:
    """Record the holder's judgement with the reasons that were before them; the wait ends, and their reason to read.

    Sent twice it is one judgement. Raises as `take` does, and NotPermitted where something is missing.
    """
    looks = _looks(person_id, by)
    permissions.is_complete(level, reason, next_step, review_on, london_date(now)).enforce()
    said = {"level": level, "reason": reason.strip(), "next_step": next_step.strip(), "review_on": review_on}
    waiting = [look for look in looks if look.state in WAITING]
    if not waiting:
        again = _judged_so(looks, said, by)
        if again:
            return again
    restricted = restricted_alone(waiting, by)
    permissions.may_decide(by, looks, restricted=bool(restricted)).enforce()

    seen = [{"kind": one.kind, "row": str(one.row_id)} for one in reasons_for(person_id, by, now)]
    visible = list(_causes_on(waiting, by).filter(current=True))
    judged = {cause.pk for cause in visible} - without_its_row(visible, by)
    judgements = [
        _write_judgement(look, look.pk in restricted, visible, said, seen, by, now) for look in waiting
    ]
    for look in waiting:
        look.state, look.decided_at = State.DECIDED, now
        look.save(update_fields=["state", "decided_at"])
        _leave_circle(look.record_id, by.pk, now=now)
    _end_the_wait(waiting, judged, level, now)
    refresh_circle()
    audit.record(audit.Verb.ALTER, "decide_first_look", subjects=[person_id])
    return judgements[0]


def state_purpose(person_id: UUID, *, purpose: str, by: Staff, now: datetime) -> CircleMember:
    """Say why one child's record is opened, where no work with the child explains it; holds until the shift ends.

    For the team on duty it opens the record, in their area; for everybody else it explains the look and opens nothing.
    Raises as `open_with_purpose` does.
    """
    record = _first_record(person_id, by)
    if record is None:
        raise Record.DoesNotExist
    if permissions.may_open_with_purpose(by, purpose, _in_area(record, by)):
        return open_with_purpose(person_id, purpose=purpose, by=by, now=now)
    permissions.may_state_purpose(by, purpose).enforce()
    with acting_as(by, now=now, purpose=purpose):
        permissions.is_shared_for(_first_record(person_id, by) is not None).enforce()
    member = _join_circle(
        record.pk, person_id, CircleMember.Kind.STATED, by=by, now=now, ends_at=now + shift(), reason=purpose
    )
    refresh_circle()
    audit.record(audit.Verb.CONSULT, "state_purpose", subjects=[person_id], basis=purpose)
    return member


def _in_area(record: Record, by: Staff) -> bool:
    return bool(by.team and record.area & by.team.district_bits)


def open_with_purpose(person_id: UUID, *, purpose: str, by: Staff, now: datetime) -> CircleMember:
    """On duty, state a purpose and open the record of a child of the area: in the circle until the shift ends.

    Raises Record.DoesNotExist where `by` may not see who the child is.
    """
    record = _first_record(person_id, by)
    if record is None:
        raise Record.DoesNotExist
    permissions.may_open_with_purpose(by, purpose, _in_area(record, by)).enforce()
    # The child's pages are read for this purpose from now on: one that opens nothing would close the record.
    with acting_as(by, now=now, purpose=purpose):
        permissions.is_shared_for(_first_record(person_id, by) is not None).enforce()
    member = _join_circle(
        record.pk, person_id, CircleMember.Kind.DUTY, by=by, now=now, ends_at=now + shift(), reason=purpose
    )
    refresh_circle()
    audit.record(audit.Verb.CONSULT, "open_with_purpose", subjects=[person_id], basis=purpose)
    return member


def _first_record(person_id: UUID, by: Staff) -> Record | None:
    records = Record.objects.visible_to(by).filter(person_id=person_id, bridges=True, withdrawn=False)
    return records.order_by("received_no").first()


def _looks(person_id: UUID, by: Staff) -> list[FirstLook]:
    """The looks `by` sees, locked in the order in which everybody locks them."""
    found = {look.pk for look in looks_of(person_id, by)}
    looks = FirstLook.objects.visible_to(by).filter(pk__in=found).order_by("id")
    locked = list(looks.select_related("holder").select_for_update(of=("self",)))
    if not locked:
        raise FirstLook.DoesNotExist
    return locked


def _causes_on(looks: list[FirstLook], reader: Staff):
    return Cause.objects.visible_to(reader).filter(look__in=[look.pk for look in looks])


def _join_circle(
    record_id: UUID,
    person_id: UUID,
    kind: str,
    *,
    by: Staff,
    now: datetime,
    ends_at: datetime | None = None,
    reason: str = "",
) -> CircleMember:
    """One live membership of a kind, however often it is asked for."""
    live = (
        CircleMember.objects.visible_to(by)
        .filter(
            Q(ends_at=None) | Q(ends_at__gt=now), record_id=record_id, staff=by, kind=kind, starts_at__lte=now
        )
        .first()
    )
    if live and kind in CircleMember.PURPOSE_STATED and live.reason == reason:
        return live
    if live and kind == CircleMember.Kind.FIRST_LOOK:
        if live.ends_at is not None:
            live.ends_at = None
            live.save(update_fields=["ends_at"])
        return live
    return CircleMember.objects.create(
        record_id=record_id,
        person_id=person_id,
        staff=by,
        kind=kind,
        reason=reason,
        starts_at=now,
        ends_at=ends_at,
        added_by=by,
    )


def _leave_circle(record_id: UUID, staff_id: UUID, *, now: datetime) -> None:
    """End the holder's reason (decision 0012). A lead or co-worker has a membership of that kind, which stays."""
    with acting_as(watcher(), now=now) as context:
        CircleMember.objects.visible_to(context.staff).filter(
            record_id=record_id, staff_id=staff_id, kind=CircleMember.Kind.FIRST_LOOK, ends_at=None
        ).update(ends_at=now)


def _judged_so(looks: list[FirstLook], said: dict, by: Staff) -> ExploitationJudgement | None:
    last = (
        ExploitationJudgement.objects.visible_to(by)
        .filter(look__in=[look.pk for look in looks], is_summary=False)
        .order_by("-at")
        .first()
    )
    same = last is not None and last.by_id == by.pk and all(getattr(last, k) == v for k, v in said.items())
    return last if same else None


def _write_judgement(
    look: FirstLook,
    restricted: bool,
    visible: list[Cause],
    said: dict,
    seen: list[dict],
    by: Staff,
    now: datetime,
) -> ExploitationJudgement:
    # A judgement from restricted causes alone is restricted like them, and has no summary beside it.
    label = Label.RESTRICTED if restricted else Label.FULL
    ids = compartments_of(by.agency, {("C06", label), *(() if restricted else {("C06", Label.SUMMARY)})})
    row = {
        "record_id": look.record_id,
        "person_id": look.person_id,
        "area": next(cause.area for cause in visible if cause.look_id == look.pk),
        "recorded_at": now,
        "look": look,
        "by": by,
        "at": now,
    }
    full = ExploitationJudgement.objects.create(
        **row, **said, compartment_id=ids["C06", label], is_summary=False, reasons_seen=seen
    )
    if not restricted:
        ExploitationJudgement.objects.create(
            **row, level=said["level"], compartment_id=ids["C06", Label.SUMMARY], is_summary=True
        )
    return full


def _end_the_wait(looks: list[FirstLook], judged: set[UUID], level: str, now: datetime) -> None:
    """Nothing on these looks waits any longer. But who judged "not exploited" without sight of some cause, or of
    what it says, has not judged that cause: it waits on, for those who can see it and for nobody else."""
    with acting_as(watcher(), now=now) as context:
        causes = _causes_on(looks, context.staff)
        unseen = causes.filter(current=True).exclude(pk__in=judged).exclude(kind=Cause.Kind.CALL)
        first = unseen.order_by("at", "id").first() if level == NOT_EXPLOITED else None
        causes.update(waiting=False)
        if first:
            look = FirstLook.objects.create(id=uuid4(), record_id=first.record_id, person_id=first.person_id)
            unseen.update(look=look, waiting=True)

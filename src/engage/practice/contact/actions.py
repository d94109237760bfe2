"""What is said of how a child can be reached and who must learn nothing. Each deed writes one more row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from engage.govuk.london_time import in_london
from engage.practice.access import audit, gate, reach
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff
from engage.practice.people.actions.words import next_judgement_numbers
from engage.practice.people.models import Record
from engage.practice.people.queries import records_of

from . import permissions, queries
from .models import NotToPerson, Said, WayOfContact

Deed = Said.Deed
# Of every row; the rest is what it says.
NOT_SAID = {
    "id", "compartment", "person_id", "area", "record", "source", "current", "recorded_at", "about_id", "said_no", "deed",
    "recorded_by", "why", "stands",
}  # fmt: skip
LOCATION, WHO = "C01L", "C01"


@dataclass(frozen=True)
class WayInput:
    kind: str
    value: str
    whose: str
    whose_name: str
    from_on: date | None = None
    safe_days: Sequence[int] = ()
    safe_from: time | None = None
    safe_until: time | None = None
    announce: str = ""
    others_there: str = ""


@dataclass(frozen=True)
class NotToInput:
    name: str
    because: str
    relation: str = ""
    aliases: Sequence[str] = field(default_factory=tuple)
    lives_at: str = ""
    from_on: date | None = None
    colleague: Staff | None = None
    who_record_id: UUID | None = None


def add_way(
    person_id: UUID, given: WayInput, *, confirmed: bool, why: str, by: Staff, now: datetime
) -> WayOfContact:
    """`confirmed`: `by` has made sure that it is safe, and `why` says how. Raises Record.DoesNotExist."""
    record = _record_of(person_id, by)
    permissions.may_keep_contact(by).enforce()
    _complete(given)
    if confirmed:
        permissions.gives_reason(why, "Say how you know that it is safe: it is kept.").enforce()
    said = _way_as_said(given)
    said |= {"confirmed_at": now if confirmed else None, "confirmed_by": by if confirmed else None}
    return _say(WayOfContact, LOCATION, record, uuid4(), Deed.ADDED, why, said, by, now)


def confirm_way(person_id: UUID, way_id: UUID, *, why: str, by: Staff, now: datetime) -> WayOfContact:
    """It is safe as of now. Takes back that it was unsafe; one that ended is added anew."""
    way = _way(person_id, way_id, by, now)
    permissions.gives_reason(why, "Say how you know that it is safe: it is kept.").enforce()
    if way.last.to_on and way.last.to_on <= in_london(now).date():
        raise NotPermitted("It has ended. If it holds again, add it as a new way.")
    said = {"confirmed_at": now, "confirmed_by": by, "unsafe_at": None, "unsafe_why": ""}
    return _say_more(way.last, Deed.CONFIRMED, why, said, by, now)


def mark_unsafe(person_id: UUID, way_id: UUID, *, why: str, by: Staff, now: datetime) -> WayOfContact:
    way = _way(person_id, way_id, by, now)
    permissions.gives_reason(
        why, "Say what makes it unsafe: whoever is about to use it reads this."
    ).enforce()
    said = {"confirmed_at": None, "confirmed_by": None, "unsafe_at": now, "unsafe_why": why.strip()}
    return _say_more(way.last, Deed.UNSAFE, why, said, by, now)


def end_way(person_id: UUID, way_id: UUID, *, why: str, by: Staff, now: datetime) -> WayOfContact:
    way = _way(person_id, way_id, by, now)
    return _say_more(way.last, Deed.ENDED, why, {"to_on": in_london(now).date()}, by, now)


def correct_way(
    person_id: UUID, way_id: UUID, given: WayInput, *, why: str, by: Staff, now: datetime
) -> WayOfContact:
    """What was written wrongly. Another number or address is no longer confirmed: that was another one."""
    way = _way(person_id, way_id, by, now)
    _complete(given)
    permissions.gives_reason(why, "Say what was wrong: it is kept.").enforce()
    said = _way_as_said(given)
    if given.value.strip() != way.last.value:
        said |= {"confirmed_at": None, "confirmed_by": None}
    return _say_more(way.last, Deed.CORRECTED, why, said, by, now)


def take_back_way(person_id: UUID, way_id: UUID, *, why: str, by: Staff, now: datetime) -> WayOfContact:
    """The last entry was a mistake: what was said before it holds again, and nothing where it was the first."""
    return _take_back(_way(person_id, way_id, by, now).history, why, by, now)


def keep_away(person_id: UUID, given: NotToInput, *, by: Staff, now: datetime) -> NotToPerson:
    """Nothing about the child may reach this person from now on. Raises Record.DoesNotExist."""
    record = _record_of(person_id, by)
    permissions.may_keep_contact(by).enforce()
    return _say(NotToPerson, WHO, record, uuid4(), Deed.ADDED, given.because, _person_as_said(given), by, now)


def correct_kept_away(
    person_id: UUID, not_to_id: UUID, given: NotToInput, *, why: str, by: Staff, now: datetime
) -> NotToPerson:
    person = _kept_away(person_id, not_to_id, by, now)
    permissions.gives_reason(why, "Say what was wrong: it is kept.").enforce()
    return _say_more(person.last, Deed.CORRECTED, why, _person_as_said(given), by, now)


def end_kept_away(person_id: UUID, not_to_id: UUID, *, why: str, by: Staff, now: datetime) -> NotToPerson:
    person = _kept_away(person_id, not_to_id, by, now)
    permissions.gives_reason(why, "Say why the person need not be kept away any more: it is kept.").enforce()
    return _say_more(person.last, Deed.ENDED, why, {"to_on": in_london(now).date()}, by, now)


def take_back_kept_away(
    person_id: UUID, not_to_id: UUID, *, why: str, by: Staff, now: datetime
) -> NotToPerson:
    return _take_back(_kept_away(person_id, not_to_id, by, now).history, why, by, now)


def _way(person_id: UUID, way_id: UUID, by: Staff, now: datetime) -> queries.Way:
    found = queries.way(person_id, way_id, by, now)
    permissions.may_keep_contact(by).enforce()
    return found


def _kept_away(person_id: UUID, not_to_id: UUID, by: Staff, now: datetime) -> queries.KeptAway:
    found = queries.kept_away(person_id, not_to_id, by, now)
    permissions.may_keep_contact(by).enforce()
    if found.last.colleague_id == by.pk:
        raise NotPermitted("It is about you. Somebody else decides about it.")
    return found


def _record_of(person_id: UUID, by: Staff) -> Record:
    records = records_of(person_id, by)
    if not records:
        raise Record.DoesNotExist
    return records[0]


def _complete(given: WayInput) -> None:
    if given.kind not in WayOfContact.Kind.values or given.whose not in WayOfContact.Whose.values:
        raise NotPermitted("Say what kind of way it is, and whose.")
    if not given.value.strip() or not given.whose_name.strip():
        raise NotPermitted("Give the number or address, and the name of whose it is.")


def _way_as_said(given: WayInput) -> dict[str, Any]:
    return {
        "kind": given.kind,
        "value": " ".join(given.value.split()),
        "whose": given.whose,
        "whose_name": given.whose_name.strip(),
        "from_on": given.from_on,
        "safe_days": sorted(given.safe_days),
        "safe_from": given.safe_from,
        "safe_until": given.safe_until,
        "announce": given.announce.strip(),
        "others_there": given.others_there.strip(),
    }


def _person_as_said(given: NotToInput) -> dict[str, Any]:
    if not given.name.strip():
        raise NotPermitted("Give the name, or how the person is called.")
    permissions.gives_reason(given.because, "Say why nothing may reach them: it is kept.").enforce()
    return {
        "name": given.name.strip(),
        "relation": given.relation.strip(),
        "aliases": [alias.strip() for alias in given.aliases if alias.strip()],
        "because": given.because.strip(),
        "lives_at": given.lives_at.strip(),
        "from_on": given.from_on,
        "colleague": given.colleague,
        "who_record_id": given.who_record_id,
    }


def _say_more(last: Any, deed: Deed, why: str, said: dict[str, Any], by: Staff, now: datetime) -> Any:
    """What was said before, with what is different now. On the record of the first row: taking records apart must not
    part what was said of one thing."""
    category = LOCATION if isinstance(last, WayOfContact) else WHO
    record = Record.objects.visible_to(by).get(pk=last.record_id)
    return _say(type(last), category, record, last.about_id, deed, why, _said(last) | said, by, now)


def _take_back(history: Sequence[Any], why: str, by: Staff, now: datetime) -> Any:
    permissions.gives_reason(why, "Say what was wrong with the last entry: it is kept.").enforce()
    last, before = history[0], _before(history)
    return _say_more(last, Deed.TAKEN_BACK, why, _said(before or last) | {"stands": before is not None}, by, now)  # fmt: skip


def _before(history: Sequence[Any]) -> Any:
    """What held before the last entry that was not taken back already. `history`: the latest first."""
    held: list[Any] = []
    for row in reversed(history):
        if row.deed == Deed.TAKEN_BACK:
            held = held[:-1]
        else:
            held.append(row)
    return held[-2] if len(held) > 1 else None


def _said(row: Any) -> dict[str, Any]:
    return {one.name: getattr(row, one.name) for one in row._meta.concrete_fields if one.name not in NOT_SAID}


def _say(
    model: Any,
    category: str,
    record: Record,
    about_id: UUID,
    deed: Deed,
    why: str,
    said: dict[str, Any],
    by: Staff,
    now: datetime,
) -> Any:
    (number,) = next_judgement_numbers(1)
    row = model.objects.create(
        compartment_id=own_compartment(category, by),
        record=record,
        person_id=record.person_id,
        area=record.area,
        recorded_at=now,
        about_id=about_id,
        said_no=number,
        deed=deed,
        recorded_by=by,
        why=why.strip(),
        **{"stands": True, **said},
    )
    audit.record(
        audit.Verb.ALTER,
        f"{'way' if model is WayOfContact else 'not_to'}_{deed}",
        subjects=[record.person_id] if record.person_id else [],
        kinds=[model._meta.label_lower],
        asked=row.pk,
    )
    return row


def own_compartment(category: str, by: Staff) -> int:
    """The compartment of the person's own agency, which may have been made just now."""
    found = reach.compartments(by.agency, {(category, "full")})[category, "full"]
    context = gate.acting()
    if context.reach is None or found not in context.reach.may_add:
        context.set_reach(reach.reach_of(by, context.purpose, context.now))
    return found

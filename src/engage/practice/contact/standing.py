"""Whether a way of contact may be used now: its confirmation, its dates, who else is there, and the hour."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType
from uuid import UUID

from django.conf import settings

from engage.govuk.london_time import date_words, in_london
from engage.methods.identifiers import normalise_phone
from engage.methods.linkage.records import fold
from engage.practice.people.models import Address

from .models import NotToPerson, WayOfContact

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Standing:
    """`sentence` says why it may not be used and what to do; of a safe way, who confirmed it and when."""

    safe: bool
    state: str
    sentence: str


def standing(
    way: WayOfContact,
    not_to: Sequence[NotToPerson],
    now: datetime,
    *,
    unsafe: Collection[str] = (),
    told_since: Sequence[Address] = (),
    homes: Mapping[UUID, Sequence[Address]] = MappingProxyType({}),
    numbers: Mapping[UUID, Collection[str]] = MappingProxyType({}),
) -> Standing:
    """Everything beside the way as far as whoever asks may see it: the persons to be kept away that hold now; numbers
    and places that are marked unsafe (`same_place`); where agencies say that the child lives, by what came since; and where those persons live, and
    on which numbers they answer, of whom there is a record."""
    today = in_london(now).date()
    if way.unsafe_at:
        why = way.unsafe_why.rstrip(".")
        return _no("Unsafe", f"Unsafe since {date_words(way.unsafe_at)}: {why}. Choose another way.")
    if same_place(way) in unsafe:
        return _no("Unsafe", "The same is marked as unsafe in another entry. Choose another way, or settle which is right.")  # fmt: skip
    if way.to_on and way.to_on <= today:
        return _no("Ended", f"It ended on {date_words(way.to_on)}. Find out where they can be reached now.")
    if way.from_on and way.from_on > today:
        return _no("Not yet", f"It holds from {date_words(way.from_on)}, and not before.")
    if who := kept_away_there(way, not_to, homes, numbers):
        return _no(
            "Somebody is there",
            f"{who.name}, who must learn nothing of this child, lives or answers there. Choose another way.",
        )
    if way.confirmed_at is None:
        return _no("Not confirmed", "Nobody has confirmed that it is safe. Confirm it with them first, face to face or on a way that is safe.")  # fmt: skip
    if way.confirmed_at + timedelta(days=settings.CONTACT_CONFIRMED_DAYS) <= now:
        return _no(
            "Confirm again",
            f"It was confirmed on {date_words(way.confirmed_at)}, more than {settings.CONTACT_CONFIRMED_DAYS} days ago. "
            "Confirm again that it is safe, then use it.",
        )
    if moved := next(
        (one for one in told_since if one.recorded_at > way.confirmed_at and not _is_at(way, one)), None
    ):
        return _no(
            "Another address told",
            f"{moved.compartment.owner.name} told of another address on {date_words(moved.recorded_at)}, after this one was"
            " confirmed. Confirm again which is right, then use it.",
        )
    assert way.confirmed_by is not None, "the database keeps the two together"
    return Standing(True, "Safe", f"Confirmed safe by {way.confirmed_by.name} on {date_words(way.confirmed_at)}.")  # fmt: skip


def same_place(way: WayOfContact) -> str:
    """By which two entries of one number or one address are known as the same."""
    return same_number(way.value) if way.kind == WayOfContact.Kind.PHONE else fold(way.value)


def same_number(said: str) -> str:
    return normalise_phone(said) or fold(said)


def _is_at(way: WayOfContact, address: Address) -> bool:
    """By the postcode, and without one by the words."""
    told = fold(address.postcode or address.address).replace(" ", "")
    return not told or told in fold(way.value).replace(" ", "")


def holds(person: NotToPerson, now: datetime) -> bool:
    today = in_london(now).date()
    return (
        person.stands
        and not (person.from_on and person.from_on > today)
        and not (person.to_on and person.to_on <= today)
    )


def kept_away_there(
    way: WayOfContact,
    not_to: Sequence[NotToPerson],
    homes: Mapping[UUID, Sequence[Address]],
    numbers: Mapping[UUID, Collection[str]],
) -> NotToPerson | None:
    """Who of them is said to live or answer there, by name, another name, or by the same address or number."""
    there, place = f" {fold(way.whose_name)} {fold(way.others_there)} ", fold(way.value)
    for person in not_to:
        if any(f" {fold(name)} " in there for name in (person.name, *person.aliases) if fold(name)):
            return person
        home_said = fold(person.lives_at)
        if home_said and place and (f" {home_said} " in f" {place} " or f" {place} " in f" {home_said} "):
            return person
        if any(
            home.address and fold(home.address) in place and _is_at(way, home)
            for home in homes.get(person.about_id, ())
        ):
            return person
        if way.kind == WayOfContact.Kind.PHONE and same_place(way) in numbers.get(person.about_id, ()):
            return person
    return None


def outside_safe_times(way: WayOfContact, now: datetime) -> str:
    """The sentence of warning, or nothing at a safe hour. The end of the time is not included."""
    local = in_london(now)
    right_day = not way.safe_days or local.weekday() in way.safe_days
    begins, ends = way.safe_from or time.min, way.safe_until or time.max
    if right_day and begins <= local.time() < ends:
        return ""
    return f"Outside the safe times: {times_words(way)}."


def times_words(way: WayOfContact) -> str:
    """'Monday to Friday, 3:30pm to 6pm'; empty where any time is safe."""
    parts = []
    if way.safe_days and len(way.safe_days) < len(DAYS):
        parts.append(days_words(sorted(way.safe_days)))
    if way.safe_from or way.safe_until:
        begins = f"from {_clock(way.safe_from)}" if way.safe_from else ""
        ends = f"until {_clock(way.safe_until)}" if way.safe_until else ""
        parts.append(" ".join(filter(None, (begins, ends))))
    return ", ".join(parts)


def days_words(days: Sequence[int]) -> str:
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0]]} to {DAYS[days[-1]]}"
    return ", ".join(DAYS[day] for day in days)


def in_one_line(way: WayOfContact) -> str:
    """What somebody needs at hand before they ring, write or go."""
    verb = {"phone": "Ring", "address": "Write to", "in_person": "See in person at"}[way.kind]
    said = [f"{verb} {way.value} ({way.whose_name})"]
    if times := times_words(way):
        said.append(times)
    return ", ".join(said) + (f". {way.announce.rstrip('.')}." if way.announce else ".")


def _clock(at: time | None) -> str:
    assert at is not None
    minutes = f":{at:%M}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


def _no(state: str, sentence: str) -> Standing:
    return Standing(False, state, sentence)

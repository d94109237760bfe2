"""What a change of an agreement would do: who gains and who loses sight of what, from when until when.

Worked out for every compartment there could be, not only those that hold a row today: an agreement
also lets see what comes tomorrow. What is past is left out, since nobody sees backwards in time.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple

from engage.practice.agencies.models import Agency, Staff

from .models import AgreementProposal, SharingAgreement
from .policy import LABELS
from .reach import (
    FOR_EVER,
    SETS,
    Agreed,
    Compiled,
    Place,
    ProfileKey,
    Stretch,
    agreements_as_they_stand,
    compiled,
    profiles_at_work,
)

Kind = AgreementProposal.Kind
Turn = Literal["gains", "loses"]


class Change(NamedTuple):
    """One profile gains or loses one compartment in one way of seeing."""

    turn: Turn
    profile: ProfileKey
    way: str  # a set of `reach.SETS`
    place: Place
    starts_at: datetime | None  # None: at once
    ends_at: datetime


@dataclass(frozen=True)
class Effect:
    changes: frozenset[Change]
    digest: str

    def within(self, places: Iterable[Place]) -> frozenset[Change]:
        """The part of it that these compartments have today."""
        places = set(places)
        return frozenset(change for change in self.changes if change.place in places)

    def staff_concerned(self) -> int:
        """How many people at work gain or lose something."""
        profiles = {(change.profile.role, change.profile.agency_id) for change in self.changes}
        people = Staff.objects.filter(kind=Staff.Kind.PERSON).select_related("agency")
        return sum(one.is_active and (one.role, one.agency_id) in profiles for one in people)


def effective_from(proposal: AgreementProposal, now: datetime) -> datetime:
    """A start, or an end, that has passed by the time of the second approval takes effect then."""
    return max(proposal.ends_at if proposal.kind == Kind.END else proposal.starts_at, now)


def versions_ended_by(proposal: AgreementProposal, now: datetime) -> list[SharingAgreement]:
    """Those whose time it cuts short: for a new version, whatever else of the agreement is or would come in force."""
    if proposal.replaces is None:
        return []
    if proposal.kind == Kind.END:
        versions = [proposal.replaces]
    else:
        versions = list(SharingAgreement.objects.filter(code=proposal.replaces.code))
    return [one for one in versions if one.in_force_until > effective_from(proposal, now)]


def effect_of(proposal: AgreementProposal, now: datetime) -> Effect:
    """Nothing is written."""
    before = agreements_as_they_stand()
    after = dict(before)
    at = effective_from(proposal, now)
    for version in versions_ended_by(proposal, now):
        after[version.pk] = replace(after[version.pk], ends_at=at)
    terms = _terms_of(proposal)
    touched = [terms, *(before[pk] for pk in before if before[pk] != after[pk])]
    if proposal.kind != Kind.END:
        after[-1] = replace(terms, starts_at=at)
    places = {
        Place(owner, category, label)
        for one in touched
        for owner in one.owners
        for category in one.categories
        for label in LABELS
    }
    profiles = {
        key
        for key in profiles_at_work()
        if any(key.agency_id in one.recipients and key.purpose in one.purposes for one in touched)
    }
    changes = difference(
        compiled(before.values(), places, profiles), compiled(after.values(), places, profiles), now
    )
    return Effect(changes, _digest(proposal, changes))


def _terms_of(proposal: AgreementProposal) -> Agreed:
    return Agreed(
        frozenset(one.pk for one in proposal.owners.all()),
        frozenset(one.pk for one in proposal.recipients.all()),
        frozenset(proposal.categories),
        frozenset(proposal.purposes),
        proposal.starts_at,
        proposal.ends_at,
    )


def difference(before: Compiled, after: Compiled, now: datetime) -> frozenset[Change]:
    """Every gain and loss from `now` on; neighbouring stretches of time are one."""
    found = []
    for profile in before.keys() | after.keys():
        old, new = before.get(profile, []), after.get(profile, [])
        moments = sorted({now, FOR_EVER, *(m for one in (*old, *new) for m in (one.starts_at, one.ends_at))})
        open_since: dict[tuple[Turn, str, Place], datetime] = {}
        for at, _ in pairwise([*(m for m in moments if m >= now), FOR_EVER]):
            turned = _turned(_sets_at(old, at), _sets_at(new, at))
            for ended in open_since.keys() - turned:
                found.append(_change(profile, ended, open_since.pop(ended), at, now))
            for begun in turned - open_since.keys():
                open_since[begun] = at
        found += [_change(profile, one, since, FOR_EVER, now) for one, since in open_since.items()]
    return frozenset(found)


def _sets_at(stretches: list[Stretch], at: datetime) -> dict[str, frozenset[Place]]:
    held = next((one.sets for one in stretches if one.starts_at <= at < one.ends_at), {})
    return {name: held.get(name, frozenset()) for name in SETS.values()}


def _turned(
    before: dict[str, frozenset[Place]], after: dict[str, frozenset[Place]]
) -> set[tuple[Turn, str, Place]]:
    gained: set[tuple[Turn, str, Place]] = {
        ("gains", way, place) for way in before for place in after[way] - before[way]
    }
    return gained | {("loses", way, place) for way in before for place in before[way] - after[way]}


def _change(
    profile: ProfileKey, turned: tuple[Turn, str, Place], since: datetime, until: datetime, now: datetime
) -> Change:
    turn, way, place = turned
    return Change(turn, profile, way, place, None if since == now else since, until)


def _digest(proposal: AgreementProposal, changes: Iterable[Change]) -> str:
    """SHA-256 over what was proposed and what it would do: an approval is for this and nothing else.

    "At once" is no moment, so that an approval an hour later is still for the same effect.
    """
    terms = [
        str(proposal.pk), proposal.kind, proposal.code, proposal.title, proposal.lawful_basis, proposal.signed_by,
        sorted(one.code for one in proposal.owners.all()), sorted(one.code for one in proposal.recipients.all()),
        sorted(proposal.categories), sorted(proposal.purposes),
        proposal.starts_at.timestamp(), proposal.ends_at.timestamp(),
    ]  # fmt: skip
    lines = sorted(
        [turn, *profile, way, *place, starts_at.timestamp() if starts_at else "at once", ends_at.timestamp()]
        for turn, profile, way, place, starts_at, ends_at in changes
    )
    return hashlib.sha256(json.dumps([terms, lines]).encode()).hexdigest()


@dataclass(frozen=True)
class Line:
    """What one role of one agency gains or loses, as a reader is told it."""

    turn: Turn
    role: str
    agency: str
    way: str
    labels: tuple[str, ...]
    categories: tuple[str, ...]
    owners: tuple[str, ...]
    purposes: tuple[str, ...]
    starts_at: datetime | None  # None: at once
    ends_at: datetime


def lines_of(effect: Effect) -> list[Line]:
    """The changes gathered: owners, then purposes, then labels of which the same is true stand together."""
    agencies = dict(Agency.objects.values_list("pk", "name"))
    by_category: dict = defaultdict(set)
    for c in effect.changes:
        by_category[
            (c.turn, c.profile.role, agencies[c.profile.agency_id], c.way, c.starts_at, c.ends_at),
            c.place.label,
            c.profile.purpose,
            agencies[c.place.owner_id],
        ].add(c.place.category)
    by_owner: dict = defaultdict(set)
    for (who, label, purpose, owner), seen in by_category.items():
        by_owner[who, label, purpose, tuple(sorted(seen))].add(owner)
    by_purpose: dict = defaultdict(set)
    for (who, label, purpose, seen), owners in by_owner.items():
        by_purpose[who, label, seen, tuple(sorted(owners))].add(purpose)
    by_label: dict = defaultdict(set)
    for (who, label, seen, owners), purposes in by_purpose.items():
        by_label[who, seen, owners, tuple(sorted(purposes))].add(label)
    found = [
        Line(turn, role, agency, way, tuple(sorted(labels)), seen, owners, purposes, starts_at, ends_at)
        for (
            (turn, role, agency, way, starts_at, ends_at),
            seen,
            owners,
            purposes,
        ), labels in by_label.items()
    ]
    return sorted(
        found,
        key=lambda one: (one.turn, one.agency, one.role, one.way, one.labels, str(one.starts_at), one.owners),
    )

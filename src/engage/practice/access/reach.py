"""Compiling the policy into integer sets, and reading a person's set back.

Cedar decides per profile and class of compartment; the answers are stored in the
same transaction that changed policy, agreement or role. Assignment to a child
never compiles anything: it changes the circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple, cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from engage.practice.agencies.models import Agency, Staff

from .guarded import Acting
from .models import CircleMember, Compartment, Reach, SharingAgreement
from .policy import OWNERS, CompartmentClass, Label, Owner, Profile, policy_version, purposes_of, reach

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)

SETS = {
    "see_any_child": "any_child",
    "see_child_in_area": "in_area",
    "see_child_in_circle": "in_circle",
    "see_named_child": "named_child",
    "add": "may_add",
}
CORE_TEAM_ROLES = {
    "police_team", "social_worker", "team_manager", "drugs_worker", "sexual_health", "helpline",
}  # fmt: skip


def answers_the_line(staff: Staff) -> bool:
    """Whether somebody is of a multi-agency team and answers whoever rings or writes to it."""
    return staff.is_active and staff.role in CORE_TEAM_ROLES and staff.team_id is not None


def usual_purpose(staff: Staff) -> str:
    return purposes_of(staff.role)[0]


def compartments(owner: Agency, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Ids of an owner's compartments by (category, label), made where they are missing.

    New ones are compiled into everybody's reach before this returns.
    """
    wanted = set(wanted)
    have = {(c.category, c.label): c.pk for c in Compartment.objects.filter(owner=owner)}
    if wanted - have.keys():
        make_compartments((owner, category, label) for category, label in wanted - have.keys())
        have = {(c.category, c.label): c.pk for c in Compartment.objects.filter(owner=owner)}
    return have


@transaction.atomic
def make_compartments(wanted: Iterable[tuple[Agency, str, str]]) -> None:
    """Make compartments of several owners with one compilation: each asks Cedar anew."""
    have = set(Compartment.objects.values_list("owner_id", "category", "label"))
    missing = {(owner.pk, category, label) for owner, category, label in wanted} - have
    if missing:
        Compartment.objects.bulk_create(
            [Compartment(owner_id=o, category=c, label=lab) for o, c, lab in sorted(missing)],
            ignore_conflicts=True,
        )
        compile_reach()


class Place(NamedTuple):
    """What a compartment is, whether or not a row for it was made yet."""

    owner_id: int
    category: str
    label: Label


@dataclass(frozen=True)
class Agreed:
    """An agreement as the compilation needs it: no row, so that a proposed one can stand beside those in force."""

    owners: frozenset[int]
    recipients: frozenset[int]
    categories: frozenset[str]
    purposes: frozenset[str]
    starts_at: datetime
    ends_at: datetime  # the first moment it is no longer in force


class ProfileKey(NamedTuple):
    role: str
    agency_id: int
    purpose: str


@dataclass(frozen=True)
class Stretch:
    """What a profile may do from `starts_at` until just before `ends_at`, by set."""

    starts_at: datetime
    ends_at: datetime
    sets: dict[str, frozenset[Place]]


Compiled = dict[ProfileKey, list[Stretch]]


def agreed(agreement: SharingAgreement) -> Agreed:
    return Agreed(
        frozenset(one.pk for one in agreement.owners.all()),
        frozenset(one.pk for one in agreement.recipients.all()),
        frozenset(agreement.categories),
        frozenset(agreement.purposes),
        agreement.starts_at,
        agreement.in_force_until,
    )


def agreements_as_they_stand() -> dict[int, Agreed]:
    """Every version there is, by its key."""
    rows = SharingAgreement.objects.prefetch_related("owners", "recipients")
    return {one.pk: agreed(one) for one in rows}


def profiles_at_work() -> set[ProfileKey]:
    return {
        ProfileKey(s.role, s.agency_id, purpose)
        for s in Staff.objects.select_related("agency")
        for purpose in purposes_of(s.role)
    }


def policy_profile(key: ProfileKey) -> Profile:
    return Profile(role=key.role, purpose=key.purpose, core_team=key.role in CORE_TEAM_ROLES, active=True)


def compiled(
    agreements: Iterable[Agreed], places: Iterable[Place], profiles: Iterable[ProfileKey]
) -> Compiled:
    """Ask Cedar what each profile may do with each place, under these agreements. Nothing is stored."""
    agreements, places, profiles = list(agreements), list(places), sorted(profiles)
    kinds = {(place.category, place.label) for place in places}
    classes = {CompartmentClass(owner, *kind) for owner in OWNERS for kind in kinds}
    asked = {key: policy_profile(key) for key in profiles}
    answers = _answers(set(asked.values()), classes, policy_version())
    found: Compiled = {}
    for key in profiles:
        mine = [a for a in agreements if key.agency_id in a.recipients and key.purpose in a.purposes]
        moments = sorted({ALWAYS, FOR_EVER, *(a.starts_at for a in mine), *(a.ends_at for a in mine)})
        stretches = []
        for starts_at, ends_at in pairwise(moments):
            in_force = [a for a in mine if a.starts_at <= starts_at < a.ends_at]
            sets: dict[str, set[Place]] = {name: set() for name in SETS.values()}
            for place in places:
                stands = owner_as_seen(place, key.agency_id, in_force)
                for action in answers[asked[key], CompartmentClass(stands, place.category, place.label)]:
                    sets[SETS[action]].add(place)
            held = {name: frozenset(found) for name, found in sets.items()}
            stretches.append(Stretch(starts_at, ends_at, held))
        found[key] = stretches
    return found


def owner_as_seen(place: Place, agency_id: int, in_force: Iterable[Agreed]) -> Owner:
    """`in_force`: agreements that name the reader's agency and purpose."""
    if place.owner_id == agency_id:
        return "own"
    if any(place.owner_id in a.owners and place.category in a.categories for a in in_force):
        return "party"
    return "other"


def wait_for_other_compilations() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('engage.reach'))")


@transaction.atomic
def compile_reach() -> None:
    """Ask Cedar anew for every profile in use and replace the stored sets."""
    wait_for_other_compilations()
    numbers = places_by_number()
    number_of = {place: number for number, place in numbers.items()}
    version = policy_version()
    rows = [
        Reach(
            role=key.role,
            agency_id=key.agency_id,
            purpose=key.purpose,
            starts_at=stretch.starts_at,
            ends_at=stretch.ends_at,
            policy_version=version,
            **{name: sorted(number_of[place] for place in found) for name, found in stretch.sets.items()},
        )
        for key, stretches in compiled(
            agreements_as_they_stand().values(), number_of, profiles_at_work()
        ).items()
        for stretch in stretches
    ]
    Reach.objects.all().delete()
    Reach.objects.bulk_create(rows, batch_size=500)


def places_by_number() -> dict[int, Place]:
    rows = Compartment.objects.values_list("pk", "owner_id", "category", "label")
    # the column's choices are the policy's labels
    return {pk: Place(owner_id, category, cast(Label, label)) for pk, owner_id, category, label in rows}


def stored_reach() -> Compiled:
    """The sets that both walls use now."""
    numbers = places_by_number()
    found: Compiled = defaultdict(list)
    for row in Reach.objects.order_by("starts_at"):
        sets = {name: frozenset(numbers[pk] for pk in getattr(row, name)) for name in SETS.values()}
        found[ProfileKey(row.role, row.agency_id, row.purpose)].append(
            Stretch(row.starts_at, row.ends_at, sets)
        )
    return dict(found)


# Cedar's answers for this text of the policy: asking is slow, and most compilations add one new class.
_asked: dict[str, dict[tuple[Profile, CompartmentClass], frozenset]] = {}


def _answers(
    profiles: set[Profile], classes: set[CompartmentClass], version: str
) -> dict[tuple[Profile, CompartmentClass], frozenset]:
    known = _asked.setdefault(version, {})
    fresh_profiles = {p for p in profiles if any((p, c) not in known for c in classes)}
    fresh_classes = {c for c in classes if any((p, c) not in known for p in profiles)}
    if fresh_profiles:
        known.update(reach(sorted(fresh_profiles, key=repr), sorted(fresh_classes, key=repr)))
    return known


def reach_of(staff: Staff, purpose: str, now: datetime) -> Reach | None:
    if not staff.is_active:
        return None
    return Reach.objects.filter(
        role=staff.role, agency_id=staff.agency_id, purpose=purpose, starts_at__lte=now, ends_at__gt=now
    ).first()


def restricted_people() -> set[UUID]:
    """Every restricted child. Asked of the database past the wall, and never to be shown."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(engage_restricted())")
        return {person_id for (person_id,) in cursor.fetchall()}


def _barred_from(staff: Staff, named_for: set[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Of whom somebody sees nothing: by a conflict of interest, and restricted children they are not named for. And
    of whom they do not see where they are.

    Jobs of Engage itself see restricted children as any: what they write is as hidden as what they read.
    """
    with connection.cursor() as cursor:  # one statement for all: each page asks some times
        cursor.execute(
            "SELECT person_id, 'conflict' FROM access_barred WHERE staff_id = %s AND ended_at IS NULL"
            " UNION ALL SELECT unnest(engage_restricted()), 'restricted'"
            " UNION ALL SELECT unnest(engage_kept_location()), 'location'",
            [staff.pk],
        )
        rows = cursor.fetchall()
    of_engage = staff.kind == Staff.Kind.SERVICE
    barred = {
        person_id
        for person_id, why in rows
        if why == "conflict" or (why == "restricted" and not (of_engage or person_id in named_for))
    }
    return barred, {person_id for person_id, why in rows if why == "location"}


def _location_compartments() -> list[int]:
    """Compartments of rows on where a child is, whoever owns them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(engage_location_compartments())")
        return [number for (number,) in cursor.fetchall()]


def circle_of(context: Acting) -> None:
    """Read the acting person's circle into the context. What the walls read for themselves is no look at anybody."""
    shown, kinds_read = set(context.shown), set(context.kinds_read)
    # Each page asks this, and who stated a purpose each day has thousands that are over: the live ones alone, as values.
    live = list(
        CircleMember.objects.filter(Q(ends_at=None) | Q(ends_at__gt=context.now))
        .filter(staff=context.staff, starts_at__lte=context.now)
        .order_by("starts_at")
        .values_list("person_id", "kind", "named", "reason", "ends_at")
    )
    named_people = {person_id for person_id, _, named, *_ in live if named}
    barred, kept_location = _barred_from(context.staff, named_people)
    context.set_circle(
        people={person_id for person_id, kind, *_ in live if kind != CircleMember.Kind.STATED},
        named_people=named_people,
        barred=barred,
        kept_location=kept_location,
        location=_location_compartments() if kept_location else (),
    )
    context.stated, context.reasons = {}, {}
    for person_id, kind, _, reason, ends_at in live:
        if kind in CircleMember.PURPOSE_STATED:
            context.stated[person_id] = reason
        context.reasons.setdefault(person_id, []).append((kind, ends_at))
    context.shown, context.kinds_read = shown, kinds_read

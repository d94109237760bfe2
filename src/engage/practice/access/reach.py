"""Compiling the policy into integer sets, and reading a person's set back.

Cedar decides per profile and class of compartment; the answers are stored in the
same transaction that changed policy, agreement or role. Assignment to a child
never compiles anything: it changes the circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import cast
from uuid import UUID

from django.db import connection, transaction

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


@transaction.atomic
def compile_reach() -> None:
    """Ask Cedar anew for every profile in use and replace the stored sets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('engage.reach'))")
    version = policy_version()
    every = [
        (pk, owner_id, category, cast(Label, label))  # the column's choices are the policy's labels
        for pk, owner_id, category, label in Compartment.objects.values_list(
            "pk", "owner_id", "category", "label"
        )
    ]
    agreements = [
        (
            set(a.owners.values_list("pk", flat=True)),
            set(a.recipients.values_list("pk", flat=True)),
            set(a.categories),
            set(a.purposes),
            a.starts_at,
            a.ends_at,
        )
        for a in SharingAgreement.objects.all()
    ]
    staff_profiles = {
        (s.role, s.agency_id, purpose)
        for s in Staff.objects.select_related("agency")
        for purpose in purposes_of(s.role)
    }
    classes = {
        CompartmentClass(owner, category, label)
        for owner in OWNERS
        for category, label in {(c, lab) for _, _, c, lab in every}
    }
    profiles = {
        (role, purpose): Profile(role=role, purpose=purpose, core_team=role in CORE_TEAM_ROLES, active=True)
        for role, _, purpose in staff_profiles
    }
    answers = _answers(set(profiles.values()), classes, version)

    rows = []
    for role, agency_id, purpose in sorted(staff_profiles):
        profile = profiles[role, purpose]
        mine = [a for a in agreements if agency_id in a[1] and purpose in a[3]]
        moments = sorted({ALWAYS, FOR_EVER, *(a[4] for a in mine), *(a[5] for a in mine)})
        for starts_at, ends_at in pairwise(moments):
            in_force = [a for a in mine if a[4] <= starts_at < a[5]]
            sets: dict[str, list[int]] = defaultdict(list)
            for pk, owner_id, category, label in every:
                owner: Owner
                if owner_id == agency_id:
                    owner = "own"
                elif any(owner_id in a[0] and category in a[2] for a in in_force):
                    owner = "party"
                else:
                    owner = "other"
                for action in answers[profile, CompartmentClass(owner, category, label)]:
                    sets[SETS[action]].append(pk)
            rows.append(
                Reach(
                    role=role,
                    agency_id=agency_id,
                    purpose=purpose,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    policy_version=version,
                    **{name: sorted(sets[name]) for name in SETS.values()},
                )
            )
    Reach.objects.all().delete()
    Reach.objects.bulk_create(rows, batch_size=500)


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


def _barred_from(staff: Staff, named_for: set[UUID]) -> set[UUID]:
    """Of whom somebody sees nothing: by a conflict of interest, and restricted children they are not named for.

    Jobs of Engage itself see restricted children as any: what they write is as hidden as what they read.
    """
    with connection.cursor() as cursor:  # one statement for both: each page asks some times
        cursor.execute(
            "SELECT person_id, true FROM access_barred WHERE staff_id = %s AND ended_at IS NULL"
            " UNION ALL SELECT unnest(engage_restricted()), false",
            [staff.pk],
        )
        rows = cursor.fetchall()
    of_engage = staff.kind == Staff.Kind.SERVICE
    return {
        person_id for person_id, conflict in rows if conflict or not (of_engage or person_id in named_for)
    }


def circle_of(context: Acting) -> None:
    """Read the acting person's circle into the context. What the walls read for themselves is no look at anybody."""
    shown, kinds_read = set(context.shown), set(context.kinds_read)
    rows = CircleMember.objects.filter(staff=context.staff, starts_at__lte=context.now).order_by("starts_at")
    live = [row for row in rows if row.ends_at is None or row.ends_at > context.now]
    context.set_circle(
        people={row.person_id for row in live},
        named_people={row.person_id for row in live if row.named},
        barred=_barred_from(context.staff, {row.person_id for row in live if row.named}),
    )
    context.stated = {row.person_id: row.reason for row in live if row.kind == CircleMember.Kind.DUTY}
    context.shown, context.kinds_read = shown, kinds_read

"""Which rows somebody sees: an independent reading of the access rules, in plain Python.

Written from the prose of the access design (11.1 and 11.2) and, for restricted children, from the promise that those
alone who are named see anything of them. It shares no line with Engage and asks no database. What a role may
do with a class of rows is `tests/unit/policy/oracle.py`, written in the same way.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tests.oracle.world import Agreement, Asking, Membership, Reader, Row, Team, World
from tests.unit.policy.oracle import ANY, AREA, CIRCLE, NAMED, answers_the_phone, oracle


def seen(world: World, asking: Asking) -> set[UUID]:
    """Ids of the rows that the reader sees, for this purpose, at this moment."""
    if not at_work(asking.reader):
        return set()
    return {row.id for row in world.rows if sees(world, asking, row)}


def sees(world: World, asking: Asking, row: Row) -> bool:
    reader, moment = asking.reader, asking.moment
    if row.person and kept_from(world, reader, row.person, moment):
        return False
    if row.person and tells_where(row) and location_kept_from(world, reader, row.person, moment):
        return False
    may = oracle(
        role=reader.role,
        core_team=answers_the_phone(reader.role),
        active=True,
        purpose=asking.purpose,
        owner=standing(world, asking, row),
        category=row.category,
        label=row.label,
    )
    if ANY in may:
        return True
    if AREA in may and reader.team and in_area(row, reader.team):
        return True
    if row.person is None:
        return False
    if CIRCLE in may and works_with(world, reader, row.person, moment):
        return True
    return NAMED in may and named_for(world, reader, row.person, moment)


def at_work(reader: Reader) -> bool:
    """Nobody who left or is suspended, and nobody whose agency left."""
    return reader.status == "active" and reader.agency.active


def standing(world: World, asking: Asking, row: Row) -> str:
    """Whether the owner is the reader's own agency, party to an agreement in force, or any other."""
    if row.owner == asking.reader.agency.name:
        return "own"
    shared = any(
        in_force(agreement, asking.moment) and names(agreement, asking, row) for agreement in world.agreements
    )
    return "party" if shared else "other"


def in_force(agreement: Agreement, moment: datetime) -> bool:
    return agreement.starts_at <= moment < agreement.ends_at


def names(agreement: Agreement, asking: Asking, row: Row) -> bool:
    """Owner, recipient, category and purpose."""
    return (
        row.owner in agreement.owners
        and asking.reader.agency.name in agreement.recipients
        and row.category in agreement.categories
        and asking.purpose in agreement.purposes
    )


def in_area(row: Row, team: Team) -> bool:
    return bool(row.districts & team.districts)


def live(membership: Membership, moment: datetime) -> bool:
    return membership.starts_at <= moment and (membership.ends_at is None or moment < membership.ends_at)


def works_with(world: World, reader: Reader, person: UUID, moment: datetime) -> bool:
    return any(one.reader == reader.id and one.person == person and live(one, moment) for one in world.circle)


def named_for(world: World, reader: Reader, person: UUID, moment: datetime) -> bool:
    return any(
        one.reader == reader.id and one.person == person and one.named and live(one, moment)
        for one in world.circle
    )


def kept_from(world: World, reader: Reader, person: UUID, moment: datetime) -> bool:
    """Own family or own address; and a restricted child, but for those the lead has named and jobs of Engage."""
    if conflict(world, reader, person):
        return True
    return (
        restricted(world, person, moment)
        and not reader.is_a_job
        and not named_for(world, reader, person, moment)
    )


def tells_where(row: Row) -> bool:
    """Addresses, placement, school, routine: location, places of an episode, education."""
    return row.category in ("C01L", "C03P", "C13")


def location_kept_from(world: World, reader: Reader, person: UUID, moment: datetime) -> bool:
    """A child with a protected address: circle members named by the lead, and jobs of Engage."""
    return (
        address_protected(world, person, moment)
        and not reader.is_a_job
        and not named_for_location(world, reader, person, moment)
    )


def address_protected(world: World, person: UUID, moment: datetime) -> bool:
    return any(
        one.person == person and one.starts_at <= moment and (one.ends_at is None or moment < one.ends_at)
        for one in world.protected
    )


def named_for_location(world: World, reader: Reader, person: UUID, moment: datetime) -> bool:
    return any(
        one.reader == reader.id and one.person == person and one.for_location and live(one, moment)
        for one in world.circle
    )


def conflict(world: World, reader: Reader, person: UUID) -> bool:
    return (reader.id, person) in world.barred


def restricted(world: World, person: UUID, moment: datetime) -> bool:
    return any(
        one.person == person and one.starts_at <= moment and (one.ends_at is None or moment < one.ends_at)
        for one in world.restrictions
    )

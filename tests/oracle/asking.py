"""Writing an invented world into PostgreSQL and asking who sees what in five ways: Cedar, the stored sets,
the first wall, the second wall, and the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from tests.oracle import rows as oracle
from tests.oracle.world import JOBS, LABELS, START, Asking, Row, World, invent
from tests.unit.policy.oracle import CATEGORIES, ROLES

from engage.practice.access import reach as compiled
from engage.practice.access.gate import acting_as
from engage.practice.access.guarded import Acting, at_work
from engage.practice.access.models import (
    Barred,
    CircleMember,
    Compartment,
    ProtectedLocation,
    Reach,
    Restriction,
    SharingAgreement,
)
from engage.practice.access.policy import (
    OWNERS,
    CompartmentClass,
    Profile,
    policy_version,
    purposes_of,
    reach,
)
from engage.practice.agencies.models import Agency, Staff, Team
from engage.practice.people.models import Fact, Record
from engage.reference import district_bits

WAYS = ("cedar", "stored sets", "first wall", "second wall", "oracle")


@dataclass
class Tally:
    worlds: int = 0
    askings: int = 0
    decisions: int = 0
    shown: int = 0
    differences: int = 0
    first: str = ""

    def add(self, world: World, asking: Asking, row: Row, answers: dict[str, bool]) -> None:
        self.decisions += 1
        self.shown += answers["oracle"]
        if len(set(answers.values())) > 1:
            self.differences += 1
            told = ", ".join(f"{way} {'yes' if yes else 'no'}" for way, yes in answers.items())
            self.first = self.first or (
                f"world {world.seed}, reader {asking.reader.id} ({asking.reader.role}), {asking.purpose},"
                f" {asking.moment.isoformat()}, row {row.id} ({row.category} {row.label}): {told}"
            )


def compare(seeds: Iterable[int], *, until: int | None = None) -> Tally:
    """Every decision of every world in five ways. With `until`, no further after so many differences."""
    tally = Tally()
    for seed in seeds:
        world = invent(seed)
        with written(world) as there:
            for asking, answers in there.ask():
                tally.askings += 1
                for row in world.rows:
                    tally.add(world, asking, row, {way: row.id in answers[way] for way in WAYS})
        tally.worlds += 1
        if until is not None and tally.differences >= until:
            break
    return tally


@contextmanager
def written(world: World) -> Iterator[Written]:
    """The world in the database, for as long as it is asked about; nothing of it stays."""
    with transaction.atomic():
        yield Written(world)
        transaction.set_rollback(True)


@dataclass
class Written:
    world: World
    staff: dict[UUID, Staff] = field(default_factory=dict)
    numbers: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._who_works_where()
        self._compartments()
        compiled.compile_reach()
        # Nobody sees all rows; to ask the first wall alone, the second is opened for a job of this world.
        every = sorted(self.numbers.values())
        Reach.objects.filter(agency=self.everything.agency).update(any_child=every, may_add=every)
        with acting_as(self.everything, now=START):
            self._circles()
            self._rows()

    def _who_works_where(self) -> None:
        world = self.world
        self.agencies = {
            agency.name: Agency(
                code=f"W-{agency.name}",
                name=agency.name,
                kind="council",
                is_active=agency.active,
                may_be_named_to_the_circle=True,
            )
            for agency in (*world.agencies, _Everything)
        }
        Agency.objects.bulk_create(self.agencies.values())
        teams = {
            team.name: Team(
                code=f"W-{team.name}", name=team.name, district_bits=district_bits(team.districts)
            )
            for team in world.teams
        }
        Team.objects.bulk_create(teams.values())
        for reader in world.readers:
            self.staff[reader.id] = Staff(
                id=reader.id,
                code=str(reader.id),
                name="Invented",
                agency=self.agencies[reader.agency.name],
                team=teams[reader.team.name] if reader.team else None,
                role=reader.role,
                kind=Staff.Kind.SERVICE if reader.is_a_job else Staff.Kind.PERSON,
                status=reader.status,
            )
        self.everything = Staff(
            code="W-everything",
            name="Everything",
            agency=self.agencies[_Everything.name],
            role="service_receiver",
            kind=Staff.Kind.SERVICE,
        )
        Staff.objects.bulk_create([*self.staff.values(), self.everything])
        for n, given in enumerate(world.agreements):
            agreement = SharingAgreement.objects.create(
                code=f"W-{n}",
                title="Invented",
                categories=sorted(given.categories),
                purposes=sorted(given.purposes),
                lawful_basis="Invented",
                starts_at=given.starts_at,
                ends_at=given.ends_at,
                signed_by="Invented",
            )
            agreement.owners.set([self.agencies[name] for name in given.owners])
            agreement.recipients.set([self.agencies[name] for name in given.recipients])

    def _compartments(self) -> None:
        # Numbered here: a sequence is not rolled back, and small integers would run out.
        first = (Compartment.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
        kinds = sorted({(row.owner, row.category, row.label) for row in self.world.rows})
        self.numbers = {kind: first + n for n, kind in enumerate(kinds)}
        Compartment.objects.bulk_create(
            Compartment(id=number, owner=self.agencies[owner], category=category, label=label)
            for (owner, category, label), number in self.numbers.items()
        )

    def _circles(self) -> None:
        world, by = self.world, self.everything
        CircleMember.objects.bulk_create(
            CircleMember(
                record_id=one.person,
                person_id=one.person,
                staff=self.staff[one.reader],
                kind=CircleMember.Kind.LOCATION
                if one.for_location
                else CircleMember.Kind.NAMED
                if one.named
                else CircleMember.Kind.LEAD,
                named=one.named,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                added_by=by,
            )
            for one in world.circle
        )
        Barred.objects.bulk_create(
            Barred(record_id=person, person_id=person, staff=self.staff[reader], added_at=START, added_by=by)
            for reader, person in world.barred
        )
        Restriction.objects.bulk_create(
            Restriction(
                record_id=one.person,
                person_id=one.person,
                kind=Restriction.Kind.HIGH_PROFILE,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                added_by=by,
            )
            for one in world.restrictions
        )
        ProtectedLocation.objects.bulk_create(
            ProtectedLocation(
                record_id=one.person,
                person_id=one.person,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                added_by=by,
            )
            for one in world.protected
        )

    def _rows(self) -> None:
        (any_number, *_) = self.numbers.values()
        record = Record(
            compartment_id=any_number,
            agency=self.everything.agency,
            register="invented",
            reference="W",
            received_no=-1,
            received_at=START,
        )
        Record.objects.bulk_create([record])
        Fact.objects.bulk_create(
            Fact(
                id=row.id,
                compartment_id=self.numbers[row.owner, row.category, row.label],
                person_id=row.person,
                area=district_bits(row.districts),
                record=record,
                recorded_at=START,
                kind="invented",
            )
            for row in self.world.rows
        )

    def ask(self) -> Iterator[tuple[Asking, dict[str, set[UUID]]]]:
        """Everything that is asked of this world, with the five answers."""
        asked = []
        for asking in self.world.askings:
            staff = self.staff[asking.reader.id]
            with (
                acting_as(staff, now=asking.moment, purpose=asking.purpose) as context,
                connection.cursor() as cursor,
            ):
                cursor.execute("SELECT id FROM people_fact")  # the second wall alone
                asked.append((asking, context, {pk for (pk,) in cursor.fetchall()}))
        with acting_as(self.everything, now=START):
            # PostgreSQL shows every row, so that what is left out is left out by the first wall.
            for asking, context, by_database in asked:
                token = at_work.set(context)
                try:
                    by_program = set(Fact.objects.visible_to(context.staff).values_list("pk", flat=True))
                finally:
                    at_work.reset(token)
                yield (
                    asking,
                    {
                        "cedar": {row.id for row in self.world.rows if self._decided(asking, row, context)},
                        "stored sets": {row.id for row in self.world.rows if self._stored(row, context)},
                        "first wall": by_program,
                        "second wall": by_database,
                        "oracle": oracle.seen(self.world, asking),
                    },
                )

    def _decided(self, asking: Asking, row: Row, context: Acting) -> bool:
        """What Cedar says of the row's class, for this child."""
        staff = context.staff
        owner = "own" if row.owner == asking.reader.agency.name else "other"
        for given in self.world.agreements if owner == "other" else ():
            parties = row.owner in given.owners and asking.reader.agency.name in given.recipients
            dated = given.starts_at <= asking.moment and asking.moment < given.ends_at
            if parties and dated and row.category in given.categories and asking.purpose in given.purposes:
                owner = "party"
        profile = Profile(
            role=staff.role,
            purpose=asking.purpose,
            core_team=staff.role in compiled.CORE_TEAM_ROLES,
            active=staff.is_active,
        )
        may = _cedar(profile)[CompartmentClass(owner, row.category, row.label)]
        return self._reaches({compiled.SETS[action] for action in may}, row, context)

    def _stored(self, row: Row, context: Acting) -> bool:
        number, sets = self.numbers[row.owner, row.category, row.label], context.reach
        within = {name for name in compiled.SETS.values() if sets and number in getattr(sets, name)}
        return self._reaches(within, row, context)

    def _reaches(self, within: set[str], row: Row, context: Acting) -> bool:
        team = context.staff.team
        if row.person in context.barred:
            return False
        if row.person in context.kept_location and row.category in ("C01L", "C03P", "C13"):
            return False
        return (
            "any_child" in within
            or ("in_area" in within and bool(team and team.district_bits & district_bits(row.districts)))
            or ("in_circle" in within and row.person in context.people)
            or ("named_child" in within and row.person in context.named_people)
        )


class _Everything:
    name, active = "everything", True


CLASSES = [CompartmentClass(*parts) for parts in product(OWNERS, CATEGORIES, LABELS)]


@cache
def _cedar(profile: Profile) -> dict:
    """Cedar's answers about every class, asked once."""
    known = compiled._asked.get(policy_version(), {})
    if (profile, CLASSES[-1]) in known:
        return {cls: known[profile, cls] for cls in CLASSES}
    return {cls: actions for (_, cls), actions in reach([profile], CLASSES).items()}


def ask_cedar_beforehand() -> None:
    """Every question that compiling a world can put, in one batch for each profile: some seconds once."""
    compiled._answers(
        {
            Profile(role=role, purpose=purpose, core_team=role in compiled.CORE_TEAM_ROLES, active=True)
            for role in (*ROLES, *JOBS)
            for purpose in purposes_of(role)
        },
        set(CLASSES),
        policy_version(),
    )


def only_the_jobs() -> None:
    """Without the demo's colleagues: each world compiles for everybody who works here."""
    with connection.cursor() as cursor:  # Django would look for what refers to them, in tables behind walls
        cursor.execute("DELETE FROM agencies_staff WHERE kind = 'person'")

"""Invented worlds in plain Python: who works where, what they agreed, and rows about children. Nothing of Engage.

Drawn at random from a seed, so that a world in which two answers differ can be made again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.unit.policy.oracle import CATEGORIES, ROLES

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
JOBS = ["service_receiver", "service_linker", "service_clock"]
LABELS = ["full", "summary", "restricted", "sealed", "unverified", "raw"]
PURPOSES = [
    "protect_this_child", "protect_another_child", "prevent_or_detect_crime", "plan_and_supervise",
    "answer_a_request", "audit", "inquiry", "curiosity",
]  # fmt: skip
DISTRICTS = ["Blackburn with Darwen", "Hyndburn", "Ribble Valley", "Burnley", "Pendle", "Rossendale"]
# Those with rules of their own come up more often.
WORKING = ["police_team", "police_intel", "social_worker", "team_manager", "drugs_worker", "helpline"]
OFTEN = ["C01", "C01L", "C03", "C03P", "C06", "C13", "C17", "C18", "C21"]


@dataclass(frozen=True)
class Agency:
    name: str
    active: bool


@dataclass(frozen=True)
class Team:
    name: str
    districts: frozenset[str]


@dataclass(frozen=True)
class Reader:
    id: UUID
    role: str
    agency: Agency
    team: Team | None
    status: str  # active, suspended or left

    @property
    def is_a_job(self) -> bool:
        return self.role in JOBS


@dataclass(frozen=True)
class Agreement:
    """`ends_at` is the first moment at which it is no longer in force."""

    owners: frozenset[str]
    recipients: frozenset[str]
    categories: frozenset[str]
    purposes: frozenset[str]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Membership:
    """Somebody has a reason to work with a child, from a moment until just before another, or for good."""

    reader: UUID
    person: UUID
    named: bool
    starts_at: datetime
    ends_at: datetime | None
    for_location: bool = False  # named by the lead for where the child is


@dataclass(frozen=True)
class Restriction:
    person: UUID
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class Row:
    id: UUID
    owner: str
    category: str
    label: str
    person: UUID | None
    districts: frozenset[str]


@dataclass(frozen=True)
class Asking:
    reader: Reader
    purpose: str
    moment: datetime


@dataclass(frozen=True)
class World:
    seed: int
    agencies: list[Agency]
    teams: list[Team]
    readers: list[Reader]
    agreements: list[Agreement]
    circle: list[Membership]
    barred: list[tuple[UUID, UUID]]  # reader and person
    restrictions: list[Restriction]
    protected: list[Restriction]  # children whose address must not become known
    persons: list[UUID]
    rows: list[Row]
    askings: list[Asking]


def invent(seed: int, *, rows: int = 50, askings: int = 20) -> World:
    choose = random.Random(seed)
    agencies = [Agency(f"A{n}", choose.random() > 0.1) for n in range(4)]
    teams = [Team(f"T{n}", frozenset(choose.sample(DISTRICTS, choose.randint(1, 3)))) for n in range(2)]
    readers = [
        Reader(
            _id(choose),
            choose.choice([*ROLES, *WORKING, *WORKING, *JOBS]),
            choose.choice(agencies),
            choose.choice([*teams, *teams, None]),
            choose.choice(["active"] * 8 + ["suspended", "left"]),
        )
        for _ in range(8)
    ]
    categories = sorted({*choose.sample(CATEGORIES, 5), *choose.sample(OFTEN, 5)})
    agreements = [_agreement(choose, agencies, categories) for _ in range(choose.choice([0, 1, 2, 2, 3]))]
    persons = [_id(choose) for _ in range(5)]
    circle = [
        _membership(choose, reader, person) for reader in readers for person in choose.sample(persons, 4)
    ]
    restrictions = [Restriction(person, *_span(choose)) for person in persons if choose.random() < 0.3]
    barred = [(reader.id, choose.choice(persons)) for reader in readers if choose.random() < 0.3]
    protected = [Restriction(person, *_span(choose)) for person in persons if choose.random() < 0.4]
    circle += [
        Membership(reader.id, one.person, False, *_span(choose), for_location=True)
        for reader in readers
        for one in protected
        if choose.random() < 0.3
    ]
    askings_ = [
        _asking(choose, readers, agreements, circle, [*restrictions, *protected]) for _ in range(askings)
    ]
    return World(
        seed,
        agencies,
        teams,
        readers,
        agreements,
        circle,
        barred,
        restrictions,
        protected,
        persons,
        [_row(choose, agencies, categories, persons) for _ in range(rows)],
        askings_,
    )


def _id(choose: random.Random) -> UUID:
    return UUID(int=choose.getrandbits(128), version=4)


def _span(choose: random.Random) -> tuple[datetime, datetime | None]:
    starts_at = START + timedelta(hours=choose.randint(-30, 4))
    return starts_at, choose.choice([None, starts_at + timedelta(hours=choose.randint(4, 50))])


def _agreement(choose: random.Random, agencies: list[Agency], categories: list[str]) -> Agreement:
    starts_at = START + timedelta(hours=choose.randint(-30, 3))
    names = [agency.name for agency in agencies]
    return Agreement(
        frozenset(choose.sample(names, choose.randint(2, 4))),
        frozenset(choose.sample(names, choose.randint(2, 4))),
        frozenset(choose.sample(categories, choose.randint(len(categories) // 2, len(categories)))),
        frozenset({"protect_this_child", *choose.sample(PURPOSES[:-1], choose.randint(1, 5))}),
        starts_at,
        starts_at + timedelta(hours=choose.randint(8, 90)),
    )


def _membership(choose: random.Random, reader: Reader, person: UUID) -> Membership:
    return Membership(reader.id, person, choose.random() < 0.4, *_span(choose))


def _row(choose: random.Random, agencies: list[Agency], categories: list[str], persons: list[UUID]) -> Row:
    return Row(
        _id(choose),
        choose.choice(agencies).name,
        choose.choice(categories),
        choose.choice(["full", "full", "summary", "summary", "restricted", *LABELS[3:]]),
        choose.choice([*persons, *persons, None]),
        frozenset(choose.sample(DISTRICTS, choose.choice([0, 1, 1, 1, 2]))),
    )


def _asking(
    choose: random.Random,
    readers: list[Reader],
    agreements: list[Agreement],
    circle: list[Membership],
    restrictions: list[Restriction],
) -> Asking:
    """At an ordinary moment, or at the end of a span that matters to the reader, or just beside it."""
    reader = choose.choice(readers)
    usual = {"dpo_audit": "audit", "inquiry_liaison": "inquiry"}.get(reader.role, "protect_this_child")
    purpose = usual if choose.random() < 0.7 else choose.choice(PURPOSES)
    spans: list[Agreement | Membership | Restriction] = [
        *(one for one in agreements if reader.agency.name in one.recipients),
        *(one for one in circle if one.reader == reader.id),
        *restrictions,
    ]
    ends = [end for span in spans for end in (span.starts_at, span.ends_at) if end]
    if not ends or choose.random() < 0.2:
        return Asking(reader, purpose, START)
    steps = [
        timedelta(seconds=-1),
        timedelta(microseconds=-1),
        timedelta(0),
        timedelta(0),
        timedelta(seconds=1),
    ]
    return Asking(reader, purpose, choose.choice(ends) + choose.choice(steps))

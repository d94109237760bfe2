"""What is true in the invented East Lancashire, before any agency writes it down with its own errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def stream(seed: int, purpose: str) -> Random:
    """A row of random numbers of its own, so that a change in one part leaves the others as they were."""
    return Random(f"{seed}/{purpose}")


@dataclass(slots=True)
class Address:
    lines: str
    postcode: str
    district: str
    ward: str
    since: date
    until: date | None = None

    def short(self) -> str:
        return self.lines.split(",")[0]


@dataclass(slots=True)
class Household:
    household_id: str
    background: str
    surname: str
    addresses: list[Address]
    phone: str
    parents: list[str]
    children: list[Child] = field(default_factory=list)

    @property
    def address(self) -> Address:
        return self.addresses[-1]


@dataclass(slots=True)
class Child:
    child_id: str
    household: Household
    forenames: str
    surname: str
    former_surname: str
    dob: date
    sex: str
    background: str
    ethnicity: str
    phone: str
    known_as: str = ""
    nhs_number: str = ""
    upn: str = ""
    school: str = ""
    status: str = "none"
    council: str = ""
    placing_authority: str = ""
    placement: str = ""
    placement_kind: str = ""
    placement_address: Address | None = None
    person_id: str = ""
    child_903_id: str = ""
    on_council_list: bool = True
    second_address: Address | None = None
    restricted: bool = False
    day_of_birth_unknown: bool = False

    @property
    def looked_after(self) -> bool:
        return self.status == "looked after"

    @property
    def address(self) -> Address:
        return self.placement_address or self.household.address

    def age_on(self, day: date) -> int:
        return day.year - self.dob.year - ((day.month, day.day) < (self.dob.month, self.dob.day))

    def pronoun(self) -> str:
        return {"F": "she", "M": "he"}.get(self.sex, "they")


@dataclass(slots=True)
class Episode:
    """One time missing. `returned_at` is None while the child is still missing; all times are in UTC."""

    child: Child
    last_seen_at: datetime
    returned_at: datetime | None
    away: bool = False
    let_slip: bool = False  # nobody offered a return interview
    located_at: datetime | None = None
    companions: list[str] = field(default_factory=list)
    indicators: list[str] = field(default_factory=list)
    cse: bool = False
    cce: bool = False
    reports: list[Report] = field(default_factory=list)

    @property
    def came_back_at(self) -> datetime:
        """`returned_at` of a child who is known to be back."""
        assert self.returned_at is not None, "this child is still missing"
        return self.returned_at


@dataclass(slots=True)
class Report:
    """What the police wrote for one call about a missing child."""

    episode: Episode
    reported_at: datetime
    reported_by: str
    grade: str
    ref: str = ""
    grade_at_first: str = ""
    outcome: str = ""
    duplicate_of: Report | None = None
    prevention_interview_at: datetime | None = None

    @property
    def cancelled(self) -> bool:
        return self.outcome == "cancelled_not_missing"


@dataclass(slots=True)
class Interview:
    child: Child
    episodes: list[Episode]
    returned_at: datetime
    offered_at: datetime | None
    outcome: str
    held_at: datetime | None = None
    decline_reason: str = ""
    carer_view: str = ""
    ref: str = ""


@dataclass(slots=True)
class HealthContact:
    child: Child
    agency: str
    service: str
    on: date
    concern: bool
    indicators: list[str]


@dataclass(slots=True)
class Referral:
    child: Child
    agency: str
    at: datetime
    source_code: str
    indicators: list[str]
    immediate_danger: bool
    missing_now: bool
    adult: Adult | None = None
    ref: str = ""


@dataclass(slots=True)
class Call:
    at: datetime
    caller_kind: str
    child: Child | None
    outcome: str
    immediate_danger: bool = False
    missing_now: str = ""
    ref: str = ""


@dataclass(slots=True)
class Adult:
    """A person of concern: unverified, and as invented as everybody else here."""

    name: str
    alias: str
    description: str
    phone: str
    plate: str


@dataclass(slots=True)
class OlderOperationChild:
    child: Child
    op_ref: str
    opened: date
    closed: date | None
    birth_text: str
    name_text: str
    nominals: list[int]


@dataclass(slots=True)
class OlderNominal:
    nom_ref: str
    adult: Adult
    birth_text: str
    address: str


@dataclass(slots=True)
class World:
    seed: int
    as_at: datetime
    months_back: int
    households: list[Household] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    interviews: list[Interview] = field(default_factory=list)
    contacts: list[HealthContact] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    adults: list[Adult] = field(default_factory=list)
    older_children: list[OlderOperationChild] = field(default_factory=list)
    older_nominals: list[OlderNominal] = field(default_factory=list)
    # Each case of synthetic-parameters.yaml under a short key; the values are the records that show it.
    edge_cases: dict[str, list[object]] = field(default_factory=dict)
    bad_year: bool = False

    @property
    def reports(self) -> list[Report]:
        return [report for episode in self.episodes for report in episode.reports]

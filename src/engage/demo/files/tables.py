"""Which agency sends which file, in the order in which they are to be received, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from engage.demo.files import (
    health,
    helpline,
    interviews,
    looked_after_return,
    police,
    referrals,
    social_care,
)
from engage.demo.files.sheets import Habits, Row
from engage.demo.world import Child, World, stream

Rows = Iterator[tuple[str, Child | None, Row]]


@dataclass(frozen=True, slots=True)
class Table:
    format: str
    agency: str
    name: str
    columns: list[str]
    rows: Rows  # the identity's reference, the true child, the row
    habits: Habits = Habits()  # noqa: RUF009 - frozen
    year: int | None = None


@dataclass
class Agencies:
    """What agencies remember from one file, or one part of a county, to the next."""

    seed: int
    bad_year: bool
    streams: dict[str, Random] = field(default_factory=dict)
    health: dict[str, health.HealthRecords] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for agency in ("ELSH", "ELDA", "ELHT"):
            self.health[agency] = health.HealthRecords(self.rng(agency), agency, self.bad_year)
        self.police = police.PoliceRecords(self.rng("LANCS-POL"), self.bad_year)
        self.bridge = interviews.InterviewRecords(self.rng("BRIDGE"), self.bad_year)

    def rng(self, agency: str) -> Random:
        if agency not in self.streams:
            self.streams[agency] = stream(self.seed, f"records of {agency}")
        return self.streams[agency]

    def people(self, world: World, agency: str, *, iso: bool) -> Rows:
        for child in world.children:
            if child.council == agency and child.on_council_list:
                for row in social_care.rows_of(self.rng(agency), child, bad_year=self.bad_year, iso=iso):
                    yield child.person_id, child, row

    def forget_people(self) -> None:
        """The next part of a county has other children."""
        for records in self.health.values():
            records.forget_clients()
        self.bridge.children.clear()
        self.police = police.PoliceRecords(self.rng("LANCS-POL"), self.bad_year)


def council_tables(world: World, agencies: Agencies) -> Iterator[Table]:
    year = looked_after_return.collection_year(world.as_at.date())
    for agency, short, habits in (
        ("BWD-CSC", "bwd", Habits(encoding="utf-8-sig")),
        ("LCC-CSC", "lcc", Habits(header="title")),
    ):
        yield Table(
            "social-care-people",
            agency,
            f"{short}-people",
            social_care.COLUMNS,
            agencies.people(world, agency, iso=short == "lcc"),
            habits,
        )
    for agency, short in (("BWD-CSC", "bwd"), ("LCC-CSC", "lcc")):
        yield Table(
            "ssda903-header",
            agency,
            f"{short}-903-header",
            looked_after_return.HEADER_COLUMNS,
            looked_after_return.header_rows(world, agency, agencies.rng(f"{agency} 903")),
            year=year,
        )
        for which in (year - 1, year):
            yield Table(
                "ssda903-missing",
                agency,
                f"{short}-903-missing-{which}",
                looked_after_return.MISSING_COLUMNS,
                looked_after_return.missing_rows(world, agency, which),
                year=which,
            )


def health_tables(world: World, agencies: Agencies) -> Iterator[Table]:
    habits = {"ELDA": Habits(separator=";"), "ELHT": Habits(encoding="cp1252", header="upper")}
    for agency, records in agencies.health.items():
        name = f"{agency.lower()}-contacts"
        rows = records.rows(world)
        yield Table("health-contacts", agency, name, health.COLUMNS, rows, habits.get(agency, Habits()))


def later_tables(world: World, agencies: Agencies) -> Iterator[Table]:
    """Received after the police's reports, because they speak of them."""
    for agency in ("ENGAGE", "SCHOOLS"):
        rows = referrals.rows(world, agency, agencies.rng(agency))
        yield Table("referrals", agency, f"{agency.lower()}-referrals", referrals.COLUMNS, rows)
    yield Table(
        "return-interviews", "BRIDGE", "bridge-interviews", interviews.COLUMNS, agencies.bridge.rows(world)
    )
    calls = helpline.rows(world, agencies.rng("LANTERN"))
    yield Table("helpline-calls", "LANTERN", "lantern-calls", helpline.COLUMNS, calls, Habits(separator="\t"))

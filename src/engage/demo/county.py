"""County size for the benches: the same invention in parts, each written and forgotten before the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from engage.demo.contacts import Density
from engage.demo.files import police
from engage.demo.files.sheets import CsvFile, WrittenFile
from engage.demo.files.tables import Agencies, Table, council_tables, health_tables, later_tables
from engage.demo.files.truth import TruthFile
from engage.demo.identifiers import Issuer
from engage.demo.invention import invent
from engage.demo.world import World

PEOPLE_IN_A_PART = 5_000
# Twice the demo's share of children reported missing, over twice the months: a million facts of 100,000 people.
SHARE_MISSING = 0.08
MONTHS_BACK = 12
COUNTY_DENSITY = Density(health=0.2, referrals=0.08, calls=0.5)


def write_county_files(
    folder: Path,
    *,
    seed: int,
    as_at: datetime,
    people: int = 100_000,
    progress: Callable[[str], None] | None = None,
) -> list[WrittenFile]:
    """All as CSV, in the order to be received, with `truth.csv` beside them. Memory holds one part at a time."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth, issuer, agencies = TruthFile(folder), Issuer(seed), Agencies(seed, bad_year=False)
    open_files: dict[str, CsvFile] = {}
    written: dict[str, WrittenFile] = {}
    done = 0
    while done < people:
        size = min(PEOPLE_IN_A_PART, people - done)
        world = part_of_county(seed, done // PEOPLE_IN_A_PART, as_at, size, issuer)
        for table in all_tables(world, agencies):
            if table.name not in open_files:
                path = folder / f"{table.name}.csv"
                open_files[table.name] = CsvFile(path, table.columns, table.habits)
                written[table.name] = WrittenFile(table.format, table.agency, path, table.year)
            for reference, child, row in table.rows:
                open_files[table.name].add(row)
                if child is not None:
                    truth.add(table.format, table.agency, reference, child)
        agencies.forget_people()
        truth.forget()
        done += size
        if progress:
            progress(f"{done} of {people} people")
    for file in [*open_files.values(), truth]:
        file.close()
    return list(written.values())


def part_of_county(seed: int, part: int, as_at: datetime, size: int, issuer: Issuer) -> World:
    missing = round(size * SHARE_MISSING)
    return invent(
        seed=seed * 1_000 + part,
        as_at=as_at,
        children=missing,
        others=size - missing,
        months_back=MONTHS_BACK,
        issuer=issuer,
        density=COUNTY_DENSITY,
        edge_cases=part == 0,
    )


def all_tables(world: World, agencies: Agencies) -> list[Table]:
    reports = sorted(world.reports, key=lambda report: report.ref)
    rows = (
        (report.ref, report.episode.child, agencies.police.row(report, world.as_at)) for report in reports
    )
    return [
        *council_tables(world, agencies),
        *health_tables(world, agencies),
        Table("police-missing", "LANCS-POL", "police-missing", police.COLUMNS, rows, police.HABITS),
        *later_tables(world, agencies),
    ]

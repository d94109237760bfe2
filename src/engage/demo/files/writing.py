"""`write_files`: every agency's files in the order they are to be received, with the mess agencies send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from engage.demo.files import police, social_care
from engage.demo.files.sheets import Habits, WrittenFile, write_csv, write_xlsx
from engage.demo.truth import TruthFile
from engage.demo.world import World, stream

INCREMENT_BEFORE = timedelta(hours=60)


def write_files(
    world: World, folder: Path, progress: Callable[[str], None] | None = None
) -> list[WrittenFile]:
    """Writes into `folder` (made if need be) and beside the files `truth.csv`, which nobody receives."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth = TruthFile(folder)
    written: list[WrittenFile] = []
    for write in (write_social_care, write_police):
        for file in write(world, folder, truth):
            written.append(file)
            if progress:
                progress(file.path.name)
    truth.close()
    return written


def write_social_care(world: World, folder: Path, truth: TruthFile) -> list[WrittenFile]:
    written = []
    for agency, name in (("BWD-CSC", "bwd-people.csv"), ("LCC-CSC", "lcc-people.xlsx")):
        rng, rows, spreadsheet = stream(world.seed, f"people {agency}"), [], name.endswith("xlsx")
        for child in world.children:
            if child.council == agency and child.on_council_list:
                rows.extend(social_care.rows_of(rng, child, bad_year=world.bad_year, iso=spreadsheet))
                truth.add("social-care-people", agency, child.person_id, child)
        if spreadsheet:
            write_xlsx(folder / name, {"People": (social_care.COLUMNS, rows)})
        else:
            write_csv(folder / name, social_care.COLUMNS, rows, Habits(encoding="utf-8-sig"))
        written.append(WrittenFile("social-care-people", agency, folder / name))
    return written


def write_police(world: World, folder: Path, truth: TruthFile) -> list[WrittenFile]:
    records = police.PoliceRecords(stream(world.seed, "police"), world.bad_year)
    increment_at = world.as_at - INCREMENT_BEFORE
    first, later = police.first_and_later(world, increment_at)
    rows = [records.row(report, increment_at, spreadsheet=False) for report in first]
    first_path = folder / "police-missing-1.csv"
    write_csv(first_path, police.COLUMNS, rows, Habits(encoding="cp1252"))
    later_rows = [records.row(report, world.as_at, spreadsheet=True) for report in later]
    later_path = folder / "police-missing-2.xlsx"
    write_xlsx(later_path, {"Missing": (police.COLUMNS, later_rows)})
    for report in first + later:
        truth.add("police-missing", "LANCS-POL", report.ref, report.episode.child)
    return [
        WrittenFile("police-missing", "LANCS-POL", first_path),
        WrittenFile("police-missing", "LANCS-POL", later_path),
    ]

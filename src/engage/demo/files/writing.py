"""`write_files`: every agency's files in the order they are to be received, with the mess agencies send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from engage.demo.edge_cases import last_clock_change
from engage.demo.files import legacy, mess, police
from engage.demo.files.sheets import Row, WrittenFile, writable, write_csv, write_xlsx
from engage.demo.files.tables import Agencies, Table, council_tables, health_tables, later_tables
from engage.demo.files.truth import TruthFile
from engage.demo.world import LONDON, Report, World, stream

INCREMENT_BEFORE = timedelta(hours=60)
UNCHANGED_IN_INCREMENT = 20
SENT_AS_SPREADSHEET = {"lcc-people": "People", "schools-referrals": "Referrals"}
# Columns that the format does not know; kept with the source record and listed in the receipt.
EXTRA_COLUMNS = {"bwd-people": ("team_name", "East locality"), "elht-contacts": ("ward_clerk", "WC4")}
MESS = {
    "bwd-people": ("person_id", ("dob",), {"nhs_number": "9990000011", "postcode": "not known"}),
    "lcc-people": ("person_id", ("dob", "address_from"), {"status": "S17", "upn": "Z888300000017"}),
    "elsh-contacts": ("client_ref", ("contact_on",), {}),
    "elht-contacts": ("client_ref", ("dob",), {"nhs_number": "9990000019"}),
    "engage-referrals": ("referral_ref", ("child_dob",), {"source_code": "11B", "indicators": "CE05;CE99"}),
    "bridge-interviews": ("interview_ref", ("dob",), {"push_factors": "argument"}),
    "lantern-calls": ("call_ref", (), {"outcome": "unclear"}),
}


def write_files(
    world: World, folder: Path, progress: Callable[[str], None] | None = None
) -> list[WrittenFile]:
    """Writes into `folder` (made if need be) and beside the files `truth.csv`, which nobody receives."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth = TruthFile(folder)
    written: list[WrittenFile] = []
    for file in files_in_order(world, folder, truth):
        written.append(file)
        if progress:
            progress(file.path.name)
    truth.close()
    return written


def files_in_order(world: World, folder: Path, truth: TruthFile) -> Iterator[WrittenFile]:
    agencies = Agencies(world.seed, world.bad_year)
    for table in council_tables(world, agencies):
        yield write_table(table, folder, truth)
    for table in health_tables(world, agencies):
        yield write_table(table, folder, truth)
    yield from write_police(world, agencies.police, folder, truth)
    for table in later_tables(world, agencies):
        yield write_table(table, folder, truth)
    path = folder / "older-operation.xlsx"
    legacy.write_register(world, path, stream(world.seed, "older register"), truth, "LANCS-POL")
    yield WrittenFile("legacy-register", "LANCS-POL", path)


def write_table(table: Table, folder: Path, truth: TruthFile) -> WrittenFile:
    rows: list[Row] = []
    for reference, child, row in table.rows:
        rows.append(row)
        if child is not None:
            truth.add(table.format, table.agency, reference, child)
    columns = list(table.columns)
    if table.name in MESS:
        reference_column, dates, codes = MESS[table.name]
        rows = mess.spoil(rows, reference_column, dates=dates, codes=codes)
    if table.format == "ssda903-missing" and table.year is not None:
        rows = mess.break_statutory_rules(rows, table.year)
    if table.name in EXTRA_COLUMNS:
        column, value = EXTRA_COLUMNS[table.name]
        columns.append(column)
        rows = [row | {column: value} for row in rows]
    if table.name in SENT_AS_SPREADSHEET:
        path = folder / f"{table.name}.xlsx"
        sheets: dict = {SENT_AS_SPREADSHEET[table.name]: (columns, rows)}
        if table.name == "lcc-people":
            sheets["Lookups (hidden)"] = (["code"], [{"code": "S17"}, {"code": "S47"}])
        write_xlsx(path, sheets, table.habits)
    else:
        path = folder / f"{table.name}.csv"
        write_csv(path, columns, rows, table.habits)
    return WrittenFile(table.format, table.agency, path, table.year)


def write_police(
    world: World, records: police.PoliceRecords, folder: Path, truth: TruthFile
) -> list[WrittenFile]:
    """A first file, and 60 hours later an increment: new reports, updates, mended rows, some rows unchanged."""
    increment_at = world.as_at - INCREMENT_BEFORE
    first, later = police.first_and_later(world, increment_at)
    rows = {report.ref: records.row(report, increment_at) for report in first}
    changed = {report.ref for report in later}
    steady = [report for report in first if report.ref not in changed]
    sent_first = list(rows.values())
    spoilt = steady[5::60][:4]
    if len(spoilt) == 4:
        place = {report.ref: number for number, report in enumerate(first)}
        faults = [
            {"dob": mess.DAY_THAT_DOES_NOT_EXIST},
            {"last_seen_at": "29/02/2026 18:00"},
            {"grade": "severe"},
            {"dob": f"{world.as_at.year - 15}"},
        ]
        for report, fault in zip(spoilt, faults, strict=True):
            sent_first[place[report.ref]] = rows[report.ref] | fault
        sent_first.append(rows[steady[0].ref] | {"report_ref": ""})
    spoilt += doubtful_hour(world, first, sent_first, changed)
    again = [*spoilt, *steady[9::40][:UNCHANGED_IN_INCREMENT]]
    later_rows = [records.row(report, world.as_at) for report in [*again, *later]]
    # The spreadsheet comes out of the same old system, which cannot write every letter.
    later_rows = [{column: writable(text, "cp1252") for column, text in row.items()} for row in later_rows]
    first_path, later_path = folder / "police-missing-1.csv", folder / "police-missing-2.xlsx"
    write_csv(first_path, police.COLUMNS, sent_first, police.HABITS)
    write_xlsx(later_path, {"Missing": (police.COLUMNS, later_rows)})
    for report in first + later:
        truth.add("police-missing", "LANCS-POL", report.ref, report.episode.child)
    return [
        WrittenFile("police-missing", "LANCS-POL", first_path),
        WrittenFile("police-missing", "LANCS-POL", later_path),
    ]


def doubtful_hour(world: World, first: list[Report], sent: list[Row], changed: set[str]) -> list[Report]:
    """The report of the night the clocks went back comes with an hour that was twice, and later again, clear."""
    for episode in world.edge_cases.get("open_across_clock_change", []):
        report = episode.reports[0]
        change = last_clock_change(world.as_at).astimezone(LONDON)
        if change.month == 10 and report in first and report.ref not in changed:
            place = first.index(report)
            sent[place] = sent[place] | {"reported_at": f"{change:%d/%m/%Y} 01:30"}
            return [report]
    return []

"""The demo's files as identity records with their true person, read as plainly as can be.

For training and for measuring the linkage methods alone; the program itself receives these files.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl

from engage.demo import invent, write_files
from engage.methods.births import birth_from_age
from engage.methods.linkage.records import IdentityRecord

AS_AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
REFERENCE = {
    "police-missing": "report_ref",
    "ssda903-header": "child",
    "social-care-people": "person_id",
    "health-contacts": "client_ref",
    "referrals": "referral_ref",
    "helpline-calls": "call_ref",
    "return-interviews": "interview_ref",
}


@dataclass(frozen=True)
class DemoPeople:
    records: list[IdentityRecord]
    person_of: dict[str, str]
    household_of: dict[str, str]


def demo_people(seed: int, folder: Path, **invention) -> DemoPeople:
    files = write_files(invent(seed=seed, as_at=AS_AT, **invention), folder)
    truth = {}
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            truth[row["format"], row["agency"], row["reference"]] = (row["child_id"], row["household_id"])
    found: dict[str, tuple[tuple[str, str], list[tuple[str, str, dict[str, str]]]]] = {}
    for file in files:
        column = REFERENCE.get(file.format)
        for row in _rows(file.path) if column else ():
            reference = row[column]
            known_by = row["child_ref"] if file.format == "return-interviews" else reference
            if true := truth.get((file.format, file.agency, known_by)):
                key = f"{file.agency}/{file.format}/{reference}"
                found.setdefault(key, (true, []))[1].append((file.format, file.agency, row))
    records = [_identity(key, rows) for key, (_, rows) in found.items()]
    return DemoPeople(
        records,
        {key: true[0] for key, (true, _) in found.items()},
        {key: true[1] for key, (true, _) in found.items()},
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    def plain(header: str) -> str:
        return header.strip().lower().replace(" ", "_")

    if path.suffix == ".xlsx":
        sheet = iter(openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True))
        header = [plain(str(name)) for name in next(sheet)]
        for cells in sheet:
            yield {
                name: cell.strftime("%d/%m/%Y") if isinstance(cell, datetime) else str(cell or "")
                for name, cell in zip(header, cells, strict=False)
            }
        return
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    first = text.splitlines()[0]
    separator = max(",;\t", key=first.count)
    for row in csv.DictReader(text.splitlines(), delimiter=separator):
        yield {plain(name): value or "" for name, value in row.items() if name}


def _identity(key: str, rows: list[tuple[str, str, dict[str, str]]]) -> IdentityRecord:
    """One record of all rows with one reference: a council person has one row for each address."""
    values: dict[str, list[str]] = defaultdict(list)
    for _, _, row in rows:
        for name, value in row.items():
            if value:
                values[name].append(value)
    format_, agency, _ = rows[0]

    def last(*names: str) -> str:
        return next((values[name][-1] for name in names if values[name]), "")

    forenames, surname = last("forenames", "child_forenames"), last("surname", "child_surname")
    if name := last("child_name"):
        forenames, _, surname = name.rpartition(" ")
        if not forenames:
            forenames, surname = surname, ""
    birth = None
    if age := last("child_age"):
        told_on = datetime.fromisoformat(last("started_at", "referred_at")).date()
        birth = birth_from_age(int(age), told_on)
    council_child = {
        "social-care-people": last("child_903_id"),
        "ssda903-header": last("child"),
        "return-interviews": last("child_ref"),
    }.get(format_)
    return IdentityRecord(
        id=key,
        source=agency,
        register=format_,
        forenames=forenames,
        surname=surname,
        known_as=last("known_as"),
        dob=_day(last("dob", "child_dob")),
        birth_earliest=birth.earliest if birth else None,
        birth_latest=birth.latest if birth else None,
        sex=last("sex", "child_sex") or None,
        postcodes=tuple(values["postcode"] + values["home_postcode"] + values["child_postcode"]),
        district=last("district", "home_district", "child_area") or None,
        nhs_number=last("nhs_number") or None,
        upn=last("upn") or None,
        council_child_id=council_child or None,
        phone=last("phone") or None,
        case_references=tuple(
            f"LANCS-POL {ref.strip()}"
            for ref in ";".join([*values["report_ref"], *values["report_refs"]]).split(";")
            if ref.strip()
        ),
    )


def _day(text: str) -> date | None:
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text[:10], form).date()
        except ValueError:
            continue
    return None

"""Small files as agencies would send them, for the tests of reading. Invented people only."""

import csv
import io
from pathlib import Path

import xlsxwriter

from engage.practice.receiving.reading import Format, Reading, Row, read_file, shipped_formats

REPORT = {
    "report_ref": "MP-1",
    "surname": "Ashworth",
    "forenames": "Katherine",
    "dob": "14/02/2011",
    "sex": "F",
    "home_postcode": "BB1 1AA",
    "last_seen_at": "05/01/2026 21:30",
    "reported_at": "2026-01-05T23:10:00Z",
    "grade": "high",
    "cse_flag": "Y",
    "outcome": "open",
}


def format_of(code: str) -> Format:
    return shipped_formats()[code]


def columns_of(code: str, sheet: int = 0) -> list[str]:
    return [column.name for column in format_of(code).sheets[sheet].columns]


def csv_text(names: list[str], rows: list[dict[str, str]], separator: str = ",") -> str:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return written.getvalue()


def write_csv(
    path: Path, code: str, rows: list[dict[str, str]], encoding: str = "utf-8", extra: tuple[str, ...] = ()
) -> Path:
    path.write_bytes(csv_text(columns_of(code) + list(extra), rows).encode(encoding))
    return path


def write_xlsx(path: Path, sheets: dict[str, list[list[object]]], **special: object) -> Path:
    """`hidden_sheets`: names. `hidden_columns`: {sheet: [place]}."""
    with xlsxwriter.Workbook(
        path, {"strings_to_formulas": True, "default_date_format": "dd/mm/yyyy"}
    ) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for place, value in enumerate(row):
                    sheet.write(at, place, value)
            for place in special.get("hidden_columns", {}).get(name, []):
                sheet.set_column(place, place, None, None, {"hidden": True})
            if name in special.get("hidden_sheets", []):
                sheet.hide()
    return path


def xlsx_of(path: Path, code: str, rows: list[dict[str, object]], **special: object) -> Path:
    names = columns_of(code)
    return write_xlsx(
        path, {"Sheet1": [names, *([row.get(name) for name in names] for row in rows)]}, **special
    )


def read_rows(path: Path, code: str, **options: object) -> tuple[Reading, list[Row]]:
    reading = read_file(path, format_of(code), **options)
    return reading, list(reading.rows())


def read_report(tmp_path: Path, kind: str = "csv", **changed: object) -> Row:
    """One police report, as CSV or XLSX, with these cells changed."""
    path = tmp_path / f"report.{kind}"
    make = write_csv if kind == "csv" else xlsx_of
    make(path, "police-missing", [{**REPORT, **changed}])
    (row,) = read_rows(path, "police-missing")[1]
    return row


def told(row: Row) -> set[tuple[str | None, str, str]]:
    return {(problem.column, problem.outcome, problem.reason_code) for problem in row.problems}

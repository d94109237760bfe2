"""Tables as CSV or XLSX, the same bytes each time, with the habits of each sender."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter

from engage.demo.names import plain_letters
from engage.demo.world import LONDON

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    format: str
    agency: str
    path: Path
    year: int | None = None  # the collection year's last calendar year, for the councils' statutory files


@dataclass(frozen=True, slots=True)
class Habits:
    """`header` says how this agency writes column names."""

    separator: str = ","
    encoding: str = "utf-8"
    header: str = "plain"

    def heading(self, column: str) -> str:
        if self.header == "title":
            return column.replace("_", " ").title()
        if self.header == "upper":
            return column.upper()
        return column


def writable(text: str, encoding: str) -> str:
    """A system without a letter writes the plain one."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return plain_letters(text).encode(encoding, "replace").decode(encoding)
    return text


class CsvFile:
    """Rows go to disk as they come, so that a county does not have to fit in memory."""

    def __init__(self, path: Path, columns: Iterable[str], habits: Habits = Habits()) -> None:
        self.columns, self.habits = tuple(columns), habits
        self.file = path.open("w", encoding=habits.encoding, newline="")
        self.writer = csv.writer(self.file, delimiter=habits.separator, lineterminator="\r\n")
        self.writer.writerow([habits.heading(column) for column in self.columns])

    def add(self, row: Row) -> None:
        self.writer.writerow([writable(row.get(c, ""), self.habits.encoding) for c in self.columns])

    def close(self) -> None:
        self.file.close()


def write_csv(path: Path, columns: Iterable[str], rows: Iterable[Row], habits: Habits = Habits()) -> None:
    table = CsvFile(path, columns, habits)
    for row in rows:
        table.add(row)
    table.close()


def write_xlsx(
    path: Path,
    sheets: dict[str, tuple[Iterable[str], Iterable[dict]]],
    habits: Habits = Habits(),
) -> None:
    """A `date` value becomes a spreadsheet date; everything else stays text. Sheets named "(hidden)" are."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    # Without a fixed moment the file would carry the time it was written.
    book.set_properties({"created": datetime(2026, 1, 1)})
    as_date = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, (columns, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        columns = tuple(columns)
        sheet.write_row(0, 0, [habits.heading(column) for column in columns])
        if name.endswith("(hidden)"):
            sheet.hide()
        for number, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                value = row.get(column, "")
                if isinstance(value, date):
                    sheet.write_datetime(number, place, datetime(value.year, value.month, value.day), as_date)
                elif value:
                    sheet.write_string(number, place, value)
    book.close()


def uk_date(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def iso_date(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else ""


def iso_moment(moment: datetime | None) -> str:
    """London wall time with its offset, so that the autumn hour stays clear."""
    return moment.astimezone(LONDON).isoformat(timespec="minutes") if moment else ""


def utc_moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ") if moment else ""


def uk_moment(moment: datetime | None) -> str:
    """`DD/MM/YYYY HH:MM` in London; says nothing of the offset, as many systems do not."""
    return moment.astimezone(LONDON).strftime("%d/%m/%Y %H:%M") if moment else ""


def yes_no(answer: bool) -> str:
    return "Y" if answer else "N"

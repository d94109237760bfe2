"""Reads a written file the plain way, so that tests do not lean on the product's own reader."""

import csv
from pathlib import Path

import openpyxl


def rows_of(path: Path, sheet: str | None = None) -> list[dict[str, str]]:
    """Keys as feeds.md spells them, whatever this sender's heading looks like."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        lines = [list(line) for line in (book[sheet] if sheet else book.worksheets[0]).values]
    else:
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252")
        separator = max(",;\t", key=text.split("\n")[0].count)
        lines = list(csv.reader(text.splitlines(), delimiter=separator))
    heading = [str(cell) for cell in lines[0]]
    if "CHILD" not in heading:  # the councils' return is the one with capitals of its own
        heading = [name.strip().lower().replace(" ", "_") for name in heading]
    return [dict(zip(heading, ["" if c is None else c for c in line], strict=False)) for line in lines[1:]]

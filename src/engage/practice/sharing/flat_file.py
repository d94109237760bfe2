"""What was shared as a file: one sheet of plain text, nothing hidden, and proved to hold what was looked at.

Staff sheets with a second, forgotten sheet have told the names of thousands. So the file is opened again by a
second program before it leaves, and compared cell by cell with what the page shows.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

import openpyxl
import xlsxwriter

from engage.govuk.london_time import moment_words

from .models import DisclosedItem, Disclosure

SHEET = "Shared"
COLUMNS = ["What", "As told", "By", "When"]
# What a recipient pastes elsewhere must not begin to calculate.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class NotWhatWasSeen(Exception):
    """The file would hold something else than the page. Nothing leaves."""


def rows_of(disclosure: Disclosure, items: Sequence[DisclosedItem]) -> list[list[str]]:
    """Every cell of the file, its mark on top: for whom, by whom, until when."""
    mark = (
        f"For {disclosure.recipient.name}, {disclosure.recipient.agency.name}, alone. Shared by "
        f"{disclosure.sent_by.name}, {disclosure.agency.name}, {moment_words(disclosure.sent_at)}. "
        f"Not to be kept after {moment_words(disclosure.expires_at)}. OFFICIAL-SENSITIVE"
    )
    table = [[item.what, item.said, item.told_by, item.when] for item in items]
    return [[_plain(cell) for cell in row] for row in ([mark, "", "", ""], COLUMNS, *table)]


def written(disclosure: Disclosure, items: Sequence[DisclosedItem]) -> bytes:
    """The file's bytes. Raises NotWhatWasSeen if a second program reads anything else in it."""
    rows = rows_of(disclosure, items)
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet(SHEET)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 60)
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(at, column, text)
    file = _without_properties(kept.getvalue())
    if read_back(file) != rows:
        raise NotWhatWasSeen("The file does not hold what the page shows.")
    return file


def read_back(file: bytes) -> list[list[str]]:
    """Every cell as another program reads it. Raises NotWhatWasSeen for anything that is no visible text."""
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        unexpected = [name for name in parts.namelist() if not _EXPECTED.fullmatch(name)]
    if unexpected:
        raise NotWhatWasSeen(f"The file has parts that it should not have: {', '.join(unexpected)}")
    book = openpyxl.load_workbook(io.BytesIO(file))
    if book.sheetnames != [SHEET] or book.defined_names or book[SHEET].sheet_state != "visible":
        raise NotWhatWasSeen("The file has something besides its one sheet.")
    sheet = book[SHEET]
    hidden = any(one.hidden for one in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()))
    cells = [[cell for cell in row] for row in sheet.iter_rows()]
    if hidden or any(
        cell.data_type == "f" or cell.comment or cell.hyperlink for row in cells for cell in row
    ):
        raise NotWhatWasSeen("The file hides something.")
    return [["" if cell.value is None else str(cell.value) for cell in row] for row in cells]


_EXPECTED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/styles\.xml"
    r"|xl/sharedStrings\.xml|xl/theme/theme1\.xml|xl/worksheets/sheet1\.xml"
)


def _without_properties(file: bytes) -> bytes:
    """Without who wrote it with which program and when."""
    cleaned = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as old, zipfile.ZipFile(cleaned, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename.startswith("docProps/"):
                continue
            content = old.read(part)
            if part.filename == "[Content_Types].xml":
                content = re.sub(rb'<Override PartName="/docProps/[^>]*/>', b"", content)
            if part.filename == "_rels/.rels":
                content = re.sub(rb'<Relationship [^>]*Target="docProps/[^>]*/>', b"", content)
            new.writestr(zipfile.ZipInfo(part.filename, (1980, 1, 1, 0, 0, 0)), content)
    return cleaned.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(BEGINS_A_FORMULA) else text

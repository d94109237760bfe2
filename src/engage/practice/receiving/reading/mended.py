"""A list of rows to mend, mended and sent back: always a CSV, whatever the file was whose rows it holds."""

from collections import Counter
from collections.abc import Iterator

from engage.practice.receiving.reading.formats import WITHDRAWN, Format, Sheet
from engage.practice.receiving.reading.problems import LIST_ROW, LIST_SHEET, FileRefused
from engage.practice.receiving.reading.tables import Record, Table, header_key


def is_mended_list(table: Table) -> bool:
    return table.is_csv and LIST_ROW in table.header


def tables_by_sheet(table: Table, format: Format) -> list[Table]:
    """The list as one table for each sheet that its rows came from. Raises FileRefused where a row does not say so."""
    if LIST_SHEET not in table.header:
        raise _without_sheet()
    at = table.header.index(LIST_SHEET)
    sheets = {header_key(sheet.name or ""): sheet for sheet in format.sheets}
    counts: Counter[str] = Counter()
    for _, cells, _ in table.records():
        named = header_key(cells[at]) if at < len(cells) else ""
        if named not in sheets:
            raise _without_sheet()
        counts[named] += 1
    return [
        _part(table, at, sheet, format, counts[named]) for named, sheet in sheets.items() if counts[named]
    ]


def _part(table: Table, at: int, sheet: Sheet, format: Format, row_count: int) -> Table:
    """The rows of one sheet, with its own columns and those that no sheet knows."""
    named = header_key(sheet.name or "")
    width = len(table.header)
    own = {header_key(column.name) for column in (*sheet.columns, WITHDRAWN)}
    others = {header_key(column.name) for one in format.sheets for column in one.columns} - own
    places = [place for place, name in enumerate(table.header) if header_key(name) not in others]

    def records() -> Iterator[Record]:
        for number, cells, special in table.records():
            if header_key(cells[at]) != named:
                continue
            picked = [cells[place] for place in places if place < len(cells)]
            if len(cells) < width:
                picked = picked[: len(places) - 1]  # too short a row stays one, whichever cells are picked
            yield number, picked + cells[width:], special

    header = [table.header[place] for place in places]
    return Table(sheet.name, header, row_count, records, is_csv=True)


def _without_sheet() -> FileRefused:
    return FileRefused(
        "sheet_not_said",
        f"A row does not say which sheet it came from. Leave the column {LIST_SHEET} of the list as it was.",
    )

"""A file an agency sent, read by its format: opened, recognised, checked whole, then given out row by row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from engage.practice.receiving.reading.csv_files import open_csv
from engage.practice.receiving.reading.formats import WITHDRAWN, Format, Sheet, shipped_formats
from engage.practice.receiving.reading.mended import is_mended_list, tables_by_sheet
from engage.practice.receiving.reading.problems import LIST_COLUMNS, FileRefused, Flag
from engage.practice.receiving.reading.rows import Row, RowReader
from engage.practice.receiving.reading.statutory import NOT_CHECKED, StatutoryRules
from engage.practice.receiving.reading.tables import Limits, Table, header_key
from engage.practice.receiving.reading.xlsx_files import open_xlsx

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"  # an old workbook, or a new one locked with a password


@dataclass(slots=True)
class Reading:
    """A file that was found whole. `rows()` may be asked for more than once."""

    format: Format
    encoding: str | None  # None for a workbook
    separator: str | None
    flags: list[Flag]
    unknown_columns: list[str]
    sheets: list[str]
    row_count: int
    not_checked: tuple[str, ...] = ()
    collection_year: int | None = None  # the year the statutory collection ends in
    _readers: list[RowReader] = field(default_factory=list, repr=False)
    _rules: StatutoryRules | None = field(default=None, repr=False)

    @property
    def is_whole_list(self) -> bool:
        """Every sheet of the format is there, and it is no list of mended rows."""
        return len(self._readers) == len(self.format.sheets) and not any(
            reader.is_mended_list for reader in self._readers
        )

    def rows(self) -> Iterator[Row]:
        for reader in self._readers:
            yield from self._rules.applied_to(reader.rows()) if self._rules else reader.rows()


def read_file(
    path: Path,
    format: Format,
    *,
    limits: Limits | None = None,
    sheet: str | None = None,
    collection_year: int | None = None,
    known_formats: Iterable[Format] | None = None,
) -> Reading:
    """Open and check the whole file. Raises FileRefused, and then nothing of the file may be kept.

    `sheet`: the sheet of a workbook to read instead of the first. `known_formats`: to say whose file it looks like.
    """
    return _read(Path(path), format, limits or Limits(), sheet, collection_year, known_formats, rows=None)


def preview(
    path: Path,
    format: Format,
    rows: int = 10,
    *,
    limits: Limits | None = None,
    sheet: str | None = None,
) -> tuple[Reading, list[Row]]:
    """The first rows of each sheet as they would be read. `row_count` of a workbook counts these alone."""
    reading = _read(Path(path), format, limits or Limits(), sheet, None, None, rows=rows)
    shown = reading.rows() if len(reading._readers) == 1 else _first_of_each(reading._readers, rows)
    return reading, list(islice(shown, rows * len(reading._readers)))


def _first_of_each(readers: list[RowReader], rows: int) -> Iterator[Row]:
    for reader in readers:
        yield from islice(reader.rows(), rows)


def sniff(path: Path, known_formats: Iterable[Format] | None = None) -> Format | None:
    """The format whose columns this file has; None where it is nobody's, or cannot be opened."""
    known = _known(known_formats)
    try:
        tables = _open(Path(path), None, None, Limits(), rows=1, known=known).tables
    except FileRefused:
        return None
    return _looks_like(tables, known)


@dataclass(slots=True)
class _Opened:
    tables: list[Table]
    flags: list[Flag]
    sheets: list[str]
    encoding: str | None = None
    separator: str | None = None


def _read(
    path: Path,
    format: Format,
    limits: Limits,
    sheet: str | None,
    collection_year: int | None,
    known_formats: Iterable[Format] | None,
    rows: int | None,
) -> Reading:
    known = _known(known_formats)
    opened = _open(path, format, sheet, limits, rows, known)
    pairs = _tables_of(format, opened, sheet, known)
    flags = list(opened.flags)
    if opened.encoding == "windows-1252":
        flags.append(
            Flag(
                "windows_1252",
                "The file is not UTF-8 and was read as Windows-1252: check the accented letters.",
            )
        )
    readers = []
    for sheet_format, table in pairs:
        _refuse_doubled_names(table)
        reader = RowReader(sheet_format, table, limits)
        where = f"the sheet “{sheet_format.name}”" if sheet_format.name else "the file"
        flags += [
            Flag("unknown_column", f"The column “{name}” of {where} is not known: kept as sent, not read.")
            for name in reader.unknown
        ]
        flags += [
            Flag("column_not_sent", f"The column “{name}” is not in {where}.") for name in reader.not_sent
        ]
        readers.append(reader)
    if not any(reader.table.row_count for reader in readers):
        raise FileRefused("zero_rows", "The file has column names and no rows.")
    rules = None
    if format.statutory_rules == "ssda903":
        rules = StatutoryRules(readers[0], collection_year, limits)
    return Reading(
        format=format,
        encoding=opened.encoding,
        separator=opened.separator,
        flags=flags,
        unknown_columns=[name for reader in readers for name in reader.unknown],
        sheets=opened.sheets,
        row_count=sum(reader.table.row_count for reader in readers),
        not_checked=NOT_CHECKED if rules else (),
        collection_year=rules.collection_year if rules else None,
        _readers=readers,
        _rules=rules,
    )


def _open(
    path: Path,
    format: Format | None,
    sheet: str | None,
    limits: Limits,
    rows: int | None,
    known: list[Format],
) -> _Opened:
    with path.open("rb") as file:
        beginning = file.read(8)
    if beginning.startswith(_OLD_OFFICE):
        raise FileRefused(
            "encrypted",
            "The workbook is locked with a password or in the old XLS form. Save it as XLSX without a password.",
        )
    file_type = "xlsx" if beginning.startswith(_ZIP) else "csv"
    if format is not None and file_type not in format.file_types:
        if file_type == "csv" and (opened := _open_mended_list(path, format, limits)):
            return opened
        raise FileRefused(
            "wrong_file_type", f"“{format.title}” comes as {format.comes_as}, and this file is not that."
        )
    if file_type == "csv":
        found = open_csv(path, _names_in([*known, format] if format else known), limits)
        return _Opened([found.table], [], [], found.encoding, found.separator)
    if sheet is not None:
        wanted: list[str] | None = [sheet]
    elif format is None or format.sheets[0].name is not None:
        wanted = [
            one.name for each in (known if format is None else [format]) for one in each.sheets if one.name
        ]
    else:
        wanted = None
    book = open_xlsx(path, wanted, limits, rows)
    if format is None and not book.tables:
        book = open_xlsx(path, None, limits, rows)
    return _Opened(book.tables, book.flags, book.sheets)


def _open_mended_list(path: Path, format: Format, limits: Limits) -> _Opened | None:
    """The rows to mend of a workbook come back as CSV. None where the file is no such list."""
    try:
        found = open_csv(path, _names_in([format]), limits)
    except FileRefused:
        return None
    if not is_mended_list(found.table):
        return None
    tables = [found.table] if format.sheets[0].name is None else tables_by_sheet(found.table, format)
    return _Opened(tables, [], [], found.encoding, found.separator)


def _names_in(formats: Iterable[Format]) -> frozenset[str]:
    return frozenset(
        header_key(column.name) for each in formats for one in each.sheets for column in one.columns
    )


def _known(known_formats: Iterable[Format] | None) -> list[Format]:
    return list(shipped_formats().values() if known_formats is None else known_formats)


def _tables_of(
    format: Format, opened: _Opened, sheet: str | None, known: list[Format]
) -> list[tuple[Sheet, Table]]:
    if sheet is not None and not opened.tables:
        raise FileRefused("sheet_missing", "There is no sheet of that name, or it is hidden.")
    if format.sheets[0].name is None:
        if not opened.tables:
            raise FileRefused("sheet_missing", "The workbook has no sheet that can be seen.")
        pairs = [(format.sheets[0], opened.tables[0])]
    else:
        by_name = {header_key(table.name or ""): table for table in opened.tables}
        pairs = [
            (one, by_name[header_key(one.name or "")])
            for one in format.sheets
            if header_key(one.name or "") in by_name
        ]
        found = {one.name for one, _ in pairs}
        opened.flags += [
            Flag("sheet_missing", f"The sheet “{one.name}” is not in the workbook.")
            for one in format.sheets
            if one.name not in found and not any(is_mended_list(table) for table in opened.tables)
        ]
    if not pairs or not all(_fits(one, table) for one, table in pairs):
        _refuse_as_another(format, opened, pairs, known)
    best = _looks_like(opened.tables, known)
    # A file may have what this format needs and still be another feed's that has all of it and more.
    if (
        best is not None
        and best.code != format.code
        and _shared(best, opened.tables) > _shared(format, opened.tables)
    ):
        _refuse_as_another(format, opened, pairs, known)
    return pairs


def _needed(sheet: Sheet) -> set[str]:
    return {header_key(column.name) for column in sheet.columns if column.required or column.in_header}


def _fits(sheet: Sheet, table: Table) -> bool:
    return _needed(sheet) <= set(map(header_key, table.header))


def _shared(format: Format, tables: list[Table]) -> int:
    """How many of the file's columns this format knows, where it fits at all."""
    if format.sheets[0].name is None:
        pairs = [(format.sheets[0], table) for table in tables[:1]]
    else:
        by_name = {header_key(table.name or ""): table for table in tables}
        pairs = [
            (one, by_name[header_key(one.name or "")])
            for one in format.sheets
            if header_key(one.name or "") in by_name
        ]
    if not pairs or not all(_fits(*pair) for pair in pairs):
        return 0
    return sum(
        len({header_key(column.name) for column in one.columns} & set(map(header_key, table.header)))
        for one, table in pairs
    )


def _looks_like(tables: list[Table], known: list[Format]) -> Format | None:
    best = max(known, key=lambda format: _shared(format, tables), default=None)
    return best if best is not None and _shared(best, tables) else None


def _refuse_as_another(
    format: Format, opened: _Opened, pairs: list[tuple[Sheet, Table]], known: list[Format]
) -> None:
    other = _looks_like(opened.tables, known)
    if other is not None and other.code != format.code:
        raise FileRefused(
            "another_feed",
            f"This looks like “{other.title}” ({other.code}), not “{format.title}” ({format.code}).",
        )
    columns = {header_key(column.name) for one in format.sheets for column in (*one.columns, WITHDRAWN)}
    if opened.tables and not any(
        header_key(name) in columns for table in opened.tables for name in table.header
    ):
        raise FileRefused("no_header", "The first line must hold the column names of this format.")
    missing = [
        c.name
        for one, table in pairs
        for c in one.columns
        if header_key(c.name) in _needed(one) - set(map(header_key, table.header))
    ]
    raise FileRefused(
        "not_this_format",
        f"The file is not “{format.title}”: "
        + (f"it has no column {', '.join(missing)}." if missing else "it has none of its sheets."),
    )


def _refuse_doubled_names(table: Table) -> None:
    seen: set[str] = set()
    for name in table.header:
        key = header_key(name)
        if key and key in seen and name not in LIST_COLUMNS:
            raise FileRefused(
                "doubled_header", "Two columns have the same name. Give each column its own name."
            )
        seen.add(key)

"""CSV files: encoding and separator found by looking, and the whole file checked before a row is given out.

Two passes, so that a file cut in the middle is refused before any of it is kept; memory stays flat in both.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engage.practice.receiving.reading.problems import FileRefused
from engage.practice.receiving.reading.tables import Limits, Record, Table, header_key

# Put after the last line: if it does not come out as a row of its own, a quotation mark was never closed.
_END = "\ue000end of file\ue000"
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
_MISREADINGS_OF_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)

csv.field_size_limit(128 << 20)  # cells over the limit are rejected row by row, not by the csv module


@dataclass(frozen=True, slots=True)
class CsvFile:
    table: Table
    encoding: str  # "utf-8", "utf-8 with byte order mark", "windows-1252"
    separator: str  # "comma", "semicolon", "tab"


def open_csv(path: Path, known_names: frozenset[str], limits: Limits) -> CsvFile:
    """`known_names`: header keys that help to tell the separator. Raises FileRefused."""
    size = path.stat().st_size
    if size > limits.csv:
        raise FileRefused("too_large", f"The file is larger than {limits.csv >> 20} MiB. Send it in parts.")
    if size == 0:
        raise FileRefused("zero_rows", "The file is empty.")
    with path.open("rb") as file:
        beginning = file.read(1 << 16)
    if beginning.startswith(_MISREADINGS_OF_UTF16) or beginning.count(0) > len(beginning) // 10:
        raise FileRefused(
            "wrong_encoding", "The file is not in UTF-8. Save it as “CSV UTF-8” and send it again."
        )

    bom = beginning.startswith(codecs.BOM_UTF8)
    try:
        return _look(path, "utf-8", "utf-8 with byte order mark" if bom else "utf-8", known_names, limits)
    except UnicodeDecodeError as error:
        # All before the end was UTF-8 and held more than plain letters: the end is missing.
        if error.reason == "unexpected end of data" and (bom or not _is_ascii_up_to_the_end(path)):
            raise _cut("The last character is not complete.") from None
        if bom:
            raise _wrong_encoding() from None
    try:
        return _look(path, "cp1252", "windows-1252", known_names, limits)
    except UnicodeDecodeError:
        raise _wrong_encoding() from None


def _is_ascii_up_to_the_end(path: Path) -> bool:
    left = path.stat().st_size - 4
    with path.open("rb") as file:
        while left > 0:
            block = file.read(min(left, 1 << 20))
            if not block.isascii():
                return False
            left -= len(block)
    return True


def _wrong_encoding() -> FileRefused:
    return FileRefused(
        "wrong_encoding",
        "The file is neither UTF-8 nor Windows-1252. Save it as “CSV UTF-8” and send it again.",
    )


def _cut(why: str) -> FileRefused:
    return FileRefused("cut_in_the_middle", f"The file seems to be cut off. {why} Send the whole file again.")


def _look(path: Path, codec: str, encoding: str, known_names: frozenset[str], limits: Limits) -> CsvFile:
    separator = _separator(path, codec, known_names, limits)
    header: list[str] = []
    rows = 0
    last: list[str] = []
    for _, record in _records(path, codec, separator, limits):
        if not header:
            header = _without_empty_end(record)
            continue
        if record[0] == header[0] and _without_empty_end(record) == header:
            raise FileRefused(
                "doubled_header", "The line with the column names is there twice. Send it once, at the top."
            )
        rows += 1
        last = record
    if not header:
        raise FileRefused("no_header", "The first line must hold the column names.")
    if rows and len(last) < len(header):
        raise _cut("The last line has fewer cells than the header.")

    def read() -> Iterator[Record]:
        records = _records(path, codec, separator, limits)
        next(records)
        for number, record in records:
            yield number, record, {}

    return CsvFile(Table(None, header, rows, read, is_csv=True), encoding, _SEPARATORS[separator])


def _without_empty_end(cells: list[str]) -> list[str]:
    kept = len(cells)
    while kept and not cells[kept - 1].strip():
        kept -= 1
    return cells[:kept]


def _separator(path: Path, codec: str, known_names: frozenset[str], limits: Limits) -> str:
    """The one that makes the most of the first line: known columns first, then columns at all."""

    def worth(separator: str) -> tuple[int, int]:
        _, first = next(_records(path, codec, separator, limits), (0, []))
        return len({header_key(cell) for cell in first} & known_names), len(first)

    return max(_SEPARATORS, key=worth)


def _records(path: Path, codec: str, separator: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Every line that is not blank, with its number as a spreadsheet shows it."""
    # Lone surrogates get through here so that the cell that holds one can be named.
    errors = "surrogatepass" if codec == "utf-8" else "strict"
    with path.open("rb") as raw:
        if raw.read(3) != codecs.BOM_UTF8:
            raw.seek(0)
        lines = _Lines(io.TextIOWrapper(raw, encoding=codec, errors=errors, newline=""), limits)
        closed = False
        try:
            for number, record in enumerate(csv.reader(lines, delimiter=separator), start=1):
                lines.in_this_record = 0
                if record and record[0] == _END and len(record) == 1:
                    closed = True
                elif any(record) and not (len(record) == 1 and not record[0].strip()):
                    yield number, record
        except csv.Error:
            raise FileRefused(
                "cut_in_the_middle", "The lines cannot be told apart: is a quotation mark missing?"
            ) from None
        if not closed:
            raise _cut("A quotation mark is opened and never closed.")


class _Lines:
    """The lines of a file, refusing when one row takes more of them than memory should hold."""

    def __init__(self, text: io.TextIOWrapper, limits: Limits) -> None:
        self.text, self.limit = text, limits.record
        self.in_this_record = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.text.readline(self.limit)
        if not line:
            if self.ended:
                raise StopIteration
            self.ended = True
            return _END
        self.in_this_record += len(line)
        if self.in_this_record >= self.limit:
            raise FileRefused(
                "cut_in_the_middle",
                f"One row is longer than {self.limit >> 20} MiB: a quotation mark or the line ends are missing.",
            )
        return line

"""Workbooks: parsed by `xlsx_child` in a limited process, whose answer waits in an unnamed file until it is whole."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engage.practice.receiving.reading.problems import FileRefused, Flag
from engage.practice.receiving.reading.tables import Limits, Record, Table

CHILD = Path(__file__).with_name("xlsx_child.py")

_WHY = {
    "zip_bomb": "The workbook unpacks to more than we read. Send it in parts.",
    "too_large": "The workbook is too large to read. Send it in parts.",
    "entity_bomb": "The workbook holds definitions that a spreadsheet never writes. Save it again from the spreadsheet.",
    "encrypted": "The workbook is locked with a password. Save it without one and send it by a secure way.",
    "not_a_workbook": "This is a zip file, not a workbook. Send the XLSX file itself.",
    "doubled_header": "The line with the column names is there twice. Send it once, at the top.",
    "not_readable": "The workbook cannot be read: it is damaged or cut off. Save it again and send the whole file.",
}


@dataclass(frozen=True, slots=True)
class XlsxFile:
    tables: list[Table]
    sheets: list[str]
    flags: list[Flag]


def open_xlsx(path: Path, wanted: list[str] | None, limits: Limits, rows: int | None = None) -> XlsxFile:
    """Sheets `wanted` by name, or the first visible one; hidden ones are not read. Raises FileRefused.

    `rows`: read no more than so many (with the header), for a preview.
    """
    if path.stat().st_size > limits.xlsx_unpacked:
        raise FileRefused("too_large", _WHY["too_large"])
    answer = _answer(path, wanted, limits, rows)
    book: dict = {}
    tables: list[Table] = []
    flags: list[Flag] = []
    ended = False
    start = 0
    for offset, line in _parts(answer):
        if "refused" in line:
            raise _refused(line["refused"])
        if "sheets" in line:
            book = line
        elif "sheet" in line:
            name, start = line["sheet"], offset
        elif "hidden" in line:
            if line["rows"] == 0:
                raise FileRefused("zero_rows", "The sheet is empty.")
            tables.append(_table(answer, name, start, line, book["since_1904"]))
            flags += [_hidden_column(name, place, header) for place, header in line["hidden"]]
        elif "end" in line:
            ended = True
    if not ended:
        raise FileRefused("too_large", _WHY["too_large"])  # killed by one of its limits
    hidden = [title for title, state in book["sheets"] if state != "visible"]
    flags += [Flag("hidden_sheet", f"The sheet “{title}” is hidden and was not read.") for title in hidden]
    read = {table.name for table in tables}
    flags += [
        Flag("sheet_not_read", f"The sheet “{title}” was not read.")
        for title, state in book["sheets"]
        if state == "visible" and title not in read
    ]
    return XlsxFile(tables, [title for title, _ in book["sheets"]], flags)


def _refused(reason: str) -> FileRefused:
    return FileRefused(reason, _WHY.get(reason, _WHY["not_readable"]))


def _answer(path: Path, wanted: list[str] | None, limits: Limits, rows: int | None) -> IO[bytes]:
    given = {
        "unpacked": limits.xlsx_unpacked,
        "memory": limits.xlsx_memory,
        "cpu_seconds": limits.xlsx_cpu_seconds,
        "answer": limits.csv,
        "rows": rows,
    }
    answer = tempfile.TemporaryFile(prefix="engage-xlsx-")  # noqa: SIM115  lives as long as the reading
    with path.open("rb") as book:
        subprocess.run(
            # As its standard input, opened anew: the file may have no name on the disk.
            [
                sys.executable,
                "-I",
                "-B",
                str(CHILD),
                "/proc/self/fd/0",
                json.dumps(wanted),
                json.dumps(given),
            ],
            stdin=book,
            stdout=answer,
            stderr=subprocess.DEVNULL,  # a traceback could hold what is in the cells
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
            check=False,
        )
    return answer


def _parts(answer: IO[bytes]) -> Iterator[tuple[int, dict]]:
    """The lines that are not rows, each with the place after it; rows are counted and skipped."""
    answer.seek(0)
    offset = rows = 0
    for raw in answer:
        offset += len(raw)
        if raw.startswith(b"["):
            rows += 1
            continue
        try:
            line = json.loads(raw)
        except ValueError:  # killed in the middle of a line
            return
        if "sheet" in line:
            rows = 0
        if "hidden" in line:
            line["rows"] = rows
        yield offset, line


def _table(answer: IO[bytes], name: str, start: int, closing: dict, since_1904: bool) -> Table:
    hidden = frozenset(place for place, _ in closing["hidden"])
    places = sorted(hidden)

    def lines() -> Iterator[Record]:
        for raw in _lines_from(answer, start):
            if not raw.startswith(b"["):
                return
            number, cells, special = json.loads(raw)
            yield number, [cell for at, cell in enumerate(cells) if at not in hidden], _moved(special, places)

    rows = lines()
    _, header, _ = next(rows)

    def records() -> Iterator[Record]:
        found = lines()
        next(found)
        yield from found

    return Table(name, header, closing["rows"] - 1, records, since_1904=since_1904)


def _lines_from(answer: IO[bytes], offset: int) -> Iterator[bytes]:
    """Reads without moving the file's own place, so that several readers do not disturb each other."""
    rest = b""
    while block := os.pread(answer.fileno(), 1 << 20, offset):
        offset += len(block)
        *lines, rest = (rest + block).split(b"\n")
        yield from lines


def _moved(special: dict[str, str], hidden: list[int]) -> dict[int, str]:
    """Places of special cells after the hidden columns are taken out."""
    return {int(at) - sum(place < int(at) for place in hidden): kind for at, kind in special.items()}


def _hidden_column(sheet: str, place: int, header: str) -> Flag:
    letters, left = "", place + 1
    while left:
        left, rest = divmod(left - 1, 26)
        letters = chr(65 + rest) + letters
    called = f" ({header})" if header else ""
    return Flag(
        "hidden_column", f"Column {letters}{called} of the sheet “{sheet}” is hidden and was not read."
    )

"""What a CSV file and a sheet of a workbook have in common once they are opened and found whole."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

# Row number as a person sees it, the cells, and what is special about a cell by its place:
# "f" formula, "n" number, "d" date, "e" error value.
Record = tuple[int, list[str], Mapping[int, str]]


def header_key(name: str) -> str:
    """Header names match without regard to case, spaces or underscores."""
    return re.sub(r"[\s_\ufeff]+", "", name).casefold()


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest that is read, in bytes; statutory rows are kept in memory to be compared with each other."""

    csv: int = 1 << 30
    xlsx_unpacked: int = 200 << 20
    cell: int = 1 << 20
    record: int = 64 << 20
    xlsx_memory: int = 1 << 30
    xlsx_cpu_seconds: int = 600
    statutory_rows: int = 200_000


@dataclass(slots=True)
class Table:
    name: str | None  # the sheet's name; None for CSV
    header: list[str]
    row_count: int
    records: Callable[[], Iterator[Record]]
    is_csv: bool = False
    since_1904: bool = False

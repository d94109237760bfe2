"""The rules of the councils' statutory missing file that can be checked in that file and its header file.

Logic follows the open validator, data-to-insight/csc-validator-be-903 (MIT), as set down with its
source in `reference/ssda903-missing-rules.yaml`; the sentences are our own.

A collection year is named by the year in which it ends: 2026 runs from 1 April 2025 to 31 March 2026.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

Row = Mapping[str, str | None]  # column name in capitals to the text as sent

NOT_CHECKED = {
    "575": "needs the Episodes file",
    "576": "needs last year's Missing file",
    "577": "needs the Episodes file",
    "578": "needs the Episodes file",
    "580": "needs the Episodes file",
    "581": "needs the Episodes file",
    "1012": "needs the Episodes file",
}

RULES: dict[str, tuple[tuple[str, ...], str]] = {
    "564": (("MISSING", "MIS_START"), "Says missing or away but gives no start date."),
    "565": (("MISSING", "MIS_START"), "Has a start date but does not say whether missing (M) or away (A)."),
    "566": (("MISSING", "MIS_END"), "Has an end date but does not say whether missing (M) or away (A)."),
    "567": (("MIS_START", "MIS_END"), "Ends before it starts."),
    "570": (("MIS_START",), "Starts after the collection year has ended."),
    "571": (("MIS_END",), "Ends outside the collection year."),
    "574": (
        ("MIS_START", "MIS_END"),
        "Starts before this child's earlier episode has ended, or the earlier one has no end date.",
    ),
    "586": (("MIS_START",), "Starts on or before the child's date of birth."),
    "1004": (("MIS_START",), "The start date is empty or not a DD/MM/YYYY date."),
    "1005": (("MIS_END",), "The end date is not a DD/MM/YYYY date."),
    "1006": (("MISSING",), "The type must be M or A, in capitals."),
    "INT04": (("CHILD",), "The child is not in the header file."),
    "INT13": (("DOB",), "The date of birth differs from the header file."),
}


@dataclass(frozen=True)
class Failure:
    row_number: int  # place among the missing rows, from 1
    code: str
    fields: tuple[str, ...]
    sentence: str


def check(missing_rows: Sequence[Row], header_rows: Sequence[Row], collection_year: int) -> list[Failure]:
    """Every failure, in the order of the rows. An empty list means that all rules of `RULES` hold."""
    header_dob = {_text(row, "CHILD"): _text(row, "DOB") for row in header_rows if _text(row, "CHILD")}
    failing = {
        (number, code)
        for number, row in enumerate(missing_rows, start=1)
        for code in _fails_alone(row, header_dob, collection_year)
    }
    failing |= {(number, "574") for number in _overlapping(missing_rows)}
    codes = list(RULES)
    return [
        Failure(number, code, *RULES[code])
        for number, code in sorted(failing, key=lambda failure: (failure[0], codes.index(failure[1])))
    ]


def collection_bounds(collection_year: int) -> tuple[date, date]:
    """First and last day, both included."""
    return date(collection_year - 1, 4, 1), date(collection_year, 3, 31)


def collection_year_of(dates: Iterable[date]) -> int:
    """The collection year of the latest date. Raises ValueError if there is none."""
    latest = max(dates)
    return latest.year + ((latest.month, latest.day) >= (4, 1))


def read_903_date(text: str | None) -> date | None:
    """DD/MM/YYYY only; None for anything else."""
    if not text or not re.fullmatch(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", text.strip()):
        return None
    try:
        return datetime.strptime(text.strip(), "%d/%m/%Y").date()
    except ValueError:
        return None


def _fails_alone(row: Row, header_dob: Mapping[str, str], collection_year: int) -> Iterable[str]:
    kind, start_text, end_text = _text(row, "MISSING"), _text(row, "MIS_START"), _text(row, "MIS_END")
    start, end, dob = read_903_date(start_text), read_903_date(end_text), read_903_date(_text(row, "DOB"))
    first_day, last_day = collection_bounds(collection_year)

    if kind in {"M", "A", "m", "a"} and not start_text:  # lower case passes here and fails 1006
        yield "564"
    if start_text and not kind:
        yield "565"
    if end_text and not kind:
        yield "566"
    if start and end and start > end:
        yield "567"
    if start and start > last_day:
        yield "570"
    if end and not first_day <= end <= last_day:
        yield "571"
    if start and dob and start <= dob:
        yield "586"
    if not start:
        yield "1004"
    if end_text and not end:
        yield "1005"
    if kind and kind not in {"M", "A"}:
        yield "1006"

    child = _text(row, "CHILD")
    if child not in header_dob:
        yield "INT04"
    elif _text(row, "DOB") and header_dob[child] and _differ(_text(row, "DOB"), header_dob[child]):
        yield "INT13"


def _overlapping(missing_rows: Sequence[Row]) -> Iterable[int]:
    """Rule 574. A row with a date that cannot be read fails 1004 or 1005 and is left out here."""
    by_child: dict[str, list[tuple[date, date, date | None, int]]] = {}
    for number, row in enumerate(missing_rows, start=1):
        start, end = read_903_date(_text(row, "MIS_START")), read_903_date(_text(row, "MIS_END"))
        if start and (end or not _text(row, "MIS_END")):
            by_child.setdefault(_text(row, "CHILD"), []).append((end or start, start, end, number))
    for rows in by_child.values():
        rows.sort(key=lambda sorting: (sorting[0], sorting[1], sorting[3]))
        for (_, _, previous_end, _), (_, start, _, number) in pairwise(rows):
            if previous_end is None or start < previous_end:
                yield number


def _differ(one: str, other: str) -> bool:
    dates = read_903_date(one), read_903_date(other)
    return dates[0] != dates[1] if all(dates) else one != other


def _text(row: Row, column: str) -> str:
    return (row.get(column) or "").strip()

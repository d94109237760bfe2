"""What can be wrong with a file or a row, and the list that goes back to the agency.

Sentences say what to mend. They never hold the value, because they are logged and shown beyond the owner.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from engage.practice.receiving.reading.tables import header_key

Outcome = Literal["apply", "held", "rejected"]

# Added by `write_problem_rows`. Sheet and reference say, when the mended list comes, which row each one was.
LIST_ROW, LIST_SHEET, LIST_REFERENCE = "engage_row", "engage_sheet", "engage_reference"
LIST_COLUMNS = (LIST_ROW, LIST_SHEET, LIST_REFERENCE, "engage_outcome", "engage_reason")


class FileRefused(Exception):
    """The whole file is refused; nothing of it may be kept but the receipt."""

    def __init__(self, reason_code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason_code = reason_code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about the file as a whole that its sender should know."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Problem:
    """`outcome` "flag" means that the row is applied all the same."""

    row: int
    column: str | None
    outcome: Literal["flag", "held", "rejected"]
    reason_code: str
    sentence: str
    sheet: str | None = None
    value_class: str = ""

    @property
    def told(self) -> str:
        """The sentence, and the shape of what was sent: enough to find a slip, too little to know the value."""
        if self.value_class in ("", "empty"):
            return self.sentence
        return f"{self.sentence} (Sent: {self.value_class}.)"


def worst_outcome(problems: Iterable[Problem]) -> Outcome:
    outcomes = {problem.outcome for problem in problems}
    if "rejected" in outcomes:
        return "rejected"
    return "held" if "held" in outcomes else "apply"


def value_class(text: str) -> str:
    """The shape of a value without the value: "empty", "8 digits", "text of 12 characters"."""
    if not text:
        return "empty"
    if text.isdigit():
        return f"{len(text)} digits"
    if re.fullmatch(r"[\d/.:\- TZ+]+", text):
        return f"digits and signs, {len(text)} characters"
    return f"text of {len(text)} characters"


# A spreadsheet runs a cell that begins with one of these. The full-width forms are read as the plain ones.
_RUNS_AS_FORMULA = re.compile(r"[\s\x00]*[=+\-@＝＋－＠]|[\t\r\n]")
_GUARDED = re.compile(r"'(?=[\s\x00]*[=+\-@＝＋－＠]|[\t\r\n])")


def guard_against_formula(text: str) -> str:
    return f"'{text}" if _RUNS_AS_FORMULA.match(text) else text


def without_guard(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


class SentRow(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def sheet(self) -> str | None: ...
    @property
    def reference(self) -> str | None: ...
    @property
    def as_sent(self) -> Mapping[str, str]: ...


def write_problem_rows(
    rows: Iterable[SentRow], problems: Iterable[Problem], columns: Sequence[str] = ()
) -> str:
    """CSV of the rejected and held rows as sent, the reason beside each, to be mended and sent again.

    `columns`: the format's, in their order; others follow as they were sent. It holds what the agency sent: for the
    owner of the file alone.
    """
    by_row: dict[tuple[str | None, int], list[Problem]] = {}
    for problem in problems:
        if problem.outcome != "flag":
            by_row.setdefault((problem.sheet, problem.row), []).append(problem)
    wanted = [row for row in rows if (row.sheet, row.number) in by_row]
    # Two sheets may write one name in two ways; a list with both would be refused.
    names: dict[str, str] = {}
    for row in wanted:
        for name in row.as_sent:
            names.setdefault(header_key(name), name)
    order = {header_key(name): at for at, name in enumerate(columns)}
    keys = sorted(names, key=lambda key: order.get(key, len(order)))

    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([*LIST_COLUMNS, *(guard_against_formula(names[key]) for key in keys)])
    for row in wanted:
        reasons = by_row[row.sheet, row.number]
        told = " ".join(f"{p.column}: {p.sentence}" if p.column else p.sentence for p in reasons)
        lead = [str(row.number), row.sheet or "", row.reference or "", worst_outcome(reasons), told]
        sent = {header_key(name): cell for name, cell in row.as_sent.items()}
        writer.writerow(guard_against_formula(cell) for cell in (*lead, *(sent.get(key, "") for key in keys)))
    return written.getvalue()

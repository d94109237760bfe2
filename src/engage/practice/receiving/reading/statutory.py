"""The rules of the councils' statutory return, over all missing rows of one file.

Whether a child is in the header file (INT04) and born on the same day there (INT13) is for whoever has both files.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from engage.methods import ssda903
from engage.practice.receiving.reading.problems import FileRefused, Problem
from engage.practice.receiving.reading.rows import Row, RowReader, with_problems
from engage.practice.receiving.reading.tables import Limits, header_key

_FIELDS = ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")
_NEEDS_HEADER_FILE = frozenset({"INT04", "INT13"})
NOT_CHECKED = tuple(f"{code}: {why}" for code, why in ssda903.NOT_CHECKED.items())


class StatutoryRules:
    """Failures found once, when the file is opened: some rules look at all rows of a child."""

    def __init__(self, reader: RowReader, collection_year: int | None, limits: Limits) -> None:
        if reader.table.row_count > limits.statutory_rows:
            raise FileRefused(
                "too_many_rows",
                f"The file has more than {limits.statutory_rows} rows. Send one year at a time.",
            )
        numbers: list[int] = []
        sent: list[dict[str, str]] = []
        for row in reader.rows():
            if row.outcome != "rejected":
                fields = {header_key(name).upper(): text for name, text in row.as_sent.items()}
                numbers.append(row.number)
                sent.append({name: fields.get(name.replace("_", ""), "") for name in _FIELDS})
        self.collection_year = collection_year or _year_of(sent)
        # Without a readable date no rule that needs the year can fail.
        found = ssda903.check(sent, [], self.collection_year or 2000)
        self.by_row: dict[int, list[ssda903.Failure]] = {}
        for failure in found:
            if failure.code not in _NEEDS_HEADER_FILE:
                self.by_row.setdefault(numbers[failure.row_number - 1], []).append(failure)

    def applied_to(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            failures = self.by_row.get(row.number, ())
            yield (
                with_problems(row, [_problem(row.number, failure) for failure in failures])
                if failures
                else row
            )


def _problem(number: int, failure: ssda903.Failure) -> Problem:
    sentence = f"Rule {failure.code}: {failure.sentence}"
    return Problem(number, failure.fields[-1], "held", f"rule_{failure.code}", sentence)


def _year_of(sent: Sequence[dict[str, str]]) -> int | None:
    dates: list[date] = []
    for fields in sent:
        dates += filter(
            None, (ssda903.read_903_date(fields["MIS_START"]), ssda903.read_903_date(fields["MIS_END"]))
        )
    return ssda903.collection_year_of(dates) if dates else None

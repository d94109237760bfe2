"""One record of a table to one `Row`: typed, with its reference, and with what is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from engage.methods.births import Birth
from engage.practice.receiving.reading.cells import (
    TEXT_TYPES,
    Note,
    Reader,
    cleaned,
    read_birth_text,
    reader_of,
    storable,
    text_of_day_number,
)
from engage.practice.receiving.reading.formats import WITHDRAWN, Column, Sheet
from engage.practice.receiving.reading.problems import (
    LIST_COLUMNS,
    LIST_REFERENCE,
    LIST_ROW,
    Outcome,
    Problem,
    value_class,
    without_guard,
    worst_outcome,
)
from engage.practice.receiving.reading.tables import Limits, Record, Table, header_key

LONGEST_REFERENCE = 200
LEFT_OUT = "[longer than can be kept: left out]"


@dataclass(frozen=True, slots=True)
class Row:
    """`number` as a person sees it (the header is 1). `as_sent` by the header's own names, `values` by the format's.

    A datetime value is aware, in UTC; where no hour was sent it is a plain date: test for datetime first.
    `reference` and `identity` are None only where the row is rejected for want of one.
    """

    number: int
    sheet: str | None
    as_sent: Mapping[str, str]
    values: Mapping[str, object]
    reference: str | None
    identity: str | None
    outcome: Outcome
    problems: tuple[Problem, ...]
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column of the file goes. `column` is None for one the format does not know."""

    name: str
    column: Column | None
    reader: Reader | None


class RowReader:
    def __init__(self, sheet: Sheet, table: Table, limits: Limits) -> None:
        self.sheet, self.table, self.limits = sheet, table, limits
        columns = {header_key(column.name): column for column in (*sheet.columns, WITHDRAWN)}
        keys = [header_key(name) for name in table.header]
        self.is_mended_list = LIST_ROW in table.header
        listed = LIST_COLUMNS if self.is_mended_list else ()
        self._listed_at = {name: table.header.index(name) for name in listed if name in table.header}
        self.places: list[Place | None] = []
        for number, (name, key) in enumerate(zip(table.header, keys, strict=True), start=1):
            column = columns.get(key)
            if self.is_mended_list and name in LIST_COLUMNS:
                self.places.append(None)
                continue
            reader = reader_of(column) if column and column.type != "birth_text" else None
            self.places.append(Place(storable(name.strip()) or f"(column {number})", column, reader))
        sent = {place.column.name for place in self.places if place and place.column}
        self.unknown = [place.name for place in self.places if place and not place.column]
        self.not_sent = [column.name for column in sheet.columns if column.name not in sent]
        self._ordinals: dict[tuple[str, ...], int] = {}

    def rows(self) -> Iterator[Row]:
        self._ordinals.clear()
        for record in self.table.records():
            yield self._row(record)

    def _row(self, record: Record) -> Row:
        number, cells, special = record
        problems: list[Problem] = []
        as_sent: dict[str, str] = {}
        values: dict[str, object] = dict.fromkeys((column.name for column in self.sheet.columns), None)
        texts: dict[str, str] = {}
        births: list[tuple[Column, str]] = []

        width = len(self.places)
        wrong_width = self.table.is_csv and (
            len(cells) < width or any(cell.strip() for cell in cells[width:])
        )
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))
        extra = False
        for at, cell in enumerate(cells):
            place = self.places[at] if at < width else None
            if at >= width:
                if cell.strip():
                    as_sent[f"(column {at + 1})"] = self._kept(cell)
                    extra = True
                continue
            if place is None:
                continue
            if not cell:
                as_sent[place.name] = ""
                continue
            if self.is_mended_list:
                cell = without_guard(cell)
            as_sent[place.name] = self._kept(cell)
            if wrong_width:
                continue
            column = place.column
            if as_sent[place.name] is LEFT_OUT:
                name = column.name if column else place.name
                problems.append(
                    self._problem(
                        number,
                        name,
                        cell,
                        "rejected",
                        "cell_too_long",
                        "The cell is longer than 1 MiB. Shorten it.",
                    )
                )
                continue
            if column is None:
                continue

            def note(
                outcome: str, code: str, sentence: str, name: str = column.name, cell: str = cell
            ) -> None:
                problems.append(self._problem(number, name, cell, outcome, code, sentence))

            text = self._text(cell, special.get(at, ""), column, note)
            if not text:
                continue
            texts[column.name] = text
            if column.type == "birth_text":
                births.append((column, text))
            elif place.reader is not None:
                values[column.name] = place.reader(text, note)

        if wrong_width:
            sentence = (
                "The row has more or fewer cells than the header: is a separator or a quotation mark missing?"
            )
            problems.append(self._problem(number, None, "", "rejected", "wrong_number_of_cells", sentence))
        elif extra:
            sentence = "A cell stands beyond the last named column. It is kept as sent and not read."
            problems.append(self._problem(number, None, "", "flag", "cell_without_column", sentence))
        for column, text in births:

            def note(
                outcome: str, code: str, sentence: str, name: str = column.name, text: str = text
            ) -> None:
                problems.append(self._problem(number, name, text, outcome, code, sentence))

            values[column.name] = read_birth_text(text, note, values.get(column.counted_from or ""))
        listed = {
            name: without_guard(cells[at]).strip() for name, at in self._listed_at.items() if at < len(cells)
        }
        return self._finished(number, as_sent, values, texts, problems, wrong_width, listed)

    def _text(self, cell: str, kind: str, column: Column, note: Note) -> str | None:
        """The cell's text, fit to be read; None where there is nothing to read."""
        text, removed = cleaned(cell)
        if removed:
            note(
                "flag",
                "hidden_characters",
                "Control characters or characters that turn the reading direction were removed.",
            )
        if kind == "f" or (self.table.is_csv and text.startswith("=")):
            note(
                "flag",
                "formula",
                "The cell holds a formula. It is kept as text and not worked out: send the value.",
            )
            return text if column.type in TEXT_TYPES else None
        if kind == "e":
            note(
                "flag",
                "error_value",
                "The cell shows an error of the spreadsheet. It is kept as sent and not read.",
            )
            return None
        if kind == "n" and column.type in ("date", "datetime", "birth_text"):
            return text_of_day_number(text, self.table.since_1904) or text
        return text

    def _kept(self, cell: str) -> str:
        longest = self.limits.cell
        if len(cell) > longest or (
            len(cell) * 4 > longest and len(cell.encode("utf-8", "surrogatepass")) > longest
        ):
            return LEFT_OUT
        return storable(cell)

    def _problem(
        self, number: int, column: str | None, text: str, outcome: str, code: str, sentence: str
    ) -> Problem:
        return Problem(number, column, outcome, code, sentence, self.sheet.name, value_class(text))  # type: ignore[arg-type]

    def _finished(
        self,
        number: int,
        as_sent: dict[str, str],
        values: dict[str, object],
        texts: dict[str, str],
        problems: list[Problem],
        wrong_width: bool,
        listed: Mapping[str, str],
    ) -> Row:
        rejected = {problem.column for problem in problems if problem.outcome == "rejected"}
        for column in self.sheet.columns:
            if (
                column.required
                and not wrong_width
                and values[column.name] is None
                and column.name not in rejected
            ):
                sentence = "This reference must be there: without it the row cannot be told from others."
                problems.append(
                    self._problem(number, column.name, "", "rejected", "reference_missing", sentence)
                )
        named = not wrong_width and all(values[c.name] is not None for c in self.sheet.columns if c.required)
        reference = identity = None
        if named:
            reference = self._reference(self.sheet.row_reference, values, texts)
            identity = self._reference(self.sheet.identity_reference, values, texts) or None
            if self.sheet.ordinal_by:
                key = tuple(canonical(values[name], texts.get(name, "")) for name in self.sheet.ordinal_by)
                if self.is_mended_list:
                    ordinal = ordinal_in_mended_list(reference, number, listed)
                else:
                    self._ordinals[key] = count = self._ordinals.get(key, 0) + 1
                    ordinal = str(count)
                reference = f"{reference}|{ordinal}"
        if len(reference or "") > LONGEST_REFERENCE or len(identity or "") > LONGEST_REFERENCE:
            sentence = f"A reference may have {LONGEST_REFERENCE} characters. Shorten it."
            name = max(
                {*self.sheet.row_reference, *self.sheet.identity_reference},
                key=lambda column: len(texts.get(column, "")),
            )
            problems.append(
                self._problem(number, name, texts.get(name, ""), "rejected", "reference_too_long", sentence)
            )
        if (hold := self.sheet.hold) and worst_outcome(problems) != "rejected":
            problems.append(self._problem(number, None, "", "held", hold.reason_code, hold.sentence))
        return Row(
            number=number,
            sheet=self.sheet.name,
            as_sent=as_sent,
            values=values,
            reference=reference,
            identity=identity,
            outcome=worst_outcome(problems),
            problems=tuple(problems),
            withdrawn=values.pop(WITHDRAWN.name, None) is True,
        )

    def _reference(
        self, names: tuple[str, ...], values: Mapping[str, object], texts: Mapping[str, str]
    ) -> str:
        parts = [canonical(values[name], texts.get(name, "")) for name in names]
        return parts[0] if len(parts) == 1 else "|".join(part.replace("|", "%7C") for part in parts)


def ordinal_in_mended_list(reference: str, number: int, listed: Mapping[str, str]) -> str:
    """A mended row stays the row it was, though the rows before it are not in the list.

    One that had no such reference, or was added by hand, must not pass for the first of its day.
    """
    base, _, ordinal = listed.get(LIST_REFERENCE, "").rpartition("|")
    if base == reference and re.fullmatch(r"(mended|added)?\d{1,9}", ordinal):
        return ordinal
    row = listed.get(LIST_ROW, "")
    return f"mended{row}" if re.fullmatch(r"\d{1,9}", row) else f"added{number}"


def canonical(value: object, text: str) -> str:
    """One form of a value for references. What could not be read goes in as sent, so that it stays one record."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Birth) or value is None:
        return text
    return str(value)


def with_problems(row: Row, more: list[Problem]) -> Row:
    problems = row.problems + tuple(more)
    return replace(row, problems=problems, outcome=worst_outcome(problems))


def row_again(sheet: Sheet, as_sent: Mapping[str, str], number: int) -> Row:
    """A row that was set aside, read once more by its format."""
    table = Table(sheet.name, list(as_sent), 1, lambda: iter([(number, list(as_sent.values()), {})]))
    return next(RowReader(sheet, table, Limits()).rows())

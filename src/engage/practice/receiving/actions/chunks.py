"""A chunk of rows in one transaction, with its share of the receipt."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import DatabaseError, DataError, IntegrityError
from django.db.models import F

from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label
from engage.practice.access.reach import compartments
from engage.practice.agencies.models import Agency, Staff

from ..models import ReceivedFile, RowProblem, SetAsideRow
from ..reading import Format, Problem, Row
from ..reading.formats import Sheet
from ..reading.rows import row_again
from .applying import Accepted, apply_rows, settle_earlier
from .not_again import kept_out, without_content
from .statutory_headers import MISSING, Headers, rows_waiting_for_header

# What the database or a column says of a value: the row is at fault. Anything else is a mistake of ours.
CANNOT_BE_KEPT = (DataError, IntegrityError, ValidationError, UnicodeEncodeError, OverflowError)
# So many rows, and every one of a chunk, do not fail alike by their own fault.
NOT_THE_ROWS_FAULT = 5
NOT_KEEPABLE = (
    "The row holds something that cannot be kept. Check for very long or unusual values and send it again."
)
log = logging.getLogger(__name__)


class FileNotFinished(Exception):
    """A fault of Engage stopped a file. What was kept stays, and sending it again goes on from there.

    Says what failed and where, never with which value: an exception's own words may hold a name.
    """

    def __init__(self, failure: Exception) -> None:
        at = traceback.extract_tb(failure.__traceback__)[-1]
        super().__init__(
            f"Receiving stopped before the end of the file ({type(failure).__name__}, {Path(at.filename).name} "
            f"line {at.lineno}). Nothing is lost: the fault is in Engage, and the same file sent again goes on."
        )


@dataclass(frozen=True)
class Sender:
    """Whose rows these are, as what, and when."""

    agency: Agency
    format: Format
    service: Staff
    now: datetime

    def sheet_of(self, row: Row) -> Sheet:
        return next((s for s in self.format.sheets if s.name == row.sheet), self.format.sheets[0])


@dataclass(frozen=True)
class Aside:
    row: Row
    sheet: Sheet
    problems: tuple[Problem, ...]
    outcome: str  # rejected or held


def chunks_of(rows: Iterator[Row], most: int) -> Iterator[list[Row]]:
    """Up to `most` rows, cut earlier where a reference comes again: each version needs the one before."""
    chunk: list[Row] = []
    seen: set[tuple[str | None, str | None]] = set()
    for row in rows:
        key = (row.sheet, row.reference)
        if len(chunk) >= most or (row.reference is not None and key in seen):
            yield chunk
            chunk, seen = [], set()
        chunk.append(row)
        seen.add(key)
    if chunk:
        yield chunk


def receive_chunk(file: ReceivedFile, rows: Sequence[Row], sender: Sender) -> None:
    """The rows and their share of the receipt, all or nothing; a row that cannot be kept is rejected alone.

    Raises FileNotFinished, and then nothing of the chunk is kept.
    """
    with acting_as(sender.service, now=sender.now):
        try:
            failures = _write_or_divide(file, rows, sender)
        except DatabaseError:  # the connection, or the machine behind it
            raise
        except Exception as failure:
            raise FileNotFinished(failure) from None
        if (
            len(failures) >= NOT_THE_ROWS_FAULT
            and len(failures) == sum(row.outcome == "apply" for row in rows)
            and len({type(failure) for failure in failures}) == 1
        ):
            raise FileNotFinished(failures[0]) from None
        ReceivedFile.objects.visible_to(sender.service).filter(pk=file.pk).update(
            chunks_done=F("chunks_done") + 1
        )


def _write_or_divide(file: ReceivedFile, rows: Sequence[Row], sender: Sender) -> list[Exception]:
    """Find by halving the rows that cannot be kept, and give what each failed with."""
    try:
        with acting_as(sender.service, now=sender.now):
            _write(file, rows, sender)
        return []
    except CANNOT_BE_KEPT as failed:
        failure = failed
        log.warning("%d rows could not be kept together (%s).", len(rows), type(failure).__name__)
    if len(rows) > 1:
        half = len(rows) // 2
        return _write_or_divide(file, rows[:half], sender) + _write_or_divide(file, rows[half:], sender)
    (row,) = rows
    problem = Problem(row.number, None, "rejected", "not_keepable", NOT_KEEPABLE, row.sheet)
    _set_aside(file, [Aside(row, sender.sheet_of(row), (problem,), "rejected")], sender)
    _count(file, sender, received=1, rejected=1)
    return [failure]


def _write(file: ReceivedFile, rows: Sequence[Row], sender: Sender) -> None:
    accepted: list[Accepted] = []
    aside: list[Aside] = []
    remarks: list[Problem] = []
    headers = Headers(rows, sender.format, sender.agency, sender.service)
    out = kept_out(rows, sender.format, sender.agency)
    for row in rows:
        sheet = sender.sheet_of(row)
        if refused := out.get((row.sheet, row.number)):
            # Under the category of any row: which one this had is no longer known.
            aside.append(Aside(without_content(row), sheet, (refused,), "held"))
            continue
        waits = headers.problem(row) if row.outcome == "apply" else None
        if waits:
            aside.append(Aside(row, sheet, (*row.problems, waits), "held"))
        elif row.outcome == "apply":
            accepted.append(Accepted(row, sheet, file.pk))
            remarks += row.problems
        else:
            aside.append(Aside(row, sheet, row.problems, row.outcome))
    applied, unchanged = apply_rows(accepted, sender.format, sender.agency, sender.service, sender.now)
    _set_aside(file, aside, sender)
    remark(file, remarks)
    _count(
        file,
        sender,
        received=len(rows),
        applied=applied,
        unchanged=unchanged,
        rejected=sum(one.outcome == "rejected" for one in aside),
        held=sum(one.outcome == "held" for one in aside),
    )
    audit.record(
        audit.Verb.COLLECT,
        "receive_rows",
        acting_for=sender.agency.code,
        asked=file.pk,
        counts={"rows": len(rows), "applied": applied, "unchanged": unchanged},
    )


def release_rows_waiting_for_header(sender: Sender) -> None:
    """Apply the missing rows that waited for their child's header row, or for it to be mended."""
    waiting = rows_waiting_for_header(sender.agency, sender.service)
    (sheet,) = sender.format.sheets
    read = [(held, row_again(sheet, held.content, held.row_number)) for held in waiting]
    headers = Headers([row for _, row in read], sender.format, sender.agency, sender.service)
    ready: list[tuple[SetAsideRow, Row]] = []
    for held, row in read:
        problem = headers.problem(row)
        if problem is None and row.outcome == "apply":
            ready.append((held, row))
        elif problem is not None and problem.reason_code != held.reason_code:
            remark(held.file, [problem])
            SetAsideRow.objects.visible_to(sender.service).filter(pk=held.pk).update(
                reason_code=problem.reason_code
            )
    _release(ready, sheet, sender)


def _release(ready: Sequence[tuple[SetAsideRow, Row]], sheet: Sheet, sender: Sender) -> None:
    if not ready:
        return
    try:
        with acting_as(sender.service, now=sender.now):
            SetAsideRow.objects.visible_to(sender.service).filter(
                pk__among=[held.pk for held, _ in ready]
            ).update(state=SetAsideRow.State.RELEASED, settled_at=sender.now, settled_by=sender.service)
            apply_rows(
                [Accepted(row, sheet, held.file_id) for held, row in ready],
                sender.format,
                sender.agency,
                sender.service,
                sender.now,
            )
        return
    except CANNOT_BE_KEPT as failure:
        log.warning("%d held rows could not be released together (%s).", len(ready), type(failure).__name__)
    if len(ready) > 1:
        half = len(ready) // 2
        _release(ready[:half], sheet, sender)
        _release(ready[half:], sheet, sender)


def _set_aside(file: ReceivedFile, aside: Sequence[Aside], sender: Sender) -> None:
    if not aside:
        return
    settle_earlier(
        [(one.row, one.sheet) for one in aside if one.outcome == "held"],
        sender.format,
        sender.agency,
        sender.service,
        sender.now,
    )
    kept_as = [(one.sheet.category_of_row(one.row.values), label_of(one.sheet)) for one in aside]
    ids = compartments(sender.agency, set(kept_as))
    SetAsideRow.objects.bulk_create(
        [
            SetAsideRow(
                id=uuid4(),
                compartment_id=ids[compartment],
                file=file,
                agency=sender.agency,
                format=sender.format.code,
                sheet=one.row.sheet or "",
                row_number=one.row.number,
                reference=(one.row.reference or "")[:200],
                content=dict(one.row.as_sent),
                state=one.outcome,
                reason_code=next(p.reason_code for p in one.problems if p.outcome == one.outcome),
            )
            for one, compartment in zip(aside, kept_as, strict=True)
        ],
        batch_size=1000,
    )
    remark(file, [problem for one in aside for problem in one.problems])


def label_of(sheet: Sheet) -> str:
    """Rows as sent are for their sender; persons of concern whom nobody has verified for two roles alone."""
    return Label.UNVERIFIED if sheet.hold else Label.RAW


def remark(file: ReceivedFile, problems: Sequence[Problem]) -> None:
    RowProblem.objects.bulk_create(
        [
            RowProblem(
                id=uuid4(),
                compartment_id=file.compartment_id,
                file=file,
                sheet=(problem.sheet or "")[:60],
                row_number=problem.row,
                column=(problem.column or "")[:80],
                outcome=problem.outcome,
                reason_code=problem.reason_code,
                sentence=problem.told,
            )
            for problem in problems
        ],
        batch_size=1000,
    )


def _count(
    file: ReceivedFile,
    sender: Sender,
    *,
    received: int,
    applied: int = 0,
    unchanged: int = 0,
    rejected: int = 0,
    held: int = 0,
) -> None:
    ReceivedFile.objects.visible_to(sender.service).filter(pk=file.pk).update(
        rows_received=F("rows_received") + received,
        rows_applied=F("rows_applied") + applied,
        rows_unchanged=F("rows_unchanged") + unchanged,
        rows_rejected=F("rows_rejected") + rejected,
        rows_held=F("rows_held") + held,
    )


__all__ = [
    "MISSING",
    "FileNotFinished",
    "Sender",
    "chunks_of",
    "label_of",
    "receive_chunk",
    "release_rows_waiting_for_header",
]

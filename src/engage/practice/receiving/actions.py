"""Receiving a file: nothing acknowledged is lost, and nothing is half done.

Rows are written set-wise in chunks, each chunk in one transaction with its share of the
receipt. After a crash, sending the file again goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.db import DataError, IntegrityError, connection
from django.db.models import F

from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label
from engage.practice.access.reach import compartments
from engage.practice.agencies.models import Agency, Staff
from engage.practice.front_door.actions import write_calls, write_referrals
from engage.practice.missing.actions import derive_episodes, write_interviews, write_reports
from engage.practice.people.actions import (
    SourceInput,
    link_records,
    write_facts,
    write_records,
    write_sources,
)
from engage.practice.people.models import Record, RecordDetail, SourceRecord
from engage.practice.screening.actions import open_first_looks

from . import permissions
from .drawing import draw
from .feeds import format_called, formats
from .models import AddedFormat, ReceivedFile, RowProblem, SetAsideRow
from .reading import FileRefused, Format, Problem, Reading, Row, parse_format, read_file
from .reading.formats import Sheet
from .reading.rows import row_again

CHUNK = 5000
RECEIPT = ("C24", Label.RAW)  # counts and sentences, for anybody of the agency that sent the file
HEADER_MISSING = "rule_INT04"
Progress = Callable[[int, int | None], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Received:
    file: ReceivedFile
    already: bool  # the same bytes were received before: nothing changed


def receiver() -> Staff:
    return Staff.objects.select_related("agency", "team").get(code="service_receiver")


def receive_file(
    path: Path,
    *,
    format_code: str,
    agency: Agency,
    by: Staff,
    now: datetime,
    file_name: str,
    collection_year: int | None = None,
    progress: Progress | None = None,
) -> Received:
    """Receive one file for `agency` and give its receipt.

    A refused file leaves its receipt and nothing else. Raises UnknownFormat, and NotPermitted
    where `by` may not hand in this format for this agency.
    """
    format = format_called(format_code)
    permissions.may_send(by, agency, format).enforce()
    digest = sha256_of(path)
    with _one_at_a_time(agency, format, digest):
        file, reading, already = _open_receipt(
            path, format, agency, by, now, file_name, digest, collection_year
        )
        if reading is not None:
            _receive_rows(file, reading, agency, now, progress)
        return Received(file, already)


def sha256_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def _one_at_a_time(agency: Agency, format: Format, digest: str) -> Iterator[None]:
    """The same file sent twice at the same moment: the second waits and gets the first one's receipt."""
    key = int.from_bytes(
        hashlib.sha256(f"{agency.pk} {format.code} {digest}".encode()).digest()[:8], signed=True
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _open_receipt(
    path: Path,
    format: Format,
    agency: Agency,
    by: Staff,
    now: datetime,
    file_name: str,
    digest: str,
    collection_year: int | None,
) -> tuple[ReceivedFile, Reading | None, bool]:
    """A new receipt, the one of an earlier sending, or the one a crash left unfinished."""
    service = receiver()
    with acting_as(service, now=now):
        earlier = (
            ReceivedFile.objects.visible_to(service)
            .select_related("agency")
            .filter(agency=agency, format=format.code, sha256=digest)
            .exclude(state=ReceivedFile.State.REFUSED)
            .first()
        )
    if earlier and earlier.state == ReceivedFile.State.RECEIVED:
        return earlier, None, True
    try:
        reading = read_file(path, format, collection_year=collection_year, known_formats=formats().values())
    except FileRefused as refusal:
        return _refused(path, format, agency, by, now, file_name, digest, refusal), None, False
    if earlier:
        return earlier, reading, False
    with acting_as(service, now=now):
        compartment = compartments(agency, {RECEIPT})[RECEIPT]
    with acting_as(service, now=now):
        file = ReceivedFile.objects.create(
            compartment_id=compartment,
            agency=agency,
            format=format.code,
            file_name=file_name[:255],
            sha256=digest,
            size_bytes=path.stat().st_size,
            collection_year=reading.collection_year,
            by=by,
            received_at=now,
            rows_expected=reading.row_count,
            flags=[{"code": flag.code, "sentence": flag.sentence} for flag in reading.flags],
            not_checked=list(reading.not_checked),
        )
        audit.record(audit.Verb.COLLECT, "receive_file", acting_for=agency.code, asked=file.pk)
    return file, reading, False


def _refused(
    path: Path,
    format: Format,
    agency: Agency,
    by: Staff,
    now: datetime,
    file_name: str,
    digest: str,
    refusal: FileRefused,
) -> ReceivedFile:
    service = receiver()
    with acting_as(service, now=now):
        compartment = compartments(agency, {RECEIPT})[RECEIPT]
    with acting_as(service, now=now):
        file = ReceivedFile.objects.create(
            compartment_id=compartment,
            agency=agency,
            format=format.code,
            file_name=file_name[:255],
            sha256=digest,
            size_bytes=path.stat().st_size,
            state=ReceivedFile.State.REFUSED,
            refusal_code=refusal.reason_code,
            refusal=refusal.sentence,
            by=by,
            received_at=now,
            finished_at=now,
        )
        audit.record(
            audit.Verb.COLLECT, "refuse_file", acting_for=agency.code, decision="refused", asked=file.pk
        )
    return file


def _receive_rows(
    file: ReceivedFile, reading: Reading, agency: Agency, now: datetime, progress: Progress | None
) -> None:
    _prepare_compartments(reading.format, agency, now)
    sheets = {sheet.name: sheet for sheet in reading.format.sheets}
    done = 0
    for number, rows in enumerate(_chunks(reading.rows()), start=1):
        if number > file.chunks_done:
            _receive_chunk(file, number, rows, sheets, reading.format, agency, now)
        done += len(rows)
        if progress:
            progress(done, reading.row_count)
    service = receiver()
    with acting_as(service, now=now):
        records = set(
            Record.objects.visible_to(service).filter(pk__in=_records_of(file)).values_list("pk", flat=True)
        )
        if records:
            outcome = link_records(records, by=service, now=now)
            people = set(outcome.persons)
            derive_episodes(people, now=now)
            open_first_looks(people, now=now)
        if reading.format.code == "ssda903-header":
            _release_rows_waiting_for_header(agency, now)
        ReceivedFile.objects.visible_to(service).filter(pk=file.pk).update(
            state=ReceivedFile.State.RECEIVED, finished_at=now
        )
    with acting_as(service, now=now):
        file.refresh_from_db(from_queryset=ReceivedFile.objects.visible_to(service).select_related("agency"))


def _records_of(file: ReceivedFile):
    """Records that rows of this file named, found through what they sent."""
    sent = SourceRecord.objects.filter(file_id=file.pk).values("pk")
    return RecordDetail.objects.filter(source_id__in=sent, current=True).values("record_id")


def _prepare_compartments(format: Format, agency: Agency, now: datetime) -> None:
    """Make what the format may need at once: one compilation, not one a chunk."""
    wanted = {RECEIPT, ("C06", Label.SUMMARY), ("C03", Label.FULL), ("C03P", Label.FULL)}
    for sheet in format.sheets:
        raw = {sheet.raw_category, *(sheet.raw_category_from[1].values() if sheet.raw_category_from else ())}
        wanted |= {(category, Label.RAW) for category in raw}
        for column in sheet.columns:
            categories = raw if column.category == "row" else {column.category}
            wanted |= {(category, Label.FULL) for category in categories}
            wanted |= {(part.category, Label.SUMMARY) for part in column.derived if part.category != "row"}
            if column.category in ("C01", "C21", "C26"):
                wanted.add((column.category, Label.SUMMARY))
    with acting_as(receiver(), now=now):
        compartments(agency, wanted)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Up to CHUNK rows, cut earlier where a reference comes again: each version needs the one before."""
    chunk: list[Row] = []
    seen: set[tuple[str | None, str | None]] = set()
    for row in rows:
        key = (row.sheet, row.reference)
        if len(chunk) >= CHUNK or (row.reference is not None and key in seen):
            yield chunk
            chunk, seen = [], set()
        chunk.append(row)
        seen.add(key)
    if chunk:
        yield chunk


def _receive_chunk(
    file: ReceivedFile,
    number: int,
    rows: list[Row],
    sheets: dict[str | None, Sheet],
    format: Format,
    agency: Agency,
    now: datetime,
) -> None:
    """One transaction: the rows, their share of the receipt, and the mark that this chunk is done."""
    service = receiver()
    try:
        with acting_as(service, now=now):
            _write_chunk(file, rows, sheets, format, agency, service, now, chunk=number)
    except (DataError, IntegrityError) as failure:
        log.warning("A chunk of %d rows could not be kept (%s): divided.", len(rows), type(failure).__name__)
        with acting_as(service, now=now):
            _write_divided(file, rows, sheets, format, agency, service, now)
            _count(file, chunk=number)


def _write_divided(file, rows, sheets, format, agency, service, now) -> None:
    """Find the row the database refuses by halving; only that row is rejected."""
    try:
        with acting_as(service, now=now):
            _write_chunk(file, rows, sheets, format, agency, service, now, chunk=None)
        return
    except (DataError, IntegrityError):
        if len(rows) > 1:
            half = len(rows) // 2
            _write_divided(file, rows[:half], sheets, format, agency, service, now)
            _write_divided(file, rows[half:], sheets, format, agency, service, now)
            return
    row = rows[0]
    sentence = "The row holds something that cannot be kept. Check for very long or unusual values and send it again."
    problem = Problem(row.number, None, "rejected", "not_keepable", sentence, row.sheet)
    sheet = sheets[row.sheet if row.sheet in sheets else None]
    _set_aside(file, [(row, sheet, (problem,), "rejected")], format, agency, service, now)
    _count(file, received=1, rejected=1)


def _write_chunk(file, rows, sheets, format, agency, service, now, *, chunk: int | None) -> None:
    accepted: list[tuple[Row, Sheet]] = []
    aside: list[tuple[Row, Sheet, tuple[Problem, ...], str]] = []
    remarks: list[Problem] = []
    waiting = _without_header(rows, format, agency, service)
    for row in rows:
        sheet = sheets[row.sheet if row.sheet in sheets else None]
        problems = row.problems
        outcome = row.outcome
        if outcome == "apply" and row.identity in waiting:
            outcome = "held"
            problems = (*problems, _no_header(row))
        if outcome == "apply":
            accepted.append((row, sheet))
            remarks += problems
        else:
            aside.append((row, sheet, problems, outcome))
    applied, unchanged = _apply(file, accepted, format, agency, service, now)
    _set_aside(file, aside, format, agency, service, now)
    _remark(file, remarks)
    _count(
        file,
        chunk=chunk,
        received=len(rows),
        applied=applied,
        unchanged=unchanged,
        rejected=sum(outcome == "rejected" for *_, outcome in aside),
        held=sum(outcome == "held" for *_, outcome in aside),
    )
    audit.record(
        audit.Verb.COLLECT,
        "receive_rows",
        acting_for=agency.code,
        asked=file.pk,
        counts={"rows": len(rows), "applied": applied, "unchanged": unchanged},
    )


def _apply(
    file: ReceivedFile | None,
    accepted: list[tuple[Row, Sheet]],
    format: Format,
    agency: Agency,
    service: Staff,
    now: datetime,
) -> tuple[int, int]:
    """Write what the rows say. Returns how many were applied and how many said nothing new."""
    outcomes = write_sources(
        [
            SourceInput(
                agency=agency,
                format=f"{format.code}/{sheet.name}" if sheet.name else format.code,
                reference=row.reference or "",
                raw_category=sheet.category_of_row(row.values),
                content=dict(row.as_sent),
                file_id=file.pk if file else None,
                row_number=row.number,
                withdrawn=row.withdrawn,
            )
            for row, sheet in accepted
        ],
        by=service,
        now=now,
    )
    drawn = [
        (draw(row, sheet, format, agency, outcome.source_id, now), outcome.source_id)
        for (row, sheet), outcome in zip(accepted, outcomes, strict=True)
        if outcome.outcome != "unchanged"
    ]
    if drawn:
        records = write_records([one.identity for one, _ in drawn], by=service, now=now)
        placed = [(one, records[one.identity.key], source) for one, source in drawn]
        sources = [source for _, _, source in placed]
        write_facts(
            [fact for one, record, source in placed for fact in one.fact_inputs(agency, record, source)],
            by=service,
            now=now,
            sources=sources,
        )
        for write, told in (
            (write_referrals, "referral_input"),
            (write_calls, "call_input"),
            (write_reports, "report_input"),
            (write_interviews, "interview_input"),
        ):
            said = [getattr(one, told)(agency, record, source) for one, record, source in placed]
            write([one for one in said if one is not None], by=service, now=now)
        people = set(
            Record.objects.visible_to(service)
            .filter(pk__among=set(records.values()))
            .values_list("person_id", flat=True)
        )
        derive_episodes(people, now=now)
        open_first_looks(people, now=now)
        _replaced(agency, format, [row.reference for row, _ in accepted if row.reference], service, now)
    return len(drawn), len(accepted) - len(drawn)


def _without_header(rows: list[Row], format: Format, agency: Agency, service: Staff) -> set[str]:
    """Children of the missing file whose header row has not come: their rows wait for it (rule INT04)."""
    if format.code != "ssda903-missing":
        return set()
    children = {row.identity for row in rows if row.identity}
    known = set(
        SourceRecord.objects.visible_to(service)
        .filter(agency=agency, format="ssda903-header", reference__in=children)
        .values_list("reference", flat=True)
    )
    return children - known


def _no_header(row: Row) -> Problem:
    sentence = (
        "Rule INT04: the child is not in the header file yet. The row is released when the header row comes."
    )
    return Problem(row.number, "CHILD", "held", HEADER_MISSING, sentence, row.sheet)


def _release_rows_waiting_for_header(agency: Agency, now: datetime) -> None:
    """Apply the missing rows that waited for their child's header row."""
    service = receiver()
    format = format_called("ssda903-missing")
    sheet = format.sheets[0]
    waiting = list(
        SetAsideRow.objects.visible_to(service)
        .filter(
            agency=agency,
            format=format.code,
            state=SetAsideRow.State.HELD,
            reason_code=HEADER_MISSING,
        )
        .order_by("file_id", "row_number")
    )
    rows = [(held, row_again(sheet, held.content, held.row_number)) for held in waiting]
    children = _without_header([row for _, row in rows], format, agency, service)
    ready = [(held, row) for held, row in rows if row.outcome == "apply" and row.identity not in children]
    for start in range(0, len(ready), CHUNK):
        part = ready[start : start + CHUNK]
        _apply(None, [(row, sheet) for _, row in part], format, agency, service, now)
        SetAsideRow.objects.visible_to(service).filter(pk__among=[held.pk for held, _ in part]).update(
            state=SetAsideRow.State.RELEASED, settled_at=now, settled_by=service
        )


def _set_aside(file, aside, format: Format, agency: Agency, service: Staff, now: datetime) -> None:
    if not aside:
        return
    raw = compartments(agency, {(sheet.category_of_row(row.values), Label.RAW) for row, sheet, _, _ in aside})
    SetAsideRow.objects.bulk_create(
        [
            SetAsideRow(
                id=uuid4(),
                compartment_id=raw[sheet.category_of_row(row.values), Label.RAW],
                file=file,
                agency=agency,
                format=format.code,
                sheet=row.sheet or "",
                row_number=row.number,
                reference=row.reference or "",
                content=dict(row.as_sent),
                state=outcome,
                reason_code=next(p.reason_code for p in problems if p.outcome == outcome),
            )
            for row, sheet, problems, outcome in aside
        ],
        batch_size=1000,
    )
    _remark(file, [problem for _, _, problems, _ in aside for problem in problems])


def _remark(file: ReceivedFile, problems: list[Problem]) -> None:
    RowProblem.objects.bulk_create(
        [
            RowProblem(
                id=uuid4(),
                compartment_id=file.compartment_id,
                file=file,
                sheet=problem.sheet or "",
                row_number=problem.row,
                column=problem.column or "",
                outcome=problem.outcome,
                reason_code=problem.reason_code,
                sentence=problem.sentence,
            )
            for problem in problems
        ],
        batch_size=1000,
    )


def _replaced(agency: Agency, format: Format, references: list[str], service: Staff, now: datetime) -> None:
    """Rows set aside earlier whose reference has now been applied wait no longer."""
    SetAsideRow.objects.visible_to(service).filter(
        agency=agency, format=format.code, state=SetAsideRow.State.HELD, reference__in=references
    ).update(state=SetAsideRow.State.REPLACED, settled_at=now, settled_by=service)


def _count(
    file: ReceivedFile,
    *,
    chunk: int | None = None,
    received: int = 0,
    applied: int = 0,
    unchanged: int = 0,
    rejected: int = 0,
    held: int = 0,
) -> None:
    ReceivedFile.objects.filter(pk=file.pk).update(
        rows_received=F("rows_received") + received,
        rows_applied=F("rows_applied") + applied,
        rows_unchanged=F("rows_unchanged") + unchanged,
        rows_rejected=F("rows_rejected") + rejected,
        rows_held=F("rows_held") + held,
        **({"chunks_done": chunk} if chunk is not None else {}),
    )


def add_format(toml: str, *, by: Staff, now: datetime) -> AddedFormat:
    """An administrator adds a format, or replaces one added before. Raises FormatError in plain words."""
    permissions.may_add_formats(by).enforce()
    format = parse_format(toml)
    with acting_as(by, now=now):
        added, _ = AddedFormat.objects.update_or_create(
            code=format.code, defaults={"toml": toml, "added_at": now, "added_by": by}
        )
        audit.record(audit.Verb.ALTER, "add_format")
    return added


__all__ = ["Received", "add_format", "receive_file", "receiver", "sha256_of"]

"""Receiving one file.

Rows are written set-wise in chunks, each chunk in one transaction with its share of the
receipt. After a crash, sending the file again goes on after the last row that was kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.db import connection

from engage.practice.access import audit, scanner
from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label
from engage.practice.access.reach import compartments, make_compartments
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.actions import link_records
from engage.practice.people.models import RecordDetail, SourceRecord

from .. import permissions
from ..feeds import format_called, formats, limits
from ..models import ReceivedFile
from ..reading import FileRefused, Format, Reading, read_file
from ..reading.cells import storable
from .chunks import Sender, chunks_of, label_of, receive_chunk, release_rows_waiting_for_header
from .no_longer_sent import SNAPSHOT, mark_no_longer_sent
from .statutory_headers import HEADER, MISSING

ROWS_AT_ONCE = 5000
RECEIPT = ("C24", Label.RAW)  # counts and sentences, for anybody of the agency that sent the file
NO_LONGER_SENT = "{} records of earlier files are not in this one. They stay, marked as no longer sent."
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Received:
    file: ReceivedFile
    already: bool  # the same bytes were received before: nothing changed


@dataclass(frozen=True)
class Sending:
    """One file on its way in."""

    path: Path
    format: Format
    agency: Agency
    by: Staff
    service: Staff
    now: datetime
    file_name: str
    sha256: str
    size_bytes: int
    collection_year: int | None
    sheet: str  # of a workbook; empty: those of the format, or the first


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
    sheet: str = "",
    progress: Progress | None = None,
    rows_at_once: int = ROWS_AT_ONCE,
) -> Received:
    """Receive one file for `agency` and give its receipt.

    `sheet`: the sheet of a workbook to read instead of the first. A refused file leaves its receipt and nothing else.
    Raises FileNotFinished where the fault is ours, ScannerAway where files are scanned and the scanner does not answer,
    UnknownFormat, and NotPermitted where `by` may not hand in this format for this agency.
    """
    format = format_called(format_code)
    permissions.may_send(by, agency, format).enforce()
    sending = Sending(
        path=path,
        format=format,
        agency=agency,
        by=by,
        service=receiver(),
        now=now,
        file_name=storable(file_name)[:255],
        sha256=sha256_of(path),
        size_bytes=path.stat().st_size,
        collection_year=collection_year if format.statutory_rules else None,
        sheet=storable(sheet).strip()[:60],
    )
    with _one_at_a_time(sending):
        file, reading, already = _open_receipt(sending)
        if reading is not None:
            _receive_rows(file, reading, sending, progress, rows_at_once)
        elif format.kind == SNAPSHOT and file.state == ReceivedFile.State.RECEIVED:
            _list_again(file, sending)
        return Received(file, already)


def sha256_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def _one_at_a_time(sending: Sending) -> Iterator[None]:
    """The same file sent twice at the same moment: the second waits and gets the first one's receipt."""
    name = f"{sending.agency.pk} {sending.format.code} {sending.sha256}"
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
    try:
        yield
    finally:
        # A lost connection has given the lock back by itself, and its own error is the one to show.
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _open_receipt(sending: Sending) -> tuple[ReceivedFile, Reading | None, bool]:
    """A new receipt, the one of an earlier sending, or the one a crash left unfinished."""
    try:
        with refusing_malware(sending.file_name):
            scanner.scan_path(sending.path)
    except FileRefused as refusal:
        file, already = _refuse(sending, refusal)
        return file, None, already
    earlier = None
    if sending.collection_year or not sending.format.statutory_rules:
        earlier = _received_before(sending, sending.collection_year)
    if earlier and earlier.state == ReceivedFile.State.RECEIVED:
        return earlier, None, True
    try:
        reading = _read(sending)
    except FileRefused as refusal:
        file, already = _refuse(sending, refusal)
        return file, None, already
    earlier = earlier or _received_before(sending, reading.collection_year)
    if earlier and earlier.state == ReceivedFile.State.RECEIVED:
        return earlier, None, True
    if earlier:
        return earlier, reading, False
    file = _new_receipt(
        sending,
        "receive_file",
        collection_year=reading.collection_year,
        rows_expected=reading.row_count,
        flags=[{"code": flag.code, "sentence": flag.sentence} for flag in reading.flags],
        not_checked=list(reading.not_checked),
    )
    return file, reading, False


def _refuse(sending: Sending, refusal: FileRefused) -> tuple[ReceivedFile, bool]:
    """The receipt, and whether it is an earlier one: the file was looked at again, because format, limit or signatures
    may have changed; refused for the same reason, nothing has."""
    before = _refused_before(sending)
    if before and (before.refusal_code, before.refusal) == (refusal.reason_code, refusal.sentence):
        return before, True
    refused = _new_receipt(
        sending,
        "refuse_file",
        state=ReceivedFile.State.REFUSED,
        refusal_code=refusal.reason_code,
        refusal=refusal.sentence,
        finished_at=sending.now,
    )
    return refused, False


@contextmanager
def refusing_malware(file_name: str) -> Iterator[None]:
    """What the scanner found, in words for the sender. ScannerAway passes: that is no fault of the file."""
    try:
        yield
    except scanner.MalwareFound as found:
        raise FileRefused(
            "malware",
            f"The scanner found malware in the file “{file_name}” ({found}). Nothing of it was read or kept. "
            "Do not open it or send it again: tell whoever looks after your computers.",
        ) from None
    except scanner.NotScannedWhole:
        raise FileRefused(
            "not_scanned_whole",
            f"The file “{file_name}” is larger, or more deeply packed, than the malware scanner looks into. Nothing of "
            "it was read or kept. Send it in parts, or ask whoever runs Engage.",
        ) from None


def refuse_upload(
    parts: Iterable[bytes], refusal: FileRefused, *, format: Format, by: Staff, now: datetime, file_name: str
) -> ReceivedFile:
    """The receipt of a file that was refused before it was put aside. `parts` are read once more, for their hash alone."""
    digest, size = hashlib.sha256(), 0
    for part in parts:
        digest.update(part)
        size += len(part)
    sending = Sending(
        path=Path(),
        format=format,
        agency=by.agency,
        by=by,
        service=receiver(),
        now=now,
        file_name=storable(file_name)[:255],
        sha256=digest.hexdigest(),
        size_bytes=size,
        collection_year=None,
        sheet="",
    )
    return _refuse(sending, refusal)[0]


def _read(sending: Sending) -> Reading:
    return read_file(
        sending.path,
        sending.format,
        limits=limits(),
        sheet=sending.sheet or None,
        collection_year=sending.collection_year,
        known_formats=formats().values(),
    )


def _received_before(sending: Sending, collection_year: int | None) -> ReceivedFile | None:
    """The receipt of the same bytes; for another collection year or sheet they are another file."""
    with acting_as(sending.service, now=sending.now):
        return (
            _of_the_same_bytes(sending)
            .exclude(state=ReceivedFile.State.REFUSED)
            .filter(collection_year=collection_year)
            .first()
        )


def _refused_before(sending: Sending) -> ReceivedFile | None:
    with acting_as(sending.service, now=sending.now):
        return _of_the_same_bytes(sending).filter(state=ReceivedFile.State.REFUSED).first()


def _of_the_same_bytes(sending: Sending):
    return (
        ReceivedFile.objects.visible_to(sending.service)
        .select_related("agency")
        .filter(
            agency=sending.agency,
            format=sending.format.code,
            sha256=sending.sha256,
            sheet=sending.sheet,
        )
        .order_by("-received_at")
    )


def _new_receipt(sending: Sending, deed: str, **told: object) -> ReceivedFile:
    with acting_as(sending.service, now=sending.now):
        compartment = compartments(sending.agency, {RECEIPT})[RECEIPT]
    with acting_as(sending.service, now=sending.now):
        file = ReceivedFile.objects.create(
            compartment_id=compartment,
            agency=sending.agency,
            format=sending.format.code,
            file_name=sending.file_name,
            sheet=sending.sheet,
            sha256=sending.sha256,
            size_bytes=sending.size_bytes,
            by=sending.by,
            received_at=sending.now,
            **told,
        )
        audit.record(
            audit.Verb.COLLECT,
            deed,
            acting_for=sending.agency.code,
            decision="refused" if file.state == ReceivedFile.State.REFUSED else "allowed",
            asked=file.pk,
        )
    return file


def _receive_rows(
    file: ReceivedFile, reading: Reading, sending: Sending, progress: Progress | None, rows_at_once: int
) -> None:
    service, now = sending.service, sending.now
    sender = Sender(sending.agency, reading.format, service, now)
    prepare_compartments([(sender.agency, sender.format)], now=now)
    done = file.rows_received
    for rows in chunks_of(islice(reading.rows(), done, None), rows_at_once):
        receive_chunk(file, rows, sender)
        done += len(rows)
        if progress:
            progress(done, reading.row_count)
    with acting_as(service, now=now):
        records = _records_of(file, service)
        if records:
            # Episodes and first looks follow: regrouping tells those apps whom it touched.
            link_records(records, by=service, now=now)
        if reading.format.code == HEADER:
            release_rows_waiting_for_header(Sender(sending.agency, format_called(MISSING), service, now))
        flags = list(file.flags)
        if reading.format.kind == SNAPSHOT and (gone := mark_no_longer_sent(reading, sender)):
            flags.append({"code": "no_longer_sent", "sentence": NO_LONGER_SENT.format(gone)})
        ReceivedFile.objects.visible_to(service).filter(pk=file.pk).update(
            state=ReceivedFile.State.RECEIVED, finished_at=now, flags=flags
        )
    with acting_as(service, now=now):
        file.refresh_from_db(from_queryset=ReceivedFile.objects.visible_to(service).select_related("agency"))


def _list_again(file: ReceivedFile, sending: Sending) -> None:
    """The same whole list once more: since then another may have come, so who is in it is told anew."""
    sender = Sender(sending.agency, sending.format, sending.service, sending.now)
    reading = _read(sending)
    with acting_as(sending.service, now=sending.now):
        marked = mark_no_longer_sent(reading, sender)
        audit.record(
            audit.Verb.COLLECT,
            "list_again",
            acting_for=sending.agency.code,
            asked=file.pk,
            counts={"no_longer_sent": marked},
        )


def _records_of(file: ReceivedFile, service: Staff) -> set[UUID]:
    """Records that rows of this file named, found through what they sent."""
    # In two steps: as one statement the database, that knows little of fresh rows, looks each one up.
    sent = SourceRecord.objects.visible_to(service).filter(file_id=file.pk).values_list("pk", flat=True)
    told = RecordDetail.objects.visible_to(service).filter(source__among=list(sent), current=True)
    return set(told.values_list("record_id", flat=True))


def prepare_compartments(expected: Iterable[tuple[Agency, Format]], *, now: datetime) -> None:
    """Make what these agencies' formats may need at once: one compilation, not one a file or chunk."""
    with acting_as(receiver(), now=now):
        make_compartments(
            (agency, category, label)
            for agency, format in expected
            for category, label in _compartments_needed(format)
        )


def _compartments_needed(format: Format) -> set[tuple[str, str]]:
    wanted: set[tuple[str, str]] = {
        RECEIPT,
        ("C06", Label.SUMMARY),
        ("C03", Label.FULL),
        ("C03P", Label.FULL),
    }
    for sheet in format.sheets:
        raw = {sheet.raw_category, *(sheet.raw_category_from[1].values() if sheet.raw_category_from else ())}
        wanted |= {(category, label_of(sheet)) for category in raw}
        if sheet.hold:
            continue
        for column in sheet.columns:
            categories = raw if column.category == "row" else {column.category}
            wanted |= {(category, Label.FULL) for category in categories}
            wanted |= {(part.category, Label.SUMMARY) for part in column.derived if part.category != "row"}
            if column.category in ("C01", "C21", "C26"):
                wanted.add((column.category, Label.SUMMARY))
    return wanted


__all__ = [
    "ROWS_AT_ONCE",
    "Received",
    "prepare_compartments",
    "receive_file",
    "receiver",
    "refuse_upload",
    "refusing_malware",
    "sha256_of",
]

"""Files handed in on the page, kept on disk between the preview and the receiving: encrypted, each under its own key."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from engage.practice.access import scanner
from engage.practice.access.encrypted_files import decrypted, in_clear, write_encrypted
from engage.practice.access.gate import acting_as
from engage.practice.access.keys import DoesNotOpen, KeyProblem, live_key
from engage.practice.access.reach import compartments
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import SourceRecord

from . import permissions
from .actions import RECEIPT, receiver, refusing_malware
from .actions.applying import name_of
from .actions.not_again import kept_out
from .actions.statutory_headers import Headers
from .feeds import format_called, formats, limits
from .reading import FileRefused, Format, Reading, Row, preview, read_file
from .reading.cells import storable

# Beyond this many rows the preview says what would become of the first ones.
MOST_ROWS_COMPARED = 20_000
# An upload that nobody received or discarded.
KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Upload:
    id: str
    format: str
    agency: str
    staff: str
    file_name: str
    collection_year: int | None = None  # None: the year of its latest date
    sheet: str = ""  # empty: those of the format, or the first

    @property
    def path(self) -> Path:
        return settings.RECEIVED_FOLDER / f"{self.id}.upload"

    @property
    def about(self) -> Path:
        return self.path.with_suffix(".json")


def keep(
    sent: UploadedFile, *, format: str, by: Staff, collection_year: int | None = None, sheet: str = ""
) -> Upload:
    """Raises FileRefused where the scanner found something, ScannerAway where it does not answer; then nothing is kept."""
    with refusing_malware(storable((sent.name or "file")[:255])):
        scanner.scan(sent.chunks())
    upload = Upload(
        id=str(uuid4()),
        format=format,
        agency=by.agency.code,
        staff=by.code,
        file_name=(sent.name or "file")[:255],
        collection_year=collection_year,
        sheet=sheet,
    )
    settings.RECEIVED_FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    with transaction.atomic():
        key = live_key(compartments(by.agency, {RECEIPT})[RECEIPT])
        write_encrypted(sent.chunks(), upload.path, name=upload.id, key=key)
        # What was said of it too: a file's name may be a child's.
        write_encrypted([json.dumps(asdict(upload)).encode()], upload.about, name=upload.about.name, key=key)
    return upload


@contextmanager
def opened(upload: Upload) -> Iterator[Path]:
    """The file as it was handed in, for as long as it is read. Raises DoesNotOpen where it was altered or cut."""
    with in_clear(upload.path, name=upload.id) as path:
        yield path


def sha256_of(upload: Upload) -> str:
    """Of the file as it was handed in, which its receipt names too."""
    digest = hashlib.sha256()
    for part in decrypted(upload.path, name=upload.id):
        digest.update(part)
    return digest.hexdigest()


def kept(upload_id: UUID, *, by: Staff) -> Upload:
    """An upload of this person. Raises FileNotFoundError for anybody else's."""
    upload = kept_by_anybody(upload_id)
    if upload.staff != by.code:
        raise FileNotFoundError
    return upload


def kept_by_anybody(upload_id: UUID) -> Upload:
    about = settings.RECEIVED_FOLDER / f"{UUID(str(upload_id))}.json"
    return Upload(**json.loads(b"".join(decrypted(about, name=about.name))))


def discard(upload: Upload) -> None:
    upload.path.unlink(missing_ok=True)
    upload.about.unlink(missing_ok=True)


def discard_older_than(age: timedelta, *, now: datetime, but: Set[str] = frozenset()) -> int:
    """How many files of uploads were thrown away. `but`: ids of uploads that somebody said to receive."""
    old = [
        path
        for path in settings.RECEIVED_FOLDER.glob("*")
        if path.suffix in (".upload", ".json")
        and path.stem not in but
        and datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - age
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def check_all() -> tuple[int, list[str]]:
    """How many of the files on the disk open, to the last byte; which do not."""
    opened, problems = 0, []
    for path in sorted(settings.RECEIVED_FOLDER.glob("*.upload")):
        try:
            for _ in decrypted(path, name=path.stem):
                pass
            opened += 1
        except (DoesNotOpen, KeyProblem) as problem:
            problems.append(f"Upload {path.stem}: {problem}")
    return opened, problems


@dataclass(frozen=True)
class Preview:
    reading: Reading | None
    rows: list[Row]
    refusal: FileRefused | None
    compared: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    held: int = 0
    rejected: int = 0


def look_into(upload: Upload, *, by: Staff, now: datetime) -> Preview:
    """The first rows, and what would change; nothing is kept. Raises NotPermitted.

    The counts tell which rows are known, so they are of the person's own agency and for who sends its files.
    """
    format = format_called(upload.format)
    permissions.may_look_into(by, by.agency, format).enforce()
    with opened(upload) as path:
        return _look_into(path, upload, format, by=by, now=now)


def _look_into(path: Path, upload: Upload, format: Format, *, by: Staff, now: datetime) -> Preview:
    try:
        _, first = preview(path, format, limits=limits(), sheet=upload.sheet or None)
        reading = read_file(
            path,
            format,
            limits=limits(),
            sheet=upload.sheet or None,
            collection_year=upload.collection_year,
            known_formats=formats().values(),
        )
    except FileRefused as refusal:
        return Preview(None, [], refusal)
    counts = dict.fromkeys(("new", "changed", "unchanged", "held", "rejected"), 0)
    compared = 0
    rows = islice(reading.rows(), MOST_ROWS_COMPARED)
    service = receiver()
    # Compared by the service that will receive them: who sends an agency's files need not be able to read all
    # that its rows hold, and counts alone come back.
    with acting_as(service, now=now):
        while batch := list(islice(rows, 2000)):
            compared += len(batch)
            _compare(batch, format, by.agency, service, counts)
    return Preview(reading, first, None, compared, **counts)


def _compare(rows: list[Row], format: Format, agency: Agency, service: Staff, counts: dict[str, int]) -> None:
    headers = Headers(rows, format, agency, service)
    sheets = {sheet.name: sheet for sheet in format.sheets}
    wanted: dict[str, list[Row]] = defaultdict(list)
    out = kept_out(rows, format, agency)
    for row in rows:
        if row.outcome != "apply":
            counts[row.outcome] += 1
        elif (row.sheet, row.number) in out or headers.problem(row):
            counts["held"] += 1
        else:
            wanted[name_of(format, sheets.get(row.sheet) or format.sheets[0])].append(row)
    for name, named in wanted.items():
        before = dict(
            SourceRecord.objects.visible_to(service)
            .filter(agency=agency, format=name, reference__in={row.reference for row in named})
            .order_by("reference", "-version")
            .distinct("reference")
            .values_list("reference", "content")
        )
        for row in named:
            sent = before.get(row.reference)
            counts["new" if sent is None else "unchanged" if sent == dict(row.as_sent) else "changed"] += 1
            before[row.reference] = dict(row.as_sent)

"""Files handed in on the page, kept on disk between the preview and the receiving."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import SourceRecord

from .feeds import format_called
from .reading import FileRefused, Reading, Row, preview, read_file

# Beyond this many rows the preview says what would become of the first ones.
MOST_ROWS_COMPARED = 20_000


@dataclass(frozen=True)
class Upload:
    id: str
    format: str
    agency: str
    staff: str
    file_name: str

    @property
    def path(self) -> Path:
        return settings.RECEIVED_FOLDER / f"{self.id}.upload"


def keep(sent: UploadedFile, *, format: str, by: Staff) -> Upload:
    settings.RECEIVED_FOLDER.mkdir(parents=True, exist_ok=True)
    upload = Upload(str(uuid4()), format, by.agency.code, by.code, (sent.name or "file")[:255])
    with upload.path.open("wb") as kept:
        for part in sent.chunks():
            kept.write(part)
    upload.path.with_suffix(".json").write_text(json.dumps(asdict(upload)))
    return upload


def kept(upload_id: UUID, *, by: Staff) -> Upload:
    """An upload of this person. Raises FileNotFoundError for anybody else's."""
    upload = kept_by_anybody(upload_id)
    if upload.staff != by.code:
        raise FileNotFoundError
    return upload


def kept_by_anybody(upload_id: UUID) -> Upload:
    return Upload(**json.loads((settings.RECEIVED_FOLDER / f"{UUID(str(upload_id))}.json").read_text()))


def discard(upload: Upload) -> None:
    upload.path.unlink(missing_ok=True)
    upload.path.with_suffix(".json").unlink(missing_ok=True)


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


def look_into(upload: Upload, *, by: Staff) -> Preview:
    """The first rows, and what would change; nothing is kept."""
    format = format_called(upload.format)
    try:
        _, first = preview(upload.path, format)
        reading = read_file(upload.path, format)
    except FileRefused as refusal:
        return Preview(None, [], refusal)
    counts = dict.fromkeys(("new", "changed", "unchanged", "held", "rejected"), 0)
    batch: list[Row] = []
    compared = 0
    for row in reading.rows():
        if compared == MOST_ROWS_COMPARED:
            break
        compared += 1
        if row.outcome == "apply":
            batch.append(row)
        else:
            counts[row.outcome] += 1
        if len(batch) == 2000:
            _compare(batch, upload, by, counts)
            batch = []
    _compare(batch, upload, by, counts)
    return Preview(reading, first, None, compared, **counts)


def _compare(rows: list[Row], upload: Upload, by: Staff, counts: dict[str, int]) -> None:
    agency = Agency.objects.get(code=upload.agency)
    held = {
        (source.format.partition("/")[2] or None, source.reference): source.content
        for source in SourceRecord.objects.visible_to(by)
        .filter(
            agency=agency, format__startswith=upload.format, reference__in=[row.reference for row in rows]
        )
        .order_by("version")
    }
    for row in rows:
        before = held.get((row.sheet if upload.format == "legacy-register" else None, row.reference))
        if before is None:
            counts["new"] += 1
        elif before == dict(row.as_sent):
            counts["unchanged"] += 1
        else:
            counts["changed"] += 1

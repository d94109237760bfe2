"""Receiving in the background. Arguments are ids alone; running a job twice changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from procrastinate.contrib.django import app

from engage.practice.access.doors import clock
from engage.practice.agencies.models import Staff

from . import uploads
from .actions import receive_file


@app.task(name="receive_upload", queue="receiving", lock="receiving", retry=3)
def receive_upload(upload_id: str) -> None:
    try:
        upload = uploads.kept_by_anybody(UUID(upload_id))
    except FileNotFoundError:
        return  # received before
    by = Staff.objects.select_related("agency").get(code=upload.staff)
    receive_file(
        upload.path,
        format_code=upload.format,
        agency=by.agency,
        by=by,
        now=clock(),
        file_name=upload.file_name,
    )
    uploads.discard(upload)


@app.periodic(cron="23 * * * *")
@app.task(name="discard_forgotten_uploads", queue="receiving", lock="receiving")
def discard_forgotten_uploads(timestamp: int) -> None:
    """A file looked into and never received does not stay on the disk."""
    # By the machine's clock, which also dated the files; the demo's own clock may run elsewhere.
    uploads.discard_older_than(uploads.KEPT_FOR, now=datetime.now(UTC))

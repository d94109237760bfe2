"""Receiving in the background. Arguments are ids alone; running a job twice changes nothing."""

from __future__ import annotations

from procrastinate.contrib.django import app

from engage.practice.access.doors import clock
from engage.practice.agencies.models import Staff

from . import uploads
from .actions import receive_file


@app.task(name="receive_upload", queue="receiving", lock="receiving", retry=3)
def receive_upload(upload_id: str) -> None:
    try:
        upload = uploads.kept_by_anybody(upload_id)
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

"""Receiving in the background. Arguments are ids alone; running a job twice changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Status

from engage.practice.access.doors import clock
from engage.practice.agencies.models import Staff

from . import uploads
from .actions import receive_file
from .uploads import Upload

# A few seconds for a connection that broke, ten minutes for a database that starts again.
AGAIN = RetryStrategy(max_attempts=4, exponential_wait=5)
# A file that ends its worker each time (by want of memory, say) must not do so for ever.
MOST_ATTEMPTS = 8


class Work(StrEnum):
    """How far the work on an upload is, as the person who waits for it needs to know."""

    GOES_ON = "goes_on"
    AGAIN_SOON = "again_soon"  # an attempt failed and another follows by itself
    STOPPED = "stopped"  # no further attempt follows


@app.task(name="receive_upload", queue="receiving", retry=AGAIN)
def receive_upload(upload_id: str) -> None:
    try:
        upload = uploads.kept_by_anybody(UUID(upload_id))
    except FileNotFoundError:
        return  # received before
    by = Staff.objects.select_related("agency").get(code=upload.staff)
    with uploads.opened(upload) as path:
        receive_file(
            path,
            format_code=upload.format,
            agency=by.agency,
            by=by,
            now=clock(),
            file_name=upload.file_name,
            collection_year=upload.collection_year,
            sheet=upload.sheet,
        )
    uploads.discard(upload)


def begin_receiving(upload: Upload) -> None:
    """One agency's files are received in the order in which they came; another agency's do not wait for them."""
    receive_upload.configure(lock=f"receiving {upload.agency}").defer(upload_id=upload.id)


def work_on(upload_id: UUID) -> Work:
    job = _jobs().filter(args__upload_id=str(upload_id)).order_by("-id").first()
    if job is None or job.status == Status.SUCCEEDED.value:
        return Work.GOES_ON
    if job.status in (Status.TODO.value, Status.DOING.value):
        return Work.AGAIN_SOON if job.attempts and job.status == Status.TODO.value else Work.GOES_ON
    return Work.STOPPED


def _jobs():
    return ProcrastinateJob.objects.filter(task_name=receive_upload.name)


# Due each minute, and so at once when a worker starts. Without a lock: a killed job would keep that for ever.
@app.periodic(cron="* * * * *", periodic_id="resume_stalled_jobs")
@app.task(name="resume_stalled_jobs", queue="receiving", queueing_lock="resume_stalled_jobs")
async def resume_stalled_jobs(timestamp: int) -> None:
    """A worker that was killed leaves its job as if it were still being done, and all that share its lock wait.

    For every queue. What a schedule brings again by itself is only put away.
    """
    for job in await app.job_manager.get_stalled_jobs():
        if job.queueing_lock or job.attempts >= MOST_ATTEMPTS:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await app.job_manager.retry_job(job)


@app.periodic(cron="23 * * * *", periodic_id="discard_forgotten_uploads")
@app.task(name="discard_forgotten_uploads", queue="receiving", queueing_lock="discard_forgotten_uploads")
def discard_forgotten_uploads(timestamp: int) -> None:
    """A file looked into and never received does not stay on the disk; one that waits to be received does."""
    waiting = (
        _jobs().filter(status__in=(Status.TODO.value, Status.DOING.value)).values_list("args", flat=True)
    )
    # By the machine's clock, which also dated the files; the demo's own clock may run elsewhere.
    uploads.discard_older_than(
        uploads.KEPT_FOR, now=datetime.now(UTC), but={args["upload_id"] for args in waiting}
    )

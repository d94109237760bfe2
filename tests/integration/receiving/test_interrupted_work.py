"""A worker that is killed, or fails: no other agency waits for it, and the person who waits is told."""

import asyncio
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.integration.receiving.conftest import as_csv
from tests.integration.receiving.test_the_page import GOOD, hand_in

from engage.practice.agencies.models import Staff
from engage.practice.receiving import jobs, uploads
from engage.practice.receiving.models import ReceivedFile


def left(status: str, attempts: int = 0) -> None:
    """As the jobs stand when their worker ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s, attempts = %s, worker_id = NULL", [status, attempts]
        )


def resume() -> None:
    # A browser test before this one may have left its loop in this thread, as if we stood inside it.
    left_behind = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        async_to_sync(jobs.resume_stalled_jobs.func)(timestamp=0)
    finally:
        asyncio._set_running_loop(left_behind)


def kept(code: str, name: str, number: int, format: str = "police-missing"):
    by = Staff.objects.select_related("agency").get(code=code)
    content = as_csv([GOOD | {"report_ref": f"LP/{number}"}])
    return uploads.keep(SimpleUploadedFile(name, content), format=format, by=by)


@pytest.fixture
def watched(browser):
    """A client and the page on which it waits for its file."""
    amir = browser("amir")
    looked = hand_in(amir, [GOOD])["Location"]
    return amir, amir.post(looked)["Location"]


def test_a_job_left_behind_by_a_killed_worker_is_done_by_the_next_one(own_database):
    with own_database.doors_open():
        jobs.begin_receiving(kept("amir", "killed.csv", 81))
        left("doing")
        jobs.begin_receiving(kept("amir", "behind.csv", 82))
    words = ("django", "procrastinate", "worker", "--one-shot", "--queues", "receiving")
    own_database.run(*words)
    with own_database.doors_open():
        assert ProcrastinateJob.objects.filter(task_name="receive_upload", status="todo").count() == 1
        resume()
    done = own_database.run(*words)
    assert done.returncode == 0, done.stderr
    with own_database.inside():
        states = dict(ReceivedFile.objects.values_list("file_name", "state"))
    assert states == {"killed.csv": "received", "behind.csv": "received"}


@pytest.mark.django_db
def test_one_agency_s_file_does_not_wait_for_another_s(people_at_work, site):
    for code in ("amir", "grace", "amir"):
        jobs.begin_receiving(kept(code, "x.csv", 1))
    first, other, second = ProcrastinateJob.objects.order_by("id").values_list("lock", flat=True)
    assert first == second != other


@pytest.mark.django_db
def test_a_job_that_ends_its_worker_each_time_is_not_tried_for_ever(watched):
    left("doing", jobs.MOST_ATTEMPTS)
    resume()
    assert [job.status for job in ProcrastinateJob.objects.all()] == ["failed"]


@pytest.mark.django_db
def test_work_of_a_schedule_that_was_killed_is_put_away_and_the_next_is_not_held_up(site):
    again = jobs.discard_forgotten_uploads
    again.defer(timestamp=1)
    left("doing")
    again.defer(timestamp=2)
    resume()
    assert [job.status for job in ProcrastinateJob.objects.order_by("id")] == ["failed", "todo"]


@pytest.mark.django_db
def test_the_page_says_that_a_failed_attempt_is_made_again(watched):
    amir, page = watched
    left("todo", 1)
    told = amir.get(page).content.decode()
    assert "begins again by itself" in told and "Waiting to begin" in told


@pytest.mark.django_db
def test_the_page_says_that_receiving_stopped_and_what_to_do(watched):
    amir, page = watched
    left("failed", 5)
    told = amir.get(page).content.decode()
    assert "Receiving stopped" in told and "Nothing is lost" in told
    assert "Hand in the same file again" in told and "data-poll" not in told and "http-equiv" not in told
    asked = amir.get(page, headers={"HX-Request": "true"})
    assert asked["HX-Refresh"] == "true" and not asked.content


@pytest.mark.django_db
def test_a_file_that_waits_to_be_received_is_not_thrown_away(watched, monkeypatch):
    monkeypatch.setattr(uploads, "KEPT_FOR", -uploads.KEPT_FOR)  # everything is old
    forgotten = kept("amir", "forgotten.csv", 1)
    waits = uploads.kept_by_anybody(UUID(ProcrastinateJob.objects.get().args["upload_id"]))
    jobs.discard_forgotten_uploads(timestamp=0)
    assert waits.path.exists() and not forgotten.path.exists()

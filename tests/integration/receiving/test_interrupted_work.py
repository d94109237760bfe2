"""A worker that is killed, or fails: no other agency waits for it, and the person who waits is told."""

from uuid import UUID

import pytest
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


def next_worker(own_database) -> dict[str, str]:
    """A worker starts, takes up what was left, and stops when nothing waits. Status of each job that it found."""
    with own_database.doors_open():
        jobs.resume_stalled_jobs.defer(timestamp=0)
        found = list(
            ProcrastinateJob.objects.exclude(task_name="resume_stalled_jobs").values_list("pk", flat=True)
        )
    done = own_database.run("django", "procrastinate", "worker", "--one-shot", "--queues", "receiving")
    assert done.returncode == 0, done.stderr
    with own_database.doors_open():
        return dict(ProcrastinateJob.objects.filter(pk__in=found).order_by("pk").values_list("pk", "status"))


@pytest.fixture
def left_alone(own_database):
    """A database of its own with no job in it."""
    with own_database.doors_open(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    return own_database


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


def test_a_job_left_behind_by_a_killed_worker_is_done_by_the_next_one(left_alone):
    with left_alone.doors_open():
        jobs.begin_receiving(kept("amir", "killed.csv", 81))
        left("doing")
        jobs.begin_receiving(kept("amir", "behind.csv", 82))
    assert list(next_worker(left_alone).values()) == ["succeeded", "succeeded"]
    with left_alone.inside():
        states = dict(ReceivedFile.objects.values_list("file_name", "state"))
    assert (states["killed.csv"], states["behind.csv"]) == ("received", "received")


def test_a_job_that_ends_its_worker_each_time_is_not_tried_for_ever(left_alone):
    with left_alone.doors_open():
        jobs.begin_receiving(kept("amir", "again.csv", 83))
        left("doing", jobs.MOST_ATTEMPTS)
    assert list(next_worker(left_alone).values()) == ["failed"]


def test_work_of_a_schedule_that_was_killed_is_put_away_and_the_next_is_not_held_up(left_alone):
    with left_alone.doors_open():
        jobs.discard_forgotten_uploads.defer(timestamp=1)
        left("doing")
        jobs.discard_forgotten_uploads.defer(timestamp=2)
    assert list(next_worker(left_alone).values()) == ["failed", "succeeded"]


@pytest.mark.django_db
def test_one_agency_s_file_does_not_wait_for_another_s(people_at_work, site):
    for code in ("amir", "grace", "amir"):
        jobs.begin_receiving(kept(code, "x.csv", 1))
    first, other, second = ProcrastinateJob.objects.order_by("id").values_list("lock", flat=True)
    assert first == second != other


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

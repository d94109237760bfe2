"""An error whose message holds a name, through each door that logs it: the name stays out."""

import io
import logging
import os
import subprocess
import sys

import pytest
from django.db import connection
from django.test import Client
from django.urls import path

from engage.config.logs import TypeAndPlace
from engage.practice.access.gate import acting, acting_as
from engage.practice.access.guarded import this_request
from engage.practice.agencies.models import Agency

NAME = "Katie Holden"
SECRETS = (NAME, "Katie", "Holden")


def refused_by_the_database(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::integer", [NAME])


def refused_as_a_repetition(request):
    Agency.objects.create(code=NAME, name=NAME, kind="police")
    Agency.objects.create(code=NAME, name=NAME, kind="police")


def refused_by_several(request):
    try:
        refused_by_the_database(request)
    except Exception as problem:
        raise ExceptionGroup(f"about {NAME}", [problem, ValueError(NAME)]) from KeyError(NAME)


urlpatterns = [
    path("database/", refused_by_the_database),
    path("repetition/", refused_as_a_repetition),
    path("several/", refused_by_several),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def log():
    (console,) = [h for h in logging.getLogger().handlers if isinstance(h.formatter, TypeAndPlace)]
    written = io.StringIO()
    before = console.setStream(written)
    yield written.getvalue
    console.setStream(before)


def without_names(text: str) -> str:
    assert text
    assert not [secret for secret in SECRETS if secret in text]
    return text


@pytest.mark.parametrize(
    ("address", "types"),
    [
        ("/database/", ["psycopg.errors.InvalidTextRepresentation", "django.db.utils.DataError"]),
        ("/repetition/", ["psycopg.errors.UniqueViolation", "django.db.utils.IntegrityError"]),
        ("/several/", ["builtins.KeyError", "ExceptionGroup", "django.db.utils.DataError", "ValueError"]),
    ],
)
def test_a_page_that_fails_leaves_types_and_places(log, address, types):
    assert Client(raise_request_exception=False).get(address).status_code == 500
    said = without_names(log())
    assert "ERROR django.request at django/utils/log.py:" in said
    assert [name for name in types if name not in said] == []
    assert "config/test_what_the_log_says.py:" in said
    assert "cursor.execute(" not in said  # no line of source either


def test_a_job_that_fails_leaves_its_number_and_not_what_it_was_given(log):
    job = {"id": 17, "call_string": f"receive_upload[17](file={NAME!r})", "task_kwargs": {"file": NAME}}
    try:
        raise ValueError(NAME)
    except ValueError as problem:
        logging.getLogger("procrastinate.worker").error(
            f"Job {job['call_string']} ended with status: Error", extra={"job": job}, exc_info=problem
        )
    said = without_names(log())
    assert "ERROR procrastinate.worker at" in said and "job 17" in said and "builtins.ValueError" in said


def test_what_granian_reports_of_an_application_is_left_out(log):
    logging.getLogger("_granian").error(f"Application callable raised an exception\nValueError: {NAME}")
    assert "ERROR _granian at" in without_names(log())


@pytest.mark.parametrize(
    ("value", "said"), [(3, "3 rows could not"), (NAME, "%d rows could not")], ids=["fits", "does not fit"]
)
def test_our_own_words_are_there_and_a_value_that_does_not_fit_them_is_not(value, said):
    ours = logging.getLogger("engage.practice.receiving")
    record = ours.makeRecord(ours.name, logging.WARNING, __file__, 1, "%d rows could not", (value,), None)
    assert said in without_names(TypeAndPlace().format(record))


def test_the_log_and_the_audit_have_one_name_for_a_request(log, people_at_work, now):
    token = this_request.set("3f0c")
    try:
        with acting_as(people_at_work["ewan"], now=now):
            assert acting().request_id == "3f0c"
        logging.getLogger("engage").error("Something.")
    finally:
        this_request.reset(token)
    assert "request 3f0c" in log()


def test_each_request_has_a_name_of_its_own(log):
    client = Client(raise_request_exception=False)
    client.get("/database/"), client.get("/database/")
    names = [line.split(" request ")[1] for line in log().splitlines() if " request " in line]
    assert len(names) == len(set(names)) == 2
    assert this_request.get() == ""


def test_a_process_of_its_own_logs_the_same_way():
    """Through the settings as they are, nothing of pytest's between."""
    code = (
        "import django, logging; django.setup()\n"
        "try:\n    int('Katie Holden')\n"
        "except ValueError: logging.getLogger('procrastinate').exception('Katie Holden')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": "src"}
    )
    assert ran.returncode == 0
    assert "builtins.ValueError" in without_names(ran.stderr)

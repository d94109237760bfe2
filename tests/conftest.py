"""Tests run on real PostgreSQL as the application's role.

One template database a run is migrated by the owner and given the demo's agencies and
staff; each worker clones it. Nothing is flushed: the audit refuses TRUNCATE, so each
test runs in a transaction that is rolled back.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from hypothesis import HealthCheck, settings

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

# Two workers on two shared cores: how long an example took says nothing of the code.
settings.register_profile("engage", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("engage")


@pytest.fixture
def now() -> datetime:
    return NOW


def owner_connection(database: str) -> psycopg.Connection:
    settings = connections["owner"].settings_dict
    return psycopg.connect(
        dbname=database,
        user=settings["USER"],
        password=settings["PASSWORD"],
        host=settings["HOST"],
        port=settings["PORT"] or None,
        autocommit=True,
    )


def point_at(database: str) -> None:
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = database


@contextmanager
def one_at_a_time(path: Path):
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def clone(template: str, name: str) -> str:
    with owner_connection("postgres") as owner:
        owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        owner.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


@pytest.fixture(scope="session")
def template_database(request, tmp_path_factory, django_db_blocker) -> str:
    """Made once for all workers of this run."""
    worker_input = getattr(request.config, "workerinput", {})
    run = worker_input.get("testrunuid", str(os.getpid()))[:12]
    name = f"engage_template_{run}"
    folder = Path(tmp_path_factory.getbasetemp()).parent if worker_input else tmp_path_factory.getbasetemp()
    with one_at_a_time(folder / "template.lock"):
        if not (folder / "template.done").exists():
            with owner_connection("postgres") as owner:
                # Left by runs that were broken off; not while another run is under way.
                (others,) = owner.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'engage\\_test\\_%'"
                ).fetchone()
                left = owner.execute(
                    "SELECT datname FROM pg_database"
                    " WHERE datname LIKE 'engage\\_template\\_%' OR datname LIKE 'engage\\_test\\_%'"
                ).fetchall()
                for (old,) in [] if others else left:
                    owner.execute(f'DROP DATABASE IF EXISTS "{old}"')
                owner.execute(f'CREATE DATABASE "{name}"')
            point_at(name)
            with django_db_blocker.unblock():
                call_command("migrate", database="owner", verbosity=0)
                from engage.demo.team import set_up_team

                set_up_team(now=NOW)
                for alias in connections:
                    connections[alias].close()
            (folder / "template.done").touch()
    return name


@pytest.fixture(scope="session")
def django_db_setup(request, template_database, django_db_blocker):
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    point_at(clone(template_database, f"engage_test_{worker}_{template_database[-12:]}"))
    yield


@pytest.fixture
def people_at_work(db):
    """Staff by their code: `people_at_work["ewan"]`."""
    from engage.practice.agencies.models import Staff

    return {s.code: s for s in Staff.objects.select_related("agency", "team")}


@pytest.fixture
def receiver(people_at_work):
    return people_at_work["service_receiver"]


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests of a worker: Playwright cannot be started twice in one process."""
    chromium = os.environ.get("ENGAGE_CHROMIUM")
    if not chromium:
        pytest.skip(os.environ.get("ENGAGE_NO_CHROMIUM_BECAUSE", "ENGAGE_CHROMIUM does not name a Chromium"))
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        yield running
        running.close()

"""`./run demo` drops, migrates and marks databases: none of it may happen to one that others work in."""

import pytest
from django.db import connection
from tests.conftest import NOW, owner_connection
from tests.integration.receiving.own_database import OwnDatabase, a_database_of_its_own

from engage.demo.building import fresh_database
from engage.demo.real_work import RealWork, refuse_real_work
from engage.demo.team import set_up_team
from engage.practice.access.gate import acting_as
from engage.practice.access.reach import compartments
from engage.practice.agencies.models import Agency, Installation, Staff
from engage.practice.people.models import Record
from engage.practice.receiving.actions import receiver

SMALL = ("--children", "10", "--others", "10", "--no-stay")


@pytest.fixture
def database(template_database, tmp_path, django_db_blocker, django_db_setup):
    """A demo's database before any file was received; each test makes of it what it needs."""
    with a_database_of_its_own(template_database, tmp_path, django_db_blocker.unblock) as made:
        yield made


def as_owner(database: OwnDatabase, *statements: str) -> None:
    with owner_connection(database.name) as owner:
        for statement in statements:
            owner.execute(statement)


def what_it_says(database: OwnDatabase) -> str:
    with owner_connection(database.name) as owner:
        try:
            refuse_real_work(owner.cursor())
        except RealWork as refusal:
            return str(refusal)
        return ""


WITHOUT_STAFF = "DELETE FROM agencies_staff WHERE kind = 'person'"
UNMARKED = "DELETE FROM agencies_installation"
IN_REAL_USE = "UPDATE agencies_installation SET kind = 'real'"


@pytest.mark.parametrize("fresh", [("--fresh",), ()], ids=["fresh", "not fresh"])
@pytest.mark.parametrize(
    ("made", "sentence"), [(IN_REAL_USE, "in real use"), (UNMARKED, "holds staff")], ids=["real", "unmarked"]
)
def test_the_command_leaves_real_work_as_it_is(database, made, sentence, fresh):
    as_owner(database, made)
    answer = database.run("engage", "demo", *fresh, *SMALL)
    assert answer.returncode == 2
    assert sentence in " ".join(answer.stderr.replace("│", " ").split())
    with owner_connection(database.name) as owner:
        (demos,) = owner.execute("SELECT count(*) FROM agencies_installation WHERE kind = 'demo'").fetchone()
        (staff,) = owner.execute("SELECT count(*) FROM agencies_staff WHERE kind = 'person'").fetchone()
    assert not demos and staff


def test_a_database_with_records_alone_is_not_a_demo_either(database):
    as_owner(database, UNMARKED, WITHOUT_STAFF)
    assert what_it_says(database) == ""  # made and not yet used
    with database.doors_open():
        service = receiver()
        police = Agency.objects.get(code="LANCS-POL")
        with acting_as(service, now=NOW):
            number = compartments(police, {("C01", "summary")})["C01", "summary"]
            Record.objects.create(
                compartment_id=number,
                agency=police,
                register="police-missing",
                reference="TEST-1",
                received_no=1,
                received_at=NOW,
                surname="Invented",
            )
        with pytest.raises(RealWork, match="holds personal records"):
            set_up_team(now=NOW)
        assert not Installation.objects.exists()
    with pytest.raises(RealWork):
        fresh_database(database.name)
    assert "personal records" in what_it_says(database)


def test_a_demo_and_an_empty_database_may_be_used(database):
    assert what_it_says(database) == ""
    with owner_connection("postgres") as owner:
        owner.execute(f'DROP DATABASE "{database.name}"')
        owner.execute(f'CREATE DATABASE "{database.name}"')
    assert what_it_says(database) == ""


def test_somebody_elses_tables_are_not_dropped(database):
    with owner_connection("postgres") as owner:
        owner.execute(f'DROP DATABASE "{database.name}"')
        owner.execute(f'CREATE DATABASE "{database.name}"')
    as_owner(database, "CREATE TABLE accounts (id integer)")
    assert "not the demo's" in what_it_says(database)


@pytest.mark.django_db
def test_colleagues_of_an_unmarked_database_are_not_offered_for_stepping_in(client, settings):
    settings.DEMO = True
    assert client.get("/step-in/").status_code == 200
    for kind in (None, "real"):
        Installation.objects.all().delete()
        if kind:
            Installation.objects.create(kind=kind, set_up_at="2026-11-02T09:00Z")
        with pytest.raises(RealWork), connection.cursor() as cursor:
            refuse_real_work(cursor)
        for answer in (client.get("/step-in/"), client.post("/step-in/", {"colleague": "ewan"})):
            assert answer.status_code == 404
        assert "_auth_user_id" not in client.session
    assert Staff.objects.filter(kind="person").exists()

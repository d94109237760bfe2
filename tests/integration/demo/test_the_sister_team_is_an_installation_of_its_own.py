"""Freedom runs Engage itself: a database, keys and colleagues of its own, and one child whom nobody else finds there."""

import json
from dataclasses import dataclass

import psycopg
import pytest
from tests.conftest import NOW, owner_connection
from tests.integration.receiving.own_database import OwnDatabase, a_database_of_its_own

from engage.demo import invent
from engage.demo.building import drop_database
from engage.demo.disclosed import found_in, mark, rows_since, told_of
from engage.demo.freedom import CHILDREN, FREEDOMS_OWN, PROTECTED, as_written, children_known
from engage.demo.identifiers import Issuer
from engage.demo.real_work import RealWork
from engage.demo.sister import Sister
from engage.methods.linkage.records import standardise
from engage.methods.private_query.patterns import texts_to_hold
from engage.practice.access.gate import acting_as
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Record
from engage.practice.receiving.actions import receiver
from engage.practice.sister_teams.models import HoldingKey

WITHOUT_PEOPLE = ("DELETE FROM agencies_staff WHERE kind = 'person'", "DELETE FROM agencies_installation")


@dataclass(frozen=True)
class Two:
    ours: OwnDatabase
    theirs: OwnDatabase
    sister: Sister


@pytest.fixture(scope="module")
def two(template_database, tmp_path_factory, django_db_blocker, django_db_setup):
    """Engage's database, and beside it what was made of it for Freedom."""
    folder = tmp_path_factory.mktemp("two")
    with a_database_of_its_own(template_database, folder, django_db_blocker.unblock) as ours:
        with owner_connection(ours.name) as owner:
            for statement in WITHOUT_PEOPLE:
                owner.execute(statement)
        with ours.doors_open():
            issuer = Issuer(3)
            world = invent(seed=3, as_at=NOW, children=40, others=300, issuer=issuer)
            sister = Sister(folder / "keys")
            sister.copy_tables()
            sister.begin(world, issuer, folder)
            sister.wait_until_built()
        yield Two(ours, OwnDatabase(sister.database, folder, django_db_blocker.unblock), sister)
        with owner_connection("postgres") as owner:
            drop_database(owner, sister.database)


def test_it_has_received_its_children_and_has_colleagues_of_its_own(two):
    with two.theirs.inside():
        assert {one.code for one in Staff.objects.filter(kind="person")} == {
            one[0] for one in FREEDOMS_OWN.colleagues
        }
        assert Record.objects.filter(register="social-care-people").count() == CHILDREN
    with two.ours.inside():
        assert not Record.objects.exists() and not Staff.objects.filter(kind="person").exists()


def test_one_child_is_restricted_there(two):
    (child,) = [one for one in children_known(two.theirs.folder / "freedom") if one.how == PROTECTED]
    with two.theirs.inside():
        assert restricted_people() == set(
            Record.objects.filter(reference=child.reference).values_list("person_id", flat=True)
        )


def test_its_filter_holds_everything_of_its_children_and_nothing_of_the_protected_one(two):
    folder = two.theirs.folder / "freedom"
    written = {reference: [standardise(one)] for reference, one in as_written(folder).items()}
    every = texts_to_hold(written.values())
    (child,) = [one for one in children_known(folder) if one.how == PROTECTED]
    del written[child.reference]
    with two.theirs.inside():
        (made,) = HoldingKey.objects.all()
    assert made.count == len(texts_to_hold(written.values())) < len(every)


def test_no_key_of_one_is_a_key_of_the_other(two):
    there = two.sister.environment()
    kept = json.loads((two.theirs.folder / "keys" / "keys.json").read_text())
    for name in ("ENGAGE_SECRET_KEY", "ENGAGE_TOKEN_KEY", "ENGAGE_AUDIT_KEY"):
        assert there[name] == kept[name] != two.ours.environment[name]
    assert len({there[name] for name in kept}) == 3
    assert (two.theirs.folder / "keys" / "keys.json").stat().st_mode & 0o077 == 0
    for name in ("ENGAGE_ROOT_KEY_FILE", "ENGAGE_LEDGER_KEY_FILE", "ENGAGE_RECEIVED_FOLDER"):
        assert there[name].startswith(str(two.theirs.folder)) and there[name] != two.ours.environment.get(
            name
        )
    with owner_connection(two.theirs.name) as owner:
        roots = {root for (root,) in owner.execute("SELECT root FROM access_compartmentkey").fetchall()}
    assert len(roots) == 1
    assert (
        not there["ENGAGE_WITNESSES"]
        and there["ENGAGE_DATABASE_URL"] != two.ours.environment["ENGAGE_DATABASE_URL"]
    )


def test_it_is_built_with_one_demo_and_no_other(two):
    with two.ours.doors_open():
        assert not two.sister.is_built()  # this one is no demo that was built
        with owner_connection(two.ours.name) as owner:
            owner.execute(
                'INSERT INTO agencies_installation ("only", kind, set_up_at, demo_seed, demo_as_at)'
                " VALUES (true, 'demo', %s, 3, %s)",
                [NOW, NOW],
            )
        assert two.sister.is_built()
        with owner_connection(two.ours.name) as owner:
            owner.execute("UPDATE agencies_installation SET demo_seed = 4")
        assert not two.sister.is_built()


def test_real_work_under_its_name_is_left_alone(two):
    with owner_connection(two.theirs.name) as owner:
        owner.execute("UPDATE agencies_installation SET kind = 'real'")
    with two.ours.doors_open():
        for refused in (two.sister.refuse_real_work, two.sister.copy_tables):
            with pytest.raises(RealWork, match="in real use"):
                refused()
    with owner_connection(two.theirs.name) as owner:
        assert owner.execute("UPDATE agencies_installation SET kind = 'demo'").rowcount == 1


def test_a_row_that_names_a_child_is_seen_behind_its_walls_and_older_rows_are_not(two):
    (child,) = [one for one in children_known(two.theirs.folder / "freedom") if one.how == PROTECTED]
    words = told_of([as_written(two.theirs.folder / "freedom")[child.reference]])
    with two.theirs.doors_open():
        marked = mark(two.theirs.name)
        assert rows_since(two.theirs.name, marked) == []
        with acting_as(receiver(), now=NOW):
            Record.objects.filter(reference=child.reference).update(
                withdrawn=False
            )  # written again as it was
        written = rows_since(two.theirs.name, marked)
        assert found_in(b"\n".join(written), words)
        with owner_connection(two.theirs.name) as owner, pytest.raises(psycopg.DatabaseError):
            owner.execute("SELECT count(*) FROM people_record")  # its walls stand

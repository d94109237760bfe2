"""Places in the ledger: one order, nobody passed over, nothing altered, and a later change is named."""

import json
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from tests.conftest import NOW
from tests.integration.access.ledger_at_hand import add_entry, as_the_application
from tests.unit.ledger import naive_tree

from engage.methods.ledger import read_note, signed_by
from engage.methods.ledger.verify_file import verify_lines
from engage.practice.access import audit, verifying
from engage.practice.access.gate import acting_as
from engage.practice.access.jobs import sequence_ledger
from engage.practice.access.ledger import LedgerDoesNotFit, sequencer, signing_key_of_the_ledger
from engage.practice.access.ledger_keys import NoSigningKey
from engage.practice.access.models import Checkpoint, Compartment, LedgerLeaf
from engage.practice.access.reach import compartments
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Record

VERIFIER = Path(__file__).parents[3] / "src/engage/methods/ledger/verify_file.py"


def ewan() -> Staff:
    return Staff.objects.select_related("agency", "team").get(code="ewan")


def test_entries_get_places_in_order_and_a_signed_checkpoint(ledger):
    made = ledger.looks(5)
    assert ledger.sequence() == 5
    assert ledger.places() == {entry: index for index, entry in enumerate(made)}
    statement, signatures = read_note(Checkpoint.objects.get().text)
    assert signed_by(statement, signatures, signing_key_of_the_ledger().public)
    bodies = [
        audit.canonical(body) for (body,) in ledger.rows("SELECT body FROM access_auditentry ORDER BY at")
    ]
    assert (statement.size, statement.root) == (5, naive_tree.mth(bodies))
    assert ledger.sequence() == 0  # nothing waits, and nothing more is signed
    assert Checkpoint.objects.count() == 1


def test_batches_end_in_the_same_tree_as_one_and_each_has_its_checkpoint(ledger):
    ledger.looks(7)
    assert ledger.sequence(at_most=3) == 7
    assert [c.size for c in Checkpoint.objects.order_by("size")] == [3, 6, 7]
    leaves = [bytes(one.leaf) for one in LedgerLeaf.objects.order_by("index")]
    bodies = [
        audit.canonical(body) for (body,) in ledger.rows("SELECT body FROM access_auditentry ORDER BY at")
    ]
    for checkpoint in Checkpoint.objects.all():
        assert bytes(checkpoint.root) == naive_tree.mth(bodies[: checkpoint.size])
    assert len(leaves) == 7
    found = ledger.verify()
    assert (found.problems, found.size, found.vouched_for, found.checkpoints) == ([], 7, 7, 3)


def test_a_deed_that_commits_late_is_not_passed_over(ledger):
    actor = ewan().pk
    with as_the_application(ledger.database.name) as slow:
        late = add_entry(slow, actor, NOW - timedelta(hours=1))  # earlier than all others, and not committed
        others = ledger.looks(3)
        assert ledger.sequence() == 3
        assert late not in ledger.places()
        slow.commit()
    assert ledger.sequence() == 1
    assert ledger.places() == {one: index for index, one in enumerate([*others, late])}
    assert ledger.verify().problems == []


def test_a_deed_that_is_undone_leaves_no_place(ledger):
    with as_the_application(ledger.database.name) as undone:
        add_entry(undone, ewan().pk)
        undone.rollback()
    assert ledger.sequence() == 0


def test_many_sequencers_at_once_with_writers_beside_them_give_one_order(ledger):
    actor, entries, writers = ewan().pk, [], 4
    faults: list[BaseException] = []
    stop = threading.Event()

    def guarded(work):
        def run():
            try:
                work()
            except BaseException as fault:  # told to the test below
                faults.append(fault)
            finally:
                connections.close_all()

        return threading.Thread(target=run)

    def write():
        with as_the_application(ledger.database.name) as connection:
            for number in range(40):
                entries.append(add_entry(connection, actor, NOW - timedelta(seconds=number)))
                connection.commit()

    def give_places():
        while not stop.is_set():
            ledger.sequence(at_most=7)

    working = [guarded(write) for _ in range(writers)]
    sequencing = [guarded(give_places) for _ in range(3)]
    for thread in (*working, *sequencing):
        thread.start()
    for thread in working:
        thread.join()
    stop.set()
    for thread in sequencing:
        thread.join()
    ledger.sequence()
    assert faults == []
    places = ledger.places()
    assert set(places) == set(entries) and sorted(places.values()) == list(range(160))
    found = ledger.verify()
    assert (found.problems, found.vouched_for) == ([], 160)


def test_places_are_given_by_the_ledgers_own_service_alone(ledger):
    ledger.looks(1)
    for code in ("ewan", "service_receiver"):
        staff = Staff.objects.select_related("agency", "team").get(code=code)
        with (
            pytest.raises(Exception, match="by its own service"),
            acting_as(staff, now=NOW),
            connections["default"].cursor() as cursor,
        ):
            cursor.execute("SELECT * FROM engage_give_places(10, NULL)")
    with (
        pytest.raises(Exception, match="access context"),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM engage_give_places(10, NULL)")


def test_the_service_of_the_ledger_sees_nothing_of_anybody(ledger):
    service = sequencer()
    police = ewan().agency
    compartments(police, {("C01", "summary"), ("C03", "full")})
    with acting_as(service, now=NOW) as context:
        assert list(Record.objects.visible_to(service)) == []
        reach = context.reach
    assert reach and not [
        *reach.any_child,
        *reach.in_area,
        *reach.in_circle,
        *reach.named_child,
        *reach.may_add,
    ]
    assert Compartment.objects.count() == 2


def test_the_application_cannot_alter_the_ledger(ledger):
    ledger.looks(1)
    ledger.sequence()
    for statement in (
        "INSERT INTO access_ledgerleaf (index, entry_id, leaf) SELECT 99, gen_random_uuid(), '\\x00'",
        "UPDATE access_ledgerleaf SET index = index + 1",
        "DELETE FROM access_ledgerleaf",
        "TRUNCATE access_ledgerleaf CASCADE",
        "UPDATE access_checkpoint SET text = ''",
        "DELETE FROM access_checkpoint",
        "UPDATE access_cosignature SET line = ''",
        "DELETE FROM access_cosignature",
    ):
        with (
            as_the_application(ledger.database.name) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def test_the_owner_cannot_either_without_taking_the_refusal_away(ledger):
    ledger.looks(1)
    ledger.sequence()
    for table, column in (
        ("access_auditentry", "leaf"),
        ("access_ledgerleaf", "leaf"),
        ("access_checkpoint", "text"),
        ("access_cosignature", "line"),
    ):
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                ledger.rows(statement)


def test_r13_altered_by_the_owner_of_the_database_the_first_bad_index_and_entry_are_named(ledger):
    made = ledger.looks(9)
    ledger.sequence(at_most=4)
    ledger.as_owner(
        "UPDATE access_auditentry SET body = jsonb_set(body, '{action}', '\"nothing\"')"
        f" WHERE id IN ('{made[6]}', '{made[3]}')"
    )
    found = ledger.verify()
    first = found.first_problem()
    assert (first.first, first.last, first.entry) == (3, 3, str(made[3]))
    assert [one.first for one in found.problems] == [3, 6]


@pytest.mark.parametrize(
    ("change", "first", "last"),
    [
        # Body and both kept hashes altered together: the signed roots are left, so the batch is known.
        (
            "UPDATE access_ledgerleaf SET leaf = sha256('x') WHERE index = 5;"
            "UPDATE access_auditentry SET leaf = sha256('x') WHERE id = %(five)s",
            5,
            5,
        ),
        ("DELETE FROM access_auditentry WHERE id = %(five)s", 5, 5),
        ("DELETE FROM access_ledgerleaf WHERE index = 5", 5, 5),
        ("DELETE FROM access_ledgerleaf WHERE index >= 5", 4, 7),
        ("UPDATE access_auditentry SET body = '[1]' WHERE id = %(five)s", 5, 5),
        (
            "UPDATE access_auditentry SET body = jsonb_set(body, '{subjects_count}', '1e300') WHERE id = %(five)s",
            5,
            5,
        ),
        ("UPDATE access_auditentry SET at = at + interval '1 hour' WHERE id = %(five)s", 5, 5),
        ("UPDATE access_auditentry SET actor_id = %(other)s WHERE id = %(five)s", 5, 5),
        ("UPDATE access_auditentry SET leaf = sha256('x') WHERE id = %(five)s", 5, 5),
        ("UPDATE access_ledgerleaf SET leaf = sha256('x') WHERE index = 5", 5, 5),
        ("DELETE FROM access_checkpoint WHERE size = 9", 8, 8),
        ("UPDATE access_checkpoint SET text = replace(text, '8', '7') WHERE size = 8", 4, 8),
    ],
)
def test_each_kind_of_change_by_the_owner_is_found_where_it_is(ledger, change, first, last):
    made = ledger.looks(9)
    ledger.sequence(at_most=4)
    amir = Staff.objects.get(code="amir").pk
    for statement in change.split(";"):
        used = {k: v for k, v in {"five": made[5], "other": amir}.items() if f"%({k})s" in statement}
        ledger.as_owner(statement, parameters=used or None)
    found = ledger.verify().first_problem()
    assert (found.first, found.last) == (first, last)


def test_what_is_consistent_in_itself_is_still_not_what_was_signed(ledger):
    """Body, both hashes and the columns altered to fit each other: the signed root is left."""
    made = ledger.looks(9)
    ledger.sequence(at_most=4)
    ((body,),) = ledger.rows(f"SELECT body FROM access_auditentry WHERE id = '{made[5]}'")
    body["action"] = "something_harmless"
    leaf = audit.leaf_of(body)
    ledger.as_owner(
        "UPDATE access_auditentry SET body = %(body)s, leaf = %(leaf)s WHERE id = %(id)s",
        parameters={"body": json.dumps(body), "leaf": leaf, "id": made[5]},
    )
    ledger.as_owner("UPDATE access_ledgerleaf SET leaf = %(leaf)s WHERE index = 5", parameters={"leaf": leaf})
    (problem,) = ledger.verify().problems
    assert (problem.first, problem.last) == (4, 7)
    assert problem.sentence == "not as signed in the checkpoint of size 8"
    with verifying.one_moment():
        assert not verifying.verify_entry(made[5]).holds


def test_nothing_is_signed_on_top_of_a_ledger_that_contradicts_itself(ledger):
    ledger.looks(3)
    ledger.sequence()
    ledger.as_owner("UPDATE access_checkpoint SET edge = sha256('x') || sha256('y')")
    ledger.looks(1)
    with pytest.raises(LedgerDoesNotFit):
        ledger.sequence()
    assert Checkpoint.objects.count() == 1 and len(ledger.places()) == 3


def test_the_key_is_made_once_for_its_account_alone_and_a_lost_one_is_never_made_anew(ledger):
    ledger.looks(1)
    ledger.sequence()
    assert stat.S_IMODE(ledger.key_file.stat().st_mode) == 0o600
    assert ledger.verify().problems == []
    ledger.key_file.rename(ledger.key_file.with_name("elsewhere"))
    ledger.looks(1)
    with pytest.raises(NoSigningKey, match="Put back the file"):
        ledger.sequence()
    assert not ledger.key_file.exists()


def test_earlier_bodies_may_be_passed_over_and_their_hashes_still_make_the_tree(ledger):
    made = ledger.looks(9)
    ledger.sequence(at_most=4)
    ledger.as_owner(f"UPDATE access_auditentry SET body = '{{}}' WHERE id = '{made[1]}'")
    assert ledger.verify(bodies_from=4).problems == []
    assert ledger.verify(bodies_from=0).first_problem().first == 1
    ledger.as_owner("UPDATE access_ledgerleaf SET leaf = sha256('x') WHERE index = 1")
    assert ledger.verify(bodies_from=4).problems != []


def test_the_command_line_sequences_verifies_and_names_what_was_changed(ledger, tmp_path):
    made = ledger.looks(6)
    run = ledger.database.run
    assert "6 entries were given their places." in run("engage", "ledger", "sequence").stdout
    key = run("engage", "ledger", "key").stdout.strip()
    assert key == str(signing_key_of_the_ledger().public)
    whole = run("engage", "ledger", "verify")
    assert (whole.returncode, "Unchanged up to entry 6." in whole.stdout) == (0, True)
    one = run("engage", "ledger", "verify", "--entry", str(made[2]))
    assert one.returncode == 0 and "Index 2 of 6, unchanged" in one.stdout

    out = tmp_path / "extract.jsonl"
    assert run("engage", "ledger", "extract", "--out", str(out)).returncode == 0
    assert [body["verb"] for body in ledger.database.audit("ledger_extract")] == ["disclose"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert run("engage", "ledger", "extract", "--out", str(out)).returncode != 0  # never written over

    alone = [sys.executable, "-I", str(VERIFIER), str(out), "--key", key]
    told = subprocess.run(alone, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert (told.returncode, "Unchanged up to entry 6." in told.stdout) == (0, True), told.stderr
    out.write_text(out.read_text().replace('"consult"', '"collect"', 1))
    told = subprocess.run(alone, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert told.returncode == 1 and f"Wrong: index 0, entry {made[0]}: changed" in told.stdout
    assert run("engage", "ledger", "verify", "--extract", str(out)).returncode == 1

    ledger.as_owner(f"UPDATE access_auditentry SET body = '{{}}' WHERE id = '{made[4]}'")
    whole = run("engage", "ledger", "verify")
    assert whole.returncode == 1 and f"Wrong: index 4, entry {made[4]}" in whole.stdout
    assert run("engage", "ledger", "verify", "--entry", str(made[4])).returncode == 1


def test_r13_an_extract_holds_what_the_database_does_and_says_how_many_entries_there_are(ledger):
    ledger.looks(9)
    ledger.sequence(at_most=4)
    ledger.looks(2)
    key = str(signing_key_of_the_ledger().public)
    for start in (0, 4):
        with verifying.one_moment():
            lines = list(verifying.extract_lines([key], [], bodies_from=start))
        found = verify_lines(lines)
        assert (found.problems, found.size, found.checkpoints) == ([], 9, 3)
        assert sum('"body"' in line for line in lines) == 9 - start
        assert json.loads(lines[-1]) == {"kind": "end", "size": 9, "waiting": 2}


def test_the_job_takes_what_is_recent_each_minute_and_everything_once_an_hour(ledger):
    with as_the_application(ledger.database.name) as connection:
        old = add_entry(connection, ewan().pk, NOW - timedelta(days=40))
        connection.commit()
    recent = ledger.looks(2)
    sequence_ledger(timestamp=1_800_000_060)
    assert set(ledger.places()) == set(recent)
    sequence_ledger(timestamp=1_800_000_000)
    assert set(ledger.places()) == {old, *recent}

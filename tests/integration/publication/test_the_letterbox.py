"""What the public role may do with the letterbox: put a letter in."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction

from engage.practice.access.gate import acting_as
from engage.practice.access.reach import answers_the_line
from engage.practice.agencies.models import Staff, Team
from engage.practice.front_door.models import ReceivedLetter
from engage.practice.publication.actions import POSTED, LetterDoesNotFit, Written, post_letter
from engage.practice.publication.models import Letter, ReadElsewhere

STAFF = "11111111-1111-1111-1111-111111111111"


def put_in(letterbox, columns=POSTED, **said):
    values = {
        "id": uuid4(), "received_at": "2026-11-02T09:00Z", "sender_kind": "parent", "concern": "Invented.",
        "place": "", "safe_contact": "", "safe_to_contact": None, "immediate_danger": None, **said,
    }  # fmt: skip
    names = [name for name in values if name in columns or name in said]
    letterbox.execute(
        f"INSERT INTO publication_letter ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})",
        [values[name] for name in names],
    )


def test_what_was_written_is_what_the_team_reads(post, people_at_work, now):
    posted = post(
        "She has a second phone.",
        kind="child",
        place="Accrington",
        safe_contact="text after school",
        safe_to_contact=False,
        immediate_danger=True,
    )
    reader = people_at_work["hal"]
    with acting_as(reader, now=now):
        letter = ReceivedLetter.objects.visible_to(reader).get(pk=posted)
    assert (letter.sender_kind, letter.concern, letter.place) == (
        "child",
        "She has a second phone.",
        "Accrington",
    )
    assert (letter.safe_contact, letter.safe_to_contact, letter.immediate_danger) == (
        "text after school", False, True,
    )  # fmt: skip
    assert (letter.received_at, letter.opened_at, letter.opened_by_id) == (now, None, None)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM publication_letter",
        "SELECT id FROM publication_letter WHERE id = '{id}'",
        "SELECT count(*) FROM publication_letter",
        "UPDATE publication_letter SET concern = 'Something else'",
        "UPDATE publication_letter SET opened_at = NULL",
        "DELETE FROM publication_letter WHERE id = '{id}'",
        "TRUNCATE publication_letter",
        "BEGIN; LOCK TABLE publication_letter IN ACCESS EXCLUSIVE MODE",
        "COPY publication_letter TO STDOUT",
        "INSERT INTO publication_letter (id, received_at, sender_kind, concern, place, safe_contact)"
        " VALUES (gen_random_uuid(), now(), 'public', 'One more.', '', '') RETURNING id",
        "INSERT INTO publication_letter (id, received_at, sender_kind, concern, place, safe_contact)"
        " VALUES ('{id}', now(), 'public', 'One more.', '', '') ON CONFLICT (id) DO UPDATE SET concern = 'Other'",
        "ALTER TABLE publication_letter DISABLE ROW LEVEL SECURITY",
        "SET ROLE engage_app",
        "SELECT * FROM people_record",
        "SELECT * FROM agencies_staff",
        "SELECT engage_people()",
        "SELECT engage_named_people()",
        "SELECT engage_barred()",
        "CREATE TABLE another (id integer)",
    ],
)
def test_the_public_role_can_neither_read_its_own_letter_back_nor_do_anything_else(
    letterbox, post, statement
):
    posted = post()
    # Whoever holds the public role may say whatever they like of who is at work.
    letterbox.execute("SELECT set_config('engage.staff', %s, false)", [STAFF])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        letterbox.execute(statement.format(id=posted))


@pytest.mark.parametrize(
    "state",
    [
        {"opened_at": "2026-11-02T09:00Z"},
        {"opened_by_id": STAFF},
        {"opened_at": None},
        {"opened_by_id": None},
    ],
)
def test_the_public_role_cannot_write_the_state_of_a_letter(letterbox, state):
    put_in(letterbox)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        put_in(letterbox, **state)


@pytest.mark.parametrize(
    "said",
    [
        {"concern": "a" * 11_000},
        {"concern": "a" * 10_001},
        {"concern": ""},
        {"concern": "   "},
        {"concern": None},
        {"place": "a" * 201},
        {"safe_contact": "a" * 201},
        {"sender_kind": "officer"},
        {"sender_kind": None},
        {"received_at": "infinity"},
        {"received_at": "-infinity"},
        {"received_at": "20000-01-01T00:00Z"},
        {"received_at": None},
    ],
)
def test_the_database_itself_refuses_a_letter_out_of_bounds(letterbox, said):
    put_in(letterbox, concern="a" * 10_000, place="a" * 200)
    with pytest.raises((psycopg.errors.IntegrityError, psycopg.errors.StringDataRightTruncation)):
        put_in(letterbox, **said)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("sender_kind", {"sender_kind": "officer"}),
        ("concern", {"concern": "invented " * 1_200}),
        ("concern", {"concern": " \n"}),
        ("concern", {"concern": "invented\0"}),
        ("place", {"place": "invented " * 30}),
        ("safe_contact", {"safe_contact": "invented " * 30}),
    ],
)
def test_who_writes_too_much_is_told_where_and_nothing_is_repeated(letterbox, now, field, said):
    with pytest.raises(LetterDoesNotFit) as refusal:
        post_letter(Written(**{"sender_kind": "public", "concern": "Invented.", **said}), letterbox, now=now)
    assert refusal.value.field == field
    assert "invented" not in str(refusal.value) and "officer" not in str(refusal.value)


def test_letters_are_not_read_through_the_apps_own_model(db):
    for ask in (Letter.objects.all, Letter.objects.count, lambda: Letter.objects.get(pk=uuid4())):
        with pytest.raises(ReadElsewhere):
            ask()


def test_without_a_context_the_database_raises(post, db):
    post()
    with (
        pytest.raises(Exception, match="access context") as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM publication_letter")
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE publication_letter SET concern = 'Something else'",
        "UPDATE publication_letter SET received_at = now()",
        "DELETE FROM publication_letter",
        "TRUNCATE publication_letter",
        "INSERT INTO publication_letter (id, received_at, sender_kind, concern, place, safe_contact)"
        " VALUES (gen_random_uuid(), now(), 'public', 'Made up at a desk.', '', '')",
    ],
)
def test_the_application_can_neither_reword_nor_remove_nor_invent_a_letter(
    post, people_at_work, now, statement
):
    post()
    with (
        acting_as(people_at_work["hal"], now=now),
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


READERS = {"amir", "carys", "dina", "ewan", "farah", "grace", "hal"}


def seen_by(reader, now):
    """How many letters the first wall shows, and how many the second by itself."""
    with acting_as(reader, now=now):
        first = ReceivedLetter.objects.visible_to(reader).count()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM publication_letter")
            return first, cursor.fetchone()[0]


def test_both_walls_let_those_read_who_answer_the_phone_line_and_nobody_else(post, people_at_work, now):
    post()
    post(at=now - timedelta(days=1))
    seen = {code: seen_by(person, now) for code, person in people_at_work.items()}
    assert len(seen) > 14
    assert seen == {code: (2, 2) if code in READERS else (0, 0) for code in seen}


@pytest.mark.parametrize("change", [{"team": None}, {"status": "suspended"}, {"status": "left"}])
def test_who_is_of_no_team_or_not_at_work_reads_none(post, people_at_work, now, change):
    post()
    Staff.objects.filter(code="hal").update(**change)
    assert seen_by(Staff.objects.select_related("agency", "team").get(code="hal"), now) == (0, 0)


def test_an_agency_that_is_no_longer_active_answers_no_line(post, people_at_work, now):
    post()
    hal = people_at_work["hal"]
    hal.agency.is_active = False
    hal.agency.save()
    assert not answers_the_line(hal)
    assert seen_by(hal, now) == (0, 0)


def test_everybody_of_the_sister_team_whose_role_is_not_of_the_core_team_reads_none(
    post, people_at_work, now
):
    post()
    assert people_at_work["nia"].team == Team.objects.get(code="FREEDOM")
    assert seen_by(people_at_work["nia"], now) == (0, 0)

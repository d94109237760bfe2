"""Every model that holds personal data stands behind both walls, and the database says so itself."""

import psycopg
import pytest
from django.apps import apps
from django.db import connection, transaction

from engage.practice.access.gate import GuardedManager, NoAccessContext, acting_as
from engage.practice.access.reach import compartments
from engage.practice.people.models import Record
from engage.practice.publication.actions import POSTED
from engage.practice.publication.models import LettersAreNotReadHere

# Models of ours without personal data about any child or adult of concern, and why.
OPEN = {
    "agencies.Installation": "what the database is for",
    "agencies.Agency": "organisations",
    "agencies.Team": "teams and districts",
    "agencies.Staff": "colleagues at work",
    "agencies.Invitation": "hashes of codes for colleagues",
    "agencies.Session": "who of the colleagues is signed in, since when, on what kind of device",
    "access.SignOut": "that colleagues were signed out, and why",
    "access.Compartment": "numbers for owner, category and label",
    "access.CompartmentKey": "keys of compartments, wrapped by the root key that lies elsewhere",
    "access.SharingAgreement": "agreements between organisations",
    "access.AgreementProposal": "proposed changes of agreements between organisations",
    "access.Reach": "compiled sets of compartment numbers",
    "access.AuditEntry": "pseudonyms only; the application may insert and nothing else",
    "access.AuditSubject": "pseudonyms only; the application may neither read nor write it",
    "access.LedgerLeaf": "hashes of audit entries",
    "access.Checkpoint": "sizes and hashes",
    "access.Cosignature": "what partners' witnesses signed of sizes and hashes",
    "people.AdoptedModel": "weights of agreements between records, and which colleague adopted them",
    "contact.Signpost": "that an agency lets others be told of a category; of no child",
    "sister_teams.SisterTeam": "teams, and a token that the root key seals",
    "sister_teams.HoldingKey": "a key that the root key seals, and bytes that say nothing without it",
    "sister_teams.HeldFilter": "another team's bytes, which say nothing without its answers",
    "retention.Schedule": "how long an agency keeps a kind of record",
    "retention.Tombstone": "keyed hashes of names of what is gone",
    "receiving.AddedFormat": "what columns mean",
    "receiving.FeedToken": "hashes of machine tokens",
}


# The first wall of the letterbox is that its own app has no way to read; front_door.ReceivedLetter is guarded. Nobody
# but the public role adds a letter, and nobody removes one, so there is no rule by which to.
LETTERBOX = "publication.Letter"


def our_models():
    return [
        m
        for m in apps.get_models(include_auto_created=False)
        if m.__module__.startswith("engage.") and not m._meta.proxy
    ]


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_every_model_has_both_walls_or_a_stated_reason(model, db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity, (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
            " FROM pg_class c WHERE relname = %s",
            [model._meta.db_table],
        )
        enabled, forced, policies = cursor.fetchone()
    if model._meta.label in OPEN:
        assert not enabled
    elif model._meta.label == LETTERBOX:
        assert isinstance(model._default_manager, LettersAreNotReadHere)
        assert (enabled, forced, policies) == (True, True, 3)
    else:
        assert isinstance(model._default_manager, GuardedManager), (
            "first wall: its default manager is not guarded"
        )
        assert enabled and forced and policies >= 4, (
            "second wall: row-level security is not forced on its table"
        )


def test_the_application_role_can_pass_neither_wall(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = current_user"
        )
        assert cursor.fetchone() == (0,)


def test_the_public_role_may_put_letters_in_and_use_no_table_otherwise(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, has_table_privilege('engage_public', oid,"
            "           'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'),"
            "       has_any_column_privilege('engage_public', oid, 'SELECT, UPDATE, REFERENCES')"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
            " AND (has_table_privilege('engage_public', oid,"
            "           'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
            "      OR has_any_column_privilege('engage_public', oid, 'SELECT, INSERT, UPDATE, REFERENCES'))"
        )
        assert cursor.fetchall() == [("publication_letter", False, False)]
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'publication_letter'::regclass AND attnum > 0"
            " AND has_column_privilege('engage_public', attrelid, attnum, 'INSERT') ORDER BY attnum"
        )
        assert tuple(name for (name,) in cursor.fetchall()) == POSTED


def test_the_public_role_may_draw_from_no_sequence(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND"
            " has_sequence_privilege('engage_public', quote_ident(sequencename), 'USAGE, SELECT, UPDATE')"
        )
        assert cursor.fetchall() == []


def test_the_public_role_may_run_nothing_that_reads_past_a_wall(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, has_function_privilege('engage_public', oid, 'EXECUTE'),"
            " has_function_privilege('engage_app', oid, 'EXECUTE')"
            " FROM pg_proc WHERE prosecdef AND proname LIKE 'engage%' ORDER BY proname"
        )
        rights = cursor.fetchall()
    assert len(rights) == 11
    assert all((public, app) == (False, True) for _, public, app in rights)


def test_without_a_context_the_query_set_refuses(db):
    with pytest.raises(NoAccessContext):
        list(Record.objects.all())


@pytest.fixture
def one_record(receiver, people_at_work, now):
    police = people_at_work["amir"].agency
    with acting_as(receiver, now=now):
        compartment = compartments(police, {("C01", "summary")})["C01", "summary"]
        return Record.objects.create(
            compartment_id=compartment,
            agency=police,
            register="police-missing",
            reference="TEST-1",
            received_no=1,
            received_at=now,
            surname="Invented",
            forenames="Ash",
            area=0b1,
        )


def test_without_a_context_the_database_raises_and_never_answers_empty(one_record):
    with (
        pytest.raises(Exception, match="access context") as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM people_record")
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)


@pytest.mark.parametrize(
    ("code", "sees"),
    [
        ("amir", True),
        ("ewan", True),
        ("nia", False),
        ("max", False),
        ("lena", False),
        ("kit", False),
        ("hal", True),
    ],
)
def test_the_two_walls_give_the_same_answer(one_record, people_at_work, now, code, sees):
    reader = people_at_work[code]
    with acting_as(reader, now=now):
        assert Record.objects.visible_to(reader).filter(pk=one_record.pk).exists() is sees
        with connection.cursor() as cursor:  # the second wall alone
            cursor.execute("SELECT count(*) FROM people_record WHERE id = %s", [one_record.pk])
            assert cursor.fetchone() == (int(sees),)


def test_the_context_ends_with_the_transaction(people_at_work, now):
    with acting_as(people_at_work["ewan"], now=now):
        list(Record.objects.visible_to(people_at_work["ewan"]))
    with pytest.raises(NoAccessContext):
        list(Record.objects.all())


def test_nobody_looks_through_somebody_elses_eyes(people_at_work, now):
    with acting_as(people_at_work["ewan"], now=now), pytest.raises(NoAccessContext):
        list(Record.objects.visible_to(people_at_work["grace"]))


def test_the_audit_can_be_written_and_neither_read_nor_changed(people_at_work, now):
    from engage.practice.access import audit

    with acting_as(people_at_work["ewan"], now=now):
        audit.record(audit.Verb.CONSULT, "test")
    for statement in (
        "SELECT * FROM access_auditentry",
        "UPDATE access_auditentry SET at = now()",
        "DELETE FROM access_auditentry",
        "TRUNCATE access_auditentry",
    ):
        with (
            pytest.raises(Exception, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

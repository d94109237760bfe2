"""Whatever hangs on a record goes with it: no table with personal data is forgotten."""

import pytest
from django.apps import apps
from django.db import connection

from engage.practice.access.gate import GuardedManager

# Reached by a foreign key from a row that goes, or named in the function that destroys a record.
REACHED = {
    "people.Record": "the record itself",
    "people.SourceRecord": "the rows it came from",
    "people.Judgement": "by its records",
    "people.Pair": "by its records",
    "people.Opinion": "by its pair",
    "receiving.RowProblem": "of the rows it came from",
    "receiving.SetAsideRow": "of the rows it came from",
    "sharing.DisclosedItem": "what was told of it",
    "people.Mixture": "by its records",
    "people.MixtureSeen": "by its mixture",
    "bundles.RequestHold": "by the request",
    "bundles.Bundle": "by the request",
    "bundles.BundleSpan": "by its bundle",
    "bundles.BundleFile": "by its bundle",
    "bundles.SpanDecision": "by its span",
    "bundles.Mark": "by its span",
}
# Rows that stay when a record goes, and why.
STAY = {
    "receiving.ReceivedFile": "a receipt: counts and a hash, which the agency and the account stand on",
    "retention.Hold": "why something was kept, with an agency's own reference and nothing else",
    "retention.Plan": "counts",
    "retention.PlanItem": "ids of what is gone, and reasons",
    "retention.Approval": "who approved",
    "access.UnexplainedLook": "the account of a look, with the child’s pseudonym",
    "access.ReadingAlarm": "counts of a colleague’s looks",
    "breaches.Breach": "the account of a breach, which names no child",
    "breaches.BreachStep": "the account of a breach, which names no child",
    "sister_teams.QuestionReceived": "names no child: what another team asked, under its own case numbers",
    "sister_teams.VolumeAlarm": "counts of what another team asked",
    "contact.SearchAsked": "keyed hashes of what somebody typed, which a job removes",
    "publication.Letter": "names no record; a period for letters is not built",
}


def guarded():
    letterbox = {apps.get_model("publication.Letter")}
    return sorted(
        (
            m
            for m in apps.get_models()
            if not m._meta.proxy and (m in letterbox or isinstance(m._default_manager, GuardedManager))
        ),
        key=lambda m: m._meta.label,
    )


@pytest.mark.parametrize("model", guarded(), ids=lambda m: m._meta.label)
def test_every_table_about_somebody_goes_with_the_record_or_stays_for_a_reason(model, db):
    columns = {field.attname for field in model._meta.concrete_fields}
    by_itself = {"record_id", "person_id"} <= columns
    said = [model._meta.label in REACHED, model._meta.label in STAY, by_itself]
    assert said.count(True) == 1, "say in REACHED how it is destroyed with a record, or in STAY why it is not"
    with connection.cursor() as cursor:
        if by_itself:
            cursor.execute(
                "SELECT count(*) FROM engage_tables_of_records() WHERE name = %s::regclass",
                [model._meta.db_table],
            )
            assert cursor.fetchone() == (1,)
        if model._meta.label in STAY:
            return
        cursor.execute(
            "SELECT count(*) FROM pg_policy WHERE polrelid = %s::regclass AND polname = 'by_schedule'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (1,), (
            "access.walls.wall and its like let the owner's function remove rows"
        )
        cursor.execute(
            "SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE t.tgrelid = %s::regclass AND p.proname = 'engage_refuse_change'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (0,), "append_only_but_for_a_schedule: it would stop every plan"

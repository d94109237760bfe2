"""The county on which the pages are measured: `./run bench county [--people N] [--received N]`.

A part of the people is received through the usual door, with linking, episodes and first looks. The rest
are copies of that part, made in the database by the receiving service under the walls: other ids, other
references and identifying keys, the same names (a name is as common as in the part). Kept as a database
`engage_county` of the bench cluster and used again while code lists the same migrations.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import django

from bench import figure

AS_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SEED = 20261102
NAME = "engage_county"
# Keys that name one person stay one person's in a copy; names, sounds and days of birth are shared.
IDENTIFYING = [
    "nhs_number", "upn", "council_child", "phone", "case_reference", "surname_sound_dob_canon", "postcode_given",
    "search_postcode", "search_reference",
]  # fmt: skip
# What is counted as a fact: a row about somebody in a compartment of its own.
FACTS = [
    "people_fact", "people_address", "people_identifier", "people_recorddetail", "missing_missingreport",
    "missing_reportplaces", "missing_returninterview", "front_door_referral", "front_door_call", "screening_cause",
]  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=100_000)
    arguments.add_argument("--received", type=int, default=5_000, help="How many come through the usual door")
    chosen = arguments.parse_args()
    django.setup()
    prepare(chosen.people, min(chosen.received, chosen.people))


def prepare(people: int, received: int) -> None:
    """Point this process and its children at the county; build it unless it is there."""
    from engage.demo.building import fresh_database

    wanted = {"people": people, "received": received, "migrations": _migrations()}
    if _stamp_of(NAME) != wanted:
        fresh_database(NAME)
        _build(people, received)
        _write_stamp(wanted)
    _point_at(NAME)
    _say_what_there_is(received)


def _build(people: int, received: int) -> None:
    from django.core.management import call_command
    from rich.console import Console

    from engage.demo import write_county_files
    from engage.demo.building import receive_all
    from engage.demo.team import set_up_team

    call_command("migrate", database="owner", verbosity=0)
    set_up_team(now=AS_AT, seed=SEED)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="engage-county-") as folder:
        files = write_county_files(Path(folder), seed=SEED, as_at=AS_AT, people=received)
        built = receive_all(files, now=AS_AT, console=Console(stderr=True))
    if built.refused:
        raise SystemExit("\n".join(built.refused))
    seconds = time.monotonic() - started
    figure("county", "rows received", built.rows["received"], "rows")
    figure("county", "seconds to invent and receive them", round(seconds, 1), "s")
    _copy(people // received)
    decide_older_looks()


def decide_older_looks() -> None:
    """A team that works: first looks on what happened more than eight weeks ago are decided."""
    from django.db import connection, connections

    from engage.practice.access.gate import acting_as
    from engage.practice.access.models import Label
    from engage.practice.agencies.models import Staff
    from engage.practice.people.actions.sources import compartments_of
    from engage.practice.receiving.actions import receiver

    ewan = Staff.objects.select_related("agency").get(code="ewan")
    with acting_as(receiver(), now=AS_AT), connection.cursor() as cursor:
        compartment = compartments_of(ewan.agency, {("C06", Label.FULL)})["C06", Label.FULL]
        cursor.execute(
            """
            WITH older AS (
                SELECT look_id, max(area) AS area FROM screening_cause WHERE waiting
                GROUP BY look_id HAVING max(at) < engage_now() - interval '56 days'
            ), looks AS (
                UPDATE screening_firstlook SET state = 'decided', decided_at = engage_now() - interval '28 days'
                FROM older WHERE id = look_id RETURNING id, record_id, person_id, older.area
            ), causes AS (
                UPDATE screening_cause c SET waiting = false FROM older WHERE c.look_id = older.look_id
            )
            INSERT INTO screening_exploitationjudgement
                (id, compartment_id, person_id, area, record_id, current, recorded_at, look_id, is_summary, level,
                 by_id, at, reason, next_step, reasons_seen)
            SELECT gen_random_uuid(), %s, person_id, area, record_id, true, engage_now(), id, false, 'possible',
                 %s, engage_now() - interval '28 days', 'Bench', 'Bench', '[]' FROM looks
            """,
            [compartment, ewan.pk],
        )
        decided = cursor.rowcount
        cursor.execute("SELECT count(*) FROM screening_firstlook WHERE state <> 'decided'")
        figure("county", "first looks waiting", cursor.fetchone()[0], "looks", decided=decided)
    with connections["owner"].cursor() as owner:
        owner.execute("VACUUM ANALYZE screening_firstlook, screening_cause, screening_exploitationjudgement")


def _copy(times: int) -> None:
    """`times` - 1 copies of every guarded row, set-wise."""
    from django.apps import apps
    from django.db import connection, connections

    from engage.practice.access.gate import acting_as
    from engage.practice.people.models import Judgement, OfRecord, Pair, Record, SourceRecord
    from engage.practice.receiving.actions import receiver
    from engage.practice.screening.models import FirstLook

    models = [SourceRecord, Record, Judgement, Pair, FirstLook]
    models += [model for model in apps.get_models() if issubclass(model, OfRecord)]
    models.sort(key=_order)
    with connections["owner"].cursor() as owner:
        owner.execute(SHIFT)
        owner.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'people_token'"
            " AND indexname <> 'people_token_pkey'"
        )
        indexes = owner.fetchall()
        for name, _ in indexes:
            owner.execute(f'DROP INDEX "{name}"')
    started = time.monotonic()
    with acting_as(receiver(), now=AS_AT), connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            columns = {field.column: _copied(model, field, models) for field in model._meta.concrete_fields}
            cursor.execute(
                f'INSERT INTO "{table}" ({", ".join(columns)}) SELECT {", ".join(columns.values())}'
                f' FROM "{table}" CROSS JOIN generate_series(1, {times - 1}) AS k'
            )
            print(f"{table}: {cursor.rowcount:,} copies, {time.monotonic() - started:.0f} s", flush=True)
        for model in models:
            _seal_anew(model, times)
    with connections["owner"].cursor() as owner:
        for _, definition in indexes:
            owner.execute(definition)
        owner.execute("VACUUM ANALYZE")
    figure("county", "seconds to copy them", round(time.monotonic() - started, 1), "s")


def _seal_anew(model: Any, times: int) -> None:
    """An encrypted text opens in its own row alone: each copy's is sealed for the copy."""
    from django.db import connection

    from engage.practice.access.bulk import array_text
    from engage.practice.access.encrypted import encrypted_fields, place, seal
    from engage.practice.access.keys import live_key
    from engage.practice.receiving.actions import receiver

    fields, table = encrypted_fields(model), model._meta.db_table
    if not fields:
        return
    assignments = ", ".join(f"{field.column} = new.{field.column}" for field in fields)
    names = ", ".join(field.column for field in fields)
    arrays = ", ".join(["%s::uuid[]", *["%s::bytea[]"] * len(fields)])
    statement = (
        f"UPDATE {table} t SET {assignments} FROM unnest({arrays}) AS new(id, {names}) WHERE t.id = new.id"
    )
    # 4 stands where every id of a received row has the kind of it, and 8 in the copies' (SHIFT).
    originals = model.objects.visible_to(receiver()).extra(where=["substr(id::text, 15, 1) = '4'"])
    keys: dict[int, Any] = {}
    sealed: list[tuple] = []

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, [array_text(column) for column in zip(*sealed, strict=True)])
        sealed.clear()

    for row in _piece_by_piece(originals):
        if row.compartment_id not in keys:
            keys[row.compartment_id] = live_key(row.compartment_id)
        key, id = keys[row.compartment_id], str(row.pk)
        told = {field.column: getattr(row, field.attname) for field in fields}
        for number in range(1, times):
            copy = UUID(f"{number:03x}{id[3:14]}8{id[15:]}")
            sealed.append((copy, *(seal(text, place(table, copy, name), key) for name, text in told.items())))
        if len(sealed) >= 10_000:
            write()
    if sealed:
        write()


def _piece_by_piece(rows: Any) -> Iterator[Any]:
    """Rows about people are not streamed: each piece is read whole."""
    last = None
    while piece := list((rows.filter(pk__gt=last) if last else rows).order_by("pk")[:2000]):
        yield from piece
        last = piece[-1].pk


# The copy's number stands first in its id, and 8 where every id of a received row has the 4 of its kind.
SHIFT = """
CREATE OR REPLACE FUNCTION bench_copy(id uuid, k int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex(k), 3, '0') || substr(id::text, 4, 11) || '8' || substr(id::text, 16))::uuid $$;
"""


def _order(model: Any) -> int:
    """Referred to before referring: the constraints are checked at the end, this is for the eye."""
    first = ["SourceRecord", "Record", "FirstLook", "MissingReport"]
    return first.index(model.__name__) if model.__name__ in first else len(first)


def _copied(model: Any, field: Any, models: list) -> str:
    """What stands in this column of a copy."""
    from django.contrib.postgres.fields import ArrayField
    from django.db.models import ForeignKey, UUIDField

    column, table = field.column, model._meta.db_table
    is_of_row = isinstance(field, UUIDField) or (
        isinstance(field, ForeignKey) and field.related_model in models
    )
    if column == "record_a_id":
        return "least(bench_copy(record_a_id, k), bench_copy(record_b_id, k))"
    if column == "record_b_id":
        return "greatest(bench_copy(record_a_id, k), bench_copy(record_b_id, k))"
    if is_of_row and column != "file_id":
        return f"bench_copy({column}, k)"
    if isinstance(field, ArrayField) and isinstance(field.base_field, UUIDField):
        return f"ARRAY(SELECT bench_copy(one, k) FROM unnest({column}) AS one)"
    if column in ("received_no", "judged_no"):
        return f"{column} + k * 1000000000::bigint"
    if column in ("reference", "duplicate_of"):
        return f"CASE WHEN {column} = '' THEN '' ELSE left({column}, 190) || '~' || k END"
    if table == "people_identifier" and column == "value":
        return "CASE WHEN value = '' THEN '' ELSE left(value, 56) || '~' || k END"
    if table == "people_token" and column == "value":
        rules = ", ".join(f"'{rule}'" for rule in IDENTIFYING)
        return f"CASE WHEN rule IN ({rules}) THEN decode(md5(value || k::text::bytea), 'hex') ELSE value END"
    return f'"{column}"'


def _say_what_there_is(received: int) -> None:
    from django.db import connection

    from engage.practice.access.gate import acting_as
    from engage.practice.receiving.actions import receiver

    with acting_as(receiver(), now=AS_AT), connection.cursor() as cursor:

        def count(what: str) -> int:
            cursor.execute(f"SELECT {what}")
            return cursor.fetchone()[0]

        people = count("count(DISTINCT person_id) FROM people_record")
        figure("county", "people", people, "people", through_the_usual_door=received)
        figure("county", "records", count("count(*) FROM people_record"), "rows")
        figure("county", "facts", sum(count(f"count(*) FROM {table}") for table in FACTS), "rows")
        figure("county", "search keys", count("count(*) FROM people_token"), "rows")
        size = count("pg_database_size(current_database()) / 1048576")
        figure("county", "database", size, "MB")


def _migrations() -> str:
    from django.db.migrations.loader import MigrationLoader

    names = sorted(MigrationLoader(None).disk_migrations)
    return hashlib.sha256(repr(names).encode()).hexdigest()[:16]


def _stamp_of(name: str) -> dict | None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        )
        row = cursor.fetchone()
    return json.loads(row[0]) if row and row[0] else None


def _write_stamp(stamp: dict) -> None:
    from django.db import connections
    from psycopg.sql import SQL, Identifier, Literal

    with connections["owner"].cursor() as cursor:
        # What defines takes no values apart from its text.
        cursor.execute(
            SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(NAME), Literal(json.dumps(stamp)))
        )


def _point_at(name: str) -> None:
    from django.db import connections

    for alias, variable in (
        ("default", "ENGAGE_DATABASE_URL"),
        ("owner", "ENGAGE_OWNER_DATABASE_URL"),
        ("public", "ENGAGE_PUBLIC_DATABASE_URL"),
    ):
        if alias not in connections:
            continue
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        os.environ[variable] = urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{name}"))


if __name__ == "__main__":
    main()

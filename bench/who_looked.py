"""How who looked is found among a million looks: `./run bench who-looked [--entries N]`.

Of a child who stood on every tenth list in the older half of the account: the newest page by the narrow table, beside
what an index on the entries' own lists (GIN) would read. And the count that follows each look.
"""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import django

from bench import figure

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CHILD = "11111111-1111-1111-1111-111111111111"
# Of the older half a tenth list this child among others, and one in a hundred is about it alone; twenty people look.
WRITE = """
INSERT INTO access_auditentry (id, at, actor_id, body, leaf)
SELECT gen_random_uuid(), %(now)s - n * interval '20 seconds', actors.ids[1 + n %% cardinality(actors.ids)],
    jsonb_build_object('verb', 'consult', 'action', 'today', 'agency', 'BWD-CSC', 'decision', 'allowed',
        'explained', 'list', 'about', CASE WHEN n > %(half)s AND n %% 100 = 0 THEN replace(%(child)s, '-', '') ELSE '' END,
        'subjects', CASE WHEN n > %(half)s AND n %% 100 = 0 THEN jsonb_build_array(replace(%(child)s, '-', ''))
            WHEN n > %(half)s AND n %% 10 = 0 THEN jsonb_build_array(replace(%(child)s, '-', ''), md5(n::text), md5((n + 1)::text))
            ELSE jsonb_build_array(md5((n %% 40000)::text), md5((n %% 39999)::text)) END,
        'subjects_count', CASE WHEN n > %(half)s AND n %% 100 = 0 THEN 1 ELSE 2 END), '\\x00'
FROM generate_series(%(first)s, %(last)s) AS n, (SELECT array_agg(id) AS ids FROM agencies_staff) AS actors
"""
PAGE = """SELECT entry FROM engage_looks(ARRAY[%(child)s]::uuid[], %(lists)s, NULL, NULL, '2000-01-01', '9999-01-01',
          '9999-01-01', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51)"""
BY_PERSON = PAGE.replace("ARRAY[%(child)s]::uuid[], %(lists)s, NULL", "NULL, false, %(actor)s")
BY_AGENCY = PAGE.replace("ARRAY[%(child)s]::uuid[], %(lists)s, NULL, NULL", "NULL, false, NULL, 'BWD-CSC'")
GIN = """SELECT id FROM access_auditentry WHERE body->'subjects' @> to_jsonb(replace(%(child)s, '-', ''))
         ORDER BY at DESC, id DESC LIMIT 51"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--entries", type=int, default=1_000_000)
    chosen = arguments.parse_args()
    django.setup()
    from django.db import connection, connections

    from bench.access_oracle import fresh_database
    from engage.demo.team import set_up_team
    from engage.practice.access.gate import acting_as
    from engage.practice.agencies.models import Staff

    fresh_database("engage_looks")
    set_up_team(now=NOW)
    with connections["owner"].cursor() as owner:
        # As the migration does it for entries from before: set by set, where the trigger takes them one by one.
        owner.execute("ALTER TABLE access_auditentry DISABLE TRIGGER access_auditentry_looks")
        for first in range(0, chosen.entries, 100_000):
            last = min(first + 100_000, chosen.entries) - 1
            owner.execute(
                WRITE, {"now": NOW, "child": CHILD, "first": first, "last": last, "half": chosen.entries // 2}
            )
        owner.execute(_who_looked().FROM_BEFORE)
        owner.execute("VACUUM ANALYZE access_auditsubject")
        owner.execute("VACUUM ANALYZE access_auditentry")
        _say_sizes(owner, chosen.entries)
    lena = Staff.objects.get(code="lena")
    with acting_as(lena, now=NOW), connection.cursor() as cursor:
        for name, sql, more in (
            ("at a child, opened", PAGE, {"lists": False}),
            ("at a child, with lists", PAGE, {"lists": True}),
            ("by a person", BY_PERSON, {}),
            ("at an agency", BY_AGENCY, {}),
            ("children read in the last hour", "SELECT engage_read_lately(false, %(since)s)", {}),
        ):
            given = {"child": CHILD, "actor": lena.pk, "since": NOW - timedelta(hours=1), **more}
            _say(name, cursor, sql, given, chosen.entries)
    with connections["owner"].cursor() as owner:
        owner.execute(
            "CREATE INDEX by_subject ON access_auditentry USING gin ((body->'subjects') jsonb_path_ops)"
        )
        owner.execute("ANALYZE access_auditentry")
        _say("at a child, with lists, by GIN instead", owner, GIN, {"child": CHILD}, chosen.entries)


def _who_looked():
    """The migration, whatever its number."""
    from engage.practice.access import migrations

    (found,) = Path(migrations.__path__[0]).glob("*_who_looked.py")
    return import_module(f"{migrations.__name__}.{found.stem}")


def _say(name: str, cursor, sql: str, given: dict, entries: int) -> None:
    """The third time of three, and the blocks of 8 kB it touched."""
    for _ in range(3):
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", given)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    blocks = sum(map(int, re.findall(r"(?:hit|read)=(\d+)", re.split(r"Planning", plan)[0].splitlines()[1])))
    took = float(re.findall(r"Execution Time: ([\d.]+) ms", plan)[0])
    figure("who-looked", name, took, "ms", blocks=blocks, entries=entries)


def _say_sizes(cursor, entries: int) -> None:
    for table in ("access_auditentry", "access_auditsubject"):
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        figure(
            "who-looked",
            f"size of {table}",
            cursor.fetchone()[0] // entries,
            "bytes an entry",
            entries=entries,
        )


if __name__ == "__main__":
    main()

"""What keeps the demo away from real work: asked before a database is dropped, migrated or marked as a demo."""

from __future__ import annotations

from typing import Any

OF_ITS_OWN = "Give the demo a database of its own (DATABASE_URL)."


class RealWork(Exception):
    """The database is not the demo's. The message says why, and what to do."""


def refuse_real_work(cursor: Any) -> None:
    """Raise RealWork unless the database is a demo already, or holds nothing yet.

    Takes a cursor of psycopg or of Django: a database to be dropped may be older than this release.
    """
    cursor.execute(
        "SELECT to_regclass('public.agencies_installation') IS NOT NULL, EXISTS ("
        " SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')"
        " AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema')"
    )
    ours, anything = cursor.fetchone()
    if not ours:
        if anything:
            raise RealWork(f"This database holds tables that are not the demo's. {OF_ITS_OWN}")
        return
    cursor.execute("SELECT kind FROM public.agencies_installation")
    marked = cursor.fetchone()
    if marked and marked[0] == "demo":
        return
    if marked:
        raise RealWork(f"This database is in real use. {OF_ITS_OWN}")
    # Neither the owner nor the application can count personal rows without being somebody at work, but the
    # size of a table is no secret.
    cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM public.agencies_staff WHERE kind = 'person'),"
        " EXISTS (SELECT 1 FROM pg_class WHERE relforcerowsecurity AND pg_relation_size(oid) > 0)"
    )
    staff, records = cursor.fetchone()
    if staff or records:
        what = " and ".join(
            word for word, there in (("staff", staff), ("personal records", records)) if there
        )
        raise RealWork(
            f"This database holds {what} and nobody has said what it is for. If it is in real use, run"
            f" `./run engage database real-work`. {OF_ITS_OWN}"
        )

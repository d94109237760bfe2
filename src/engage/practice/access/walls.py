"""The second wall: row-level security, as operations for migrations.

Every table with personal data gets one of the rules below in the migration that
makes it. `tests/architecture/test_walls.py` fails for a model without one.
"""

from __future__ import annotations

from django.db.migrations import RunSQL

# The arrays come from subqueries that PostgreSQL evaluates once a statement
# (measured: 14 ms for "my cases" among a million rows; 582 ms with EXISTS on the circle).
ROW_RULE = """
    (compartment_id = ANY ((SELECT engage_reach('any_child'))::smallint[])
     OR (compartment_id = ANY ((SELECT engage_reach('in_area'))::smallint[])
         AND area & (SELECT engage_district_bits()) <> 0)
     OR (compartment_id = ANY ((SELECT engage_reach('in_circle'))::smallint[])
         AND person_id = ANY ((SELECT engage_people())::uuid[]))
     OR (compartment_id = ANY ((SELECT engage_reach('named_child'))::smallint[])
         AND person_id = ANY ((SELECT engage_named_people())::uuid[])))
    AND (person_id IS NULL OR person_id <> ALL ((SELECT engage_barred())::uuid[]))
"""
ADD_RULE = "compartment_id = ANY ((SELECT engage_reach('may_add'))::smallint[])"


def _wall(table: str, see: str, add: str, change: str) -> str:
    # The UPDATE rule equals the SELECT rule: with a stricter one FOR UPDATE finds
    # nothing, and "not permitted" turns into "does not exist".
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY see ON {table} FOR SELECT USING ({see});
CREATE POLICY add ON {table} FOR INSERT WITH CHECK ({add});
CREATE POLICY change ON {table} FOR UPDATE USING ({see}) WITH CHECK ({change});
CREATE POLICY remove ON {table} FOR DELETE USING ({see});
{BY_SCHEDULE.format(table=table)}
"""


# Where a record's period has passed, a function of the owner destroys its rows in every table that there is
# (practice/retention). It alone turns this on; the application's role is not the owner, whatever it turns on.
BY_SCHEDULE = (
    "CREATE POLICY by_schedule ON {table} TO engage_owner"
    " USING (current_setting('engage.destroying', true) = 'on')"
    " WITH CHECK (current_setting('engage.destroying', true) = 'on');"
)


def _unwall(table: str) -> str:
    names = ("see", "add", "change", "remove", "by_schedule")
    rules = "".join(f"DROP POLICY IF EXISTS {name} ON {table};" for name in names)
    return f"{rules} ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"


def wall(table: str) -> RunSQL:
    """Rows in compartments: the row rule of the design."""
    return RunSQL(_wall(table, ROW_RULE, ADD_RULE, "true"), _unwall(table))


def wall_through(table: str, other: str, *links: str) -> RunSQL:
    """Rows without a compartment: seen if, for each link, the reader sees a row of `other`.

    A link reads `other_column = this_column`; the other table's own wall applies inside.
    """
    # OFFSET 0 makes PostgreSQL look up the rows it needs. Without, it reads the whole of `other`,
    # once for each link, to see the first ten pairs.
    see = " AND ".join(
        f"EXISTS (SELECT 1 FROM {other} o WHERE o.{link.split(' = ')[0]} = {table}.{link.split(' = ')[1]} OFFSET 0)"
        for link in links
    )
    return RunSQL(_wall(table, see, "engage_staff() IS NOT NULL", "true"), _unwall(table))


def wall_with(table: str, see: str, add: str = "engage_staff() IS NOT NULL", more: str = "") -> RunSQL:
    """A rule of its own, written out in the migration beside the reason."""
    return RunSQL(_wall(table, see, add, "true") + more, _unwall(table))


def owner_rewraps(table: str) -> RunSQL:
    """For tables with encrypted texts: rotating keys is the owner's work, whoever may see the rows. The owner can take
    a wall down in any case; the texts stay closed to whoever has not got the root key."""
    return RunSQL(
        f"""
CREATE POLICY owner_reads ON {table} FOR SELECT TO engage_owner USING (true);
CREATE POLICY owner_rewraps ON {table} FOR UPDATE TO engage_owner USING (true) WITH CHECK (true);
""",
        f"DROP POLICY owner_reads ON {table}; DROP POLICY owner_rewraps ON {table};",
    )


# Beside every other rule of a table, and stricter than all of them: what says where a protected child is.
KEEPS_LOCATION = """
    person_id IS NULL OR person_id <> ALL ((SELECT engage_kept_location())::uuid[])
    OR compartment_id <> ALL ((SELECT engage_location_compartments())::smallint[])
"""


def keeps_location(table: str) -> RunSQL:
    """Rows in compartments, of a table that holds some on where a child is. Whoever may not read one may still add one.

    Of the application alone: the owner, who rewraps keys, reads no text of them."""
    return RunSQL(
        f"CREATE POLICY keeps_location ON {table} AS RESTRICTIVE TO engage_app USING ({KEEPS_LOCATION}) WITH CHECK (true);",
        f"DROP POLICY keeps_location ON {table};",
    )


def keeps_location_of(table: str, says_where: str, person: str) -> RunSQL:
    """The same for copies of such rows: which of them say where a child is, and a query for whose they are."""
    using = f"NOT ({says_where}) OR ({person}) IS NULL OR ({person}) <> ALL ((SELECT engage_kept_location())::uuid[])"
    return RunSQL(
        f"CREATE POLICY keeps_location ON {table} AS RESTRICTIVE TO engage_app USING ({using}) WITH CHECK (true);",
        f"DROP POLICY keeps_location ON {table};",
    )


def append_only(table: str) -> RunSQL:
    """Nobody, the owner included, alters or removes a row of this table."""
    return RunSQL(
        f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION engage_refuse_change();
""",
        f"DROP TRIGGER {table}_append_only ON {table};",
    )


def append_only_but_for_a_schedule(table: str) -> RunSQL:
    """As `append_only`, for what hangs on a record: destroyed with it when its period has passed, and never altered."""
    return RunSQL(
        f"""
DROP TRIGGER IF EXISTS {table}_append_only ON {table};
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION engage_refuse_change_but_for_a_schedule();
""",
        f"""
DROP TRIGGER {table}_append_only ON {table};
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION engage_refuse_change();
""",
    )


ROLES = """
-- Rights of the roles. The launcher or an administrator makes the roles themselves
-- (docs/how-to/install.md): a migration must not need the right to make roles.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO engage_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO engage_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO engage_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO engage_app;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
"""

CONTEXT = """
CREATE FUNCTION engage_staff() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF coalesce(current_setting('engage.staff', true), '') = '' THEN
        RAISE EXCEPTION 'personal data need an access context' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN current_setting('engage.staff')::uuid;
END $$;

CREATE FUNCTION engage_now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT current_setting('engage.now')::timestamptz $$;

CREATE FUNCTION engage_reach(wanted text) RETURNS smallint[] LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT CASE wanted
            WHEN 'any_child' THEN r.any_child WHEN 'in_area' THEN r.in_area
            WHEN 'in_circle' THEN r.in_circle WHEN 'named_child' THEN r.named_child
            WHEN 'may_add' THEN r.may_add END
        FROM agencies_staff s
        JOIN agencies_agency a ON a.id = s.agency_id AND a.is_active
        JOIN access_reach r ON r.role = s.role AND r.agency_id = s.agency_id
            AND r.purpose = current_setting('engage.purpose')
            AND r.starts_at <= engage_now() AND engage_now() < r.ends_at
        WHERE s.id = engage_staff() AND s.status = 'active'), '{}')
$$;

CREATE FUNCTION engage_district_bits() RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT t.district_bits FROM agencies_staff s JOIN agencies_team t ON t.id = s.team_id
                     WHERE s.id = engage_staff()), 0)
$$;

-- These three read the circle past its own wall, which itself asks who is in the circle.
CREATE FUNCTION engage_people() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT person_id), '{}') FROM access_circlemember
    WHERE staff_id = engage_staff() AND starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now())
$$;
CREATE FUNCTION engage_named_people() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT person_id), '{}') FROM access_circlemember WHERE named
    AND staff_id = engage_staff() AND starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now())
$$;
CREATE FUNCTION engage_barred() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT person_id), '{}') FROM access_barred WHERE staff_id = engage_staff()
$$;

-- Jobs of Engage itself (receiving, linking) see and regroup every circle.
CREATE FUNCTION engage_is_service() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT s.kind = 'service' FROM agencies_staff s WHERE s.id = engage_staff()), false)
$$;

CREATE FUNCTION engage_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""
NO_CONTEXT = "".join(
    f"DROP FUNCTION IF EXISTS {name};"
    for name in (
        "engage_reach(text)", "engage_people()", "engage_named_people()", "engage_barred()", "engage_district_bits()",
        "engage_is_service()", "engage_refuse_change()", "engage_now()", "engage_staff()",
    )
)  # fmt: skip

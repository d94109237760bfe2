"""What the second wall compares is worked out once, when somebody goes to work, and kept for the transaction.

Until now each statement asked anew, and only when there was a row to compare: what is hidden took longer to be refused
than what is absent took not to be found (some 2 ms; an attacker named the right one in two of three tries).
"""

from django.db import migrations

READ = "LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS"
# Past the walls of the tables they read, which themselves ask who is in the circle: each runs as the owner.
PAST_THE_WALL = (
    "engage_read_people()",
    "engage_read_named_people()",
    "engage_read_barred()",
    "engage_read_kept_location()",
)
READING = f"""
CREATE OR REPLACE FUNCTION engage_read_reach(OUT any_child smallint[], OUT in_area smallint[], OUT in_circle smallint[],
                                  OUT named_child smallint[], OUT may_add smallint[]) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT r.any_child, r.in_area, r.in_circle, r.named_child, r.may_add
    INTO any_child, in_area, in_circle, named_child, may_add
    FROM agencies_staff s
    JOIN agencies_agency a ON a.id = s.agency_id AND a.is_active
    JOIN access_reach r ON r.role = s.role AND r.agency_id = s.agency_id
        AND r.purpose = current_setting('engage.purpose')
        AND r.starts_at <= engage_now() AND engage_now() < r.ends_at
    WHERE s.id = engage_staff() AND s.status = 'active';
    any_child := coalesce(any_child, '{{}}');
    in_area := coalesce(in_area, '{{}}');
    in_circle := coalesce(in_circle, '{{}}');
    named_child := coalesce(named_child, '{{}}');
    may_add := coalesce(may_add, '{{}}');
END $$;

CREATE OR REPLACE FUNCTION engage_read_district_bits() RETURNS integer LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT t.district_bits FROM agencies_staff s JOIN agencies_team t ON t.id = s.team_id
                     WHERE s.id = engage_staff()), 0);
END $$;

CREATE OR REPLACE FUNCTION engage_read_is_service() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT s.kind = 'service' FROM agencies_staff s WHERE s.id = engage_staff()), false);
END $$;

CREATE OR REPLACE FUNCTION engage_read_location_compartments() RETURNS smallint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT array_agg(id) FROM access_compartment WHERE category IN ('C01L', 'C03P', 'C13')), '{{}}');
END $$;

-- Who stated a purpose and has no other reason is not among those who work with the child.
CREATE OR REPLACE FUNCTION engage_read_people() RETURNS uuid[] {READ} $$
BEGIN
    RETURN coalesce((SELECT array_agg(DISTINCT person_id) FROM access_circlemember
        WHERE staff_id = engage_staff() AND starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now())
          AND kind <> 'stated'), '{{}}');
END $$;

CREATE OR REPLACE FUNCTION engage_read_named_people() RETURNS uuid[] {READ} $$
BEGIN
    RETURN coalesce((SELECT array_agg(DISTINCT person_id) FROM access_circlemember WHERE named
        AND staff_id = engage_staff() AND starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now())),
        '{{}}');
END $$;

CREATE OR REPLACE FUNCTION engage_read_barred() RETURNS uuid[] {READ} $$
BEGIN
    RETURN coalesce((SELECT array_agg(hidden.person_id) FROM (
        SELECT person_id FROM access_barred WHERE staff_id = engage_staff() AND ended_at IS NULL
        UNION
        SELECT restricted.person_id FROM unnest(engage_restricted()) AS restricted(person_id)
        WHERE NOT engage_read_is_service() AND restricted.person_id <> ALL (engage_read_named_people())
    ) AS hidden), '{{}}');
END $$;

CREATE OR REPLACE FUNCTION engage_read_kept_location() RETURNS uuid[] {READ} $$
BEGIN
    RETURN coalesce((SELECT array_agg(DISTINCT p.person_id) FROM access_protectedlocation p
        WHERE p.starts_at <= engage_now() AND (p.ends_at IS NULL OR p.ends_at > engage_now())
          AND NOT engage_read_is_service()
          AND NOT EXISTS (SELECT 1 FROM access_circlemember m
              WHERE m.record_id = p.record_id AND m.kind = 'location' AND m.staff_id = engage_staff()
                AND m.starts_at <= engage_now() AND (m.ends_at IS NULL OR m.ends_at > engage_now()))), '{{}}');
END $$;
REVOKE EXECUTE ON FUNCTION {", ".join(PAST_THE_WALL)} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {", ".join(PAST_THE_WALL)} TO engage_app;
"""

# Kept beside whom, what for and when they are of: where one of these is another now, they are read again. So they are
# where a table that they are read from was changed meanwhile. A setting trusts whoever sets it, as engage.staff does.
KEEPING = """
CREATE OR REPLACE FUNCTION engage_kept_for() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT current_setting('engage.staff', true) || ' ' || current_setting('engage.purpose', true) || ' '
           || current_setting('engage.now', true)
$$;

CREATE OR REPLACE FUNCTION engage_kept(wanted text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF current_setting('engage.kept_for', true) = engage_kept_for() THEN
        RETURN current_setting('engage.kept_' || wanted);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION engage_keep() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    reach record;
BEGIN
    PERFORM set_config('engage.kept_for', '', true);
    reach := engage_read_reach();
    PERFORM set_config('engage.kept_any_child', reach.any_child::text, true),
            set_config('engage.kept_in_area', reach.in_area::text, true),
            set_config('engage.kept_in_circle', reach.in_circle::text, true),
            set_config('engage.kept_named_child', reach.named_child::text, true),
            set_config('engage.kept_may_add', reach.may_add::text, true),
            set_config('engage.kept_district_bits', engage_read_district_bits()::text, true),
            set_config('engage.kept_is_service', engage_read_is_service()::text, true),
            set_config('engage.kept_location_compartments', engage_read_location_compartments()::text, true),
            set_config('engage.kept_people', engage_read_people()::text, true),
            set_config('engage.kept_named_people', engage_read_named_people()::text, true),
            set_config('engage.kept_barred', engage_read_barred()::text, true),
            set_config('engage.kept_kept_location', engage_read_kept_location()::text, true);
    PERFORM set_config('engage.kept_for', engage_kept_for(), true);
END $$;

-- Somebody goes to work, or (with empty words) nobody is at work any more.
CREATE OR REPLACE FUNCTION engage_go_to_work(staff text, purpose text, at text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('engage.staff', staff, true), set_config('engage.purpose', purpose, true),
            set_config('engage.now', at, true), set_config('engage.kept_for', '', true);
    IF staff <> '' THEN
        PERFORM engage_keep();
    END IF;
END $$;

CREATE OR REPLACE FUNCTION engage_keep_no_longer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('engage.kept_for', '', true);
    RETURN NULL;
END $$;
"""
READ_FROM = (
    "access_circlemember", "access_barred", "access_restriction", "access_protectedlocation", "access_reach",
    "access_compartment", "agencies_staff", "agencies_team", "agencies_agency",
)  # fmt: skip
TRIGGERS = "".join(
    f"CREATE TRIGGER {table}_keep_no_longer AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION engage_keep_no_longer();\n"
    for table in READ_FROM
)
NO_TRIGGERS = "".join(f"DROP TRIGGER {table}_keep_no_longer ON {table};\n" for table in READ_FROM)


def answer(name: str, kind: str) -> str:
    """One of the functions that the rules of the tables name: what was kept, or else what stands now."""
    return f"""
CREATE OR REPLACE FUNCTION engage_{name}() RETURNS {kind} LANGUAGE plpgsql STABLE SECURITY INVOKER AS $$
DECLARE
    kept text := engage_kept('{name}');
BEGIN
    IF kept IS NULL THEN
        RETURN engage_read_{name}();
    END IF;
    RETURN kept::{kind};
END $$;
"""


ANSWERS = """
CREATE OR REPLACE FUNCTION engage_reach(wanted text) RETURNS smallint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    kept text := engage_kept(wanted);
    reach record;
BEGIN
    IF kept IS NOT NULL THEN
        RETURN kept::smallint[];
    END IF;
    reach := engage_read_reach();
    RETURN CASE wanted WHEN 'any_child' THEN reach.any_child WHEN 'in_area' THEN reach.in_area
                       WHEN 'in_circle' THEN reach.in_circle WHEN 'named_child' THEN reach.named_child
                       WHEN 'may_add' THEN reach.may_add END;
END $$;
""" + "".join(
    answer(name, kind)
    for name, kind in (
        ("district_bits", "integer"),
        ("is_service", "boolean"),
        ("location_compartments", "smallint[]"),
        ("people", "uuid[]"),
        ("named_people", "uuid[]"),
        ("barred", "uuid[]"),
        ("kept_location", "uuid[]"),
    )
)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0021_recovery_codes_are_hashed"),
        ("agencies", "0009_first_passwords_end"),
    ]

    # Undone, the functions stay, and read at each question as before: the release before never has anything kept.
    operations = [migrations.RunSQL(READING + KEEPING + ANSWERS + TRIGGERS, NO_TRIGGERS)]

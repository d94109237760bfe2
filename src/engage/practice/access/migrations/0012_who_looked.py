from django.db import migrations

from engage.practice.access.walls import append_only, wall_with

# Known to the job of Engage itself, to who looked (it counts their own reading), to who is to review it, and to leads of
# their agency; and to the manager of their team where nobody did in time.
AGENCYS_LEAD = """agency_id = (SELECT s.agency_id FROM agencies_staff s WHERE s.id = engage_staff()
                   AND s.role = 'dpo_audit' AND s.status = 'active')"""
TEAMS_MANAGER = """looker_id IN (SELECT s.id FROM agencies_staff s JOIN agencies_staff m ON m.team_id = s.team_id
                    WHERE m.id = engage_staff() AND m.role = 'team_manager' AND m.status = 'active')"""
KNOWN_TO = f"(SELECT engage_is_service()) OR looker_id = engage_staff() OR owner_id = engage_staff() OR {AGENCYS_LEAD}"
LOOKS = f"{KNOWN_TO} OR state IN ('open', 'asked') AND due_on < engage_now()::date AND {TEAMS_MANAGER}"
ALARMS = f"""{KNOWN_TO} OR taken_by_id = engage_staff()
             OR taken_at IS NULL AND take_by <= engage_now() AND {TEAMS_MANAGER}"""
OWN = "looker_id = engage_staff()"
KEPT = "ALTER POLICY remove ON {0} USING ((SELECT engage_is_service()));"

# Who stated a purpose and has no other reason is not among those who work with the child.
PEOPLE = """
CREATE OR REPLACE FUNCTION engage_people() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT person_id), '{{}}') FROM access_circlemember
    WHERE staff_id = engage_staff() AND starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now()){0}
$$;
"""

# Looks alone: what somebody did stands in the account under their name, and a file's chunk has thousands of subjects.
INDEXED = """
    SELECT one::uuid, coalesce(one = {0}body->>'about', false) OR {0}body->'subjects_count' = '1', {0}at, {0}id,
           {0}actor_id, coalesce({0}body->>'agency', '')
"""
FROM_BEFORE = f"""
INSERT INTO access_auditsubject (subject, alone, at, entry_id, actor_id, agency)
    {INDEXED.format("e.")}
    FROM access_auditentry e CROSS JOIN LATERAL jsonb_array_elements_text(e.body->'subjects') AS one
    WHERE e.body->>'verb' IN ('consult', 'disclose') AND one ~ '^[0-9a-f]{{32}}$';
"""
SUBJECTS = f"""
REVOKE ALL ON access_auditsubject FROM engage_app;
CREATE FUNCTION engage_index_look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NEW.body->>'verb' IN ('consult', 'disclose') THEN
        INSERT INTO access_auditsubject (subject, alone, at, entry_id, actor_id, agency)
        {INDEXED.format("NEW.")}
        FROM jsonb_array_elements_text(NEW.body->'subjects') AS one WHERE one ~ '^[0-9a-f]{{32}}$';
    END IF;
    RETURN NULL;
END $$;
{FROM_BEFORE}
CREATE TRIGGER access_auditentry_looks AFTER INSERT ON access_auditentry
    FOR EACH ROW EXECUTE FUNCTION engage_index_look();
CREATE INDEX access_auditentry_by_agency ON access_auditentry ((body->>'agency'), at DESC, id DESC)
    WHERE body->>'verb' IN ('consult', 'disclose');
CREATE INDEX access_auditentry_by_actor ON access_auditentry (actor_id, at DESC, id DESC)
    WHERE body->>'verb' IN ('consult', 'disclose');
"""
NO_SUBJECTS = """
DROP INDEX access_auditentry_by_agency;
DROP INDEX access_auditentry_by_actor;
DROP TRIGGER access_auditentry_looks ON access_auditentry;
DROP FUNCTION engage_index_look();
"""

# Past the application's lack of any right to read the account, for two roles and no further: a lead reads of anybody,
# a team manager of their own agency's staff. Newest first, from just before `before_at`, `before_id`.
READING = """
CREATE FUNCTION engage_looks(subjects uuid[], with_lists boolean, by_actor uuid, by_agency text, since timestamptz,
                             until timestamptz, before_at timestamptz, before_id uuid, most integer)
RETURNS TABLE (entry uuid, looked_at timestamptz, actor uuid, said jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE own_agency text;
BEGIN
    SELECT CASE WHEN s.role = 'team_manager' THEN a.code END INTO own_agency
    FROM agencies_staff s JOIN agencies_agency a ON a.id = s.agency_id AND a.is_active
    WHERE s.id = engage_staff() AND s.status = 'active' AND s.role IN ('dpo_audit', 'team_manager');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'who looked is for leads and managers' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF own_agency IS NOT NULL THEN
        IF by_agency <> own_agency THEN RETURN; END IF;
        by_agency := own_agency;
    END IF;
    most := least(most, 1000);
    IF subjects IS NOT NULL THEN
        RETURN QUERY
            SELECT e.id, e.at, e.actor_id, e.body FROM (
                SELECT DISTINCT look.entry_id FROM unnest(subjects) AS one(subject)
                CROSS JOIN unnest(CASE WHEN with_lists THEN ARRAY[true, false] ELSE ARRAY[true] END) AS kind(alone)
                CROSS JOIN LATERAL (
                    SELECT s.entry_id FROM access_auditsubject s
                    WHERE s.subject = one.subject AND s.alone = kind.alone AND s.at >= since AND s.at < until
                      AND (s.at, s.entry_id) < (before_at, before_id)
                      AND (by_actor IS NULL OR s.actor_id = by_actor)
                      AND (by_agency IS NULL OR s.agency = by_agency)
                    ORDER BY s.at DESC, s.entry_id DESC LIMIT most
                ) AS look
            ) AS found JOIN access_auditentry e ON e.id = found.entry_id
            ORDER BY e.at DESC, e.id DESC LIMIT most;
    ELSIF by_actor IS NOT NULL THEN
        RETURN QUERY
            SELECT e.id, e.at, e.actor_id, e.body FROM access_auditentry e
            WHERE e.actor_id = by_actor AND e.at >= since AND e.at < until AND (e.at, e.id) < (before_at, before_id)
              AND e.body->>'verb' IN ('consult', 'disclose')
              AND (by_agency IS NULL OR e.body->>'agency' = by_agency)
            ORDER BY e.at DESC, e.id DESC LIMIT most;
    ELSE
        RETURN QUERY
            SELECT e.id, e.at, e.actor_id, e.body FROM access_auditentry e
            WHERE e.body->>'agency' = by_agency AND e.at >= since AND e.at < until
              AND (e.at, e.id) < (before_at, before_id) AND e.body->>'verb' IN ('consult', 'disclose')
            ORDER BY e.at DESC, e.id DESC LIMIT most;
    END IF;
END $$;

-- Of whoever is acting, and of nobody else: a number.
CREATE FUNCTION engage_read_lately(opened boolean, since timestamptz) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT count(DISTINCT subject)::integer FROM access_auditsubject
    WHERE actor_id = engage_staff() AND alone = opened AND at > since
$$;
"""
FUNCTIONS = (
    "engage_looks(uuid[], boolean, uuid, text, timestamptz, timestamptz, timestamptz, uuid, integer),"
    " engage_read_lately(boolean, timestamptz), engage_index_look()"
)


class Migration(migrations.Migration):
    dependencies = [("access", "0011_looks_and_alarms")]

    operations = [
        wall_with("access_unexplainedlook", LOOKS, OWN, KEPT.format("access_unexplainedlook")),
        wall_with("access_readingalarm", ALARMS, OWN, KEPT.format("access_readingalarm")),
        migrations.RunSQL(PEOPLE.format(" AND kind <> 'stated'"), PEOPLE.format("")),
        migrations.RunSQL(SUBJECTS, NO_SUBJECTS),
        append_only("access_auditsubject"),
        migrations.RunSQL(
            READING,
            "DROP FUNCTION engage_looks(uuid[], boolean, uuid, text, timestamptz, timestamptz, timestamptz, uuid,"
            " integer); DROP FUNCTION engage_read_lately(boolean, timestamptz);",
        ),
        migrations.RunSQL(
            f"REVOKE EXECUTE ON FUNCTION {FUNCTIONS} FROM PUBLIC;"
            f" GRANT EXECUTE ON FUNCTION {FUNCTIONS} TO engage_app;",
            migrations.RunSQL.noop,
        ),
    ]

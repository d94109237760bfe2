"""Who sees schedules' plans and holds; what of them can be changed; and nobody deletes a row about somebody.

Plans and holds of an agency are for its information-governance leads and managers, and for the manager of a team in
which its people work. Every older table with personal data gets the policy under which the owner's function destroys
by schedule (newer ones have it from `walls.wall`).
"""

from django.db import migrations

from engage.practice.access.walls import BY_SCHEDULE, append_only, wall_through, wall_with

KEEPS = """
CREATE FUNCTION engage_keeps_records_of(agency bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT engage_is_service() OR EXISTS (
        SELECT FROM agencies_staff me WHERE me.id = engage_staff() AND me.status = 'active' AND (
            me.role IN ('dpo_audit', 'team_manager') AND me.agency_id = agency
            OR me.role = 'team_manager' AND EXISTS (
                SELECT FROM agencies_staff one WHERE one.team_id = me.team_id AND one.agency_id = agency
                AND one.kind = 'person' AND one.status = 'active')))
$$;
"""
HOLD = """engage_keeps_records_of(agency_id) OR scope = 'everything' AND EXISTS (
    SELECT FROM agencies_staff s WHERE s.id = engage_staff() AND s.status = 'active'
    AND s.role IN ('dpo_audit', 'team_manager'))"""
# Whoever approves does so as themselves, in the role they have.
APPROVAL = """by_id = engage_staff() AND EXISTS (
    SELECT FROM agencies_staff s WHERE s.id = by_id AND s.role = retention_approval.role
    AND s.role IN ('dpo_audit', 'team_manager') AND s.kind = 'person' AND s.status = 'active')
    AND EXISTS (SELECT FROM retention_plan p WHERE p.id = plan_id AND p.state = 'planned' AND p.planned_by_id <> by_id)"""

UNCHANGED = """
CREATE FUNCTION engage_refuse_change_of_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
       AND to_jsonb(NEW) - '{ended_at,ended_by_id}'::text[] = to_jsonb(OLD) - '{ended_at,ended_by_id}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an adopted period is ended, never altered' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER unchanged BEFORE UPDATE ON retention_schedule
    FOR EACH ROW EXECUTE FUNCTION engage_refuse_change_of_schedule();

-- A hold ends by two: each of them says so as themselves.
CREATE FUNCTION engage_refuse_change_of_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ends text[] := '{end_asked_by_id,end_asked_at,end_because,ended_by_id,ended_at}';
BEGIN
    IF OLD.ended_at IS NULL AND to_jsonb(NEW) - ends = to_jsonb(OLD) - ends
       AND (NEW.end_asked_by_id IS NOT DISTINCT FROM OLD.end_asked_by_id
            OR NEW.end_asked_by_id = engage_staff() AND NEW.ended_by_id IS NULL)
       AND (NEW.ended_by_id IS NULL OR NEW.ended_by_id = engage_staff() AND OLD.end_asked_by_id <> engage_staff()) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a hold is ended by two people, never altered' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER unchanged BEFORE UPDATE ON retention_hold
    FOR EACH ROW EXECUTE FUNCTION engage_refuse_change_of_hold();

-- What a plan would do stands from the beginning. That it was carried out the owner's function alone says.
CREATE FUNCTION engage_refuse_change_of_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moves text[] := '{state,settled_at,settled_by_id,settled_because,destroyed,left}';
BEGIN
    IF OLD.state IN ('planned', 'approved') AND to_jsonb(NEW) - moves = to_jsonb(OLD) - moves
       AND (current_user = 'engage_owner' OR NEW.state <> 'carried_out') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a plan is settled, never altered' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER unchanged BEFORE UPDATE ON retention_plan
    FOR EACH ROW EXECUTE FUNCTION engage_refuse_change_of_plan();

REVOKE UPDATE, DELETE ON retention_planitem, retention_approval FROM engage_app;
REVOKE INSERT, UPDATE, DELETE ON retention_tombstone FROM engage_app;
REVOKE DELETE ON retention_schedule FROM engage_app;
"""
CHANGEABLE = """
DROP TRIGGER unchanged ON retention_plan; DROP TRIGGER unchanged ON retention_hold; DROP TRIGGER unchanged ON retention_schedule;
DROP FUNCTION engage_refuse_change_of_plan(); DROP FUNCTION engage_refuse_change_of_hold();
DROP FUNCTION engage_refuse_change_of_schedule();
"""

# Search keys and the causes of a first look are made anew from what stays, and what somebody searched for is not kept:
# their writers remove them, nobody else's.
NO_DELETING = f"""
DO $$ DECLARE guarded record; BEGIN
    FOR guarded IN
        SELECT c.oid, c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relforcerowsecurity AND c.relname <> 'publication_letter'
    LOOP
        IF NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = guarded.oid AND p.polname = 'by_schedule') THEN
            EXECUTE format({"'" + BY_SCHEDULE.format(table="%I").replace("'", "''") + "'"}, guarded.relname);
        END IF;
        IF guarded.relname NOT IN ('people_token', 'screening_cause', 'contact_searchasked') THEN
            EXECUTE format('REVOKE DELETE ON %I FROM engage_app', guarded.relname);
        END IF;
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0001_tables"),
        ("access", "0017_walls_of_protected_locations"),
        ("people", "0013_mixture_walls"),
        ("sharing", "0004_walls_of_emergency_and_requests"),
        ("front_door", "0003_letters_as_the_team_reads_them"),
        ("missing", "0009_where_a_protected_child_is"),
        ("screening", "0005_judgements_by_review_day"),
        ("receiving", "0006_tokens_end_by_themselves"),
        ("contact", "0005_walls_of_searches"),
        ("bundles", "0002_walls"),
        ("breaches", "0002_walls"),
    ]

    operations = [
        migrations.RunSQL(KEEPS, "DROP FUNCTION engage_keeps_records_of(bigint);"),
        wall_with(
            "retention_hold", HOLD, add="placed_by_id = engage_staff() AND engage_keeps_records_of(agency_id)"
        ),
        wall_with(
            "retention_plan",
            "engage_keeps_records_of(agency_id)",
            add="planned_by_id = engage_staff() AND engage_keeps_records_of(agency_id)",
        ),
        wall_through("retention_planitem", "retention_plan", "id = plan_id"),
        wall_with(
            "retention_approval",
            "EXISTS (SELECT FROM retention_plan p WHERE p.id = plan_id OFFSET 0)",
            add=APPROVAL,
        ),
        append_only("retention_approval"),
        append_only("retention_tombstone"),
        migrations.RunSQL(UNCHANGED, CHANGEABLE),
        migrations.RunSQL(NO_DELETING, migrations.RunSQL.noop),
    ]

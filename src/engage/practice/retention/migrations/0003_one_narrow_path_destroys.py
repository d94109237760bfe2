"""The one way in which a record ceases to be: a function of the owner, for a plan that two approved and that has cooled off.

The application may not delete. It calls the function under the name of its service, and the function looks by itself,
in the same transaction: at both approvals and whose they are, at the digest of what they were for, at the days since,
at the schedules, and of each record at holds and at what keeps it alive. What is held since is left.

`by_schedule`, the policy that lets the owner see and remove rows, is on while one of these functions runs and not
otherwise. Whoever is owner outside of them sees no more than before.
"""

from django.db import migrations

from engage.practice.access.walls import append_only_but_for_a_schedule

MAY_REMOVE = """
CREATE FUNCTION engage_refuse_change_but_for_a_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_user = 'engage_owner' AND current_setting('engage.destroying', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

# What was said of how a child is reached is never altered; it moves to another record, or goes, by a schedule alone.
SAID_ONCE = """
CREATE OR REPLACE FUNCTION engage_said_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    by_schedule boolean := current_user = 'engage_owner' AND current_setting('engage.destroying', true) = 'on';
    follows text[] := CASE WHEN by_schedule THEN '{record_id,person_id,area}' ELSE '{person_id,area}' END;
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - follows = to_jsonb(OLD) - follows THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND by_schedule THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""
SAID_OF_CONTACT = ("contact_wayofcontact", "contact_nottoperson", "contact_outgoing")


def not_emptied(table: str) -> migrations.RunSQL:
    trigger = (
        f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION"
    )
    away = f"DROP TRIGGER {table}_not_emptied ON {table};"
    return migrations.RunSQL(
        f"{away} {trigger} engage_refuse_change_but_for_a_schedule();",
        f"{away} {trigger} engage_refuse_change();",
    )


LOOKING = """
-- Every table whose rows say which record and which person they belong to. A new one is found by itself.
CREATE FUNCTION engage_tables_of_records()
RETURNS TABLE (name regclass, walled boolean, has_source boolean, has_moment boolean) LANGUAGE sql STABLE AS $$
    SELECT c.oid::regclass, bool_or(a.attname = 'compartment_id'), bool_or(a.attname = 'source_id'),
           bool_or(a.attname = 'recorded_at')
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    GROUP BY c.oid, c.relname
    HAVING bool_or(a.attname = 'record_id') AND bool_or(a.attname = 'person_id')
    ORDER BY c.relname
$$;

CREATE FUNCTION engage_last_contact(wanted uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    latest timestamptz := (SELECT received_at FROM people_record WHERE id = wanted);
    found timestamptz;
    one record;
BEGIN
    FOR one IN SELECT * FROM engage_tables_of_records() WHERE has_moment LOOP
        EXECUTE format('SELECT max(recorded_at) FROM %s WHERE record_id = $1', one.name) INTO found USING wanted;
        latest := greatest(latest, found);
    END LOOP;
    RETURN latest;
END $$;

-- The day from which a record's period counts; NULL where nobody told it.
CREATE FUNCTION engage_period_from(wanted uuid, counted_from text) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT CASE counted_from
        WHEN 'birth' THEN (SELECT max(coalesce(d.born_on, d.born_latest)) FROM people_recorddetail d
                           WHERE d.record_id = r.id AND d.current)
        WHEN 'receipt' THEN (r.received_at AT TIME ZONE 'Europe/London')::date
        WHEN 'last_contact' THEN (engage_last_contact(r.id) AT TIME ZONE 'Europe/London')::date
        WHEN 'closure' THEN (coalesce(r.no_longer_sent_at, CASE WHEN r.withdrawn THEN engage_last_contact(r.id) END)
                             AT TIME ZONE 'Europe/London')::date
    END FROM people_record r WHERE r.id = wanted
$$;

-- Whether the person's other records would fall apart: nothing but this one holds them together.
CREATE FUNCTION engage_holds_others_together(wanted uuid, person uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE others AS (SELECT id FROM people_record WHERE person_id = person AND id <> wanted),
    word AS (
        SELECT DISTINCT ON (record_a_id, record_b_id) record_a_id AS a, record_b_id AS b, verdict FROM people_judgement
        WHERE record_a_id IN (SELECT id FROM others) AND record_b_id IN (SELECT id FROM others)
        ORDER BY record_a_id, record_b_id, by_person DESC, judged_no DESC
    ),
    reached AS (
        (SELECT id FROM others ORDER BY id LIMIT 1)
        UNION
        SELECT CASE WHEN word.a = reached.id THEN word.b ELSE word.a END FROM reached
        JOIN word ON word.verdict = 'same' AND reached.id IN (word.a, word.b)
    )
    SELECT (SELECT count(*) FROM reached) < (SELECT count(*) FROM others)
$$;

-- Another agency's own rows hang on it, and the person has no other record that they could hang on.
CREATE FUNCTION engage_bears_others_rows(wanted uuid, agency bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    one record;
    found boolean;
BEGIN
    FOR one IN SELECT * FROM engage_tables_of_records() WHERE walled LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s x JOIN access_compartment c ON c.id = x.compartment_id
                                       WHERE x.record_id = $1 AND c.owner_id <> $2)', one.name)
            INTO found USING wanted, agency;
        IF found THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;

-- Why a record whose period has passed is not destroyed: a hold before all else, then what is alive about the person. NULL: nothing.
CREATE FUNCTION engage_reason_to_keep(wanted uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    r record;
    today date := (engage_now() AT TIME ZONE 'Europe/London')::date;
BEGIN
    SELECT id, agency_id, person_id INTO r FROM people_record WHERE id = wanted;
    IF NOT FOUND THEN RETURN 'gone'; END IF;
    RETURN CASE
        WHEN EXISTS (SELECT FROM retention_hold h WHERE h.ended_at IS NULL AND (
                h.scope = 'everything' OR h.scope = 'agency' AND h.agency_id = r.agency_id
                OR h.scope = 'child' AND EXISTS (
                    SELECT FROM people_record o WHERE o.person_id = r.person_id AND o.agency_id = h.agency_id
                    AND upper(o.reference) = upper(h.reference)))) THEN 'hold'
        WHEN EXISTS (SELECT FROM bundles_requesthold h JOIN bundles_subjectrequest s ON s.id = h.request_id
                     WHERE s.person_id = r.person_id AND h.kind = 'legal' AND h.until_on IS NULL) THEN 'hold'
        WHEN EXISTS (SELECT FROM missing_missingreport m
                     WHERE m.person_id = r.person_id AND m.current AND NOT m.ended) THEN 'open_episode'
        -- Who holds a sealed note works with the child. A reason of its own would tell that there is one.
        WHEN EXISTS (SELECT FROM access_circlemember c WHERE c.person_id = r.person_id
                     AND (c.ends_at IS NULL OR c.ends_at > engage_now()))
          OR EXISTS (SELECT FROM people_sealeditem i WHERE i.record_id = wanted AND i.current) THEN 'circle'
        WHEN EXISTS (SELECT FROM screening_firstlook l
                     WHERE l.person_id = r.person_id AND l.state IN ('open', 'taken')) THEN 'first_look'
        WHEN EXISTS (SELECT FROM screening_exploitationjudgement j
                     WHERE j.person_id = r.person_id AND j.current AND j.review_on >= today) THEN 'review'
        WHEN EXISTS (SELECT FROM people_pair p WHERE p.state = 'open' AND wanted IN (p.record_a_id, p.record_b_id))
            THEN 'open_pair'
        WHEN EXISTS (SELECT FROM sharing_informationrequest q
                     WHERE q.person_id = r.person_id AND q.state = 'asked') THEN 'request'
        WHEN EXISTS (SELECT FROM bundles_subjectrequest s
                     WHERE s.person_id = r.person_id AND s.state = 'open') THEN 'asked_to_see'
        WHEN EXISTS (SELECT FROM sharing_disclosure d WHERE d.person_id = r.person_id
                     AND (d.state = 'waiting' OR d.state = 'sent' AND d.expires_at > engage_now())) THEN 'disclosure'
        WHEN EXISTS (SELECT FROM sharing_emergencyaccess e
                     WHERE e.person_id = r.person_id AND e.reviewed_at IS NULL) THEN 'emergency'
        WHEN EXISTS (SELECT FROM access_restriction x WHERE x.person_id = r.person_id
                     AND (x.ends_at IS NULL OR x.ends_at > engage_now()))
          OR EXISTS (SELECT FROM access_protectedlocation x WHERE x.person_id = r.person_id
                     AND (x.ends_at IS NULL OR x.ends_at > engage_now()))
          OR EXISTS (SELECT FROM contact_nottoperson n WHERE n.record_id = wanted AND n.stands
                     AND (n.to_on IS NULL OR n.to_on > today) AND NOT EXISTS (
                         SELECT FROM contact_nottoperson later
                         WHERE later.about_id = n.about_id AND later.said_no > n.said_no)) THEN 'protected'
        WHEN engage_holds_others_together(wanted, r.person_id) THEN 'joins'
        WHEN NOT EXISTS (SELECT FROM people_record o WHERE o.person_id = r.person_id AND o.id <> wanted)
             AND engage_bears_others_rows(wanted, r.agency_id)
          OR EXISTS (SELECT FROM contact_outgoing o JOIN contact_wayofcontact w ON w.id = o.way_id
                     JOIN access_compartment c ON c.id = o.compartment_id
                     WHERE w.record_id = wanted AND c.owner_id <> r.agency_id) THEN 'others_entries'
    END;
END $$;

-- What approvals are for: agency, days of cooling off, and each record with the schedule under which it goes.
CREATE FUNCTION engage_digest_of_plan(wanted uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(concat_ws(E'\\n', p.agency_id || ' ' || p.cooling_off_days, (
        SELECT string_agg(i.record_id || ' ' || i.schedule_id, E'\\n' ORDER BY i.record_id)
        FROM retention_planitem i WHERE i.plan_id = p.id AND i.outcome <> 'kept')), 'UTF8')), 'hex')
    FROM retention_plan p WHERE p.id = wanted
$$;
"""

DESTROYING = """
-- Rows of a table, and first whatever hangs on them by a foreign key. Returns the ids of all.
CREATE FUNCTION engage_destroy_rows(from_table regclass, ids uuid[]) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    hanging record;
    below uuid[];
    gone uuid[] := ids;
BEGIN
    IF coalesce(cardinality(ids), 0) = 0 THEN RETURN '{}'; END IF;
    FOR hanging IN
        SELECT c.conrelid::regclass AS name, a.attname AS link
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = from_table AND cardinality(c.conkey) = 1
    LOOP
        EXECUTE format('SELECT array_agg(id) FROM %s WHERE %I = ANY ($1)', hanging.name, hanging.link)
            INTO below USING ids;
        gone := gone || engage_destroy_rows(hanging.name, below);
    END LOOP;
    EXECUTE format('DELETE FROM %s WHERE id = ANY ($1)', from_table) USING ids;
    RETURN gone;
END $$;

-- One record with everything that hangs on it. Another agency's own rows, and deeds about the person (who worked with
-- the child, what was shared, first looks), stay with the person's other records where there are any.
CREATE FUNCTION engage_destroy_record(wanted uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    r record;
    one record;
    stays uuid;
    ids uuid[];
    cited uuid[] := '{}';
    sources uuid[];
    aside uuid[];
    problems uuid[];
    gone uuid[] := '{}';
BEGIN
    SELECT id, agency_id, person_id INTO STRICT r FROM people_record WHERE id = wanted;
    SELECT id INTO stays FROM people_record WHERE person_id = r.person_id AND id <> wanted
        ORDER BY bridges DESC, received_no LIMIT 1;
    FOR one IN SELECT * FROM engage_tables_of_records() LOOP
        IF one.has_source THEN
            EXECUTE format('SELECT array_agg(DISTINCT source_id) FROM %s WHERE record_id = $1 AND source_id IS NOT NULL',
                           one.name) INTO ids USING wanted;
            cited := cited || coalesce(ids, '{}');
        END IF;
        IF stays IS NOT NULL AND one.walled THEN
            EXECUTE format('UPDATE %s x SET record_id = $1 FROM access_compartment c
                            WHERE x.record_id = $2 AND c.id = x.compartment_id AND c.owner_id <> $3', one.name)
                USING stays, wanted, r.agency_id;
        ELSIF stays IS NOT NULL THEN
            EXECUTE format('UPDATE %s SET record_id = $1 WHERE record_id = $2', one.name) USING stays, wanted;
        END IF;
    END LOOP;

    -- The rows as sent, in every version; not one that another record was drawn from since.
    SELECT coalesce(array_agg(DISTINCT v.id), '{}') INTO sources
    FROM people_sourcerecord s JOIN people_sourcerecord v USING (agency_id, format, reference)
    WHERE s.id = ANY (cited) AND s.agency_id = r.agency_id
      AND NOT EXISTS (SELECT FROM people_fact f WHERE f.source_id = v.id AND f.record_id <> wanted)
      AND (v.id = ANY (cited)
           OR NOT EXISTS (SELECT FROM people_recorddetail d WHERE d.source_id = v.id AND d.record_id <> wanted));
    SELECT array_agg(DISTINCT a.id) INTO aside
    FROM receiving_setasiderow a JOIN people_sourcerecord s ON s.id = ANY (sources) AND s.agency_id = a.agency_id
      AND s.reference = a.reference AND s.format = a.format || CASE WHEN a.sheet = '' THEN '' ELSE '/' || a.sheet END;
    SELECT array_agg(DISTINCT p.id) INTO problems FROM receiving_rowproblem p
    WHERE EXISTS (SELECT FROM people_sourcerecord s
                  WHERE s.id = ANY (sources) AND (s.file_id, s.row_number) = (p.file_id, p.row_number))
       OR EXISTS (SELECT FROM receiving_setasiderow a
                  WHERE a.id = ANY (aside) AND (a.file_id, a.row_number) = (p.file_id, p.row_number));

    FOR one IN SELECT * FROM engage_tables_of_records() LOOP
        EXECUTE format('SELECT array_agg(id) FROM %s WHERE record_id = $1', one.name) INTO ids USING wanted;
        gone := gone || engage_destroy_rows(one.name, ids);
    END LOOP;
    gone := gone || engage_destroy_rows('receiving_rowproblem', problems)
                 || engage_destroy_rows('receiving_setasiderow', aside)
                 || engage_destroy_rows('people_sourcerecord', sources)
                 || engage_destroy_rows('people_record', ARRAY[wanted]);
    -- What was told of these rows goes with them; that something was told stays in the register.
    SELECT array_agg(i.id) INTO ids FROM sharing_discloseditem i JOIN sharing_disclosure d ON d.id = i.disclosure_id
    WHERE d.person_id = r.person_id AND right(i.key, 36) = ANY (gone::text[]);
    gone := gone || engage_destroy_rows('sharing_discloseditem', ids);
    -- A first look without a cause and without a judgement looks at nothing.
    SELECT array_agg(l.id) INTO ids FROM screening_firstlook l WHERE l.person_id = r.person_id
      AND NOT EXISTS (SELECT FROM screening_cause c WHERE c.look_id = l.id)
      AND NOT EXISTS (SELECT FROM screening_exploitationjudgement j WHERE j.look_id = l.id);
    RETURN cardinality(gone || engage_destroy_rows('screening_firstlook', ids));
END $$;

-- `of_record`, `registers` and `hashes` lie beside each other: the names by which a destroyed row is known again.
CREATE FUNCTION engage_destroy_under_schedule(wanted uuid, of_record uuid[], registers text[], hashes bytea[])
RETURNS TABLE (item uuid, became text, because text, rows_gone integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p retention_plan%ROWTYPE;
    line record;
    why text;
    today date := (engage_now() AT TIME ZONE 'Europe/London')::date;
BEGIN
    IF NOT EXISTS (SELECT FROM agencies_staff WHERE id = engage_staff() AND role = 'service_retention'
                   AND kind = 'service' AND status = 'active') THEN
        RAISE EXCEPTION 'records are destroyed by the service for it alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('engage.destroying', 'on', true);
    PERFORM pg_advisory_xact_lock(hashtext('engage.people.grouping'));
    -- No hold is placed between here and the end of the transaction; one placed before is seen.
    LOCK TABLE retention_hold IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO p FROM retention_plan WHERE id = wanted FOR UPDATE;
    IF NOT FOUND OR p.state <> 'approved' THEN
        RAISE EXCEPTION 'this plan is not approved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p.digest <> engage_digest_of_plan(wanted) THEN
        RAISE EXCEPTION 'this plan lists something else than was approved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (SELECT count(DISTINCT a.by_id) FROM retention_approval a JOIN agencies_staff s ON s.id = a.by_id
        WHERE a.plan_id = wanted AND a.digest = p.digest AND a.by_id <> p.planned_by_id
          AND s.kind = 'person' AND s.status = 'active') < 2
       OR NOT EXISTS (SELECT FROM retention_approval a
                      WHERE a.plan_id = wanted AND a.digest = p.digest AND a.role = 'dpo_audit') THEN
        RAISE EXCEPTION 'this plan lacks an approval' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF engage_now() < (SELECT max(a.at) FROM retention_approval a WHERE a.plan_id = wanted)
                      + make_interval(days => p.cooling_off_days) THEN
        RAISE EXCEPTION 'this plan is still cooling off' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM retention_planitem i JOIN retention_schedule s ON s.id = i.schedule_id
               WHERE i.plan_id = wanted AND i.outcome = 'destroy' AND s.ended_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a schedule of this plan has changed' USING ERRCODE = 'insufficient_privilege';
    END IF;

    FOR line IN
        SELECT i.id, i.record_id, s.id AS schedule, s.counted_from, s.years
        FROM retention_planitem i JOIN retention_schedule s ON s.id = i.schedule_id
        WHERE i.plan_id = wanted AND i.outcome = 'destroy' ORDER BY i.record_id
    LOOP
        item := line.record_id;
        rows_gone := 0;
        PERFORM FROM people_record WHERE id = line.record_id AND agency_id = p.agency_id FOR UPDATE;
        why := engage_reason_to_keep(line.record_id);
        IF why IS NULL AND engage_period_from(line.record_id, line.counted_from) + make_interval(years => line.years)
                           <= today IS NOT TRUE THEN
            why := 'not_due';
        END IF;
        IF why IS NULL THEN
            IF line.record_id <> ALL (of_record) THEN
                RAISE EXCEPTION 'a destroyed record leaves a tombstone' USING ERRCODE = 'insufficient_privilege';
            END IF;
            rows_gone := engage_destroy_record(line.record_id);
            INSERT INTO retention_tombstone (id, agency_id, register, name_hash, schedule_id, plan_id, destroyed_at)
            SELECT gen_random_uuid(), p.agency_id, named.register, named.hash, line.schedule, wanted, engage_now()
            FROM unnest(of_record, registers, hashes) AS named(id, register, hash) WHERE named.id = line.record_id;
        END IF;
        became := CASE WHEN why IS NULL THEN 'destroyed' ELSE 'left' END;
        because := coalesce(why, '');
        UPDATE retention_planitem i SET outcome = became, reason = because WHERE i.id = line.id;
        RETURN NEXT;
    END LOOP;
    -- What still hangs on something that is gone stops everything here, and nothing was done.
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    UPDATE retention_plan SET state = 'carried_out', settled_at = engage_now(), settled_by_id = engage_staff(),
        destroyed = (SELECT count(*) FROM retention_planitem i WHERE i.plan_id = wanted AND i.outcome = 'destroyed'),
        "left" = (SELECT count(*) FROM retention_planitem i WHERE i.plan_id = wanted AND i.outcome = 'left')
    WHERE id = wanted;
    PERFORM set_config('engage.destroying', '', true);
END $$;

REVOKE EXECUTE ON FUNCTION engage_destroy_rows(regclass, uuid[]), engage_destroy_record(uuid),
    engage_destroy_under_schedule(uuid, uuid[], text[], bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION engage_destroy_under_schedule(uuid, uuid[], text[], bytea[]) TO engage_app;
"""
NO_PATH = """
DROP FUNCTION engage_destroy_under_schedule(uuid, uuid[], text[], bytea[]);
DROP FUNCTION engage_destroy_record(uuid);
DROP FUNCTION engage_destroy_rows(regclass, uuid[]);
"""
NO_LOOKING = "".join(
    f"DROP FUNCTION {name};"
    for name in (
        "engage_digest_of_plan(uuid)", "engage_reason_to_keep(uuid)", "engage_bears_others_rows(uuid, bigint)",
        "engage_holds_others_together(uuid, uuid)", "engage_period_from(uuid, text)", "engage_last_contact(uuid)",
        "engage_tables_of_records()",
    )
)  # fmt: skip


def add_service(apps, schema_editor):
    """Who destroys works under a name of its own, and sees nothing of any child by it."""
    database = schema_editor.connection.alias
    engage = apps.get_model("agencies", "Agency").objects.using(database).get(code="SYSTEM")
    apps.get_model("agencies", "Staff").objects.using(database).get_or_create(
        code="service_retention",
        defaults={
            "name": "Keeping to the schedules",
            "agency": engage,
            "role": "service_retention",
            "kind": "service",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("retention", "0002_walls"), ("agencies", "0005_the_ledger_has_a_service")]

    operations = [
        migrations.RunPython(add_service, migrations.RunPython.noop),
        migrations.RunSQL(MAY_REMOVE, "DROP FUNCTION engage_refuse_change_but_for_a_schedule();"),
        append_only_but_for_a_schedule("people_sourcerecord"),
        append_only_but_for_a_schedule("people_judgement"),
        append_only_but_for_a_schedule("people_mixture"),
        append_only_but_for_a_schedule("sharing_discloseditem"),
        append_only_but_for_a_schedule("bundles_bundlespan"),
        append_only_but_for_a_schedule("bundles_bundlefile"),
        migrations.RunSQL(SAID_ONCE, migrations.RunSQL.noop),
        *(not_emptied(table) for table in SAID_OF_CONTACT),
        migrations.RunSQL(LOOKING, NO_LOOKING),
        migrations.RunSQL(DESTROYING, NO_PATH),
    ]

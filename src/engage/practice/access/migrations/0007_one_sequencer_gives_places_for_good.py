"""Places, checkpoints and cosignatures are append-only, and one sequencer at a time gives places.

The application may neither read nor alter an audit entry, and that stays so: this function runs as the owner, takes
the entries that have no place yet and hands back nothing but places and hashes. It does so for the ledger's own
service alone.

Why no entry is passed over: what waits is found by its not having a place, never by being later than the last one.
A deed may begin early, be long under way and commit late; its entry appears with the commit, as every statement
sees what is committed, and has no place then, whatever moment or id it bears. What is not committed is not seen and
waits. Places follow the order of sequencing; the moments of the deeds stand in the entries.
`since` only makes the usual minute short, by not comparing years of entries: once an hour none is given, and everything
is compared.
Why no place is given twice: the lock is held until the end of the transaction, and the statement after it sees all
that the one before committed (READ COMMITTED; under a stricter isolation the keys of the table refuse the second).
"""

from django.db import migrations

from engage.practice.access.walls import append_only

SEQUENCER = """
CREATE FUNCTION engage_give_places(at_most integer, since timestamptz) RETURNS TABLE (place bigint, hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM agencies_staff
                   WHERE id = engage_staff() AND role = 'service_ledger' AND kind = 'service' AND status = 'active') THEN
        RAISE EXCEPTION 'places in the ledger are given by its own service' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('engage.ledger'));
    RETURN QUERY
        INSERT INTO access_ledgerleaf (index, entry_id, leaf)
        SELECT (SELECT coalesce(max(l.index) + 1, 0) FROM access_ledgerleaf l)
               + row_number() OVER (ORDER BY waiting.at, waiting.id) - 1, waiting.id, waiting.leaf
        FROM (SELECT e.id, e.at, e.leaf FROM access_auditentry e
              WHERE e.at >= coalesce(since, '-infinity')
                AND NOT EXISTS (SELECT FROM access_ledgerleaf l WHERE l.entry_id = e.id)
              ORDER BY e.at, e.id LIMIT at_most) waiting
        RETURNING index, leaf;
END $$;
REVOKE EXECUTE ON FUNCTION engage_give_places(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION engage_give_places(integer, timestamptz) TO engage_app;

REVOKE ALL ON access_ledgerleaf, access_checkpoint, access_cosignature FROM engage_app;
GRANT SELECT ON access_ledgerleaf, access_checkpoint, access_cosignature TO engage_app;
GRANT INSERT ON access_checkpoint, access_cosignature TO engage_app;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0006_places_and_checkpoints"), ("agencies", "0005_the_ledger_has_a_service")]

    operations = [
        append_only("access_ledgerleaf"),
        append_only("access_checkpoint"),
        append_only("access_cosignature"),
        migrations.RunSQL(SEQUENCER, "DROP FUNCTION engage_give_places(integer, timestamptz);"),
    ]

from django.db import migrations

from engage.practice.access.walls import append_only, wall_through

# The account is closed to the application. Of one child and a span of time, Engage's own jobs may know who opened it:
# they tell those people that what they read was of two.
WHO_SAW = """
CREATE FUNCTION engage_saw(of_subject uuid, since timestamptz, until timestamptz)
RETURNS TABLE (actor uuid, first_at timestamptz, last_at timestamptz, times integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT engage_is_service() THEN
        RAISE EXCEPTION 'who saw somebody is for jobs of Engage' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
        SELECT s.actor_id, min(s.at), max(s.at), count(*)::integer FROM access_auditsubject s
        WHERE s.subject = of_subject AND s.alone AND s.at >= since AND s.at < until GROUP BY s.actor_id;
END $$;
REVOKE EXECUTE ON FUNCTION engage_saw(uuid, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION engage_saw(uuid, timestamptz, timestamptz) TO engage_app;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0012_mixtures"), ("access", "0012_who_looked")]

    operations = [
        wall_through("people_mixture", "people_record", "id = record_a_id", "id = record_b_id"),
        append_only("people_mixture"),
        wall_through("people_mixtureseen", "people_mixture", "id = mixture_id"),
        migrations.RunSQL(WHO_SAW, "DROP FUNCTION engage_saw(uuid, timestamptz, timestamptz);"),
    ]

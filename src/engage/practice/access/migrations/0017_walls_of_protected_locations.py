"""Where a protected child is: whom it is kept from, and which compartments say it."""

from django.db import migrations

from engage.practice.access.walls import wall_with

# Whoever is not named for each protected record of the child. Jobs of Engage itself are kept from nothing.
KEPT = """
CREATE FUNCTION engage_kept_location() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT p.person_id), '{}') FROM access_protectedlocation p
    WHERE p.starts_at <= engage_now() AND (p.ends_at IS NULL OR p.ends_at > engage_now())
      AND NOT engage_is_service()
      AND NOT EXISTS (SELECT 1 FROM access_circlemember m
          WHERE m.record_id = p.record_id AND m.kind = 'location' AND m.staff_id = engage_staff()
            AND m.starts_at <= engage_now() AND (m.ends_at IS NULL OR m.ends_at > engage_now()))
$$;
REVOKE EXECUTE ON FUNCTION engage_kept_location() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION engage_kept_location() TO engage_app;

-- Addresses, telephones and placement; places of an episode; school. A record as sent belongs to nobody yet.
CREATE FUNCTION engage_location_compartments() RETURNS smallint[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(id), '{}') FROM access_compartment WHERE category IN ('C01L', 'C03P', 'C13')
$$;
"""
BEFORE = "DROP FUNCTION engage_kept_location(); DROP FUNCTION engage_location_compartments();"
# That it is protected tells that there is something to find: it is told to those who are named for it.
NAMED_OR_SERVICE = """
    (SELECT engage_is_service()) OR EXISTS (SELECT 1 FROM access_circlemember m
        WHERE m.record_id = access_protectedlocation.record_id AND m.kind = 'location' AND m.staff_id = engage_staff()
          AND m.starts_at <= engage_now() AND (m.ends_at IS NULL OR m.ends_at > engage_now()))
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0016_where_a_protected_child_is")]

    operations = [
        wall_with(
            "access_protectedlocation",
            NAMED_OR_SERVICE,
            more="CREATE POLICY owner_reads ON access_protectedlocation FOR SELECT TO engage_owner USING (true);",
        ),
        migrations.RunSQL(KEPT, BEFORE),
    ]

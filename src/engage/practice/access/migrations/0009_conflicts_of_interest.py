import django.db.models.deletion
from django.db import migrations, models

CONFLICTS = """
CREATE OR REPLACE FUNCTION engage_barred() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(hidden.person_id), '{}') FROM (
        SELECT person_id FROM access_barred WHERE staff_id = engage_staff() AND ended_at IS NULL
        UNION
        SELECT restricted.person_id FROM unnest(engage_restricted()) AS restricted(person_id)
        WHERE NOT engage_is_service() AND restricted.person_id <> ALL (engage_named_people())
    ) AS hidden
$$;
-- The manager of a team is told of its colleagues' conflicts, unless barred from the child too.
ALTER POLICY see ON access_barred USING (
    staff_id = engage_staff() OR (SELECT engage_is_service())
    OR person_id <> ALL ((SELECT engage_barred())::uuid[]) AND staff_id IN (
        SELECT s.id FROM agencies_staff s JOIN agencies_staff m ON m.team_id = s.team_id
        WHERE m.id = engage_staff() AND m.role = 'team_manager' AND m.status = 'active'));
"""
BEFORE = """
ALTER POLICY see ON access_barred USING (staff_id = engage_staff() OR (SELECT engage_is_service()));
CREATE OR REPLACE FUNCTION engage_barred() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(hidden.person_id), '{}') FROM (
        SELECT person_id FROM access_barred WHERE staff_id = engage_staff()
        UNION
        SELECT restricted.person_id FROM unnest(engage_restricted()) AS restricted(person_id)
        WHERE NOT engage_is_service() AND restricted.person_id <> ALL (engage_named_people())
    ) AS hidden
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0008_kind_emergency"),
        ("agencies", "0005_the_ledger_has_a_service"),
    ]

    operations = [
        migrations.AddField(
            model_name="barred",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="barred",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.staff"
            ),
        ),
        migrations.AddField(
            model_name="barred",
            name="reason",
            field=models.TextField(blank=True),
        ),
        migrations.RunSQL(CONFLICTS, BEFORE),
    ]

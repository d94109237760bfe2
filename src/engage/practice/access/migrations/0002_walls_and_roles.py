from django.db import migrations

from engage.practice.access.walls import CONTEXT, NO_CONTEXT, ROLES, append_only, wall_with

# A reason to work with a child is seen by whoever has one too, and by Engage's own jobs.
CIRCLE = """staff_id = engage_staff() OR person_id = ANY ((SELECT engage_people())::uuid[])
            OR (SELECT engage_is_service())"""
# engage_people() and engage_barred() run as the owner and read past these two walls.
OWNER_READS = "CREATE POLICY owner_reads ON {0} FOR SELECT TO engage_owner USING (true);"


class Migration(migrations.Migration):
    dependencies = [("access", "0001_tables"), ("agencies", "0001_tables")]

    operations = [
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        migrations.RunSQL(CONTEXT, NO_CONTEXT),
        wall_with("access_circlemember", CIRCLE, more=OWNER_READS.format("access_circlemember")),
        wall_with(
            "access_barred",
            "staff_id = engage_staff() OR (SELECT engage_is_service())",
            more=OWNER_READS.format("access_barred"),
        ),
        append_only("access_auditentry"),
        # The application writes the account and cannot read it back or change it.
        migrations.RunSQL(
            "REVOKE ALL ON access_auditentry FROM engage_app; GRANT INSERT ON access_auditentry TO engage_app;",
            migrations.RunSQL.noop,
        ),
    ]

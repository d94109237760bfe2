from django.db import migrations

from engage.practice.access.walls import append_only, wall_with

LEAD = """(SELECT s.role = 'dpo_audit' AND s.status = 'active' FROM agencies_staff s WHERE s.id = engage_staff())"""
# Who asked; the child's workers; the manager of the asker's team. Leads count them, whoever's they are.
ASKED = f"""
    (SELECT engage_is_service()) OR {LEAD}
    OR person_id <> ALL ((SELECT engage_barred())::uuid[]) AND (
        asked_by_id = engage_staff() OR person_id = ANY ((SELECT engage_people())::uuid[])
        OR team_id = (SELECT s.team_id FROM agencies_staff s WHERE s.id = engage_staff()
                      AND s.role = 'team_manager' AND s.status = 'active'))
"""
# Of no child here: of a child there, by their own reference alone.
RECEIVED = f"(SELECT engage_is_service()) OR {LEAD}"
SERVICE = "(SELECT engage_is_service())"


class Migration(migrations.Migration):
    dependencies = [("sister_teams", "0001_tables"), ("access", "0017_walls_of_protected_locations")]

    operations = [
        wall_with("sister_teams_questionasked", ASKED, add="asked_by_id = engage_staff()"),
        wall_with("sister_teams_questionreceived", RECEIVED, add=SERVICE),
        wall_with("sister_teams_volumealarm", RECEIVED, add=SERVICE),
        append_only("sister_teams_questionreceived"),
        migrations.RunSQL(
            "REVOKE DELETE ON sister_teams_questionasked, sister_teams_questionreceived, sister_teams_volumealarm"
            " FROM engage_app;",
            migrations.RunSQL.noop,
        ),
    ]

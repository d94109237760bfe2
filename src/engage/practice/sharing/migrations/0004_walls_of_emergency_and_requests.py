from django.db import migrations

from engage.practice.access.walls import wall_with

NOT_BARRED = "person_id <> ALL ((SELECT engage_barred())::uuid[])"
CIRCLE = "person_id = ANY ((SELECT engage_people())::uuid[])"
# Who took it and who reviews it; the child's workers; and any information-governance lead, who may review it as well.
EMERGENCY = f"""
    (SELECT engage_is_service()) OR taken_by_id = engage_staff() OR reviewer_id = engage_staff()
    OR (SELECT s.role = 'dpo_audit' AND s.status = 'active' FROM agencies_staff s WHERE s.id = engage_staff())
    OR {NOT_BARRED} AND {CIRCLE}
"""
REQUEST = f"""
    (SELECT engage_is_service()) OR owner_id = engage_staff()
    OR {NOT_BARRED} AND (
        asked_by_id = engage_staff() OR {CIRCLE}
        OR team_id = (SELECT s.team_id FROM agencies_staff s WHERE s.id = engage_staff()
                      AND s.role = 'team_manager' AND s.status = 'active'))
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0003_emergency_and_requests"), ("access", "0008_kind_emergency")]

    operations = [
        wall_with("sharing_emergencyaccess", EMERGENCY),
        wall_with("sharing_informationrequest", REQUEST),
    ]

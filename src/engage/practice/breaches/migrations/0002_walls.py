from django.db import migrations

from engage.practice.access.walls import append_only, wall_with

# Who opened it, its owner, and the leads and managers of the agency whose information it was.
KNOWN_TO = """
    (SELECT engage_is_service()) OR opened_by_id = engage_staff() OR owner_id = engage_staff()
    OR agency_id = (SELECT s.agency_id FROM agencies_staff s WHERE s.id = engage_staff()
                    AND s.role IN ('dpo_audit', 'team_manager') AND s.status = 'active')
"""
THROUGH = "EXISTS (SELECT FROM breaches_breach b WHERE b.id = breach_id OFFSET 0)"


class Migration(migrations.Migration):
    dependencies = [("breaches", "0001_tables"), ("access", "0002_walls_and_roles")]

    operations = [
        wall_with("breaches_breach", KNOWN_TO, add="opened_by_id = engage_staff()"),
        wall_with("breaches_breachstep", THROUGH, add=f"by_id = engage_staff() AND {THROUGH}"),
        append_only("breaches_breachstep"),
        migrations.RunSQL(
            "REVOKE DELETE ON breaches_breach, breaches_breachstep FROM engage_app;", migrations.RunSQL.noop
        ),
    ]

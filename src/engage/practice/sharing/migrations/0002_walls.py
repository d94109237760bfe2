from django.db import migrations

from engage.practice.access.walls import append_only, wall_with

# Known to sender and recipient; to those who work with the child; to the manager of the sender's team and the
# information-governance lead of the sender's agency. Whoever is barred from the child, or for whom it is restricted, learns of
# none but what was sent to themselves.
MANAGER = """team_id = (SELECT s.team_id FROM agencies_staff s WHERE s.id = engage_staff()
              AND s.role = 'team_manager' AND s.status = 'active')"""
LEAD = """agency_id = (SELECT s.agency_id FROM agencies_staff s WHERE s.id = engage_staff()
           AND s.role = 'dpo_audit' AND s.status = 'active')"""
KNOWN_TO = f"""
    (SELECT engage_is_service())
    OR recipient_id = engage_staff() AND state IN ('sent', 'recalled')
    OR {LEAD}
    OR person_id <> ALL ((SELECT engage_barred())::uuid[])
       AND (sent_by_id = engage_staff() OR person_id = ANY ((SELECT engage_people())::uuid[]) OR {MANAGER})
"""
# What it says: for the recipient while it can be opened, the sender, and the manager as second person.
READ_BY = f"""EXISTS (SELECT 1 FROM sharing_disclosure d WHERE d.id = disclosure_id AND (
    (SELECT engage_is_service())
    OR d.recipient_id = engage_staff() AND d.state = 'sent' AND d.expires_at > engage_now()
    OR d.recipient_id <> engage_staff() AND (d.sent_by_id = engage_staff() OR d.{MANAGER})) OFFSET 0)"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_tables"), ("access", "0005_restricted_children")]

    operations = [
        wall_with("sharing_disclosure", KNOWN_TO),
        wall_with("sharing_discloseditem", READ_BY),
        append_only("sharing_discloseditem"),
    ]

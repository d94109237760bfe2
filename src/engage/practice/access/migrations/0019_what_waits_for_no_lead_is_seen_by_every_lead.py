from importlib import import_module

from django.db import migrations

before = import_module("engage.practice.access.migrations.0012_who_looked")

# Whoever was to review it has left, been suspended or become something else, or there was nobody to begin with.
# A lead, of whichever agency, then sees it; they read of looks alone, and see no child by it.
NOBODYS = """
    EXISTS (SELECT 1 FROM agencies_staff s JOIN agencies_agency a ON a.id = s.agency_id AND a.is_active
            WHERE s.id = engage_staff() AND s.role = 'dpo_audit' AND s.status = 'active')
    AND NOT EXISTS (SELECT 1 FROM agencies_staff s JOIN agencies_agency a ON a.id = s.agency_id AND a.is_active
                    WHERE s.id = owner_id AND s.role = 'dpo_audit' AND s.status = 'active')
"""


def seen_by(table: str, rule: str) -> str:
    return "".join(f"ALTER POLICY {policy} ON {table} USING ({rule});" for policy in ("see", "change"))


class Migration(migrations.Migration):
    dependencies = [("access", "0018_one_at_a_time_on_lists_is_counted")]

    operations = [
        migrations.RunSQL(seen_by(table, f"{rule} OR {NOBODYS}"), seen_by(table, rule))
        for table, rule in (
            ("access_unexplainedlook", before.LOOKS),
            ("access_readingalarm", before.ALARMS),
        )
    ]

"""The public role may put letters in, column by column, and can neither read nor alter any, its own included.

Written out here and not with `access.walls`: this app may import nothing of the staff site, and the usual rules hold
for every role, so that the public one would be asked for an access context. What it may and may not is
tested by tests/integration/publication.
"""

from django.db import migrations

# Who answers the phone line (access.reach.answers_the_line): a role of the core team, in a multi-agency team. The
# subquery is evaluated once a statement; without a context engage_staff() raises.
ANSWERS_THE_LINE = """(SELECT EXISTS (
    SELECT 1 FROM agencies_staff s JOIN agencies_agency a ON a.id = s.agency_id AND a.is_active
    WHERE s.id = engage_staff() AND s.status = 'active' AND s.team_id IS NOT NULL
      AND s.role IN ('police_team', 'social_worker', 'team_manager', 'drugs_worker', 'sexual_health', 'helpline')))"""

LETTERBOX = f"""
ALTER TABLE publication_letter ADD CONSTRAINT letter_opened_by_staff
    FOREIGN KEY (opened_by_id) REFERENCES agencies_staff (id);

REVOKE ALL ON publication_letter FROM PUBLIC, engage_public, engage_app;
GRANT INSERT (id, received_at, sender_kind, concern, place, safe_contact, safe_to_contact, immediate_danger)
    ON publication_letter TO engage_public;
GRANT SELECT, UPDATE (opened_at, opened_by_id) ON publication_letter TO engage_app;

ALTER TABLE publication_letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE publication_letter FORCE ROW LEVEL SECURITY;
CREATE POLICY post ON publication_letter FOR INSERT TO engage_public
    WITH CHECK (opened_at IS NULL AND opened_by_id IS NULL);
CREATE POLICY see ON publication_letter FOR SELECT TO engage_app USING ({ANSWERS_THE_LINE});
-- As everywhere the UPDATE rule equals the SELECT rule: with a stricter one FOR UPDATE finds nothing.
CREATE POLICY change ON publication_letter FOR UPDATE TO engage_app
    USING ({ANSWERS_THE_LINE}) WITH CHECK (true);
"""

NO_LETTERBOX = """
DROP POLICY post ON publication_letter;
DROP POLICY see ON publication_letter;
DROP POLICY change ON publication_letter;
ALTER TABLE publication_letter NO FORCE ROW LEVEL SECURITY;
ALTER TABLE publication_letter DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON publication_letter FROM engage_public;
ALTER TABLE publication_letter DROP CONSTRAINT letter_opened_by_staff;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("publication", "0001_tables"),
        ("access", "0003_only_the_application_asks_who_works_with_whom"),
        ("agencies", "0001_tables"),
    ]

    operations = [migrations.RunSQL(LETTERBOX, NO_LETTERBOX)]

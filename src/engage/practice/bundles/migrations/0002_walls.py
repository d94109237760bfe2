from django.db import migrations

from engage.practice.access.walls import append_only, wall_through, wall_with

# The request is known to who answers for it, prepares it and reads it a second time; to the manager of the opener's team;
# and to the information-governance lead of the opener's agency, who is told nothing of what the record says. Of a child
# from whom somebody is barred they know of none.
MANAGER = """team_id = (SELECT s.team_id FROM agencies_staff s WHERE s.id = engage_staff()
              AND s.role = 'team_manager' AND s.status = 'active')"""
LEAD = """agency_id = (SELECT s.agency_id FROM agencies_staff s WHERE s.id = engage_staff()
           AND s.role = 'dpo_audit' AND s.status = 'active')"""
KNOWN_TO = f"""
    (SELECT engage_is_service())
    OR {LEAD} AND NOT EXISTS (SELECT FROM access_barred b WHERE b.staff_id = engage_staff() AND b.ended_at IS NULL
                              AND b.person_id = bundles_subjectrequest.person_id)
    OR (person_id IS NULL OR person_id <> ALL ((SELECT engage_barred())::uuid[]))
       AND (owner_id = engage_staff() OR preparer_id = engage_staff() OR reader_id = engage_staff() OR {MANAGER})
"""
# What it says: for who gathered it under their own rights, and the second reader from when it was laid before them.
READ_BY = """EXISTS (SELECT 1 FROM bundles_bundle b WHERE b.id = bundle_id AND (
    (SELECT engage_is_service()) OR b.preparer_id = engage_staff()
    OR b.reader_id = engage_staff() AND b.state <> 'preparing') OFFSET 0)"""
# What was approved is what the requester may have; it is for who hands it over, too, until it is recalled.
HANDED_OVER_BY = """EXISTS (SELECT 1 FROM bundles_bundle b JOIN bundles_subjectrequest r ON r.id = b.request_id
    WHERE b.id = bundle_id AND ((SELECT engage_is_service())
    OR (b.state IN ('approved', 'released') OR b.state = 'superseded' AND b.released_at IS NOT NULL)
       AND (b.preparer_id = engage_staff() OR b.reader_id = engage_staff() OR r.owner_id = engage_staff())) OFFSET 0)"""


class Migration(migrations.Migration):
    dependencies = [("bundles", "0001_tables"), ("access", "0009_conflicts_of_interest")]

    operations = [
        wall_with("bundles_subjectrequest", KNOWN_TO),
        wall_through("bundles_requesthold", "bundles_subjectrequest", "id = request_id"),
        wall_through("bundles_bundle", "bundles_subjectrequest", "id = request_id"),
        wall_with("bundles_bundlespan", READ_BY),
        wall_through("bundles_spandecision", "bundles_bundlespan", "id = span_id"),
        wall_through("bundles_mark", "bundles_bundlespan", "id = span_id"),
        wall_with("bundles_bundlefile", HANDED_OVER_BY),
        append_only("bundles_bundlespan"),
        append_only("bundles_bundlefile"),
    ]

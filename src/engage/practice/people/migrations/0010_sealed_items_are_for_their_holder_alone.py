from django.db import migrations

from engage.practice.access.walls import owner_rewraps, wall_with

# Whoever left, or whose agency did, holds nothing; an administrator never does; a conflict of interest, or a restriction
# to others, closes what one holds. Engage's own jobs: those that the policy lets see the compartment.
AT_WORK = """engage_staff() IN (SELECT s.id FROM agencies_staff s JOIN agencies_agency a ON a.id = s.agency_id AND a.is_active
                                WHERE s.status = 'active' AND s.role <> 'sys_admin')"""
HOLDER = f"""(holder_id = engage_staff() AND (SELECT {AT_WORK})
              AND person_id <> ALL ((SELECT engage_barred())::uuid[])
              OR (SELECT engage_is_service()) AND compartment_id = ANY ((SELECT engage_reach('any_child'))::smallint[]))"""
# In the name of one's own agency, for a colleague of it.
OWN = """sealed_by_id = engage_staff()
         AND compartment_id IN (SELECT c.id FROM access_compartment c JOIN agencies_staff s ON s.agency_id = c.owner_id
                                WHERE s.id = engage_staff() AND c.label = 'sealed')
         AND holder_id IN (SELECT h.id FROM agencies_staff h JOIN agencies_staff s ON s.agency_id = h.agency_id
                           WHERE s.id = engage_staff() AND h.kind = 'person')"""
OFFERED = f"""((offered_by_id = engage_staff() OR offered_to_id = engage_staff()) AND (SELECT {AT_WORK})
               AND person_id <> ALL ((SELECT engage_barred())::uuid[])
               OR (SELECT engage_is_service()))"""


class Migration(migrations.Migration):
    dependencies = [("people", "0009_sealed_items")]

    operations = [
        wall_with("people_sealeditem", HOLDER, OWN),
        owner_rewraps("people_sealeditem"),
        wall_with("people_sealedhandover", OFFERED, "offered_by_id = engage_staff()"),
    ]

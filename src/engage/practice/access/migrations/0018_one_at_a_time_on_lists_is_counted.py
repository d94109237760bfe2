from django.db import migrations

# Of whoever is acting, and of nobody else: a number. What somebody finds by searching for one child after another stands
# in the account as a look at one child: among what was read on lists it counts like a row of a long one.
# The array and not `OR`, so that the index on who looked, alone and when is read.
COUNT = """
CREATE OR REPLACE FUNCTION engage_read_lately(opened boolean, since timestamptz) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT count(DISTINCT subject)::integer FROM access_auditsubject
    WHERE actor_id = engage_staff() AND alone {} AND at > since
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0017_walls_of_protected_locations")]

    operations = [
        migrations.RunSQL(
            COUNT.format("= ANY (CASE WHEN opened THEN ARRAY[true] ELSE ARRAY[true, false] END)"),
            COUNT.format("= opened"),
        ),
    ]

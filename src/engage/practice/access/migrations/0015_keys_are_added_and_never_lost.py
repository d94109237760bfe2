from django.db import migrations

RIGHTS = """
-- The application adds the first key of a compartment. Retiring one and wrapping it anew are the owner's, in rotation.
REVOKE UPDATE, DELETE ON access_compartmentkey FROM engage_app;
-- A key that is gone takes with it all that was kept under it, in every back-up too.
CREATE TRIGGER access_compartmentkey_stays BEFORE DELETE OR TRUNCATE ON access_compartmentkey
    FOR EACH STATEMENT EXECUTE FUNCTION engage_refuse_change();
"""
BEFORE = """
DROP TRIGGER access_compartmentkey_stays ON access_compartmentkey;
GRANT UPDATE, DELETE ON access_compartmentkey TO engage_app;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0014_compartments_have_keys")]

    operations = [migrations.RunSQL(RIGHTS, BEFORE)]

"""The three functions that read the circle past its wall run as the owner; PostgreSQL lets every role execute them
unless told otherwise. The public role has no business with them."""

from django.db import migrations

FUNCTIONS = "engage_people(), engage_named_people(), engage_barred()"


class Migration(migrations.Migration):
    dependencies = [("access", "0002_walls_and_roles")]

    operations = [
        migrations.RunSQL(
            f"REVOKE EXECUTE ON FUNCTION {FUNCTIONS} FROM PUBLIC;"
            f" GRANT EXECUTE ON FUNCTION {FUNCTIONS} TO engage_app;",
            f"GRANT EXECUTE ON FUNCTION {FUNCTIONS} TO PUBLIC;",
        ),
    ]

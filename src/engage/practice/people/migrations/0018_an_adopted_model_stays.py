from django.db import migrations

from engage.practice.access.walls import append_only


class Migration(migrations.Migration):
    """Which weights stood on a past day is part of why two records were joined then."""

    dependencies = [("people", "0017_a_model_is_adopted_by_somebody")]

    operations = [
        append_only("people_adoptedmodel"),
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE ON people_adoptedmodel FROM engage_app;",
            "GRANT UPDATE, DELETE ON people_adoptedmodel TO engage_app;",
        ),
    ]

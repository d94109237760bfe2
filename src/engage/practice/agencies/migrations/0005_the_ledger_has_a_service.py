"""Who gives audit entries their places works under its own name too, and sees nothing of any child."""

from django.db import migrations


def add_service(apps, schema_editor):
    database = schema_editor.connection.alias
    engage = apps.get_model("agencies", "Agency").objects.using(database).get(code="SYSTEM")
    apps.get_model("agencies", "Staff").objects.using(database).get_or_create(
        code="service_ledger",
        defaults={
            "name": "Keeping the ledger",
            "agency": engage,
            "role": "service_ledger",
            "kind": "service",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("agencies", "0004_owners_say_whether_they_are_named")]

    operations = [migrations.RunPython(add_service, migrations.RunPython.noop)]

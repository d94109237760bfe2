"""Engage's own jobs work under their own names, like anybody else."""

from django.db import migrations

SERVICES = {
    "service_receiver": "Receiving files",
    "service_linker": "Linking records",
    "service_clock": "Watching clocks",
}


def add_services(apps, schema_editor):
    Agency = apps.get_model("agencies", "Agency")
    Staff = apps.get_model("agencies", "Staff")
    database = schema_editor.connection.alias
    engage, _ = Agency.objects.using(database).get_or_create(
        code="SYSTEM", defaults={"name": "Engage itself", "kind": "system"}
    )
    for role, name in SERVICES.items():
        Staff.objects.using(database).get_or_create(
            code=role, defaults={"name": name, "agency": engage, "role": role, "kind": "service"}
        )


class Migration(migrations.Migration):
    dependencies = [("agencies", "0001_tables")]

    operations = [migrations.RunPython(add_services, migrations.RunPython.noop)]

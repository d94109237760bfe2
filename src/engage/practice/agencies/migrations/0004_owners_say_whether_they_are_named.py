"""Health and drugs services are not named to others who work with a child unless they say so."""

from django.db import migrations, models

UNNAMED = ("health", "drugs_service", "hospital")


def name_the_others(apps, schema_editor):
    agencies = apps.get_model("agencies", "Agency").objects.using(schema_editor.connection.alias)
    agencies.exclude(kind__in=UNNAMED).update(may_be_named_to_the_circle=True)


class Migration(migrations.Migration):
    dependencies = [("agencies", "0003_counts_of_failures_shared_between_processes")]

    operations = [
        migrations.AddField(
            model_name="agency",
            name="may_be_named_to_the_circle",
            field=models.BooleanField(
                default=False,
                help_text="Others who work with a child may read that somebody of this agency does, and its telephone number",
            ),
            preserve_default=False,
        ),
        migrations.RunPython(name_the_others, migrations.RunPython.noop),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0002_walls")]

    operations = [
        # A new version of a source row ends the facts of the old one.
        migrations.AddIndex("Fact", models.Index(fields=["source"], name="facts_by_source")),
    ]

from django.db import migrations

from engage.practice.access.walls import wall


class Migration(migrations.Migration):
    dependencies = [("missing", "0001_tables"), ("access", "0002_walls_and_roles")]

    operations = [
        wall("missing_missingreport"),
        wall("missing_reportplaces"),
        wall("missing_returninterview"),
    ]

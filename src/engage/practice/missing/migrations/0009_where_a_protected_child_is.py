from django.db import migrations

from engage.practice.access.walls import keeps_location


class Migration(migrations.Migration):
    dependencies = [
        ("missing", "0008_places_are_encrypted"),
        ("access", "0017_walls_of_protected_locations"),
    ]

    operations = [keeps_location("missing_reportplaces")]

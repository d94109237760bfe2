from django.db import migrations

from engage.practice.access.walls import keeps_location


class Migration(migrations.Migration):
    dependencies = [
        ("missing", "0007_held_reports_are_found"),
        ("access", "0012_walls_of_protected_locations"),
    ]

    operations = [keeps_location("missing_reportplaces")]

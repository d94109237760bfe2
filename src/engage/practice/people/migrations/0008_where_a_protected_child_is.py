from django.db import migrations

from engage.practice.access.walls import keeps_location

# A format that an agency added may put whole records into a category of places.
TABLES = ("record", "recorddetail", "identifier", "address", "fact", "token")


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_records_no_longer_sent"),
        ("access", "0012_walls_of_protected_locations"),
    ]

    operations = [keeps_location(f"people_{table}") for table in TABLES]

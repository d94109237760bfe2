from django.db import migrations

from engage.practice.access.walls import keeps_location

# A format that an agency added may put whole records into a category of places.
TABLES = ("record", "recorddetail", "identifier", "address", "fact", "token")


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0010_sealed_items_are_for_their_holder_alone"),
        ("access", "0017_walls_of_protected_locations"),
    ]

    operations = [keeps_location(f"people_{table}") for table in TABLES]

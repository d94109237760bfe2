from django.db import migrations

from engage.practice.access.walls import wall_with

SERVICE = "(SELECT engage_is_service())"
# Who is named for the child, and never who searched; nobody from whom the child is hidden now.
HOLDER = f"{SERVICE} OR holder_id = engage_staff() AND person_id <> ALL ((SELECT engage_barred())::uuid[])"


class Migration(migrations.Migration):
    dependencies = [("contact", "0004_signposts_and_searches"), ("access", "0009_conflicts_of_interest")]

    operations = [
        wall_with("contact_searchasked", SERVICE),
        wall_with("contact_searchnoticed", HOLDER, add=SERVICE),
    ]

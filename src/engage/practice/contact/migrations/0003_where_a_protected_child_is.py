from django.db import migrations

from engage.practice.access.walls import keeps_location


class Migration(migrations.Migration):
    dependencies = [("contact", "0002_walls"), ("access", "0017_walls_of_protected_locations")]

    operations = [keeps_location("contact_wayofcontact"), keeps_location("contact_outgoing")]

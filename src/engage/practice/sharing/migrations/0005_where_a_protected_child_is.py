from django.db import migrations

from engage.practice.access.walls import keeps_location_of


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0004_walls_of_emergency_and_requests"),
        ("access", "0017_walls_of_protected_locations"),
    ]

    operations = [
        keeps_location_of(
            "sharing_discloseditem",
            "category IN ('C01L', 'C03P', 'C13')",
            "SELECT d.person_id FROM sharing_disclosure d WHERE d.id = disclosure_id",
        )
    ]

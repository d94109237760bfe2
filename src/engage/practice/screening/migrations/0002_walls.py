from django.db import migrations

from engage.practice.access.walls import wall, wall_through


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_tables"), ("access", "0002_walls_and_roles")]

    operations = [
        wall("screening_cause"),
        # A first look exists for whoever sees one of its causes, and for nobody else.
        wall_through("screening_firstlook", "screening_cause", "look_id = id"),
        wall("screening_exploitationjudgement"),
    ]

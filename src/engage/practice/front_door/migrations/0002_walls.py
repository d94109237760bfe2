from django.db import migrations

from engage.practice.access.walls import wall


class Migration(migrations.Migration):
    dependencies = [("front_door", "0001_tables"), ("access", "0002_walls_and_roles")]

    operations = [wall("front_door_referral"), wall("front_door_call")]

from django.db import migrations

from engage.practice.access.walls import wall


class Migration(migrations.Migration):
    dependencies = [("receiving", "0001_tables"), ("access", "0002_walls_and_roles")]

    operations = [wall("receiving_receivedfile"), wall("receiving_rowproblem"), wall("receiving_setasiderow")]

from django.db import migrations

from engage.practice.access.walls import append_only_but_for_a_schedule, wall_through


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0015_opinions_and_relations"),
        ("retention", "0003_one_narrow_path_destroys"),
    ]

    operations = [
        wall_through("people_opinion", "people_pair", "id = pair_id"),
        append_only_but_for_a_schedule("people_opinion"),
        migrations.RunSQL("REVOKE DELETE ON people_opinion FROM engage_app;", migrations.RunSQL.noop),
    ]

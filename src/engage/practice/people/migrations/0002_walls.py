from django.db import migrations

from engage.practice.access.walls import append_only, wall, wall_through


class Migration(migrations.Migration):
    dependencies = [("people", "0001_tables"), ("access", "0002_walls_and_roles")]

    operations = [
        wall("people_sourcerecord"),
        append_only("people_sourcerecord"),
        wall("people_record"),
        wall("people_recorddetail"),
        wall("people_identifier"),
        wall("people_address"),
        wall("people_fact"),
        wall("people_token"),
        wall_through("people_judgement", "people_record", "id = record_a_id", "id = record_b_id"),
        append_only("people_judgement"),
        wall_through("people_pair", "people_record", "id = record_a_id", "id = record_b_id"),
        migrations.RunSQL(
            "CREATE SEQUENCE people_received_no; GRANT USAGE, SELECT ON SEQUENCE people_received_no TO engage_app;",
            "DROP SEQUENCE people_received_no;",
        ),
    ]

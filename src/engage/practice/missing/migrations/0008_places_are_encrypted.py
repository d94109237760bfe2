from django.db import migrations

from engage.practice.access.encrypted import EncryptedText, encrypt_rows
from engage.practice.access.walls import owner_rewraps

COLUMNS = ("last_seen_place", "located_place", "vehicle", "circumstances")
AS_BYTES = "ALTER TABLE missing_reportplaces " + ", ".join(
    f"ALTER COLUMN {column} TYPE bytea USING convert_to({column}, 'UTF8')" for column in COLUMNS
)


class Migration(migrations.Migration):
    dependencies = [
        ("missing", "0007_held_reports_are_found"),
        ("access", "0015_keys_are_added_and_never_lost"),
    ]

    operations = [
        migrations.RunSQL(
            AS_BYTES,
            state_operations=[
                migrations.AlterField(
                    "reportplaces", "last_seen_place", EncryptedText(blank=True, max_length=300)
                ),
                migrations.AlterField(
                    "reportplaces", "located_place", EncryptedText(blank=True, max_length=300)
                ),
                migrations.AlterField("reportplaces", "vehicle", EncryptedText(blank=True, max_length=200)),
                migrations.AlterField("reportplaces", "circumstances", EncryptedText(blank=True)),
            ],
        ),
        owner_rewraps("missing_reportplaces"),
        migrations.RunPython(encrypt_rows("missing_reportplaces", {column: column for column in COLUMNS})),
    ]

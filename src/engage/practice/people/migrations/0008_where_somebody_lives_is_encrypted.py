from django.db import migrations, models

from engage.practice.access.encrypted import EncryptedText, encrypt_rows
from engage.practice.access.walls import owner_rewraps

# The texts become bytes where they stand, and are then encrypted row by row.
AS_BYTES = """
ALTER TABLE people_address
    ALTER COLUMN address TYPE bytea USING convert_to(address, 'UTF8'),
    ALTER COLUMN postcode TYPE bytea USING convert_to(postcode, 'UTF8');
ALTER TABLE people_identifier ADD COLUMN telephone bytea NOT NULL DEFAULT '';
ALTER TABLE people_identifier ALTER COLUMN telephone DROP DEFAULT;
"""
VALUES_OF_TELEPHONES = "UPDATE people_identifier SET value = '' WHERE type = 'phone'"


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_records_no_longer_sent"),
        ("access", "0015_keys_are_added_and_never_lost"),
    ]

    operations = [
        migrations.RunSQL(
            AS_BYTES,
            state_operations=[
                migrations.AlterField("address", "address", EncryptedText(blank=True, max_length=300)),
                migrations.AlterField("address", "postcode", EncryptedText(blank=True, max_length=10)),
                migrations.AddField("identifier", "telephone", EncryptedText(blank=True, max_length=60)),
                migrations.AlterField(
                    "identifier",
                    "value",
                    models.CharField(blank=True, help_text="Empty for a telephone number", max_length=60),
                ),
            ],
        ),
        owner_rewraps("people_address"),
        owner_rewraps("people_identifier"),
        migrations.RunPython(encrypt_rows("people_address", {"address": "address", "postcode": "postcode"})),
        migrations.RunPython(
            encrypt_rows("people_identifier", {"value": "telephone"}, where="type = 'phone'")
        ),
        migrations.RunSQL(VALUES_OF_TELEPHONES),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0004_judgements_in_order")]

    operations = [
        migrations.AlterField(
            "Identifier",
            "type",
            models.CharField(
                choices=[
                    ("nhs_number", "NHS number"),
                    ("upn", "Unique pupil number"),
                    ("council_child_id", "Council's child id (SSDA903)"),
                    ("phone", "Telephone"),
                    ("case_reference", "Reference of a case"),
                ],
                max_length=20,
            ),
        ),
    ]

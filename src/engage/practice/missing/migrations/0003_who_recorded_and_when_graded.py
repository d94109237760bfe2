import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("missing", "0002_walls"), ("agencies", "0002_engage_itself")]

    operations = [
        migrations.AddField("missingreport", "graded_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "missingreport",
            "recorded_by",
            models.ForeignKey(
                help_text="If told at a desk",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="agencies.staff",
            ),
        ),
        migrations.AddField(
            "returninterview",
            "recorded_by",
            models.ForeignKey(
                help_text="If told at a desk",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="agencies.staff",
            ),
        ),
    ]

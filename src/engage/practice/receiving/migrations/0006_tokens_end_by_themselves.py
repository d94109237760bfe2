"""Tokens made before this get a year from now: to end them today would stop feeds that nobody has warned."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("receiving", "0005_unverified")]

    operations = [
        migrations.AddField(
            model_name="feedtoken",
            name="expires_at",
            field=models.DateTimeField(help_text="From then on it opens nothing", null=True),
        ),
        migrations.RunSQL(
            "UPDATE receiving_feedtoken SET expires_at = now() + interval '365 days'",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="feedtoken",
            name="expires_at",
            field=models.DateTimeField(help_text="From then on it opens nothing"),
        ),
    ]

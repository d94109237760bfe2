from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_facts_found_by_their_source")]

    operations = [
        # Two words about one pair may bear the same moment; the later one counts.
        migrations.AddField(
            "Judgement",
            "judged_no",
            models.BigIntegerField(unique=True, default=0),
            preserve_default=False,
        ),
    ]

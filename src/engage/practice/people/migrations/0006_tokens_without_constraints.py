import django.db.models.deletion
from django.db import migrations, models


def reference_to(model: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=model,
    )


class Migration(migrations.Migration):
    dependencies = [("access", "0002_walls_and_roles"), ("people", "0005_case_references")]

    operations = [
        # Regrouping rewrites the person of every token: without this index it touches no index at all.
        migrations.RemoveIndex("token", "people_toke_person__37af00_idx"),
        # The wall checks the compartment, and the record is written in the same transaction.
        migrations.AlterField("token", "compartment", reference_to("access.compartment")),
        migrations.AlterField("token", "record", reference_to("people.record")),
    ]

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("agencies", "0004_owners_say_whether_they_are_named"),
        ("access", "0005_restricted_children"),
    ]

    operations = [
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("record_id", models.UUIDField()),
                ("person_id", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a second person"),
                            ("sent", "Sent"),
                            ("refused", "Not approved"),
                            ("recalled", "Recalled"),
                            ("not_shared", "Not shared"),
                        ],
                        max_length=12,
                    ),
                ),
                ("decided_at", models.DateTimeField()),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("protect_this_child", "Protect this child"),
                            ("protect_another_child", "Protect another child"),
                            ("prevent_or_detect_crime", "Prevent or detect crime"),
                        ],
                        max_length=40,
                    ),
                ),
                ("lawful_basis", models.TextField()),
                ("reason", models.TextField()),
                (
                    "told_family",
                    models.CharField(blank=True, choices=[("yes", "Yes"), ("no", "No")], max_length=3),
                ),
                (
                    "told_words",
                    models.TextField(
                        blank=True, help_text="What child and family said, or why they were not told"
                    ),
                ),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=4), default=list, size=None
                    ),
                ),
                (
                    "fingerprint",
                    models.CharField(blank=True, help_text="SHA-256 of what left", max_length=64),
                ),
                ("second_because", models.TextField(blank=True)),
                ("second_at", models.DateTimeField(null=True)),
                ("second_words", models.TextField(blank=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "expires_at",
                    models.DateTimeField(
                        help_text="The first moment the recipient can no longer open it", null=True
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(help_text="When the recipient first opened it", null=True),
                ),
                ("reply", models.TextField(blank=True)),
                ("replied_at", models.DateTimeField(null=True)),
                ("recalled_at", models.DateTimeField(null=True)),
                ("recalled_because", models.TextField(blank=True)),
                (
                    "agency",
                    models.ForeignKey(
                        help_text="The sender's",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.agency",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.staff"
                    ),
                ),
                (
                    "second_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.staff",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.staff"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        help_text="The sender's",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DisclosedItem",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("place", models.SmallIntegerField()),
                ("key", models.CharField(help_text="Kind and id of the row it came from", max_length=80)),
                ("category", models.CharField(max_length=4)),
                ("what", models.CharField(max_length=120)),
                ("said", models.TextField()),
                ("told_by", models.CharField(max_length=200)),
                ("when", models.CharField(blank=True, max_length=60)),
                (
                    "disclosure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="sharing.disclosure",
                    ),
                ),
            ],
            options={
                "ordering": ["place"],
            },
        ),
        migrations.AddIndex(
            model_name="disclosure",
            index=models.Index(fields=["recipient", "-decided_at"], name="sharing_dis_recipie_fd4011_idx"),
        ),
        migrations.AddIndex(
            model_name="disclosure",
            index=models.Index(fields=["person_id", "-decided_at"], name="sharing_dis_person__cfd090_idx"),
        ),
        migrations.AddIndex(
            model_name="disclosure",
            index=models.Index(fields=["team", "-decided_at"], name="sharing_dis_team_id_9c4865_idx"),
        ),
        migrations.AddIndex(
            model_name="disclosure",
            index=models.Index(fields=["agency", "-decided_at"], name="sharing_dis_agency__d67dd9_idx"),
        ),
        migrations.AddConstraint(
            model_name="discloseditem",
            constraint=models.UniqueConstraint(
                models.F("disclosure"), models.F("place"), name="one_item_in_each_place"
            ),
        ),
    ]

"""Restricted children: the function by which both walls learn whom somebody must see nothing of says it of them too."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from engage.practice.access.walls import wall_with

RESTRICTED = """
CREATE FUNCTION engage_restricted() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT person_id), '{}') FROM access_restriction
    WHERE starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now())
$$;
REVOKE EXECUTE ON FUNCTION engage_restricted() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION engage_restricted() TO engage_app;

-- Those barred by a conflict of interest; and restricted children, but for those the reader is named for.
CREATE OR REPLACE FUNCTION engage_barred() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(hidden.person_id), '{}') FROM (
        SELECT person_id FROM access_barred WHERE staff_id = engage_staff()
        UNION
        SELECT restricted.person_id FROM unnest(engage_restricted()) AS restricted(person_id)
        WHERE NOT engage_is_service() AND restricted.person_id <> ALL (engage_named_people())
    ) AS hidden
$$;

-- Whoever worked with a child before it was restricted learns no more who works with it now.
ALTER POLICY see ON access_circlemember USING (
    staff_id = engage_staff() OR (SELECT engage_is_service())
    OR person_id = ANY ((SELECT engage_people())::uuid[]) AND person_id <> ALL ((SELECT engage_barred())::uuid[]));
"""
BEFORE = """
ALTER POLICY see ON access_circlemember USING (
    staff_id = engage_staff() OR person_id = ANY ((SELECT engage_people())::uuid[]) OR (SELECT engage_is_service()));
CREATE OR REPLACE FUNCTION engage_barred() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT person_id), '{}') FROM access_barred WHERE staff_id = engage_staff()
$$;
DROP FUNCTION engage_restricted();
"""
NAMED_OR_SERVICE = "person_id = ANY ((SELECT engage_named_people())::uuid[]) OR (SELECT engage_is_service())"


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0004_label_unverified"),
        ("agencies", "0004_owners_say_whether_they_are_named"),
    ]

    operations = [
        migrations.AlterField(
            model_name="circlemember",
            name="kind",
            field=models.CharField(
                choices=[
                    ("lead", "Lead worker"),
                    ("co_worker", "Co-worker"),
                    ("interviewer", "Return interviewer"),
                    ("first_look", "Holds the first look"),
                    ("referral", "Holds the referral"),
                    ("meeting", "Invited to a meeting"),
                    ("duty", "On duty, with a stated purpose"),
                    ("named", "Named for a restricted child"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Restriction",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("record_id", models.UUIDField()),
                ("person_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("colleague", "Related to, or known in private to, somebody who works here"),
                            ("high_profile", "Known to the public"),
                            ("covert_operation", "Part of a covert operation"),
                            ("adoption", "Adopted: the former and the present identity are kept apart"),
                            ("protected_address", "Lives at an address that must not become known"),
                            ("likeness", "Closely resembles a restricted child"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("ended_because", models.TextField(blank=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.staff"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.staff",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person_id"], name="access_rest_person__e95e63_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("record_id"),
                        condition=models.Q(("ends_at", None)),
                        name="one_restriction_at_a_time",
                    )
                ],
            },
        ),
        wall_with(
            "access_restriction",
            NAMED_OR_SERVICE,
            more="CREATE POLICY owner_reads ON access_restriction FOR SELECT TO engage_owner USING (true);",
        ),
        migrations.RunSQL(RESTRICTED, BEFORE),
    ]

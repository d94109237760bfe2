"""Agreements have versions, and come into force by two approvals. Existing rows stay as they are: version 1, without a
proposal. What came by a proposal can no longer be altered, in the database as in the program."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# A version is made in three steps within one transaction: its row, its agencies, the link to its proposal. The link seals it.
SEALED = """
CREATE FUNCTION engage_refuse_change_of_agreement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.proposal_id IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'ended_at' = to_jsonb(OLD) - 'ended_at'
       AND NEW.ended_at IS NOT NULL AND (OLD.ended_at IS NULL OR NEW.ended_at <= OLD.ended_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an approved version of an agreement is not altered' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER sealed BEFORE UPDATE OR DELETE ON access_sharingagreement
    FOR EACH ROW EXECUTE FUNCTION engage_refuse_change_of_agreement();

CREATE FUNCTION engage_refuse_other_agencies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM access_sharingagreement WHERE proposal_id IS NOT NULL
               AND (id = NEW.sharingagreement_id OR id = OLD.sharingagreement_id)) THEN
        RAISE EXCEPTION 'an approved version of an agreement is not altered' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OR DELETE ON access_sharingagreement_owners
    FOR EACH ROW EXECUTE FUNCTION engage_refuse_other_agencies();
CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OR DELETE ON access_sharingagreement_recipients
    FOR EACH ROW EXECUTE FUNCTION engage_refuse_other_agencies();
"""
UNSEALED = """
DROP TRIGGER sealed ON access_sharingagreement_recipients;
DROP TRIGGER sealed ON access_sharingagreement_owners;
DROP TRIGGER sealed ON access_sharingagreement;
DROP FUNCTION engage_refuse_other_agencies();
DROP FUNCTION engage_refuse_change_of_agreement();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0009_conflicts_of_interest"),
        ("agencies", "0004_owners_say_whether_they_are_named"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="sharingagreement",
            options={"ordering": ["code", "version"]},
        ),
        migrations.AddField(
            model_name="sharingagreement",
            name="ended_at",
            field=models.DateTimeField(
                help_text="Where a later version took its place or it was ended early: the first moment after",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="sharingagreement",
            name="version",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name="sharingagreement",
            name="code",
            field=models.CharField(max_length=40),
        ),
        migrations.AlterField(
            model_name="sharingagreement",
            name="owners",
            field=models.ManyToManyField(related_name="%(class)s_given", to="agencies.agency"),
        ),
        migrations.AlterField(
            model_name="sharingagreement",
            name="recipients",
            field=models.ManyToManyField(related_name="%(class)s_received", to="agencies.agency"),
        ),
        migrations.CreateModel(
            name="AgreementProposal",
            fields=[
                ("code", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=200)),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=4), size=None
                    ),
                ),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("lawful_basis", models.TextField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(help_text="The first moment it is no longer in force")),
                ("signed_by", models.CharField(max_length=200)),
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new", "A new agreement"),
                            ("new_version", "A new version"),
                            ("end_early", "Ending early"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("approved_once", "Approved once"),
                            ("activated", "Approved twice and activated"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                ("proposed_at", models.DateTimeField()),
                ("effect_digest", models.CharField(max_length=64)),
                ("first_approved_at", models.DateTimeField(null=True)),
                ("second_approved_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_because", models.TextField(blank=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.staff",
                    ),
                ),
                (
                    "first_approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.staff",
                    ),
                ),
                ("owners", models.ManyToManyField(related_name="%(class)s_given", to="agencies.agency")),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="agencies.staff"
                    ),
                ),
                (
                    "recipients",
                    models.ManyToManyField(related_name="%(class)s_received", to="agencies.agency"),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        help_text="The version it changes",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="access.sharingagreement",
                    ),
                ),
                (
                    "second_approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agencies.staff",
                    ),
                ),
            ],
            options={
                "ordering": ["-proposed_at"],
            },
        ),
        migrations.AddField(
            model_name="sharingagreement",
            name="proposal",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="activated_as",
                to="access.agreementproposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharingagreement",
            constraint=models.UniqueConstraint(
                models.F("code"), models.F("version"), name="one_text_for_each_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("second_approved_at__isnull", False), ("state", "activated")),
                    models.Q(
                        models.Q(("state", "activated"), _negated=True),
                        ("second_approved_at", None),
                        ("second_approver", None),
                    ),
                    _connector="OR",
                ),
                name="activated_by_the_second_approval",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["activated", "approved_once"]), _negated=True),
                    models.Q(("first_approved_at__isnull", False), ("first_approver__isnull", False)),
                    _connector="OR",
                ),
                name="approved_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first_approver", models.F("proposed_by")), _negated=True),
                    models.Q(("second_approver", models.F("proposed_by")), _negated=True),
                    models.Q(("second_approver", models.F("first_approver")), _negated=True),
                ),
                name="two_approve_and_neither_proposed",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "new"), ("replaces", None)),
                    models.Q(
                        models.Q(("kind", "new"), _negated=True), models.Q(("replaces", None), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="a_change_names_what_it_changes",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreementproposal",
            constraint=models.UniqueConstraint(
                models.F("replaces"),
                condition=models.Q(("state__in", ["proposed", "approved_once"])),
                name="one_open_change_of_a_version",
            ),
        ),
        migrations.RunSQL(SEALED, UNSEALED),
    ]

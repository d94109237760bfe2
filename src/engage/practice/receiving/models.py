"""Files agencies send: what came, what became of each row, and who may send."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from engage.practice.access.models import Guarded
from engage.practice.agencies.models import Agency, Staff


class AddedFormat(models.Model):
    """A format an administrator added; the shipped ones are files in engage/reference/formats."""

    code = models.CharField(max_length=40, unique=True)
    toml = models.TextField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    def __str__(self):
        return self.code


class FeedToken(models.Model):
    """A machine's right to send: one agency, some formats. Only a hash of the token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT)
    formats = ArrayField(models.CharField(max_length=40))
    token_hash = models.BinaryField(max_length=32, unique=True)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", help_text="The service it acts as")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="From then on it opens nothing")
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.agency.code} {self.id}"


class ReceivedFile(Guarded):
    """One file and its receipt: rows received = applied + unchanged + rejected + held, always.

    Compartment: owner × C01 × raw, so the sending agency alone sees it.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving", "Being received"
        RECEIVED = "received", "Received"
        REFUSED = "refused", "Refused"

    agency = models.ForeignKey(Agency, models.PROTECT)
    format = models.CharField(max_length=40)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    collection_year = models.IntegerField(null=True)
    sheet = models.CharField(
        max_length=60, blank=True, help_text="The sheet named by whoever sent a workbook"
    )
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVING)
    refusal_code = models.CharField(max_length=60, blank=True)
    refusal = models.TextField(blank=True)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows_expected = models.IntegerField(null=True)
    rows_received = models.IntegerField(default=0)
    rows_applied = models.IntegerField(default=0)
    rows_unchanged = models.IntegerField(default=0)
    rows_rejected = models.IntegerField(default=0)
    rows_held = models.IntegerField(default=0)
    chunks_done = models.IntegerField(default=0, help_text="Where sending again goes on after a crash")
    flags = models.JSONField(default=list)
    not_checked = ArrayField(models.CharField(max_length=200), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "agency",
                "format",
                "sha256",
                "collection_year",
                "sheet",
                name="one_receipt_each",
                condition=~models.Q(state="refused"),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="every_row_accounted_for",
                condition=models.Q(
                    rows_received=models.F("rows_applied")
                    + models.F("rows_unchanged")
                    + models.F("rows_rejected")
                    + models.F("rows_held")
                ),
            ),
        ]
        indexes = [models.Index(fields=["agency", "-received_at"])]

    def __str__(self):
        return f"{self.format} {self.id}"


class RowProblem(Guarded):
    """Why a row was rejected or held, or what was odd about one that was applied."""

    class Outcome(models.TextChoices):
        REJECTED = "rejected", "Rejected"
        HELD = "held", "Held for a person"
        FLAG = "flag", "Applied, with a remark"

    file = models.ForeignKey(ReceivedFile, models.CASCADE, related_name="problems")
    sheet = models.CharField(max_length=60, blank=True)
    row_number = models.IntegerField()
    column = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason_code = models.CharField(max_length=60)
    sentence = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["file", "row_number"])]

    def __str__(self):
        return f"{self.outcome} {self.id}"


class SetAsideRow(Guarded):
    """A rejected or held row as sent, so that the agency can mend it and send it again.

    A held row of the statutory return that waits for its child's header row is released by that row when it comes.
    Nobody releases a row by hand.
    """

    class State(models.TextChoices):
        REJECTED = "rejected", "Rejected"
        HELD = "held", "Held for a person"
        RELEASED = "released", "Released"
        REPLACED = "replaced", "Sent again since"

    file = models.ForeignKey(ReceivedFile, models.CASCADE, related_name="rows_set_aside")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    format = models.CharField(max_length=40)
    sheet = models.CharField(max_length=60, blank=True)
    row_number = models.IntegerField()
    reference = models.CharField(max_length=200, blank=True)
    content = models.JSONField()
    state = models.CharField(max_length=10, choices=State)
    reason_code = models.CharField(max_length=60)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["file", "row_number"]),
            models.Index(fields=["agency", "format", "state"]),
        ]

    def __str__(self):
        return f"{self.state} {self.id}"

"""The letterbox: what somebody outside writes to the team. The public role puts letters in and can take none out.

Nothing of the staff site may be imported here: the public site will stand on this app alone.
"""

from datetime import UTC, datetime

from django.db import models
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

LONGEST_CONCERN = 10_000
LONGEST_LINE = 200
# PostgreSQL knows moments that Python does not. One of them in the table, and no page could list the letters.
FIRST_MOMENT = datetime(2020, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2100, 1, 1, tzinfo=UTC)


class ReadElsewhere(RuntimeError):
    """Letters are read by the team, through front_door, and accounted for there."""


class LettersAreNotReadHere(models.Manager):
    def get_queryset(self):
        raise ReadElsewhere("Letters are read through front_door.ReceivedLetter.")


class Letter(models.Model):
    """A worry sent to the team: as it was written, and whether somebody has opened it.

    No child and no record is named by a column, so no compartment fits it: who answers the phone line reads it.
    The public role may set the columns down to `immediate_danger`, the application those after it.
    """

    class SenderKind(models.TextChoices):
        CHILD = "child", "Child or young person"
        PARENT = "parent", "Parent or carer"
        PROFESSIONAL = "professional", "Professional"
        PUBLIC = "public", "Member of the public"
        UNKNOWN = "unknown", "Not said"

    # Both are given by the sender's process: to have the database fill them in and tell, one must be able to read.
    id = models.UUIDField(primary_key=True, editable=False)
    received_at = models.DateTimeField()
    sender_kind = models.CharField(max_length=12, choices=SenderKind)
    concern = models.TextField()
    place = models.CharField(max_length=LONGEST_LINE, blank=True)
    safe_contact = models.CharField(max_length=LONGEST_LINE, blank=True)
    safe_to_contact = models.BooleanField(null=True)  # None: not said
    immediate_danger = models.BooleanField(null=True)  # None: not said

    opened_at = models.DateTimeField(null=True, editable=False)
    opened_by_id = models.UUIDField(
        null=True, editable=False
    )  # staff; the database holds it to the staff list

    objects = LettersAreNotReadHere()

    class Meta:
        indexes = [models.Index(fields=["-received_at", "-id"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sender_kind__in=["child", "parent", "professional", "public", "unknown"]),
                name="letter_sender_kind_is_known",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("concern"), LONGEST_CONCERN)
                & GreaterThanOrEqual(Length(Trim("concern")), 1),
                name="letter_says_something_and_not_too_much",
            ),
            models.CheckConstraint(
                condition=models.Q(received_at__gte=FIRST_MOMENT, received_at__lt=LAST_MOMENT),
                name="letter_came_at_a_moment_that_can_be_shown",
            ),
            models.CheckConstraint(
                condition=models.Q(opened_at=None, opened_by_id=None)
                | models.Q(opened_at__isnull=False, opened_by_id__isnull=False),
                name="letter_opened_by_somebody_at_some_moment",
            ),
        ]

    def __str__(self):
        return f"Letter {self.id}"

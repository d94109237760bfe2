"""First looks: nobody missing or worried about stays unlooked-at, and a named person decides."""

import uuid

from django.db import models

from engage.practice.access.gate import GuardedManager
from engage.practice.agencies.models import Staff
from engage.practice.people.models import OfRecord, Record


class FirstLook(models.Model):
    """That somebody must look at a child, and who took it. Seen through its causes alone:
    for a reader who sees no cause, it does not exist."""

    class State(models.TextChoices):
        OPEN = "open", "Nobody has looked yet"
        TAKEN = "taken", "Somebody is looking"
        DECIDED = "decided", "Decided"
        # What it was opened for was taken back by its sender: nothing left to look at.
        CLOSED = "closed", "Closed: no cause stands any longer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False)
    person_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    holder = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return f"First look {self.id}"

    @property
    def holder_name(self) -> str:
        """Of a look that is taken."""
        assert self.holder is not None, "nobody has taken this first look"
        return self.holder.name


class Cause(OfRecord):
    """Why a first look exists: in the compartment of the row that caused it, or in its owner's summary (C06)."""

    class Kind(models.TextChoices):
        EPISODE = "episode", "Reported missing"
        REFERRAL = "referral", "Referral with a sign of exploitation"
        FLAG = "flag", "Exploitation flag"
        PERSON_OF_CONCERN = "person_of_concern", "Person of concern named"
        # Opens nothing by itself; raises a look that is there.
        CALL = "call", "Call about immediate danger"

    look = models.ForeignKey(FirstLook, models.CASCADE, related_name="causes", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    row_id = models.UUIDField(help_text="The report, referral or fact")
    at = models.DateTimeField()
    # Kept here for the list's order: what is true of this cause, never of hidden ones.
    immediate_danger = models.BooleanField(default=False)
    nearest_clock_at = models.DateTimeField(null=True)
    clock_is_a_day = models.BooleanField(default=False, help_text="Due by that day: the hour is not known")
    waiting = models.BooleanField(default=True, help_text="The look is not decided yet")

    class Meta:
        indexes = [
            models.Index(fields=["look"]),
            models.Index(fields=["person_id"]),
            models.Index(fields=["record"]),
            models.Index(fields=["at"], condition=models.Q(waiting=True), name="causes_waiting"),
            models.Index(
                fields=["nearest_clock_at", "at"],
                condition=models.Q(waiting=True, nearest_clock_at__isnull=False),
                name="causes_waiting_with_clock",
            ),
            models.Index(
                fields=["person_id"],
                condition=models.Q(waiting=True, immediate_danger=True),
                name="causes_waiting_in_danger",
            ),
        ]
        constraints = [models.UniqueConstraint("row_id", name="one_cause_each")]

    def __str__(self):
        return f"{self.kind} {self.id}"


# That one of these waits is a summary, seen by the core team of the area; what the row says is not.
KNOWN_OF_AS_A_SUMMARY = (Cause.Kind.REFERRAL, Cause.Kind.FLAG, Cause.Kind.PERSON_OF_CONCERN)


class ExploitationJudgement(OfRecord):
    """A named person's judgement: C06. The summary row has judgement and date; the full row the reasons too."""

    class Level(models.TextChoices):
        NOT_AS_FAR_AS_KNOWN = "not_as_far_as_known", "Not exploited as far as known"
        POSSIBLE = "possible", "Possible"
        SUSPECTED = "suspected", "Suspected"
        KNOWN = "known", "Known"

    look = models.ForeignKey(FirstLook, models.PROTECT, null=True, related_name="+")
    is_summary = models.BooleanField()
    level = models.CharField(max_length=30, choices=Level)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    next_step = models.TextField(blank=True)
    review_on = models.DateField(null=True)
    reasons_seen = models.JSONField(default=list, help_text="Kind and row of each reason shown when judging")

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-at"]),
            models.Index(fields=["record"]),
            models.Index(
                fields=["review_on"], condition=models.Q(is_summary=False), name="judgements_by_review_day"
            ),
        ]

    def __str__(self):
        return f"{self.level} {self.id}"

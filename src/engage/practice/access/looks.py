"""What is kept of looks beside the account: a table to find them by, looks that nobody explained, and alarms.

No child stands here but by the pseudonym of the account.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import models

from engage.methods.deadlines import working_days_after
from engage.methods.moments import london_date
from engage.practice.agencies.models import Agency, Staff

from .guarded import GuardedManager


class AuditSubject(models.Model):
    """Of one entry of the account, one of its subjects: so that looks at a child are found without reading the rest.

    The database writes it with the entry. The application can neither write nor read it.
    """

    id = models.BigAutoField(primary_key=True)
    subject = models.UUIDField()  # the pseudonym, read as a number
    alone = models.BooleanField()  # the entry is about this child, and does not merely list it among others
    at = models.DateTimeField()
    entry_id = models.UUIDField()
    actor_id = models.UUIDField()
    agency = models.CharField(max_length=20)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "alone", "at", "entry_id"], name="looks_at_a_child"),
            models.Index(fields=["actor_id", "alone", "at", "subject"], name="children_looked_at"),
        ]

    def __str__(self):
        return str(self.entry_id)


class UnexplainedLook(models.Model):
    """Somebody opened one child's page, and neither work with the child nor a stated purpose explains it.

    Written with the look. Seen by who looked, the lead who reviews it, leads of the looker's agency, and, once it is
    overdue, the manager of the looker's team. Where whoever was to review it is no lead any more, by every lead.
    """

    class State(models.TextChoices):
        OPEN = "open", "Waits for the lead"
        ASKED = "asked", "The person is asked"
        EXPLAINED = "explained", "Explained"
        NOT_JUSTIFIED = "not_justified", "Not justified"

    WAITING = (State.OPEN, State.ASKED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry_id = models.UUIDField()
    subject = models.UUIDField()  # the child's pseudonym in the account
    page = models.CharField(max_length=60, help_text="The name of the look in the account")
    looker = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="The looker's")
    at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1, help_text="Looks at this child while it waits")
    state = models.CharField(max_length=14, choices=State, default=State.OPEN)
    owner = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField()
    asked_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    because = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "due_on"]),
            models.Index(fields=["looker", "subject"]),
            models.Index(fields=["agency", "due_on"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "asked"], closed_at=None, closed_by=None)
                | models.Q(state__in=["explained", "not_justified"], closed_at__isnull=False),
                name="a_closed_look_says_when",
            ),
        ]

    def __str__(self):
        return str(self.id)


class ReadingAlarm(models.Model):
    """Somebody opened very many children, or read very many on lists, in a short time.

    Seen by its owner, by leads of the reader's agency, and, if nobody took it in time, by the manager of their team. Where
    the owner is no lead any more, by every lead.
    """

    class Kind(models.TextChoices):
        OPENED = "opened", "Many children opened"
        LISTED = "listed", "Many children read on lists or exported"

    class Outcome(models.TextChoices):
        JUSTIFIED = "justified", "Their work explains it"
        NOT_JUSTIFIED = "not_justified", "Not justified"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=6, choices=Kind)
    looker = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="The looker's")
    at = models.DateTimeField()
    counted = models.PositiveIntegerField(help_text="Different children, at the last count")
    within_minutes = models.PositiveIntegerField()
    owner = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    take_by = models.DateTimeField(help_text="The first moment at which it goes to the team manager")
    taken_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    contained_at = models.DateTimeField(
        null=True, help_text="When they first had to sign in again before opening another child"
    )
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True)
    words = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["owner", "settled_at"]), models.Index(fields=["looker", "at"])]

    def __str__(self):
        return str(self.id)

    @property
    def settle_by(self) -> date | None:
        """This day is included. None while nobody has taken it."""
        if self.taken_at is None:
            return None
        return working_days_after(london_date(self.taken_at), settings.ALARM_SETTLED_WITHIN_WORKING_DAYS)

    def settling_is_late(self, now: datetime) -> bool:
        return self.settled_at is None and self.settle_by is not None and self.settle_by < london_date(now)

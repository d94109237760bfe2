"""Something reached the wrong person: when it was noticed, by when the Commissioner hears of it, and what was done."""

from __future__ import annotations

import uuid

from django.db import models

from engage.practice.access.gate import GuardedManager
from engage.practice.agencies.models import Agency, Staff


class Breach(models.Model):
    """One breach of an agency's information. Names no child: what leaked stands in the disclosure, if it was one.

    Seen by who opened it, its owner, and the agency's information-governance leads and managers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Whose information")
    # No foreign key: the account of the breach outlives a disclosure that is destroyed with its record.
    disclosure_id = models.UUIDField(null=True, help_text="sharing.Disclosure, if it was one")
    what = models.TextField()
    noticed_at = models.DateTimeField(help_text="When somebody of the agency became aware: the clock starts")
    due_at = models.DateTimeField(help_text="By when the Commissioner is told, or why not is written down")
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    owner = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    objects = GuardedManager()

    class Meta:
        ordering = ["due_at"]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(closed_at=None), name="breaches_open")]

    def __str__(self):
        return str(self.id)


class BreachStep(models.Model):
    """One thing that was done or decided about a breach, once. Never changed."""

    class Kind(models.TextChoices):
        CONTAINED = "contained", "Contained"
        ASSESSED = "assessed", "Risk assessed"
        FAMILY = "family", "Child and family"
        COMMISSIONER = "commissioner", "Information Commissioner"
        CLOSED = "closed", "Closed"

    # Those on which yes or no is decided; a no needs its reason as a yes needs its words.
    TOLD = (Kind.FAMILY, Kind.COMMISSIONER)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    breach = models.ForeignKey(Breach, models.PROTECT, related_name="steps", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    told = models.BooleanField(null=True)
    words = models.TextField()
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = GuardedManager()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint("breach", "kind", name="each_step_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["family", "commissioner"], told__isnull=False)
                | ~models.Q(kind__in=["family", "commissioner"]) & models.Q(told=None),
                name="who_was_told_is_said",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.id}"

"""How long records are kept: schedules, holds, plans that two approve, and what is left of a destroyed record."""

from __future__ import annotations

import uuid

from django.db import models

from engage.practice.access.gate import GuardedManager
from engage.practice.agencies.models import Agency, Staff


class Schedule(models.Model):
    """How long one agency keeps one kind of record, as a lead of it adopted. Another period is another row.

    Without one nothing of that kind is ever destroyed. The database lets nothing of a row change but its end.
    """

    class CountedFrom(models.TextChoices):
        BIRTH = "birth", "the day of birth"
        CLOSURE = "closure", "the day the agency closed it: withdrew it, or sent its list without it"
        LAST_CONTACT = "last_contact", "the day anything was last received or recorded about it"
        RECEIPT = "receipt", "the day it was first received"
        # Engage is told of no order. Such a record is kept until somebody says the day another way.
        ORDER = "order", "the day of the court's order"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    register = models.CharField(
        max_length=40, help_text="Which of the agency's lists: people.Record.register"
    )
    kind = models.CharField(max_length=200, help_text="What such records are called")
    years = models.PositiveSmallIntegerField()
    counted_from = models.CharField(max_length=12, choices=CountedFrom)
    legal_basis = models.TextField()
    verification = models.CharField(max_length=120, help_text="V, P or N: how far the period was checked")
    adopted_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField()
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["register", "-adopted_at"]
        constraints = [
            models.UniqueConstraint(
                "agency", "register", condition=models.Q(ended_at=None), name="one_period_in_force"
            ),
            models.CheckConstraint(condition=models.Q(years__gte=1), name="kept_for_a_year_at_least"),
        ]

    def __str__(self):
        return f"{self.register} {self.years} years"

    @property
    def period_words(self) -> str:
        years = "1 year" if self.years == 1 else f"{self.years} years"
        return f"{years} from {self.get_counted_from_display()}"


class Hold(models.Model):
    """Nothing it covers is destroyed, whatever period has passed, until two people have ended it.

    Of a child it names one of the agency's own references, whether or not a record bears it: whoever places
    a hold learns nothing from it. It then covers every agency's records of that person.
    """

    class Scope(models.TextChoices):
        CHILD = "child", "One child: all records of the person, of every agency"
        AGENCY = "agency", "All records of the agency"
        EVERYTHING = "everything", "Every record of every agency"

    class Kind(models.TextChoices):
        INQUIRY = "inquiry", "Inquiry"
        COURT = "court", "Court"
        COMPLAINT = "complaint", "Complaint"
        REVIEW = "review", "Review"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(max_length=12, choices=Scope)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Who asked for it")
    reference = models.CharField(max_length=200, blank=True, help_text="The agency's own, of one child")
    kind = models.CharField(max_length=12, choices=Kind)
    notice_reference = models.CharField(max_length=120, blank=True)
    reason = models.TextField()
    placed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    end_asked_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    end_asked_at = models.DateTimeField(null=True)
    end_because = models.TextField(blank=True)
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = GuardedManager()

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope="child") & ~models.Q(reference="")
                | ~models.Q(scope="child") & models.Q(reference=""),
                name="a_hold_of_one_child_names_a_reference",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by=None)
                | models.Q(ended_at__isnull=False, ended_by__isnull=False, end_asked_by__isnull=False)
                & ~models.Q(ended_by=models.F("end_asked_by")),
                name="a_hold_is_ended_by_two",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.id}"


class Plan(models.Model):
    """What would be destroyed of one agency's records, and what is kept and why. Approvals are for its digest."""

    class State(models.TextChoices):
        PLANNED = "planned", "Waits for two approvals"
        APPROVED = "approved", "Approved by two: cooling off"
        CARRIED_OUT = "carried_out", "Carried out"
        CLOSED = "closed", "Closed: nothing was destroyed"

    OPEN = (State.PLANNED, State.APPROVED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    planned_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    cooling_off_days = models.PositiveSmallIntegerField()
    digest = models.CharField(
        max_length=64, help_text="Of exactly what would be destroyed: engage_digest_of_plan"
    )
    looked_at = models.IntegerField(help_text="Records of the kinds for which a period is adopted")
    to_destroy = models.IntegerField()
    kept = models.IntegerField()
    kept_because = models.JSONField(default=dict, help_text="Reason to how many")
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    settled_because = models.TextField(blank=True)
    destroyed = models.IntegerField(null=True)
    left = models.IntegerField(null=True, help_text="Held or in use since: not destroyed")

    objects = GuardedManager()

    class Meta:
        ordering = ["-planned_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(looked_at=models.F("to_destroy") + models.F("kept")),
                name="every_record_looked_at_is_accounted_for",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="carried_out")
                | models.Q(to_destroy=models.F("destroyed") + models.F("left")),
                name="everything_planned_is_accounted_for",
            ),
            models.UniqueConstraint(
                "agency", condition=models.Q(state__in=["planned", "approved"]), name="one_open_plan_each"
            ),
        ]

    def __str__(self):
        return f"{self.state} {self.id}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class PlanItem(models.Model):
    """One record whose period has passed: to be destroyed, or kept for a reason. An id and nothing of what it said."""

    class Outcome(models.TextChoices):
        DESTROY = "destroy", "To be destroyed"
        KEPT = "kept", "Kept"
        DESTROYED = "destroyed", "Destroyed"
        LEFT = "left", "Left: something keeps it since"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="items", db_index=False)
    record_id = models.UUIDField()
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="+", db_index=False)
    due_on = models.DateField(help_text="The day its period had passed")
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=20, blank=True)

    objects = GuardedManager()

    class Meta:
        constraints = [models.UniqueConstraint("plan", "record_id", name="one_line_for_each_record")]

    def __str__(self):
        return f"{self.outcome} {self.id}"


class Approval(models.Model):
    """Somebody approved a plan, for exactly the effect with this digest. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="approvals", db_index=False)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)

    objects = GuardedManager()

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint("plan", "by", name="one_approval_each")]

    def __str__(self):
        return str(self.id)


class Tombstone(models.Model):
    """That something was destroyed, under which schedule and plan, and when. Nothing of what it said.

    `name_hash` is a keyed hash of agency, list and reference: the same row sent again is recognised by it,
    and without the key it names nobody. A record has one for itself and one for each row it came from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    register = models.CharField(max_length=100)
    name_hash = models.BinaryField(max_length=32)
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="+")
    destroyed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["name_hash"])]

    def __str__(self):
        return str(self.id)

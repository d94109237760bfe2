"""How a child or carer can safely be reached, who must learn nothing of the child, and what left by letter or call.

Nothing here is overwritten. Whatever is said of a way of contact, or of a person to be kept away, is a row of its own;
what holds is what was said last, as far as the reader sees it.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from engage.practice.access.gate import GuardedManager
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import OfRecord


class Said(OfRecord):
    """One thing said of a way of contact or of a person. `about_id` is the same on every row about the same thing."""

    class Deed(models.TextChoices):
        ADDED = "added", "Added"
        CONFIRMED = "confirmed", "Confirmed as safe"
        UNSAFE = "unsafe", "Marked as unsafe"
        ENDED = "ended", "Ended"
        CORRECTED = "corrected", "Corrected"
        TAKEN_BACK = "taken_back", "Last entry taken back"

    about_id = models.UUIDField()
    # Which of two rows of one moment came later: from the sequence people_received_no.
    said_no = models.BigIntegerField(unique=True)
    deed = models.CharField(max_length=12, choices=Deed)
    recorded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    why = models.TextField(blank=True)
    stands = models.BooleanField(default=True, help_text="False where even the first entry was a mistake")

    class Meta:
        abstract = True


class WayOfContact(Said):
    """A number, an address or a place by which a child or carer is reached: location, C01L full."""

    class Kind(models.TextChoices):
        PHONE = "phone", "Telephone"
        ADDRESS = "address", "Address for letters"
        IN_PERSON = "in_person", "In person, at"

    class Whose(models.TextChoices):
        CHILD = "child", "The child"
        CARER = "carer", "A parent or carer"
        OTHER = "other", "Somebody the child trusts"

    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=300)
    whose = models.CharField(max_length=6, choices=Whose)
    whose_name = models.CharField(max_length=120, help_text="As it stands on an envelope")
    confirmed_at = models.DateTimeField(null=True, help_text="When it was last confirmed to be safe")
    confirmed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True, help_text="The first day on which it holds no more")
    safe_days = ArrayField(models.SmallIntegerField(), default=list, help_text="0 Monday to 6 Sunday; none: every day")  # fmt: skip
    safe_from = models.TimeField(null=True)
    safe_until = models.TimeField(null=True)
    announce = models.CharField(max_length=300, blank=True, help_text="Say you ring from the dentist")
    others_there = models.TextField(blank=True, help_text="Who else lives there or answers")
    unsafe_at = models.DateTimeField(null=True)
    unsafe_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None, confirmed_by=None)
                | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="confirmed_by_somebody",
            )
        ]
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return f"{self.kind} {self.id}"


class NotToPerson(Said):
    """Somebody whom nothing about this child may reach: C01 full, so that whoever works with the child knows."""

    name = models.CharField(max_length=120)
    relation = models.CharField(max_length=120, blank=True)
    aliases = ArrayField(models.CharField(max_length=120), default=list)
    because = models.TextField()
    lives_at = models.CharField(max_length=300, blank=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True, help_text="The first day on which it holds no more")
    colleague = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", help_text="Where the person is at work here"
    )
    who_record_id = models.UUIDField(null=True, help_text="A record of that person, where there is one")

    class Meta:
        indexes = [
            models.Index(fields=["person_id"]),
            models.Index(fields=["record"]),
            models.Index(fields=["colleague"], condition=models.Q(colleague__isnull=False), name="not_to_colleagues"),
        ]  # fmt: skip

    def __str__(self):
        return str(self.id)


class Outgoing(OfRecord):
    """A letter as it was printed, or a call that was made: location, C01L full. Never changed."""

    class Kind(models.TextChoices):
        LETTER = "letter", "Letter"
        CALL = "call", "Call"

    class Outcome(models.TextChoices):
        SPOKE = "spoke", "Spoke with them"
        NO_ANSWER = "no_answer", "No answer, and no message left"
        SOMEBODY_ELSE = "somebody_else", "Somebody else answered, and was told nothing"

    kind = models.CharField(max_length=6, choices=Kind)
    way = models.ForeignKey(WayOfContact, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    to_name = models.CharField(max_length=120)
    to_value = models.CharField(max_length=300, help_text="The address on the envelope, or the number")
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True)
    warned = models.TextField(blank=True, help_text="What was warned of, and why it went all the same")
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what was looked at and left"
    )

    class Meta:
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return f"{self.kind} {self.id}"


class Signpost(models.Model):
    """An agency lets those who work with a child be told that it holds more of one category, and whom to ring.

    About an agency and a category; of no child.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    category = models.CharField(max_length=4)
    telephone = models.CharField(max_length=120, help_text="Whom to ring, as it is shown")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    set_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "agency", "category", condition=models.Q(ends_at=None), name="one_signpost_at_a_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(category__in=["C10", "C11", "C12", "C16", "C17"]),
                name="never_a_signpost_to_these",
            ),
        ]

    def __str__(self):
        return f"{self.agency_id} {self.category}"


class SearchAsked(models.Model):
    """That somebody searched, until a job has looked whether it was for a restricted child: written for every search,
    whatever it found. Keyed hashes of what was asked; read by Engage's own service alone, and then removed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    keys = ArrayField(models.BinaryField(max_length=16))

    objects = GuardedManager()

    def __str__(self):
        return str(self.id)


class SearchNoticed(models.Model):
    """Somebody of an agency searched for a restricted child: told to who is named for the child, never to who searched."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    holder = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Of whoever searched")
    at = models.DateTimeField()

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["holder", "-at"]), models.Index(fields=["person_id"])]

    def __str__(self):
        return str(self.id)

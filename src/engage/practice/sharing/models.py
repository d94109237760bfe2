"""What was told to another agency, word for word; what was asked of one; and what somebody opened in an emergency."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from engage.practice.access.gate import GuardedManager
from engage.practice.agencies.models import Agency, Staff, Team


class Purpose(models.TextChoices):
    THIS_CHILD = "protect_this_child", "Protect this child"
    ANOTHER_CHILD = "protect_another_child", "Protect another child"
    CRIME = "prevent_or_detect_crime", "Prevent or detect crime"


class Disclosure(models.Model):
    """One decision on telling somebody of another agency about one child.

    Its items are what left, word for word; this row holds none of it. Seen by sender and recipient, by those who
    work with the child, the manager of the sender's team, and the information-governance lead of the
    sender's agency.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a second person"
        SENT = "sent", "Sent"
        REFUSED = "refused", "Not approved"
        RECALLED = "recalled", "Recalled"
        NOT_SHARED = "not_shared", "Not shared"

    class Told(models.TextChoices):
        YES = "yes", "Yes"
        NO = "no", "No"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()  # the record it was decided on: who is who may change afterwards
    person_id = models.UUIDField()
    state = models.CharField(max_length=12, choices=State)
    sent_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="The sender's")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", help_text="The sender's")
    decided_at = models.DateTimeField()
    recipient = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=40, choices=Purpose)
    lawful_basis = models.TextField()
    reason = models.TextField()
    told_family = models.CharField(max_length=3, choices=Told, blank=True)
    told_words = models.TextField(
        blank=True, help_text="What child and family said, or why they were not told"
    )
    categories = ArrayField(models.CharField(max_length=4), default=list)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what left")
    # A second person, where the policy asks for one.
    second_because = models.TextField(blank=True)
    second_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    second_at = models.DateTimeField(null=True)
    second_words = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(
        null=True, help_text="The first moment the recipient can no longer open it"
    )
    opened_at = models.DateTimeField(null=True, help_text="When the recipient first opened it")
    reply = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True)
    recalled_because = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        indexes = [
            models.Index(fields=["recipient", "-decided_at"]),
            models.Index(fields=["person_id", "-decided_at"]),
            models.Index(fields=["team", "-decided_at"]),
            models.Index(fields=["agency", "-decided_at"]),
        ]

    def __str__(self):
        return f"{self.state} {self.id}"


class DisclosedItem(models.Model):
    """One thing that left, as the recipient reads it; and which row it was. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    disclosure = models.ForeignKey(Disclosure, models.PROTECT, related_name="items")
    place = models.SmallIntegerField()
    key = models.CharField(max_length=80, help_text="Kind and id of the row it came from")
    category = models.CharField(max_length=4)
    what = models.CharField(max_length=120)
    said = models.TextField()
    told_by = models.CharField(max_length=200)
    when = models.CharField(max_length=60, blank=True)

    objects = GuardedManager()

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint("disclosure", "place", name="one_item_in_each_place")]

    def __str__(self):
        return str(self.id)


class EmergencyAccess(models.Model):
    """Somebody opened one child's record because a child was in danger and nobody could be asked.

    Seen by who took it, its reviewer, those who work with the child, and information-governance leads.
    """

    class Outcome(models.TextChoices):
        JUSTIFIED = "justified", "Justified"
        NOT_JUSTIFIED = "not_justified", "Not justified"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    taken_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField()
    reviewer = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    review_due_on = models.DateField()
    reviewed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True)
    review_words = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        indexes = [
            models.Index(
                fields=["reviewer"], condition=models.Q(reviewed_at=None), name="emergencies_to_review"
            ),
            models.Index(fields=["person_id"]),
        ]

    def __str__(self):
        return str(self.id)


class InformationRequest(models.Model):
    """A question to somebody of another agency about one child, with a clock. The question names the child.

    Seen by who asked and who was asked, those who work with the child, and the manager of the asker's team.
    """

    class State(models.TextChoices):
        ASKED = "asked", "Waits for an answer"
        ANSWERED = "answered", "Answered"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", help_text="The asker's")
    asked_at = models.DateTimeField()
    owner = models.ForeignKey(Staff, models.PROTECT, related_name="+", help_text="Who is to answer")
    about = models.CharField(max_length=300, help_text="Name, age and district, as the owner reads them")
    question = models.TextField()
    purpose = models.CharField(max_length=40, choices=Purpose)
    due_on = models.DateField()
    answer = models.TextField(blank=True, help_text="Or why it is refused")
    answered_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    escalated_because = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "state", "due_on"]),
            models.Index(fields=["asked_by", "state", "due_on"]),
            models.Index(fields=["person_id"]),
        ]

    def __str__(self):
        return f"{self.state} {self.id}"

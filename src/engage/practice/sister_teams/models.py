"""Teams next door that run an Engage of their own, what each asked the other, and the keys for it.

No name of a child is here. What is asked is a question about one child, asked as docs/decisions/0028 says.
"""

import uuid

from django.db import models

from engage.practice.access.gate import GuardedManager
from engage.practice.agencies.models import Staff, Team
from engage.practice.sharing.models import Purpose


class SisterTeam(models.Model):
    """Another instance that we may ask and that may ask us."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200, help_text="Of its instance")
    telephone = models.CharField(max_length=30)
    ask_for = models.CharField(max_length=120, help_text="Whom to ask for on the telephone")
    filter_key = models.CharField(max_length=200, help_text="Public key that signs its filters")
    our_token = models.TextField(help_text="What we show it, sealed by the root key")
    their_token_hash = models.BinaryField(max_length=32, help_text="Of what it shows us")
    colleague = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", help_text="Who is asked for information there"
    )
    added_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, help_text="From then on nothing is asked or answered")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "their_token_hash", condition=models.Q(left_at=None), name="one_team_shows_a_token"
            )
        ]

    def __str__(self):
        return self.code


class HoldingKey(models.Model):
    """A key of ours with the filter made under it. Both go together, when the next has been made."""

    version = models.CharField(max_length=40, unique=True)
    secret = models.TextField(help_text="Sealed by the root key")
    public = models.BinaryField(max_length=32)
    filter = models.BinaryField()
    count = models.IntegerField(help_text="Values in the filter")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Since when there is a newer one")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ended_at"],
                condition=models.Q(ended_at=None),
                nulls_distinct=False,
                name="one_holding_key_in_force",
            )
        ]

    def __str__(self):
        return self.version


class HeldFilter(models.Model):
    """The filter that a sister team made, as we fetched it last."""

    sister = models.OneToOneField(SisterTeam, models.CASCADE, primary_key=True, related_name="held_filter")
    content = models.BinaryField()
    key_version = models.CharField(max_length=40)
    patterns = models.CharField(max_length=20)
    count = models.IntegerField()
    made_at = models.DateTimeField()
    fetched_at = models.DateTimeField()

    def __str__(self):
        return self.key_version


class QuestionReceived(models.Model):
    """A sister team asked about somebody: who and why, and not whom. Never changed."""

    class Refused(models.TextChoices):
        NO = "", "Answered"
        UNREADABLE = "unreadable", "Could not be read"
        ANOTHER_FILTER = "another_filter", "To a filter that is not in force"
        PERSON_LIMIT = "person_limit", "The asker’s limit was reached"
        TEAM_LIMIT = "team_limit", "The team’s limit was reached"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sister = models.ForeignKey(SisterTeam, models.PROTECT, related_name="+")
    asked_by = models.CharField(max_length=80, blank=True, help_text="The asker’s pseudonym there")
    purpose = models.CharField(max_length=80, blank=True)
    case = models.CharField(max_length=80, blank=True, help_text="The asker’s own reference")
    points = models.SmallIntegerField(default=0)
    received_at = models.DateTimeField()
    refused = models.CharField(max_length=14, choices=Refused, blank=True)

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["sister", "-received_at"])]

    def __str__(self):
        return str(self.id)


class VolumeAlarm(models.Model):
    """A sister team asked very much within a day. One for each team while it is not settled."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sister = models.ForeignKey(SisterTeam, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    questions = models.IntegerField(help_text="Within a day, at the last count")
    points = models.IntegerField()
    owner = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    settled_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "sister", condition=models.Q(settled_at=None), name="one_open_alarm_of_a_sister_team"
            )
        ]

    def __str__(self):
        return str(self.id)


class QuestionAsked(models.Model):
    """Somebody here asked a sister team whether it knows one child.

    Seen by who asked, those who work with the child, the manager of the asker's team, and information-governance leads.
    """

    class Outcome(models.TextChoices):
        UNHEARD = "", "No answer was recorded"
        KNOWN = "known", "Known"
        POSSIBLY_KNOWN = "possibly_known", "Possibly known"
        NOTHING_FOUND = "nothing_found", "Nothing found"
        FAILED = "failed", "Could not be asked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    sister = models.ForeignKey(SisterTeam, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", help_text="The asker's")
    asked_at = models.DateTimeField()
    purpose = models.CharField(max_length=40, choices=Purpose)
    case = models.CharField(max_length=30)
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True)
    failed_because = models.CharField(max_length=200, blank=True)
    left_out = models.SmallIntegerField(
        default=0, help_text="Ways of writing the child beyond those one question has"
    )

    objects = GuardedManager()

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-asked_at"]),
            models.Index(fields=["asked_by", "-asked_at"]),
        ]

    def __str__(self):
        return str(self.id)

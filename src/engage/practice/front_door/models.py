"""Referrals, calls and letters: how worries about a child arrive."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from engage.practice.access.gate import GuardedManager, GuardedQuerySet
from engage.practice.access.reach import answers_the_line
from engage.practice.agencies.models import Staff
from engage.practice.people.models import OfRecord
from engage.practice.publication.models import Letter


class Referral(OfRecord):
    """A professional's worry about a child: C06, for triage. People, vehicles and places it names are facts of their own (C18)."""

    reference = models.CharField(max_length=200)
    referred_at = models.DateTimeField()
    source_code = models.CharField(max_length=4, blank=True)
    referrer_agency = models.CharField(max_length=200, blank=True)
    immediate_danger = models.BooleanField(null=True)
    indicators = ArrayField(models.CharField(max_length=10), default=list)
    what_happened = models.TextField(blank=True)
    when_where = models.TextField(blank=True)
    child_told = models.CharField(max_length=40, blank=True)
    consent_status = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return f"Referral {self.id}"


class Call(OfRecord):
    """A call to the phone line. Full (C21) for who took it; the summary row holds when, concern, safe contact.

    A summary never names or describes the caller.
    """

    reference = models.CharField(max_length=200)
    is_summary = models.BooleanField()
    started_at = models.DateTimeField()
    concern = models.TextField(blank=True)
    safe_to_call_back = models.BooleanField(null=True)
    safe_contact = models.CharField(max_length=200, blank=True)
    immediate_danger = models.BooleanField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    caller_kind = models.CharField(max_length=20, blank=True)
    caller_name = models.CharField(max_length=120, blank=True)
    worker_ref = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return f"Call {self.id}"


class LetterQuerySet(GuardedQuerySet):
    def visible_to(self, staff: Staff) -> GuardedQuerySet:
        """The same rule as the letterbox's wall: a letter has no compartment, so the walls ask who answers the line."""
        rows = super().visible_to(staff)
        return rows if answers_the_line(staff) else rows.none()


class ReceivedLetter(Letter):
    """A letter as the team reads it."""

    objects = GuardedManager.from_queryset(LetterQuerySet)()  # type: ignore[assignment]  # Letter has no way to read

    class Meta:
        proxy = True

"""Missing episodes, as each agency tells of them, and the clocks they start.

An episode is no row of its own. It is the group of reports that tell of one time
missing; `episode_id` is the id of its earliest report and follows from the reports
(methods.episodes), so that a reader's episode is made of what that reader may see.
"""

from datetime import date, datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models

from engage.practice.access.encrypted import EncryptedText
from engage.practice.agencies.models import Staff
from engage.practice.people.models import OfRecord


class AtADesk(OfRecord):
    """Sent in a file, or recorded by somebody at a desk, who may take it back: then it is kept and current no more."""

    recorded_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", help_text="If told at a desk"
    )
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    taken_back_why = models.TextField(blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(taken_back_at__isnull=True)
                | models.Q(current=False, taken_back_by__isnull=False),
                name="%(class)s_taken_back_is_not_current",
            )
        ]


class MissingReport(AtADesk):
    """What one agency says of one time missing: C03. Places and companions stand in ReportPlaces."""

    class Told(models.TextChoices):
        POLICE = "police", "Police report"
        RETURN_FILE = "return_file", "Council's statutory return (dates only)"
        REFERRAL = "referral", "Said in a referral"
        CALL = "call", "Said in a call"
        DESK = "desk", "Recorded in Engage"

    class Outcome(models.TextChoices):
        OPEN = "open", "Missing"
        RETURNED = "returned", "Returned"
        CANCELLED = "cancelled_not_missing", "Was not missing"
        DUPLICATE = "duplicate", "Same as another report"

    reference = models.CharField(max_length=200)
    told_by = models.CharField(max_length=20, choices=Told)
    episode_id = models.UUIDField(null=True)
    pinned_to = models.UUIDField(null=True, help_text="A report somebody said this one belongs with")
    held_reason = models.TextField(
        blank=True, help_text="Why a person must say which episode this belongs to"
    )
    type = models.CharField(max_length=1, blank=True, help_text="M missing, A away without authorisation")
    outcome = models.CharField(max_length=30, choices=Outcome, default=Outcome.OPEN)
    duplicate_of = models.CharField(max_length=200, blank=True)
    # Moments where the source knows the hour, dates where it does not: never an invented hour.
    last_seen_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    started_on = models.DateField(null=True)
    located_at = models.DateTimeField(null=True)
    located_on = models.DateField(null=True)
    returned_at = models.DateTimeField(null=True)
    returned_on = models.DateField(null=True)
    grade = models.CharField(max_length=10, blank=True)
    # A later version with the same grade is no new grading: of several grades the one given last counts.
    graded_at = models.DateTimeField(null=True)
    prevention_interview_at = models.DateTimeField(null=True)
    prevention_interview_on = models.DateField(null=True)
    interview_due_at = models.DateTimeField(null=True)
    interview_due_on = models.DateField(null=True)
    starts_at = models.DateTimeField(
        help_text="For ordering: last seen, else reported, else start of the first day"
    )
    ended = models.BooleanField(
        default=False, help_text="Returned, cancelled or a duplicate, as this agency tells"
    )

    class Meta(AtADesk.Meta):
        indexes = [
            models.Index(fields=["person_id", "starts_at"]),
            models.Index(fields=["record"]),
            models.Index(fields=["episode_id"]),
            models.Index(fields=["reference"]),
            models.Index(fields=["starts_at"], condition=models.Q(ended=False), name="reports_open"),
            models.Index(
                fields=["starts_at"],
                condition=models.Q(current=True) & ~models.Q(held_reason=""),
                name="reports_held",
            ),
            models.Index(
                fields=["interview_due_at"],
                condition=models.Q(interview_due_at__isnull=False),
                name="reports_interview_due",
            ),
            models.Index(
                fields=["interview_due_on"],
                condition=models.Q(interview_due_on__isnull=False),
                name="reports_interview_due_by_day",
            ),
        ]

    def __str__(self):
        return f"Report {self.id}"


class ReportPlaces(OfRecord):
    """Where, with whom, in what: C03P."""

    report = models.ForeignKey(MissingReport, models.CASCADE, related_name="+", db_index=False)
    last_seen_place = EncryptedText(max_length=300, blank=True)
    located_place = EncryptedText(max_length=300, blank=True)
    found_by = models.CharField(max_length=200, blank=True)
    reported_by = models.CharField(max_length=200, blank=True)
    companions = ArrayField(models.CharField(max_length=200), default=list)
    vehicle = EncryptedText(max_length=200, blank=True)
    circumstances = EncryptedText(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["report"]),
            models.Index(fields=["record"]),
            models.Index(fields=["person_id"]),
        ]

    def __str__(self):
        return str(self.id)


class ReturnInterview(AtADesk):
    """Offered, accepted or not, held: separate facts with their own times. C03.

    What was said stands in facts: the summary and factors (C05), the child's own words (C04).
    """

    class OfferOutcome(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        NO_REPLY = "no_reply", "No reply"
        NOT_POSSIBLE = "not_possible", "Not possible"

    reference = models.CharField(max_length=200)
    # Police references, or ids of reports, that the interviewer says it covers.
    report_refs = ArrayField(models.CharField(max_length=200), default=list)
    episode_ids = ArrayField(models.UUIDField(), default=list)
    returned_at = models.DateTimeField(null=True)
    returned_on = models.DateField(null=True)
    offered_at = models.DateTimeField(null=True)
    offered_on = models.DateField(null=True)
    offer_method = models.CharField(max_length=60, blank=True)
    offer_outcome = models.CharField(max_length=20, choices=OfferOutcome, blank=True)
    decline_reason = models.TextField(blank=True)
    interviewer = models.CharField(max_length=120, blank=True)
    independent = models.BooleanField(null=True)
    held_at = models.DateTimeField(null=True)
    held_on = models.DateField(null=True)
    place_kind = models.CharField(max_length=60, blank=True)
    with_carer = models.BooleanField(default=False, help_text="Given by the parent or carer, not the child")

    class Meta(AtADesk.Meta):
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return f"Interview {self.id}"

    @property
    def returned(self) -> datetime | date | None:
        return self.returned_at or self.returned_on

    @property
    def offered(self) -> datetime | date | None:
        return self.offered_at or self.offered_on

    @property
    def held(self) -> datetime | date | None:
        return self.held_at or self.held_on

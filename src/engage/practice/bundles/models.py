"""Requests to see what is held of a child, and the bundles that answer them, span by span as it left."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from engage.practice.access.gate import GuardedManager
from engage.practice.agencies.models import Agency, Staff, Team


class SubjectRequest(models.Model):
    """Somebody asks to see what is held of one child, and has a right to an answer by a day.

    It may come by any route, and before anybody knows which record it is about: `about` is who the requester says.
    Holds nothing of the record. Seen by owner, preparer, second reader, the manager of the opener's team and the
    information-governance lead of the opener's agency.
    """

    class Kind(models.TextChoices):
        CHILD = "child", "The child"
        ADULT = "adult_now", "The person themselves, adult now"
        CARER = "carer", "A parent or carer for the child"
        SOLICITOR = "solicitor", "A solicitor for the child"
        INQUIRY = "inquiry", "An inquiry, by notice"

    class How(models.TextChoices):
        LETTER = "letter", "Letter"
        EMAIL = "email", "E-mail"
        TELEPHONE = "telephone", "Telephone or helpline"
        IN_PERSON = "in_person", "In person"
        MESSAGE = "message", "Comment or message on another matter"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed without a bundle"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField(null=True)  # both known once the preparer has said whose record it is
    person_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=10, choices=Kind)
    asked_by = models.CharField(max_length=200, help_text="Name of who asks, as on the bundle's cover")
    authority = models.TextField(blank=True, help_text="By which right they ask for somebody else")
    about = models.CharField(max_length=200, help_text="Whose record, as the requester says")
    notice = models.CharField(max_length=100, blank=True, help_text="Reference of an inquiry's notice")
    received_on = models.DateField()
    received_how = models.CharField(max_length=10, choices=How)
    identity_checked_on = models.DateField(null=True)
    identity_words = models.TextField(blank=True, help_text="How it was checked who they are")
    due_on = models.DateField()
    extended_on = models.DateField(null=True, help_text="When the requester was told of two months more")
    extended_because = models.TextField(blank=True)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Of who opened it")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    owner = models.ForeignKey(Staff, models.PROTECT, related_name="+", help_text="Who answers for the day")
    preparer = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", help_text="Who may read it"
    )
    reader = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", help_text="Second reader")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["state", "due_on"]), models.Index(fields=["person_id"])]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="inquiry") | ~models.Q(notice=""),
                name="an_inquiry_asks_by_notice",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.id}"

    @property
    def is_by_the_child(self) -> bool:
        return self.kind in (self.Kind.CHILD, self.Kind.ADULT)


class RequestHold(models.Model):
    """Either the clock stands still until somebody's identity is shown, or nothing may be destroyed meanwhile."""

    class Kind(models.TextChoices):
        IDENTITY = "identity", "Waits for proof of identity: the clock stands still"
        LEGAL = "legal", "Legal hold: nothing of it is destroyed; the clock runs on"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(SubjectRequest, models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.TextField()
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    begun_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    objects = GuardedManager()

    class Meta:
        ordering = ["from_on"]
        constraints = [
            models.UniqueConstraint(
                "request", "kind", condition=models.Q(until_on=None), name="one_hold_of_a_kind"
            )
        ]

    def __str__(self):
        return str(self.id)


class Bundle(models.Model):
    """One edition of the answer: spans as its preparer saw them, each decided, read by a second person, released."""

    class State(models.TextChoices):
        PREPARING = "preparing", "Being prepared"
        READING = "reading", "With the second reader"
        APPROVED = "approved", "Approved"
        RELEASED = "released", "Released"
        SUPERSEDED = "superseded", "Replaced by a later edition"
        RECALLED = "recalled", "Recalled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(SubjectRequest, models.PROTECT, related_name="bundles")
    edition = models.SmallIntegerField()
    # At random: consecutive numbers would tell how many bundles there are that a reader may not know of.
    number = models.CharField(max_length=20, unique=True, help_text="Its number in the register")
    child = models.CharField(max_length=300, help_text="Name, age and district, as on the cover")
    state = models.CharField(max_length=10, choices=State, default=State.PREPARING)
    preparer = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    gathered_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was finished")
    reader = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    says_where = models.BooleanField(
        default=True, help_text="It tells where the child is; so it is taken until it is finished"
    )
    pages_read = ArrayField(models.SmallIntegerField(), default=list)
    read_at = models.DateTimeField(null=True)
    remark = models.TextField(blank=True, help_text="What the second reader says")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    handed_over = models.TextField(blank=True, help_text="How it was handed over, and to whom")
    recalled_at = models.DateTimeField(null=True)
    recalled_because = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        ordering = ["-edition"]
        constraints = [
            models.UniqueConstraint("request", "edition", name="one_bundle_each_edition"),
            models.CheckConstraint(
                condition=models.Q(reader=None) | ~models.Q(reader=models.F("preparer")),
                name="another_person_reads_the_bundle",
            ),
        ]

    def __str__(self):
        return f"{self.number} {self.state}"


class BundleSpan(models.Model):
    """One thing held of the child, word for word, with its source and whom it is about. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="spans")
    place = models.SmallIntegerField()
    key = models.CharField(max_length=80, help_text="Kind and id of the row it came from")
    category = models.CharField(max_length=4)
    what = models.CharField(max_length=120)
    said = models.TextField()
    told_by = models.CharField(max_length=200)
    when = models.CharField(max_length=60, blank=True)
    owner = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    ask_owner = models.BooleanField(help_text="The agency that owns it is asked before it leaves")
    others = ArrayField(models.CharField(max_length=200), default=list, help_text="Others whom it names")
    in_full = models.BooleanField(default=True, help_text="It says more than the summary of its category")
    restricted = models.BooleanField(default=True, help_text="For those alone who are named")

    objects = GuardedManager()

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint("bundle", "place", name="one_span_in_each_place")]

    def __str__(self):
        return str(self.id)


class SpanDecision(models.Model):
    """What somebody decided about a whole span, and what its owner agency said."""

    class Choice(models.TextChoices):
        INCLUDE = "include", "Include"
        LEAVE_OUT = "leave_out", "Leave out"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    span = models.OneToOneField(BundleSpan, models.PROTECT, related_name="decision")
    choice = models.CharField(max_length=10, choices=Choice, blank=True)
    reason = models.CharField(max_length=20, blank=True, help_text="Code of a reason for withholding")
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    owner_said = models.TextField(blank=True)
    consulted_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    consulted_at = models.DateTimeField(null=True)

    objects = GuardedManager()

    def __str__(self):
        return str(self.id)


class Mark(models.Model):
    """Characters of a span that may be about somebody else: suggested or chosen by hand, redacted or kept by a person."""

    class FoundAs(models.TextChoices):
        NAMED = "named", "Named in the child’s records"
        STAFF = "staff", "A colleague at work"
        NAME = "looks_like_a_name", "Looks like a name"
        TITLE = "title", "Looks like a name with a title"
        PHONE = "phone", "Telephone number"
        EMAIL = "email", "E-mail address"
        ADDRESS = "address", "Address or postcode"
        BY_HAND = "by_hand", "Chosen by hand"

    class Choice(models.TextChoices):
        REDACT = "redact", "Redact"
        KEEP = "keep", "Keep"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    span = models.ForeignKey(BundleSpan, models.PROTECT, related_name="marks")
    start = models.IntegerField()
    end = models.IntegerField(help_text="The first character after it")
    found_as = models.CharField(max_length=20, choices=FoundAs)
    choice = models.CharField(max_length=10, choices=Choice, blank=True)
    reason = models.CharField(max_length=20, blank=True)
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = GuardedManager()

    class Meta:
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint("span", "start", "end", name="one_mark_of_the_same_words"),
            models.CheckConstraint(condition=models.Q(start__lt=models.F("end")), name="a_mark_has_words"),
            models.CheckConstraint(
                condition=~models.Q(choice="redact") | ~models.Q(reason=""), name="a_redaction_has_its_reason"
            ),
        ]

    def __str__(self):
        return str(self.id)


class BundleFile(models.Model):
    """The very bytes that were approved, or sealed for an inquiry. Never changed; the last of a kind counts."""

    class Kind(models.TextChoices):
        PDF = "pdf", "PDF"
        SEALED = "sealed", "Sealed for an inquiry"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="files")
    kind = models.CharField(max_length=10, choices=Kind)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["bundle", "kind", "-made_at"])]

    def __str__(self):
        return str(self.id)

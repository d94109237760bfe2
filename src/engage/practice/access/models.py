"""Compartments, reach, circles and the audit: what the two walls stand on."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models

from engage.practice.agencies.models import Agency, Staff

from .guarded import GuardedManager
from .looks import AuditSubject as AuditSubject  # in a file of their own; Django finds them here
from .looks import ReadingAlarm as ReadingAlarm
from .looks import UnexplainedLook as UnexplainedLook


class Label(models.TextChoices):
    FULL = "full", "Full"
    SUMMARY = "summary", "Summary"
    RESTRICTED = "restricted", "Restricted: named circle only"
    SEALED = "sealed", "Sealed: named holder only"
    UNVERIFIED = "unverified", "Unverified: police intelligence and the team manager only"
    RAW = "raw", "As the agency sent it: that agency only"


# Where a child is: addresses and telephones, places of an episode, the school.
LOCATION = frozenset({"C01L", "C03P", "C13"})


class Compartment(models.Model):
    """Owner × category × label, as the one small integer both walls compare."""

    id = models.SmallAutoField(primary_key=True)
    owner = models.ForeignKey(Agency, models.PROTECT)
    category = models.CharField(max_length=4)  # C01–C26, C01L, C03P: engage.reference.categories()
    label = models.CharField(max_length=10, choices=Label)

    class Meta:
        constraints = [models.UniqueConstraint("owner", "category", "label", name="one_compartment_each")]

    def __str__(self):
        return f"{self.owner.code} {self.category} {self.label}"


class CompartmentKey(models.Model):
    """The key that a compartment's texts are encrypted under, itself wrapped by the root key (`keys`).

    The application adds the first of a compartment and changes none; rotation is the owner's. A key that was retired
    stays, for what an earlier back-up holds: nobody removes one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    compartment = models.ForeignKey(Compartment, models.PROTECT, db_index=False, related_name="+")
    version = models.IntegerField()
    root = models.CharField(max_length=16, help_text="Which root key wraps it: a part of a hash")
    wrapped = models.BinaryField()
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, help_text="Since when a later version takes what is new")
    emptied_at = models.DateTimeField(null=True, help_text="When no value was found under it any more")

    class Meta:
        constraints = [
            models.UniqueConstraint("compartment", "version", name="one_key_for_each_version"),
            models.UniqueConstraint(
                "compartment", condition=models.Q(retired_at=None), name="one_live_key_for_each_compartment"
            ),
        ]

    def __str__(self):
        return f"version {self.version} of compartment {self.compartment_id}"


class AgreementTerms(models.Model):
    """What one agency lets others see, for which purposes, from when until when, as signed."""

    code = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    owners = models.ManyToManyField(Agency, related_name="%(class)s_given")
    recipients = models.ManyToManyField(Agency, related_name="%(class)s_received")
    categories = ArrayField(models.CharField(max_length=4))
    purposes = ArrayField(models.CharField(max_length=40))
    lawful_basis = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="The first moment it is no longer in force")
    signed_by = models.CharField(max_length=200)

    class Meta:
        abstract = True


class SharingAgreement(AgreementTerms):
    """One version of an agreement. Every row was approved, or entered when the installation was set up.

    Once it is linked to its proposal the database lets nothing of it change but `ended_at`, and that only
    to an earlier moment: who could see what on a past day stays readable.
    """

    version = models.PositiveSmallIntegerField(default=1)
    ended_at = models.DateTimeField(
        null=True,
        help_text="Where a later version took its place or it was ended early: the first moment after",
    )
    proposal = models.OneToOneField(
        "AgreementProposal", models.PROTECT, null=True, related_name="activated_as"
    )

    class Meta:
        ordering = ["code", "version"]
        constraints = [models.UniqueConstraint("code", "version", name="one_text_for_each_version")]

    def __str__(self):
        return self.named

    @property
    def named(self) -> str:
        return f"{self.title} (version {self.version})"

    @property
    def in_force_until(self) -> datetime:
        """The first moment it is no longer in force."""
        return min(self.ends_at, self.ended_at or self.ends_at)


class AgreementProposal(AgreementTerms):
    """A change of what agencies share, which two people approve before it does anything."""

    class Kind(models.TextChoices):
        NEW = "new", "A new agreement"
        VERSION = "new_version", "A new version"
        END = "end_early", "Ending early"

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED_ONCE = "approved_once", "Approved once"
        IN_FORCE = "activated", "Approved twice and activated"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    OPEN = (State.PROPOSED, State.APPROVED_ONCE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    replaces = models.ForeignKey(
        SharingAgreement,
        models.PROTECT,
        null=True,
        related_name="changes",
        help_text="The version it changes",
    )
    state = models.CharField(max_length=20, choices=State, default=State.PROPOSED)
    reason = models.TextField()
    proposed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    # What it was seen to change when it was last approved or proposed. Approvals are for this and no other.
    effect_digest = models.CharField(max_length=64)
    first_approver = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    first_approved_at = models.DateTimeField(null=True)
    second_approver = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    second_approved_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(state="activated", second_approved_at__isnull=False)
                    | ~models.Q(state="activated") & models.Q(second_approver=None, second_approved_at=None)
                ),
                name="activated_by_the_second_approval",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["activated", "approved_once"])
                | models.Q(first_approver__isnull=False, first_approved_at__isnull=False),
                name="approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(first_approver=models.F("proposed_by"))
                & ~models.Q(second_approver=models.F("proposed_by"))
                & ~models.Q(second_approver=models.F("first_approver")),
                name="two_approve_and_neither_proposed",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="new", replaces=None)
                | ~models.Q(kind="new") & ~models.Q(replaces=None),
                name="a_change_names_what_it_changes",
            ),
            models.UniqueConstraint(
                "replaces",
                condition=models.Q(state__in=["proposed", "approved_once"]),
                name="one_open_change_of_a_version",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.code}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class Reach(models.Model):
    """What a profile (role × agency × purpose) may see, compiled from policy and agreements.

    Sets of compartment ids; valid from `starts_at` until just before `ends_at`.
    """

    role = models.CharField(max_length=30)
    agency = models.ForeignKey(Agency, models.CASCADE)
    purpose = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    any_child = ArrayField(models.SmallIntegerField())
    in_area = ArrayField(models.SmallIntegerField())
    in_circle = ArrayField(models.SmallIntegerField())
    named_child = ArrayField(models.SmallIntegerField())
    may_add = ArrayField(models.SmallIntegerField())
    policy_version = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["agency", "role", "purpose", "starts_at"])]

    def __str__(self):
        return f"{self.role} at {self.agency_id} for {self.purpose}"


class Guarded(models.Model):
    """A row with personal data. Both walls compare these three columns.

    `person_id` and `area` follow from the record the row belongs to and are
    rewritten with the grouping (people.actions); nobody sets them by hand.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    compartment = models.ForeignKey(Compartment, models.PROTECT, db_index=False, related_name="+")
    person_id = models.UUIDField(null=True, editable=False)
    area = models.IntegerField(default=0, editable=False)  # bits of engage.reference.districts()

    objects = GuardedManager()

    class Meta:
        abstract = True


class CircleMember(models.Model):
    """A live reason why somebody works with a child."""

    class Kind(models.TextChoices):
        LEAD = "lead", "Lead worker"
        CO_WORKER = "co_worker", "Co-worker"
        INTERVIEWER = "interviewer", "Return interviewer"
        FIRST_LOOK = "first_look", "Holds the first look"
        REFERRAL = "referral", "Holds the referral"
        MEETING = "meeting", "Invited to a meeting"
        DUTY = "duty", "On duty, with a stated purpose"
        NAMED = "named", "Named for a restricted child"
        EMERGENCY = "emergency", "Emergency access"
        # Explains a look and opens nothing: no wall counts whoever has this reason alone among those who work with the child.
        STATED = "stated", "Stated a purpose"
        LOCATION = "location", "Named for where a protected child lives"

    PURPOSE_STATED = (Kind.DUTY, Kind.STATED)  # `reason` is the purpose

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()  # the record the reason arose on: un-joining moves nothing by hand
    person_id = models.UUIDField()
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="circles")
    kind = models.CharField(max_length=20, choices=Kind)
    named = models.BooleanField(default=False, help_text="Named for a restricted child")
    reason = models.TextField(blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    added_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["staff", "person_id"]), models.Index(fields=["person_id"])]

    def __str__(self):
        return f"{self.get_kind_display()} {self.id}"


class Barred(models.Model):
    """Somebody who must see nothing of a child: own family, own address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["staff"])]

    def __str__(self):
        return str(self.id)


class Restriction(models.Model):
    """A record of a restricted child: while it lasts, those alone who are named see anything of the person.

    It follows the record through joining and un-joining, and the strictest wins: one restricted record
    restricts the whole person, in every agency. `engage_restricted()` says who they are.
    """

    class Kind(models.TextChoices):
        COLLEAGUE = "colleague", "Related to, or known in private to, somebody who works here"
        HIGH_PROFILE = "high_profile", "Known to the public"
        COVERT = "covert_operation", "Part of a covert operation"
        ADOPTION = "adoption", "Adopted: the former and the present identity are kept apart"
        ADDRESS = "protected_address", "Lives at an address that must not become known"
        # Set by the program, until somebody who is named has said whether it is that child.
        LIKENESS = "likeness", "Closely resembles a restricted child"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=Kind)
    reason = models.TextField(blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    added_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    ended_because = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "record_id", condition=models.Q(ends_at=None), name="one_restriction_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["person_id"])]

    def __str__(self):
        return f"{self.kind} {self.id}"


class SignOut(models.Model):
    """That somebody's sessions, or those of a whole agency, were ended by somebody else, and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    sessions = models.IntegerField(help_text="How many were ended")
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(staff=None, agency__isnull=False)
                | models.Q(agency=None, staff__isnull=False),
                name="of_somebody_or_of_an_agency",
            ),
        ]

    def __str__(self):
        return f"{self.sessions} at {self.at:%Y-%m-%d %H:%M}"


class ProtectedLocation(models.Model):
    """A record of a child whose address must not become known: while it lasts, rows on where the child is (addresses,
    telephones, places, school) are for those alone whom the lead named for it, on every record that is protected.

    Everything else of the child stays as it is. It follows the record through joining and un-joining, and the
    strictest wins. `engage_kept_location()` says of whom the reader must not learn it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    reason = models.TextField(blank=True)
    # Set by the program on what resembles a protected child, until somebody has said whether it is that child.
    likeness = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    added_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    ended_because = models.TextField(blank=True)

    objects = GuardedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "record_id", condition=models.Q(ends_at=None), name="one_protected_location_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["person_id"])]

    def __str__(self):
        return str(self.id)


class AuditEntry(models.Model):
    """One accountable deed. Written with the deed, never altered; holds no personal content.

    Verbs are those of the Data Protection Act 2018, section 62. `leaf` is
    SHA-256(0x00 ‖ canonical JSON of the entry), as in RFC 6962.
    """

    class Verb(models.TextChoices):
        COLLECT = "collect", "Collected"
        ALTER = "alter", "Altered"
        CONSULT = "consult", "Consulted"
        DISCLOSE = "disclose", "Disclosed"
        COMBINE = "combine", "Combined"
        ERASE = "erase", "Erased"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    actor = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    body = models.JSONField()
    leaf = models.BinaryField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["actor", "at"]), models.Index(fields=["at"])]

    def __str__(self):
        return f"{self.body.get('action')} {self.at:%Y-%m-%d %H:%M}"


class LedgerLeaf(models.Model):
    """The place of one audit entry in the ledger, given once by the sequencer and never altered.

    From it no row of the account can be changed, removed or put in between without that showing: the hashes of all
    places together make the root that a checkpoint signs. `leaf` is the entry's own, kept a second time.
    """

    index = models.BigIntegerField(primary_key=True)  # from 0, without a gap
    entry = models.OneToOneField(AuditEntry, models.PROTECT, related_name="+")
    leaf = models.BinaryField(max_length=32)

    def __str__(self):
        return str(self.index)


class Checkpoint(models.Model):
    """How large the ledger was and what its root was, signed with its key."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    edge = models.BinaryField()  # 32 bytes for each full subtree: what the sequencer goes on from
    text = models.TextField()  # a C2SP checkpoint with the ledger's signature
    at = models.DateTimeField()

    def __str__(self):
        return f"{self.size} entries"


class Cosignature(models.Model):
    """A partner's witness saw this checkpoint go on from the one it saw before."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=200)
    line = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("checkpoint", "witness", name="one_cosignature_each")]

    def __str__(self):
        return f"{self.witness} {self.checkpoint_id}"

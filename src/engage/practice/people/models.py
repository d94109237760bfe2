"""Who is who. What agencies sent, the records that name somebody, and people's judgements about them.

A person is not a row of its own: a person *is* the group of records that judgements
put together, and its id is the id of the record received first in the group. So a
person's id survives additions, and un-joining restores the former ids by itself.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from engage.practice.access.encrypted import EncryptedText
from engage.practice.access.gate import GuardedManager
from engage.practice.access.guarded import HeldManager, OfferedManager
from engage.practice.access.models import Compartment, Guarded
from engage.practice.agencies.models import Agency, Staff


class SourceRecord(Guarded):
    """One row as an agency sent it. Immutable; a correction is the next version.

    It mixes categories, so it is for its owner alone (label *raw*); everybody else
    sees the facts drawn from it, each in its own compartment.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    format = models.CharField(max_length=40)
    reference = models.CharField(max_length=200, help_text="The agency's own name for the row")
    version = models.IntegerField()
    content = models.JSONField()
    content_hash = models.BinaryField(max_length=32)
    file_id = models.UUIDField(null=True, help_text="receiving.ReceivedFile, or nothing if typed at a desk")
    row_number = models.IntegerField(null=True)
    withdrawn = models.BooleanField(default=False)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("agency", "format", "reference", "version", name="one_version_each")
        ]
        indexes = [models.Index(fields=["file_id", "row_number"])]

    def __str__(self):
        return f"{self.format} version {self.version}"


class Record(Guarded):
    """One agency's record of somebody: the summary that a reader without full sight may see.

    Compartment: owner × C01 × summary; for a record that may never join two persons
    (health notes, restricted) the owner's own category, so that it exists for nobody else.
    """

    class Kind(models.TextChoices):
        CHILD = "child", "Child"
        ADULT_THEN_CHILD = "adult_now_child_then", "Adult now, child then"
        ADULT = "adult", "Adult"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    register = models.CharField(max_length=40, help_text="Which of the agency's lists: the format's family")
    reference = models.CharField(max_length=200, help_text="The agency's own name for the person or report")
    received_no = models.BigIntegerField(
        unique=True, help_text="Order of receipt: the group's first gives the id"
    )
    received_at = models.DateTimeField()
    kind = models.CharField(max_length=30, choices=Kind, default=Kind.CHILD)
    bridges = models.BooleanField(default=True, help_text="May join other records into one person")
    restricted = models.BooleanField(default=False)
    surname = models.CharField(max_length=120, blank=True)
    forenames = models.CharField(max_length=120, blank=True)
    known_as = models.CharField(max_length=120, blank=True)
    # Enough for an age in years and no more; the date of birth is in the detail.
    born_in = models.DateField(null=True, help_text="First day of the month of birth")
    district = models.CharField(max_length=60, blank=True)
    has_identifiers = models.BooleanField(default=False)
    withdrawn = models.BooleanField(default=False)
    no_longer_sent_at = models.DateTimeField(
        null=True, help_text="Since when the agency's whole list is without it"
    )

    class Meta:
        constraints = [models.UniqueConstraint("agency", "register", "reference", name="one_record_each")]
        indexes = [models.Index(fields=["person_id"])]

    def __str__(self):
        return f"{self.register} record {self.id}"

    @property
    def shown_name(self) -> str:
        return shown_name(self.forenames, self.surname, self.known_as)


def shown_name(forenames: str, surname: str, known_as: str) -> str:
    name = " ".join(part for part in (forenames, surname) if part)
    return f"{name} (known as {known_as})" if known_as and known_as not in name else name


class OfRecord(Guarded):
    """A row that belongs to a record. `record_id` is the truth; `person_id` and `area` follow from it."""

    record = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False)
    source = models.ForeignKey(
        SourceRecord, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    # A newer version of its source row leaves the old facts standing, no longer current.
    current = models.BooleanField(default=True)
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True


class RecordDetail(OfRecord):
    """The rest of who somebody is: C01, full."""

    born_on = models.DateField(null=True)
    born_earliest = models.DateField(null=True)
    born_latest = models.DateField(null=True)
    birth_as_sent = models.CharField(max_length=60, blank=True)
    age_stated = models.IntegerField(null=True)
    sex = models.CharField(max_length=2, blank=True)
    ethnicity = models.CharField(max_length=10, blank=True)
    ethnicity_list = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return str(self.id)


class Identifier(OfRecord):
    """A number that names somebody somewhere: C01 full; a telephone number is a location (C01L)."""

    class Type(models.TextChoices):
        NHS = "nhs_number", "NHS number"
        UPN = "upn", "Unique pupil number"
        COUNCIL_CHILD = "council_child_id", "Council's child id (SSDA903)"
        PHONE = "phone", "Telephone"
        # An agency's code and its reference of a case this record is about: a report, or one an interview covers.
        CASE = "case_reference", "Reference of a case"

    type = models.CharField(max_length=20, choices=Type)
    value = models.CharField(max_length=60, blank=True, help_text="Empty for a telephone number")
    telephone = EncryptedText(max_length=60, blank=True)
    valid = models.BooleanField(default=True, help_text="Passes the identifier's own check")

    class Meta:
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return f"{self.type} {self.id}"

    @property
    def number(self) -> str:
        """What it says, whichever column holds it."""
        return self.telephone if self.type == self.Type.PHONE else self.value


class Address(OfRecord):
    """Where somebody lives or lived: location, C01L. Found by keyed tokens; the district stays readable, for areas."""

    address = EncryptedText(max_length=300, blank=True)
    postcode = EncryptedText(max_length=10, blank=True)
    district = models.CharField(max_length=60, blank=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person_id"]), models.Index(fields=["record"])]

    def __str__(self):
        return str(self.id)


class Fact(OfRecord):
    """Something an agency tells about somebody, in the compartment of its category.

    `kind` is one of engage.reference's fact kinds (school, care status, indicator…).
    """

    kind = models.CharField(max_length=40)
    text = models.TextField(blank=True)
    codes = ArrayField(models.CharField(max_length=40), default=list)
    true_on = models.DateField(null=True)
    true_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "kind"]),
            models.Index(fields=["record"]),
            models.Index(fields=["source"], name="facts_by_source"),
        ]

    def __str__(self):
        return f"{self.kind} {self.id}"


class Token(OfRecord):
    """A keyed hash of one thing to search by, in the compartment of what it was made from."""

    # Twenty and more for each record, written with it in one statement: checked there and by the wall,
    # not once more by a constraint for each token.
    compartment = models.ForeignKey(
        Compartment, models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    record = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    rule = models.CharField(max_length=40)
    value = models.BinaryField(max_length=16)

    class Meta:
        # None by person: regrouping goes by record, and then rewrites a token without touching an index.
        indexes = [models.Index(fields=["value"]), models.Index(fields=["record"])]

    def __str__(self):
        return f"{self.rule} {self.id}"


class Judgement(models.Model):
    """Somebody's word on whether two records are one person. Append-only; the last human word counts.

    Seen by who sees both records. An automatic join is a judgement by a service:
    the same row, the same undoing.
    """

    class Verdict(models.TextChoices):
        SAME = "same", "Same person"
        NOT_SAME = "not_same", "Not the same person"
        UNSURE = "unsure", "Not sure"
        # Takes back this pair's earlier human word: the automatic ones stand again.
        TAKEN_BACK = "taken_back", "Taken back"

    class Relation(models.TextChoices):
        SIBLING = "sibling", "Brothers or sisters"
        TWIN = "twin", "Twins, or more born together"
        PARENT = "parent", "Parent and child"
        FAMILY = "family", "Family in another way"
        HOUSEHOLD = "household", "One household, not family"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_a = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False)
    record_b = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False)
    verdict = models.CharField(max_length=10, choices=Verdict)
    # Two people who are related are two people: part of a "not the same", so that no program joins them by any chain.
    relation = models.CharField(max_length=10, choices=Relation, blank=True)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    by_person = models.BooleanField()
    role = models.CharField(max_length=30)
    reason = models.TextField(blank=True)
    weight_bits = models.FloatField(null=True)
    evidence = models.JSONField(default=dict, help_text="Levels and vetoes by name; never values")
    model_version = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    # Which of two words given at one moment came later: from the sequence people_received_no.
    judged_no = models.BigIntegerField(unique=True)

    objects = GuardedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(record_a__lt=models.F("record_b")), name="judged_pair_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(relation="") | models.Q(verdict="not_same"), name="related_are_two_people"
            ),
        ]
        indexes = [models.Index(fields=["record_a"]), models.Index(fields=["record_b"])]

    def __str__(self):
        return f"{self.verdict} {self.id}"


class Pair(models.Model):
    """Two records that may be one person, waiting for somebody's word. Seen by who sees both records."""

    class State(models.TextChoices):
        OPEN = "open", "To decide"
        DECIDED = "decided", "Decided"

    class OnceMore(models.TextChoices):
        SECOND = "second", "A second opinion is asked for"
        DISAGREE = "disagree", "Two people answered differently"
        # Decided, and put before somebody once more without their knowing, to learn how well people agree.
        REPEAT = "repeat", "Repeated"

    # Joined once; what was sent since speaks against it. Asked about even while the two are one person.
    CHANGED = "changed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_a = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False)
    record_b = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False)
    weight_bits = models.FloatField()
    evidence = models.JSONField(default=dict)
    model_version = models.CharField(max_length=80)
    why = models.CharField(max_length=40, help_text="grey, veto, restricted or conflict")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    once_more = models.CharField(max_length=10, choices=OnceMore, blank=True)
    offered_at = models.DateTimeField()

    objects = GuardedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint("record_a", "record_b", name="one_pair_each"),
            models.CheckConstraint(
                condition=models.Q(record_a__lt=models.F("record_b")), name="pair_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["record_b"]),
            models.Index(fields=["state", "-weight_bits"]),
            models.Index(
                fields=["-weight_bits"], condition=models.Q(once_more="repeat"), name="pairs_repeated"
            ),
        ]

    def __str__(self):
        return f"{self.state} {self.id}"


class Opinion(models.Model):
    """A word on a pair that by itself moves nobody: the first or second of two opinions, or an answer to a repeat.
    Append-only. Seen by who sees the pair; pages keep the first back from whoever is asked for the second."""

    class Kind(models.TextChoices):
        FIRST = "first", "First opinion"
        SECOND = "second", "Second opinion"
        REPEAT = "repeat", "Repeat"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pair = models.ForeignKey(Pair, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    verdict = models.CharField(max_length=10, choices=Judgement.Verdict)
    relation = models.CharField(max_length=10, choices=Judgement.Relation, blank=True)
    reason = models.TextField()
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    at = models.DateTimeField()
    # What a repeat is held against: the verdict that stood.
    stood = models.CharField(max_length=10, choices=Judgement.Verdict, blank=True)

    objects = GuardedManager()

    def __str__(self):
        return f"{self.kind} {self.id}"


class SealedItem(OfRecord):
    """What one named member of staff alone may know of a child, until they unseal it. Owner × C06 × sealed.

    It belongs to a record and goes where that goes, whoever joins it to what. Nobody else is shown that it exists.
    """

    text = EncryptedText()
    reason = EncryptedText()
    holder = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    sealed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    review_on = models.DateField()
    ended_at = models.DateTimeField(null=True, help_text="When it was unsealed; then it is current no more")

    objects = HeldManager()

    class Meta:
        indexes = [
            models.Index(fields=["holder"]),
            models.Index(fields=["record"]),
            models.Index(fields=["person_id"]),
        ]

    def __str__(self):
        return str(self.id)


class SealedHandover(models.Model):
    """The holder of a sealed item offered it to a colleague, who takes it or not. Neither sees the text while the other
    holds it: the colleague is told of whom it is, and from whom it comes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(SealedItem, models.PROTECT, related_name="+")
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    offered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    offered_to = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(default=False)

    objects = OfferedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "item", condition=models.Q(ended_at=None), name="one_offer_of_an_item_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["offered_to"])]

    def __str__(self):
        return str(self.id)


class Mixture(models.Model):
    """Two records stood as one person for a time, and whoever opened that person read of two. Append-only.

    Kept when they are taken apart, where anybody saw it. Seen by who sees both records.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_a = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False)
    record_b = models.ForeignKey(Record, models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField()
    until = models.DateTimeField()

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["record_a", "record_b", "until"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(record_a__lt=models.F("record_b")), name="mixed_pair_in_order"
            )
        ]

    def __str__(self):
        return str(self.id)


class MixtureSeen(models.Model):
    """Somebody who opened the mixture, was sent something of it or let it leave; `checked_at` once they looked through what they have."""

    class How(models.TextChoices):
        LOOKED = "looked", "Opened the child"
        RECEIVED = "received", "Was sent something of the child"
        SENT = "sent", "Let something of the child leave: a letter, a call or a bundle"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mixture = models.ForeignKey(Mixture, models.PROTECT, related_name="+")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    how = models.CharField(max_length=10, choices=How)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField()
    checked_at = models.DateTimeField(null=True)

    objects = GuardedManager()

    class Meta:
        indexes = [models.Index(fields=["staff", "checked_at"])]

    def __str__(self):
        return str(self.id)


class AdoptedModel(models.Model):
    """A linkage model that somebody decided to link by, from that moment on. Append-only: the last one is in use, and
    every earlier one can be adopted again. Weights and colleagues; nothing about any child."""

    adopted_no = models.BigAutoField(primary_key=True)
    version = models.CharField(max_length=40)
    hash = models.CharField(max_length=64)
    text = models.TextField(help_text="The model file")
    adopted_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_model_is_adopted_for_a_reason")
        ]

    def __str__(self):
        return f"{self.version} {self.hash[:12]}"

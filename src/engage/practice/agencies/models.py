"""Who works here: agencies, their teams and their staff. Nothing about any child."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Installation(models.Model):
    """The one row that says what this database is for.

    A demo holds invented people only and lets visitors step in as invented staff;
    a real one never does, whatever the environment says.
    """

    class Kind(models.TextChoices):
        DEMO = "demo", "Demo with invented people"
        REAL = "real", "Real work"

    only = models.BooleanField(primary_key=True, default=True)
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.REAL)
    set_up_at = models.DateTimeField()
    demo_seed = models.IntegerField(null=True)
    demo_as_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="one_installation")]

    def __str__(self):
        return self.get_kind_display()


class Agency(models.Model):
    class Kind(models.TextChoices):
        POLICE = "police", "Police"
        COUNCIL = "council", "Council"
        HEALTH = "health", "Health service"
        DRUGS_SERVICE = "drugs_service", "Drug and alcohol service"
        HOSPITAL = "hospital", "Hospital"
        CHARITY = "charity", "Charity"
        TEAM = "team", "Multi-agency team"
        SCHOOL = "school", "School"
        BOARD = "board", "Safeguarding board"
        SYSTEM = "system", "Engage itself"

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind)
    telephone = models.CharField(max_length=30, blank=True)
    is_active = models.BooleanField(default=True)
    # The name of some services tells what they know of a child. Left unsaid, the kind decides.
    may_be_named_to_the_circle = models.BooleanField(
        help_text="Others who work with a child may read that somebody of this agency does, and its telephone number"
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "agencies"

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        if self.may_be_named_to_the_circle is None:
            self.may_be_named_to_the_circle = self.kind not in KINDS_THAT_TELL_OF_A_CHILD
        super().save(*args, **kwargs)

    def is_named_to(self, reader: Staff) -> bool:
        return self.may_be_named_to_the_circle or self.pk == reader.agency_id


KINDS_THAT_TELL_OF_A_CHILD = (Agency.Kind.HEALTH, Agency.Kind.DRUGS_SERVICE, Agency.Kind.HOSPITAL)


class Team(models.Model):
    """A multi-agency team and the districts it looks after."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    # One bit a district, numbered in engage.reference.districts().
    district_bits = models.IntegerField()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Staff(models.Model):
    """Somebody at work, or a job of Engage itself (kind *service*) acting under its own name."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        SERVICE = "service", "Service"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        LEFT = "left", "Left"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="staff")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="staff")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="staff")
    role = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    # None once they have chosen a password of their own.
    first_password_ends_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "staff"
        constraints = [
            # Jobs have no password, so none can sign in with a password alone (security R15).
            models.CheckConstraint(
                condition=models.Q(kind="person") | models.Q(user__isnull=True),
                name="services_cannot_sign_in",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE and self.agency.is_active


class Session(AbstractBaseSession):
    """One visit of one browser. Ending it is deleting the row; the database does so when somebody is suspended."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    # By this it is named in addresses: its key would let whoever reads it in.
    sign_in_id = models.UUIDField(null=True, unique=True)
    signed_in_at = models.DateTimeField(null=True)
    device = models.CharField(max_length=60, blank=True)


class Invitation(models.Model):
    """To bind one's account at an agency's own provider to oneself here. Only a hash of its code is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    staff = models.ForeignKey(Staff, models.CASCADE, related_name="+")
    provider = models.CharField(max_length=30)
    code_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.provider} {self.id}"

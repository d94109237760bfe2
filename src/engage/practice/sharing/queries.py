"""The register of what was shared, as far as one reader may see it, and the directory."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from engage.practice.access.gate import acting
from engage.practice.access.models import LOCATION
from engage.practice.agencies.models import Staff
from engage.practice.people.mixtures import Sighting, sightings
from engage.practice.people.models import MixtureSeen
from engage.reference import lawful_bases

from .models import DisclosedItem, Disclosure
from .permissions import WITHOUT_CHILDREN

State = Disclosure.State


def register(reader: Staff):
    """Newest first: every decision that the reader may know of, whoever made it."""
    return (
        Disclosure.objects.visible_to(reader)
        .select_related("sent_by__agency", "recipient__agency", "agency", "second_by")
        .order_by("-decided_at", "id")
    )


def shared_with(reader: Staff, now: datetime):
    """What others shared with the reader and can still be opened."""
    return register(reader).filter(recipient=reader, state=State.SENT, expires_at__gt=now)


def not_yet_opened(reader: Staff, now: datetime):
    return shared_with(reader, now).filter(opened_at=None)


def waiting_for_second(reader: Staff):
    if reader.role != "team_manager":
        return register(reader).none()
    return register(reader).filter(state=State.WAITING, team=reader.team).exclude(sent_by=reader)


def shared_of(person_id: UUID, reader: Staff):
    return register(reader).filter(person_id=person_id)


def sent_of(person_id: UUID, since: datetime, until: datetime) -> list[Sighting]:
    """To whom something of this person went between two moments; asked as the receiving service."""
    sent = register(acting().staff).filter(
        person_id=person_id, state__in=[State.SENT, State.RECALLED], sent_at__gte=since, sent_at__lt=until
    )
    return sightings(sent, by="recipient", at="sent_at", how=MixtureSeen.How.RECEIVED)


def items_of(disclosure: Disclosure, reader: Staff) -> list[DisclosedItem]:
    """Word for word what left, in the order it was read. None for who may know of it and not what it says."""
    items = DisclosedItem.objects.visible_to(reader).filter(disclosure=disclosure)
    if disclosure.person_id in acting().kept_location:  # protected since
        items = items.exclude(category__in=LOCATION)
    return list(items)


def directory(by: Staff) -> list[Staff]:
    """To whom somebody may tell, by agency and name: people with a sign-in, in roles that work with children."""
    people = (
        Staff.objects.select_related("agency")
        .filter(
            Q(kind=Staff.Kind.PERSON), status=Staff.Status.ACTIVE, user__isnull=False, agency__is_active=True
        )
        .exclude(pk=by.pk)
        .exclude(role__in=WITHOUT_CHILDREN)
    )
    return sorted(people, key=lambda one: (one.agency.name, one.name))


def basis_suggested(by: Staff) -> str:
    """What the list of lawful bases says for the sender's role; the partners' lawyers have the last word (N)."""
    for basis in lawful_bases():
        # The list says "drugs_worker if NHS": the role's own name comes first.
        if by.role in {role.split()[0] for role in basis.roles}:
            return f"{basis.article_6_or_part_3}; {basis.special_category_or_criminal}; {basis.statute}"
    return ""

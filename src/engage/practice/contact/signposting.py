"""Signposts: an agency lets those who work with a child be told that it holds more, and whom to ring.

Without one no page says or hints which agencies hold anything of a child (11.3 of the prose).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.apps import apps

from engage.practice.access import audit, gate
from engage.practice.access.gate import NotPermitted, acting
from engage.practice.access.models import Compartment, Label
from engage.practice.agencies.models import Staff
from engage.practice.people.grouping import service
from engage.practice.people.models import OfRecord, Record
from engage.reference import categories

from . import permissions
from .models import Signpost

NEVER = frozenset({"C10", "C11", "C12", "C16", "C17"})
# Tables, the account of looks and evidence of one kind are about no child's record in this sense.
NOT_OF_A_CHILD = frozenset({"C24", "C25"})


@dataclass(frozen=True)
class HoldsMore:
    agency: str
    about: str
    ring: str


def may_point_to() -> dict[str, str]:
    """Categories for which a signpost may be set, with their titles."""
    return {code: title for code, title in categories().items() if code not in NEVER | NOT_OF_A_CHILD}


def set_signpost(category: str, *, telephone: str, by: Staff, now: datetime) -> Signpost:
    """For the agency of `by`, until it is taken down."""
    permissions.may_set_signposts(by).enforce()
    if category not in may_point_to():
        raise NotPermitted("There is never a signpost to this kind of data.")
    if not by.agency.may_be_named_to_the_circle:
        raise NotPermitted("Your agency’s name alone would tell what a child needs, so no signpost names it.")
    if not telephone.strip():
        raise NotPermitted("Say whom to ring.")
    signposts_of(by).filter(category=category).update(ends_at=now, ended_by=by)
    made = Signpost.objects.create(
        agency=by.agency, category=category, telephone=telephone.strip(), starts_at=now, set_by=by
    )
    audit.record(audit.Verb.ALTER, "set_signpost", kinds=[category], asked=made.pk)
    return made


def take_down(category: str, *, by: Staff, now: datetime) -> None:
    permissions.may_set_signposts(by).enforce()
    if not signposts_of(by).filter(category=category).update(ends_at=now, ended_by=by):
        raise NotPermitted("There is no such signpost any more.")
    audit.record(audit.Verb.ALTER, "take_down_signpost", kinds=[category])


def signposts_of(by: Staff):
    """Those of the person's own agency that stand."""
    return Signpost.objects.filter(agency=by.agency, ends_at=None).order_by("category")


def holds_more(person_id: UUID, reader: Staff) -> list[HoldsMore]:
    """What agencies with a signpost hold of this child beyond what the reader may see. For the child's circle alone."""
    context = acting()
    if person_id not in context.people or context.reach is None:
        return []
    standing = {
        (one.agency_id, one.category): one
        for one in Signpost.objects.filter(ends_at=None, starts_at__lte=context.now)
        .exclude(agency=reader.agency)
        .select_related("agency")
    }
    if not standing:
        return []
    seen = {*context.reach.any_child, *context.reach.in_circle}
    hidden = {
        pk: standing[owner, category]
        for pk, owner, category in Compartment.objects.filter(
            owner_id__in={owner for owner, _ in standing}, label__in=(Label.FULL, Label.SUMMARY)
        ).values_list("pk", "owner_id", "category")
        if (owner, category) in standing and pk not in seen
    }
    titles = categories()
    found = {hidden[pk] for pk in _held(person_id, set(hidden), context.now)} if hidden else set()
    said = [HoldsMore(one.agency.name, titles[one.category], one.telephone) for one in found]
    return sorted(said, key=lambda one: (one.agency, one.about))


def _held(person_id: UUID, compartments: set[int], now: datetime) -> set[int]:
    """In which of these compartments there is anything of the child: asked as Engage's own service, since the owner has
    allowed that it is said."""
    found: set[int] = set()
    with gate.acting_as(service("service_receiver"), now=now) as engage:
        for model in apps.get_models():
            if model is Record or issubclass(model, OfRecord):
                rows = model._default_manager.visible_to(engage.staff).filter(  # type: ignore[attr-defined]
                    person_id=person_id, compartment__among=compartments
                )
                if model is not Record:
                    rows = rows.filter(current=True)
                found |= set(rows.values_list("compartment_id", flat=True).distinct())
    return found

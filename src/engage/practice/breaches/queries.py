from __future__ import annotations

from collections.abc import Iterable

from engage.practice.agencies.models import Staff

from .models import Breach, BreachStep

Kind = BreachStep.Kind


def breaches(reader: Staff):
    """The nearest to the end of its clock on top."""
    return Breach.objects.visible_to(reader).select_related("agency", "owner", "opened_by").order_by("due_at")


def open_for(reader: Staff):
    """What stands on Today of a lead until it is closed: their own, and their agency's."""
    return breaches(reader).filter(closed_at=None) if reader.role == "dpo_audit" else breaches(reader).none()


def steps_of(breach: Breach, reader: Staff) -> list[BreachStep]:
    return list(
        BreachStep.objects.visible_to(reader).filter(breach=breach).select_related("by").order_by("at")
    )


def steps_left(done: Iterable[BreachStep]) -> list[str]:
    """Closing comes last: only when everything else was done or decided."""
    left = [kind for kind in Kind.values if kind not in {one.kind for one in done}]
    return left if left == [Kind.CLOSED] else [kind for kind in left if kind != Kind.CLOSED]

"""Opening a breach, which starts its clock, and what is done about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from engage.methods.deadlines import hours_after
from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Agency, Staff
from engage.practice.sharing.queries import register

from . import permissions
from .models import Breach, BreachStep
from .queries import steps_left, steps_of

COMMISSIONER_WITHIN = timedelta(hours=72)  # UK GDPR art 33: PD33 of process-deadlines.csv


@transaction.atomic
def open_breach(
    *, what: str, noticed_at: datetime, disclosure_id: UUID | None = None, by: Staff, now: datetime
) -> Breach:
    """The 72 hours run from when it was noticed. Raises DoesNotExist for a disclosure that `by` does not see."""
    permissions.may_open(by).enforce()
    if noticed_at > now:
        raise NotPermitted("It was noticed in the past or now.")
    agency = register(by).get(pk=disclosure_id).agency if disclosure_id else by.agency
    breach = Breach.objects.create(
        agency=agency, disclosure_id=disclosure_id, what=what, noticed_at=noticed_at,
        due_at=hours_after(noticed_at, COMMISSIONER_WITHIN), opened_by=by, opened_at=now, owner=_owner(agency, by),
    )  # fmt: skip
    audit.record(audit.Verb.ALTER, "open_breach", asked=breach.pk, acting_for=agency.code)
    return breach


def _owner(agency: Agency, by: Staff) -> Staff:
    """The agency's information-governance lead, else another agency's: a breach without an owner is nobody's."""
    leads = Staff.objects.filter(
        role="dpo_audit", kind=Staff.Kind.PERSON, status=Staff.Status.ACTIVE, agency__is_active=True
    ).order_by("name")
    found = leads.filter(agency=agency).first() or leads.filter(agency=by.agency).first() or leads.first()
    if found is None:
        raise NotPermitted(
            "No information-governance lead is at work here. Tell your manager by telephone, now."
        )
    return found


@transaction.atomic
def take_step(
    breach_id: UUID, *, kind: str, words: str, told: bool | None = None, by: Staff, now: datetime
) -> BreachStep:
    breach = (
        Breach.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("owner")
        .get(pk=breach_id)
    )
    permissions.may_take_steps(by, breach).enforce()
    if kind not in steps_left(steps_of(breach, by)):
        raise NotPermitted("This step was taken, or others come before it.")
    step = BreachStep.objects.create(
        breach=breach, kind=kind, words=words, told=told if kind in BreachStep.TOLD else None, by=by, at=now
    )
    if kind == BreachStep.Kind.CLOSED:
        breach.closed_at = now
        breach.save(update_fields=["closed_at"])
    audit.record(audit.Verb.ALTER, f"breach_{kind}", asked=breach.pk)
    return step

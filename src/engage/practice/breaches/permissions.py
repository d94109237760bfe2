from __future__ import annotations

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Staff

from .models import Breach


def may_open(by: Staff) -> Permission:
    """Whoever notices says so: nobody waits for somebody entitled."""
    if by.is_active and by.kind == Staff.Kind.PERSON:
        return YES
    return no("Only people at work open a breach.")


def may_take_steps(by: Staff, breach: Breach) -> Permission:
    if breach.closed_at:
        return no("This breach is closed.")
    if by.pk == breach.owner_id or (by.role == "dpo_audit" and by.agency_id == breach.agency_id):
        return YES
    return no(f"{breach.owner.name}, the information-governance lead, takes the steps.")

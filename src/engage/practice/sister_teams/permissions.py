from __future__ import annotations

from django.conf import settings

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Staff
from engage.practice.sharing.permissions import may_share

from .models import VolumeAlarm


def may_ask(by: Staff) -> Permission:
    """Whoever may tell another agency: to ask is to tell that the team works with some child."""
    if not settings.SISTER_QUERIES:
        return no(
            "Questions to other teams are shut here: how they are asked still waits for an independent cryptographer’s"
            " review. Ring the other team."
        )
    return may_share(by)


def may_look_after(by: Staff) -> Permission:
    if by.role == "dpo_audit" and by.is_active:
        return YES
    return no("Only information-governance leads read what sister teams asked.")


def may_settle(by: Staff, alarm: VolumeAlarm) -> Permission:
    if not may_look_after(by):
        return no("Only information-governance leads settle this alarm.")
    if alarm.settled_at:
        return no("This alarm was settled.")
    return YES

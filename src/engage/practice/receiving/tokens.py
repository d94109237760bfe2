"""Machine tokens: one agency, some formats. The token is shown once; only its hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.reach import compile_reach
from engage.practice.agencies.models import Agency, Staff

from .actions import receiver
from .feeds import format_called
from .models import FeedToken

# A machine has no second factor: what it holds is bound to one agency and some formats, and ends by itself.
LONGEST_DAYS = 365


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def make_token(
    *, agency: Agency, formats: list[str], now: datetime, days: int = LONGEST_DAYS
) -> tuple[FeedToken, str]:
    """A new token and its secret. It acts as a service of its agency, under that agency's own walls.

    Raises UnknownFormat, and NotPermitted for a format that this kind of agency does not send.
    """
    if not 0 < days <= LONGEST_DAYS:
        raise NotPermitted(f"A token lasts from 1 to {LONGEST_DAYS} days.")
    if not formats:
        raise NotPermitted("Name at least one format that the token may send.")
    for code in formats:
        format = format_called(code)
        if agency.kind not in format.sender_kinds:
            raise NotPermitted(f"{agency.name} does not send “{format.title}”.")
    staff, fresh = Staff.objects.get_or_create(
        code=f"feed-{agency.code}".lower(),
        defaults={
            "name": f"Feed of {agency.name}",
            "agency": agency,
            "role": "feed",
            "kind": Staff.Kind.PERSON,
        },
    )
    if fresh:
        compile_reach()
    secret = "engage_" + secrets.token_urlsafe(32)
    token = FeedToken.objects.create(
        agency=agency,
        formats=formats,
        token_hash=_hash(secret),
        staff=staff,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    _account("create_token", agency, token, now)
    return token, secret


def token_of(secret: str, *, now: datetime) -> FeedToken | None:
    token = (
        FeedToken.objects.select_related("agency", "staff__agency")
        .filter(token_hash=_hash(secret), revoked_at=None, expires_at__gt=now, agency__is_active=True)
        .first()
    )
    if token:
        FeedToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


@transaction.atomic
def revoke_token(token_id: UUID, *, now: datetime) -> bool:
    """False where there is no live token with this id."""
    token = (
        FeedToken.objects.select_for_update(of=("self",))
        .select_related("agency")
        .filter(pk=token_id, revoked_at=None)
        .first()
    )
    if token is None:
        return False
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    _account("revoke_token", token.agency, token, now)
    return True


def _account(deed: str, agency: Agency, token: FeedToken, now: datetime) -> None:
    with acting_as(receiver(), now=now):
        audit.record(audit.Verb.ALTER, deed, acting_for=agency.code, asked=token.pk)

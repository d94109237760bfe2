"""Machine tokens: one agency, some formats. The token is shown once; only its hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from engage.practice.access.reach import compile_reach
from engage.practice.agencies.models import Agency, Staff

from .feeds import format_called
from .models import FeedToken


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def make_token(*, agency: Agency, formats: list[str], now: datetime) -> tuple[FeedToken, str]:
    """A new token and its secret. It acts as a service of its agency, under that agency's own walls."""
    for code in formats:
        format_called(code)
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
        agency=agency, formats=formats, token_hash=_hash(secret), staff=staff, made_at=now
    )
    return token, secret


def token_of(secret: str, *, now: datetime) -> FeedToken | None:
    token = (
        FeedToken.objects.select_related("agency", "staff__agency")
        .filter(token_hash=_hash(secret), revoked_at=None, agency__is_active=True)
        .first()
    )
    if token:
        FeedToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke_token(token_id: str, *, now: datetime) -> bool:
    return bool(FeedToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=now))

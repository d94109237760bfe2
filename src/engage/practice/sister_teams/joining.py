"""Sister teams by the administrator's word: who they are, and when it ends."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction

from engage.methods.ledger import BadNote, PublicKey
from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.agencies.models import Staff
from engage.practice.receiving.actions import receiver

from .models import HeldFilter, SisterTeam
from .sealing import seal_token
from .wire import readable

SHORTEST_TOKEN = 32


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def add_sister(
    *,
    code: str,
    name: str,
    address: str,
    telephone: str,
    ask_for: str,
    filter_key: str,
    our_token: str,
    their_token: str,
    colleague: Staff | None,
    now: datetime,
) -> SisterTeam:
    """Add a team, or change what stands of it: one that left is back. Raises NotPermitted."""
    if not readable(address):
        raise NotPermitted(
            "The address of another instance begins with https://, and holds no password or query."
        )
    try:
        PublicKey.read(filter_key)
    except BadNote as problem:
        raise NotPermitted(str(problem)) from None
    for token in (our_token, their_token):
        if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            raise NotPermitted(f"A token has {SHORTEST_TOKEN} characters or more, and no space.")
    if our_token == their_token:
        raise NotPermitted("Each side shows a token of its own.")
    if colleague and (colleague.role != "sister_team" or not colleague.is_active):
        raise NotPermitted(f"{colleague.name} is no colleague of a sister team.")
    taken = SisterTeam.objects.filter(their_token_hash=hash_of(their_token), left_at=None).exclude(code=code)
    if taken.exists():
        raise NotPermitted("Another team shows this token.")
    sister = SisterTeam.objects.filter(code=code).first() or SisterTeam(code=code, added_at=now)
    if sister.pk and sister.filter_key != filter_key.strip():
        HeldFilter.objects.filter(sister=sister).delete()
    sister.name, sister.address, sister.telephone = name, address.rstrip("/"), telephone
    sister.ask_for, sister.filter_key, sister.colleague = ask_for, filter_key.strip(), colleague
    sister.their_token_hash, sister.left_at = hash_of(their_token), None
    seal_token(sister, our_token)
    sister.save()
    _account("add_sister_team", sister, now)
    return sister


@transaction.atomic
def leave_sister(code: str, *, now: datetime) -> SisterTeam:
    """Nothing is asked or answered any more, its token opens nothing, and ours and its filter are destroyed.

    Raises SisterTeam.DoesNotExist. What was asked stays in both ledgers.
    """
    sister = SisterTeam.objects.select_for_update().get(code=code, left_at=None)
    HeldFilter.objects.filter(sister=sister).delete()
    sister.left_at, sister.our_token = now, ""
    sister.save(update_fields=["left_at", "our_token"])
    _account("leave_sister_team", sister, now)
    return sister


def _account(deed: str, sister: SisterTeam, now: datetime) -> None:
    with acting_as(receiver(), now=now):
        audit.record(audit.Verb.ALTER, deed, acting_for=sister.code)

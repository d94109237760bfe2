"""Filters: ours, made anew under a new key each time; and those of sister teams, fetched and verified."""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from engage.methods.ledger import PublicKey
from engage.methods.linkage.records import StandardRecord, standardise
from engage.methods.private_query import filter as filters
from engage.methods.private_query import oprf, patterns
from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.access.models import ProtectedLocation
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff
from engage.practice.people.identities import identities
from engage.practice.people.models import Record
from engage.practice.receiving.actions import receiver

from . import wire
from .models import HeldFilter, HoldingKey, SisterTeam
from .sealing import seal_key
from .wire import NotAnswered


def make_filter(*, now: datetime) -> HoldingKey:
    """Ours, of every child, under a new key; the key before it ends. Takes about a millisecond a record."""
    signer = signing_key_of_the_ledger()
    service = receiver()
    with acting_as(service, now=now):
        texts = patterns.texts_to_hold(_people(service))
    key = oprf.new_key()
    made = HoldingKey(
        version=f"{now:%Y-%m-%d}-{secrets.token_hex(4)}", public=key.public, count=len(texts), made_at=now
    )
    made.filter = filters.make(
        (oprf.output(key, text) for text in texts),
        holder=signer.public.name,
        key_version=made.version,
        public=key.public,
        patterns=patterns.VERSION,
        made_at=now,
        sign_with=signer,
    )
    seal_key(made, key)
    with acting_as(service, now=now):
        HoldingKey.objects.filter(ended_at=None).update(ended_at=now)
        made.save(force_insert=True)
        _destroy_former(now)
        audit.record(
            audit.Verb.ALTER, "make_sister_filter", asked=made.version, counts={"values": len(texts)}
        )
    return made


def _people(service: Staff) -> list[list[StandardRecord]]:
    """The records of each child. Without whoever is restricted, and whoever must not be found by where they live: a
    filter cannot be taken back."""
    kept_back = restricted_people() | set(
        ProtectedLocation.objects.visible_to(service).filter(ends_at=None).values_list("person_id", flat=True)
    )
    records = Record.objects.visible_to(service).filter(withdrawn=False).exclude(kind=Record.Kind.ADULT)
    person_of = {
        record: person
        for record, person in records.values_list("pk", "person_id")
        if (person or record) not in kept_back
    }
    people: dict[UUID, list[StandardRecord]] = defaultdict(list)
    for record_id, record in identities(person_of, service).items():
        people[person_of[record_id] or record_id].append(standardise(record))
    return list(people.values())


def destroy_former_keys(*, now: datetime) -> None:
    """For a short while after a new key, questions to the former filter are still answered."""
    with acting_as(receiver(), now=now):
        if destroyed := _destroy_former(now):
            audit.record(audit.Verb.ERASE, "destroy_sister_key", counts={"keys": destroyed})


def _destroy_former(now: datetime) -> int:
    latest = list(HoldingKey.objects.order_by("-made_at", "-pk").values_list("pk", flat=True)[:2])
    kept = HoldingKey.objects.filter(pk__in=latest).exclude(ended_at__lte=now - overlap())
    return HoldingKey.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()[0]


def overlap() -> timedelta:
    return timedelta(minutes=settings.SISTER_KEY_OVERLAP_MINUTES)


def fetch_filter(sister: SisterTeam, *, now: datetime) -> filters.Filter:
    """Theirs, verified before it is kept. Raises NotAnswered."""
    content = wire.fetch_filter(sister)
    found = _read(sister, content)
    with acting_as(receiver(), now=now), transaction.atomic():
        HeldFilter.objects.update_or_create(
            sister=sister,
            defaults={
                "content": content,
                "key_version": found.header.key_version,
                "patterns": found.header.patterns,
                "count": found.header.count,
                "made_at": found.header.made_at,
                "fetched_at": now,
            },
        )
        audit.record(audit.Verb.COLLECT, "fetch_sister_filter", acting_for=sister.code)
    return found


def held_filter(sister: SisterTeam) -> filters.Filter | None:
    """None where none was fetched yet, or it is of another release than this."""
    held = HeldFilter.objects.filter(sister=sister).first()
    try:
        return _read(sister, bytes(held.content)) if held else None
    except NotAnswered:
        return None


def _read(sister: SisterTeam, content: bytes) -> filters.Filter:
    key = PublicKey.read(sister.filter_key)
    try:
        return filters.read(content, holder=key.name, signed_by=key, patterns=patterns.VERSION)
    except filters.BadFilter as problem:
        raise NotAnswered(f"Its filter is not used. {problem}") from None

"""Telling another agency: what was looked at is what leaves, or nothing does. And deciding not to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted, acting
from engage.practice.access.models import LOCATION
from engage.practice.access.reach import restricted_people
from engage.practice.agencies.models import Staff
from engage.practice.contact import leaving
from engage.practice.contact.leaving import Finding

from . import permissions
from .models import DisclosedItem, Disclosure, Purpose
from .offer import Shareable, about_child, fingerprint, may_leave, offered
from .queries import register

State = Disclosure.State


@dataclass(frozen=True)
class Prepared:
    """Exactly what would leave, and what stands in the way."""

    about: str
    record_id: UUID
    items: Sequence[Shareable]
    recipient: Staff
    refused: Sequence[str]
    second_because: Sequence[str]
    findings: Sequence[Finding]  # what the words that leave hold besides, each to be answered or refused
    fingerprint: str

    @property
    def seen(self) -> str:
        """Of what leaves and of what was found in it: it comes back with what is sent."""
        return leaving.seen_with(self.fingerprint, self.findings)


class Changed(Exception):
    """What would leave is no longer what was looked at. `prepared` is what it would be now."""

    def __init__(self, prepared: Prepared):
        super().__init__("What leaves has changed since you looked at it.")
        self.prepared = prepared


@dataclass(frozen=True)
class Words:
    """What somebody says beside the facts."""

    purpose: str
    lawful_basis: str
    reason: str
    told_family: str
    told_words: str


def prepare(person_id: UUID, keys: Collection[str], recipient: Staff, by: Staff) -> Prepared:
    """What would leave, from the rows that `by` sees now. Raises Record.DoesNotExist where `by` sees no such child."""
    about, record = about_child(person_id, by)
    permissions.may_share(by).enforce()
    permissions.may_be_told(recipient, by).enforce()
    wanted = set(keys)
    items = [item for item in offered(person_id, by) if item.key in wanted]
    answers = [may_leave(item, recipient) for item in items]
    words = [leaving.Words(item.what, item.said) for item in items]
    findings = leaving.looked_at(person_id, words, recipient, by, acting().now)
    second = [answer.second_because for answer in answers if answer.second_because]
    if person_id in restricted_people():
        second.insert(0, "The child is restricted to those who are named.")
    return Prepared(
        about,
        record.pk,
        items,
        recipient,
        [*leaving.refusals(findings), *(answer.sentence for answer in answers if not answer.allowed)],
        second,
        findings,
        fingerprint(about, items, recipient),
    )


def share(
    person_id: UUID,
    keys: Collection[str],
    recipient: Staff,
    words: Words,
    *,
    seen: str,
    by: Staff,
    now: datetime,
    because: Mapping[str, str] | None = None,
) -> Disclosure:
    """Send what was looked at, or lay it before a second person where the policy asks for one.

    `seen` is that of the preview; `because` why each finding may leave, by its key: a second person reads it. Raises
    Changed where something else would leave now; NotPermitted without a basis or reason, for nobody who may be
    told, for what may never leave, or for a finding without a reason.
    """
    prepared = prepare(person_id, keys, recipient, by)
    _complete(words)
    if not prepared.items:
        raise NotPermitted("Choose at least one thing to tell.")
    if prepared.refused:
        raise NotPermitted(" ".join(prepared.refused))
    if seen != prepared.seen:
        raise Changed(prepared)
    second = [*prepared.second_because, *leaving.answered(prepared.findings, because or {})]
    waits = bool(second)
    disclosure = _decided(
        person_id, prepared.record_id, recipient, words, State.WAITING if waits else State.SENT, by, now
    )
    disclosure.categories = sorted({item.category for item in prepared.items})
    disclosure.fingerprint = prepared.fingerprint
    disclosure.second_because = " ".join(dict.fromkeys(second))
    if not waits:
        _deliver(disclosure, now)
    disclosure.save(force_insert=True)
    named = Shareable("identity", "C01", "Child", prepared.about, by.agency.name)
    DisclosedItem.objects.bulk_create(
        DisclosedItem(
            disclosure=disclosure,
            place=place,
            key=item.key,
            category=item.category,
            what=item.what,
            said=item.said,
            told_by=item.told_by,
            when=item.when,
        )
        for place, item in enumerate((named, *prepared.items))
    )
    _account(disclosure, "share" if not waits else "share_wait_for_second", len(prepared.items))
    return disclosure


def decide_not_to_share(
    person_id: UUID, recipient: Staff, *, purpose: str, reason: str, by: Staff, now: datetime
) -> Disclosure:
    """A decision not to share is a record too, with its reason."""
    _, record = about_child(person_id, by)
    permissions.may_share(by).enforce()
    _says_why(purpose, reason)
    words = Words(purpose, "", reason, "", "")
    disclosure = _decided(person_id, record.pk, recipient, words, State.NOT_SHARED, by, now)
    disclosure.save(force_insert=True)
    audit.record(audit.Verb.CONSULT, "decide_not_to_share", subjects=[person_id], asked=disclosure.pk)
    return disclosure


def approve(disclosure_id: UUID, *, words: str, by: Staff, now: datetime) -> Disclosure:
    """The second person lets it go. What was laid before them is what leaves."""
    disclosure = _waiting(disclosure_id, by)
    not_to(disclosure.recipient, disclosure.person_id, now)
    permissions.may_be_told(disclosure.recipient, by).enforce()
    if set(disclosure.categories) & LOCATION and not leaving.may_know_where(
        disclosure.person_id, disclosure.recipient, now
    ):
        raise NotPermitted(
            "Where this child lives is protected since, and the recipient is not named for it. Refuse this one."
        )
    disclosure.state, disclosure.second_by, disclosure.second_at = State.SENT, by, now
    disclosure.second_words = words.strip()
    _deliver(disclosure, now)
    disclosure.save()
    _account(disclosure, "approve_sharing", disclosure.items.count())
    return disclosure


def refuse(disclosure_id: UUID, *, words: str, by: Staff, now: datetime) -> Disclosure:
    if not words.strip():
        raise NotPermitted("Say why it is not to be shared: the sender reads it.")
    disclosure = _waiting(disclosure_id, by)
    disclosure.state, disclosure.second_by, disclosure.second_at = State.REFUSED, by, now
    disclosure.second_words = words.strip()
    disclosure.save()
    audit.record(audit.Verb.CONSULT, "refuse_sharing", subjects=[disclosure.person_id], asked=disclosure.pk)
    return disclosure


def receive(disclosure: Disclosure, *, by: Staff, now: datetime) -> None:
    """The recipient opens it: the first time is the read receipt, which the sender sees."""
    if disclosure.recipient_id == by.pk and disclosure.opened_at is None and disclosure.state == State.SENT:
        disclosure.opened_at = now
        disclosure.save(update_fields=["opened_at"])
        _account(disclosure, "open_shared", 0)


def reply(disclosure_id: UUID, *, words: str, by: Staff, now: datetime) -> Disclosure:
    """What the recipient answers; the last answer stands."""
    disclosure = register(by).get(pk=disclosure_id, recipient=by, state=State.SENT)
    if not words.strip():
        raise NotPermitted("Write what you want to answer.")
    disclosure.reply, disclosure.replied_at = words.strip(), now
    disclosure.save(update_fields=["reply", "replied_at"])
    audit.record(audit.Verb.DISCLOSE, "reply_to_shared", subjects=[disclosure.person_id], asked=disclosure.pk)
    return disclosure


def recall(disclosure_id: UUID, *, reason: str, by: Staff, now: datetime) -> Disclosure:
    """It can no longer be opened, and the recipient reads that it was recalled. What was read stays read."""
    disclosure = register(by).get(pk=disclosure_id, state=State.SENT)
    permissions.may_recall(by, disclosure).enforce()
    if not reason.strip():
        raise NotPermitted("Say why it is recalled: the recipient reads it.")
    disclosure.state, disclosure.recalled_at = State.RECALLED, now
    disclosure.recalled_because = reason.strip()
    disclosure.save()
    audit.record(audit.Verb.ALTER, "recall_shared", subjects=[disclosure.person_id], asked=disclosure.pk)
    return disclosure


def _says_why(purpose: str, reason: str) -> None:
    if purpose not in Purpose.values:
        raise NotPermitted("Choose what it is shared for.")
    if not reason.strip():
        raise NotPermitted("Say why: the reason is kept with the decision.")


def _complete(words: Words) -> None:
    _says_why(words.purpose, words.reason)
    if not words.lawful_basis.strip():
        raise NotPermitted("Name the lawful basis.")
    if words.told_family not in Disclosure.Told.values or not words.told_words.strip():
        raise NotPermitted(
            "Say whether child and family were told, and what they said, or why they were not told."
        )


def not_to(recipient: Staff, person_id: UUID, now: datetime) -> None:
    """Somebody barred from a child (own family, own address), or whom nothing may reach, is never told of the child,
    whoever decides."""
    if leaving.kept_from(person_id, recipient, now):
        raise NotPermitted(leaving.kept_from_words(recipient))


def _decided(
    person_id: UUID, record_id: UUID, recipient: Staff, words: Words, state: str, by: Staff, now: datetime
) -> Disclosure:
    return Disclosure(
        record_id=record_id,
        person_id=person_id,
        state=state,
        sent_by=by,
        agency=by.agency,
        team=by.team,
        decided_at=now,
        recipient=recipient,
        purpose=words.purpose,
        lawful_basis=words.lawful_basis.strip(),
        reason=words.reason.strip(),
        told_family=words.told_family,
        told_words=words.told_words.strip(),
    )


def _deliver(disclosure: Disclosure, now: datetime) -> None:
    disclosure.sent_at = now
    disclosure.expires_at = now + timedelta(days=settings.DISCLOSURE_DAYS)


def _waiting(disclosure_id: UUID, by: Staff) -> Disclosure:
    disclosure = register(by).select_for_update(of=("self",)).get(pk=disclosure_id, state=State.WAITING)
    permissions.may_look_second(by, disclosure).enforce()
    return disclosure


def _account(disclosure: Disclosure, deed: str, items: int) -> None:
    audit.record(
        audit.Verb.DISCLOSE,
        deed,
        subjects=[disclosure.person_id],
        kinds=disclosure.categories,
        basis=disclosure.purpose,
        acting_for=str(disclosure.recipient_id),
        asked=disclosure.pk,
        counts={"items": items},
    )


__all__ = [
    "Changed",
    "Prepared",
    "Words",
    "approve",
    "decide_not_to_share",
    "not_to",
    "prepare",
    "recall",
    "receive",
    "refuse",
    "reply",
    "share",
]

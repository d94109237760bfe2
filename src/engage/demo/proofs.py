"""Of the account and of what was shared: whether it holds, and whether a change of it would be noticed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings

from engage.methods.ledger.verify_file import Verification
from engage.practice.access import verifying
from engage.practice.access.gate import acting_as
from engage.practice.access.ledger import sequence, signing_key_of_the_ledger
from engage.practice.access.ledger_keys import witnesses
from engage.practice.access.policy import rules_count
from engage.practice.access.verifying import Place, Signed
from engage.practice.access.witnesses import Answer, ask_witnesses
from engage.practice.agencies.models import Staff
from engage.practice.receiving.actions import receiver
from engage.practice.sharing import flat_file
from engage.practice.sharing.models import DisclosedItem, Disclosure, EmergencyAccess
from engage.practice.sharing.offer import Shareable, fingerprint

from .witnesses import PARTNERS

Figure = tuple[str, object, bool]
CHANGES_TRIED = 60


def ledger_figures(now: datetime) -> Iterator[Figure]:
    """The ledger verified from the rows, cosigned by every witness; and changes of the rows, each to be noticed."""
    sequence(now=now)
    asked = ask_witnesses(witnesses(), now=now)
    with verifying.one_moment():
        rows = list(verifying.read_ledger())
    holds = {type(row) for row in rows} == {Place, Signed} and not _problems(rows)
    yield "ledger_verified", "yes" if holds else "no", holds
    cosigned = len(asked) == len(PARTNERS) and all(one.answer == Answer.COSIGNED for one in asked)
    yield "witness_cosigned", "yes" if cosigned else "no", cosigned
    drawn = random.Random(len(rows))
    noticed = sum(
        _problems(CHANGES[number % len(CHANGES)](rows, drawn)) > 0 for number in range(CHANGES_TRIED)
    )
    yield "tamper_detected", f"{100 * noticed // CHANGES_TRIED}%", holds and noticed == CHANGES_TRIED


def sharing_figures(now: datetime) -> Iterator[Figure]:
    """Everything shared is what was previewed, as its recipient reads it and as a file; and what waits for review."""
    service = receiver()
    with acting_as(service, now=now):
        sent = list(
            Disclosure.objects.visible_to(service)
            .filter(state=Disclosure.State.SENT, expires_at__gt=now)
            .select_related("recipient__agency", "sent_by", "agency")
        )
        waiting = EmergencyAccess.objects.visible_to(service).filter(reviewed_at=None).count()
    equal = bool(sent) and all(_left_as_previewed(one, one.recipient, now) for one in sent)
    yield "disclosures_equal_preview", "yes" if equal else "no", equal
    yield "emergency_reviews_open", waiting, True
    yield "policy_rules", rules_count(), rules_count() > 0


def _left_as_previewed(one: Disclosure, recipient: Staff, now: datetime) -> bool:
    with acting_as(recipient, now=now):
        items = list(DisclosedItem.objects.visible_to(recipient).filter(disclosure=one))
    if not items:
        return False
    about, *told = [Shareable(i.key, i.category, i.what, i.said, i.told_by, i.when) for i in items]
    file = flat_file.read_back(flat_file.written(one, items))
    return fingerprint(about.said, told, recipient) == one.fingerprint and file == flat_file.rows_of(
        one, items
    )


def _problems(rows: list[Place | Signed]) -> int:
    found = Verification(
        [str(signing_key_of_the_ledger().public)],
        [str(witness.key) for witness in witnesses()],
        settings.LEDGER_ORIGIN,
    )
    for row in rows:
        verifying.take(found, row)
    found.end()
    return found.problems_in_all


def _place(rows: list[Place | Signed], drawn: random.Random) -> int:
    return drawn.choice([at for at, row in enumerate(rows) if isinstance(row, Place)])


def _flip(rows: list[Place | Signed], drawn: random.Random) -> list[Place | Signed]:
    at = _place(rows, drawn)
    row = rows[at]
    assert isinstance(row, Place) and row.body is not None
    name = drawn.choice(sorted(row.body))
    return [*rows[:at], replace(row, body=row.body | {name: f"{row.body[name]}."}), *rows[at + 1 :]]


def _delete(rows: list[Place | Signed], drawn: random.Random) -> list[Place | Signed]:
    at = _place(rows, drawn)
    return [*rows[:at], *rows[at + 1 :]]


def _swap(rows: list[Place | Signed], drawn: random.Random) -> list[Place | Signed]:
    at = [at for at, row in enumerate(rows) if isinstance(row, Place)]
    one, other = drawn.sample(at, 2)
    changed = list(rows)
    changed[one], changed[other] = changed[other], changed[one]
    return changed


def _duplicate(rows: list[Place | Signed], drawn: random.Random) -> list[Place | Signed]:
    at = _place(rows, drawn)
    return [*rows[: at + 1], rows[at], *rows[at + 1 :]]


def _insert(rows: list[Place | Signed], drawn: random.Random) -> list[Place | Signed]:
    at = _place(rows, drawn)
    row = rows[at]
    assert isinstance(row, Place) and row.body is not None
    entry: UUID = uuid4()
    return [*rows[:at], replace(row, entry_id=entry, body=row.body | {"id": str(entry)}), *rows[at:]]


def _truncate(rows: list[Place | Signed], drawn: random.Random) -> list[Place | Signed]:
    """The newest entries go, and the checkpoints stay."""
    keep = _place(rows, drawn)
    return [row for at, row in enumerate(rows) if at < keep or isinstance(row, Signed)]


CHANGES: list[Callable[[list[Place | Signed], random.Random], list[Place | Signed]]] = [
    _flip, _delete, _swap, _duplicate, _insert, _truncate,
]  # fmt: skip

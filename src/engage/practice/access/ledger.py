"""Giving audit entries their places in the ledger, and signing how large it is.

Away from every request: an entry commits with its deed and waits here for its place. What waits is not protected yet;
the job runs each minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from engage.methods.ledger import Checkpoint as Statement
from engage.methods.ledger import CompactRange, SigningKey, consistency_proof
from engage.methods.ledger.merkle import HASH_BYTES
from engage.practice.agencies.models import Staff

from . import ledger_keys
from .gate import acting_as
from .models import Checkpoint, LedgerLeaf

ENTRIES_AT_ONCE = 10_000
# No deed is under way for so long; in case one is, or a clock was wrong, everything is compared once an hour.
USUALLY_WITHIN = timedelta(days=2)


class LedgerDoesNotFit(Exception):
    """What is kept of the ledger contradicts itself, so nothing is signed on top of it."""


def sequencer() -> Staff:
    return Staff.objects.select_related("agency", "team").get(code="service_ledger")


def signing_key_of_the_ledger() -> SigningKey:
    """The key; made where nothing was signed yet. Raises NoSigningKey where it is lost."""
    if not Checkpoint.objects.exists():
        ledger_keys.make_signing_key()
    return ledger_keys.signing_key()


def sequence(*, now: datetime, at_most: int = ENTRIES_AT_ONCE, since: datetime | None = None) -> int:
    """Give every waiting entry its place and sign the ledger; returns how many there were.

    With `since`, only entries of that moment or later are compared with those that have a place.

    A batch and its checkpoint are one transaction: no place is ever kept that no checkpoint speaks of.
    """
    key = signing_key_of_the_ledger()
    whole = 0
    while True:
        placed = _one_batch(key, now, at_most, since)
        whole += placed
        if placed < at_most:
            return whole


def _one_batch(key: SigningKey, now: datetime, at_most: int, since: datetime | None) -> int:
    with acting_as(sequencer(), now=now):
        with connection.cursor() as cursor:  # takes the lock, so before anything else is read
            cursor.execute(
                "SELECT place, hash FROM engage_give_places(%s, %s) ORDER BY place", [at_most, since]
            )
            placed = cursor.fetchall()
        if not placed:
            return 0
        tree = tree_of(last_checkpoint())
        if placed[0][0] != tree.size:
            raise LedgerDoesNotFit(f"The next place is {placed[0][0]}, and {tree.size} are signed.")
        for _, leaf in placed:
            tree.append(bytes(leaf))
        statement = Statement(settings.LEDGER_ORIGIN, tree.size, tree.root())
        Checkpoint.objects.create(
            size=tree.size, root=tree.root(), edge=b"".join(tree.edge), text=key.sign(statement), at=now
        )
    return len(placed)


def last_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-size").first()


def tree_of(checkpoint: Checkpoint | None) -> CompactRange:
    """The edge of the tree as it was at a checkpoint. Raises LedgerDoesNotFit if it has another root."""
    if checkpoint is None:
        return CompactRange()
    kept = bytes(checkpoint.edge)
    try:
        tree = CompactRange(
            checkpoint.size, (kept[at : at + HASH_BYTES] for at in range(0, len(kept), HASH_BYTES))
        )
    except ValueError:
        tree = CompactRange()
    if tree.size != checkpoint.size or tree.root() != bytes(checkpoint.root):
        raise LedgerDoesNotFit(f"What is kept of the checkpoint of size {checkpoint.size} is not its tree.")
    return tree


def proof_between(old: Checkpoint | None, new: Checkpoint) -> list[bytes]:
    """That the ledger at `new` goes on from `old`; read from the places between them alone."""
    tree = tree_of(old)
    if not tree.size:
        return []
    added = LedgerLeaf.objects.filter(index__gte=tree.size, index__lt=new.size).order_by("index")
    return consistency_proof(tree, [bytes(leaf) for leaf in added.values_list("leaf", flat=True)])

"""Whether the account is what was written: each entry, the tree, the signatures, and what witnesses saw.

Read as the owner role, by whoever keeps the server: the application may not read the account.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connections, transaction

from engage.methods.ledger import inclusion_proof, leaf_hash, read_note, verify_inclusion
from engage.methods.ledger.verify_file import FORMAT, Verification

from .audit import canonical
from .ledger_keys import Witness
from .models import Checkpoint

OWNER = "owner"
ROWS_AT_ONCE = 5_000
PLACES = """
SELECT l.index, l.entry_id, l.leaf, e.at, e.actor_id, e.leaf, CASE WHEN l.index >= %s THEN e.body::text END
FROM access_ledgerleaf l LEFT JOIN access_auditentry e ON e.id = l.entry_id ORDER BY l.index
"""
CHECKPOINTS = """
SELECT c.size, c.text, coalesce(array_agg(s.line ORDER BY s.witness) FILTER (WHERE s.line IS NOT NULL), '{}')
FROM access_checkpoint c LEFT JOIN access_cosignature s ON s.checkpoint_id = c.size GROUP BY c.size ORDER BY c.size
"""
WAITING = """
SELECT count(*), min(e.at) FROM access_auditentry e
WHERE NOT EXISTS (SELECT FROM access_ledgerleaf l WHERE l.entry_id = e.id)
"""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Place:
    """A row of the ledger with its entry; `body` None where it was not asked for, `leaf` None where it is gone."""

    index: int
    entry_id: UUID
    kept: bytes
    at: datetime | None
    actor_id: UUID | None
    leaf: bytes | None
    body: dict | None


@dataclass(frozen=True)
class Signed:
    size: int
    text: str
    cosignatures: list[str]


@dataclass(frozen=True)
class Waiting:
    """Entries without a place: no checkpoint vouches for them yet."""

    entries: int
    oldest_at: datetime | None


@contextmanager
def one_moment() -> Iterator[None]:
    """All statements see the ledger of one moment, though the sequencer goes on."""
    with transaction.atomic(using=OWNER):
        with connections[OWNER].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _rows(sql: str, parameters: list[Any] | None = None) -> Iterator[tuple]:
    with connections[OWNER].chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def read_ledger(bodies_from: int = 0, progress: Progress = lambda done, of: None) -> Iterator[Place | Signed]:
    """Places in order, each checkpoint after the last place that it speaks of. Inside `one_moment`."""
    ((whole,),) = _rows("SELECT count(*) FROM access_ledgerleaf")
    checkpoints = (Signed(*row) for row in _rows(CHECKPOINTS))
    next_one = next(checkpoints, None)
    for done, row in enumerate(_rows(PLACES, [bodies_from]), start=1):
        index, entry_id, kept, at, actor_id, leaf, body = row
        while next_one and next_one.size <= index:
            yield next_one
            next_one = next(checkpoints, None)
        yield Place(index, entry_id, bytes(kept), at, actor_id, leaf and bytes(leaf), _body(body))
        if done % ROWS_AT_ONCE == 0 or done == whole:
            progress(done, whole)
    while next_one:
        yield next_one
        next_one = next(checkpoints, None)


def _body(text: str | None) -> dict | None:
    if text is None:
        return None
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:  # nested beyond all reason
        read = None
    return read if isinstance(read, dict) else {"no entry": ""}


def waiting() -> Waiting:
    ((entries, oldest_at),) = _rows(WAITING)
    return Waiting(entries, oldest_at)


def size_at(moment: datetime) -> int:
    """How many entries had their places before a moment."""
    before = Checkpoint.objects.using(OWNER).filter(at__lt=moment).order_by("-size").first()
    return before.size if before else 0


class Quick(Verification):
    """For a million entries: another library says at once that a body is what was kept; only the usual one denies it."""

    def hash_of(self, body: dict, kept: bytes | None) -> bytes:
        try:
            made = sha256(b"\x00" + orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()
        except TypeError:  # holds what this library does not write
            made = b""
        return made if made == kept else super().hash_of(body, kept)


def verify_ledger(
    keys: list[str],
    witnesses: list[Witness],
    *,
    bodies_from: int = 0,
    progress: Progress = lambda done, of: None,
) -> Verification:
    """Everything, of one moment. Bodies before `bodies_from` are not read; their hashes still make the tree."""
    found = Quick(keys, [str(witness.key) for witness in witnesses], settings.LEDGER_ORIGIN)
    for one in read_ledger(bodies_from, progress):
        take(found, one)
    found.end()
    return found


def take(found: Verification, one: Place | Signed) -> None:
    if isinstance(one, Signed):
        found.checkpoint(one.text, one.cosignatures)
        return
    if sentence := contradiction(one):
        found.wrong(one.index, one.index, str(one.entry_id), sentence)
    found.place(one.index, one.kept, one.body)


def contradiction(place: Place) -> str:
    """What of a row contradicts its entry; empty where nothing does. The body itself is hashed by the verification."""
    if place.leaf is None:
        return "the entry is gone"
    if place.leaf != place.kept:
        return "the hash in the entry is not the one in the ledger"
    if place.body is None:
        return ""
    if place.body.get("id") != str(place.entry_id):
        return "the entry here is another one"
    if place.body.get("actor") != str(place.actor_id):
        return "the column of the person is not what the entry says"
    if place.at is not None and place.body.get("at") == place.at.isoformat():
        return ""
    try:
        same = datetime.fromisoformat(place.body.get("at", "")) == place.at
    except (TypeError, ValueError):
        same = False
    return "" if same else "the column of the moment is not what the entry says"


@dataclass(frozen=True)
class InPlace:
    """Where one entry stands, and whether the last checkpoint vouches for it."""

    index: int
    size: int
    proof: list[bytes]
    holds: bool


def verify_entry(entry_id: UUID) -> InPlace | None:
    """One entry against the last checkpoint; None where it has no place. Signatures are for `verify_ledger`."""
    rows = list(
        _rows(
            "SELECT l.index, e.body::text FROM access_ledgerleaf l JOIN access_auditentry e ON e.id = l.entry_id"
            " WHERE l.entry_id = %s",
            [entry_id],
        )
    )
    last = Checkpoint.objects.using(OWNER).order_by("-size").first()
    if not rows or last is None:
        return None
    ((index, body),) = rows
    statement, _ = read_note(last.text)
    leaves = [
        bytes(leaf)
        for (leaf,) in _rows(
            "SELECT leaf FROM access_ledgerleaf WHERE index < %s ORDER BY index", [statement.size]
        )
    ]
    if index >= len(leaves):
        return InPlace(index, statement.size, [], False)
    proof = inclusion_proof(index, leaves)
    leaf = leaf_hash(canonical(json.loads(body)))
    holds = verify_inclusion(leaf, index, statement.size, proof, statement.root)
    return InPlace(index, statement.size, proof, holds)


def extract_lines(
    keys: list[str],
    witnesses: list[Witness],
    *,
    bodies_from: int = 0,
    progress: Progress = lambda done, of: None,
) -> Iterator[str]:
    """The ledger as `methods/ledger/verify_file.py` reads it, one JSON text a line."""
    header = {"kind": "ledger", "format": FORMAT, "origin": settings.LEDGER_ORIGIN, "keys": keys}
    yield _line(header | {"witnesses": [str(witness.key) for witness in witnesses]})
    size = 0
    for one in read_ledger(bodies_from, progress):
        if isinstance(one, Signed):
            yield _line({"kind": "checkpoint", "text": one.text, "cosignatures": one.cosignatures})
            continue
        place: dict[str, Any] = {"kind": "place", "index": one.index, "leaf": one.kept.hex()}
        yield _line(place if one.body is None else place | {"body": one.body})
        size = one.index + 1
    yield _line({"kind": "end", "size": size, "waiting": waiting().entries})


def _line(said: dict) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"

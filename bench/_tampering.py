"""Tampering with the ledger, for `./run bench ledger`: four who tamper, six ways each, and what they are found by."""

from __future__ import annotations

import json
import random
import tempfile
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg

from bench import figure

AS_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
NAME = "engage_bench_ledger"
ENTRIES = 512  # of the ledger that is tampered with; each mutation verifies all of it
A_CHECKPOINT_EVERY = 64
KINDS = ("flip", "delete", "swap", "duplicate", "insert", "truncate")
TIERS = ("application", "administrator", "administrator with the key", "whole host")
IN_THE_DATABASE = 60  # of the administrator's mutations, done with SQL; the others on the rows as read


def fresh_ledger(entries: int) -> None:
    from django.core.management import call_command

    from engage.demo.building import fresh_database
    from engage.demo.team import set_up_team
    from engage.practice.access.ledger import sequence

    fresh_database(NAME)
    call_command("migrate", database="owner", verbosity=0)
    set_up_team(now=AS_AT)
    write_entries(entries)
    sequence(now=AS_AT, at_most=A_CHECKPOINT_EVERY)


def write_entries(count: int, start: datetime = AS_AT) -> None:
    from engage.practice.access import audit
    from engage.practice.access.gate import acting_as
    from engage.practice.agencies.models import Staff

    ewan = Staff.objects.select_related("agency", "team").get(code="ewan")
    for number in range(count):
        with acting_as(ewan, now=start + timedelta(seconds=number)):
            audit.record(audit.Verb.CONSULT, "bench", subjects=[uuid4()], counts={"number": number})


def connected(alias: str) -> psycopg.Connection:
    from django.db import connections

    settings = connections[alias].settings_dict
    return psycopg.connect(
        dbname=NAME, user=settings["USER"], password=settings["PASSWORD"], host=settings["HOST"],
        port=settings["PORT"] or None,
    )  # fmt: skip


@dataclass
class Ledger:
    """Rows as the verifier reads them, of one moment."""

    rows: list  # of verifying.Place and verifying.Signed
    key: str
    witness: object  # access.ledger_keys.Witness

    @property
    def places(self) -> list[int]:
        from engage.practice.access.verifying import Place

        return [at for at, one in enumerate(self.rows) if isinstance(one, Place)]

    def verify(self, rows: list | None = None):
        from engage.methods.ledger.verify_file import Verification
        from engage.practice.access.verifying import take

        found = Verification([self.key], [str(self.witness.key)], "engage.bench/ledger")
        for one in self.rows if rows is None else rows:
            take(found, one)
        found.end()
        return found


def tamper(mutations: int) -> None:
    from engage.methods.ledger import PublicKey
    from engage.practice.access import verifying
    from engage.practice.access.ledger import signing_key_of_the_ledger
    from engage.practice.access.ledger_keys import Witness
    from engage.practice.access.models import Checkpoint, Cosignature
    from engage.witness.memory import Memory

    fresh_ledger(ENTRIES)
    key = signing_key_of_the_ledger()
    with tempfile.TemporaryDirectory(prefix="engage-witness-") as folder:
        memory = Memory(Path(folder), "partner.bench/w", [PublicKey.read(str(key.public))])
        last = Checkpoint.objects.order_by("-size").first()
        reply = memory.add_checkpoint(f"old 0\n\n{last.text}", at=0)
        Cosignature.objects.create(checkpoint=last, witness="partner.bench/w", line=reply.body, at=AS_AT)
        with verifying.one_moment():
            rows = list(verifying.read_ledger())
        ledger = Ledger(rows, str(key.public), Witness("http://nowhere.invalid", memory.key.public))
        whole = ledger.verify()
        if whole.problems or whole.vouched_for != ENTRIES or whole.cosigned != {"partner.bench/w": ENTRIES}:
            raise SystemExit(f"The ledger does not hold before anything is done to it: {whole.problems[:3]}")
        drawn = random.Random(mutations)
        share = mutations // (len(TIERS) + 1)
        done: Counter[str] = Counter()
        noticed: Counter[str] = Counter()
        named: Counter[str] = Counter()
        tried = [
            (TIERS[0], min(share, 600), as_the_application),
            (TIERS[1], min(share, IN_THE_DATABASE), as_the_administrator),
            (TIERS[1], 0, on_the_rows),
            (TIERS[2], share, with_the_key(key, memory)),
            (TIERS[3], share, whole_host(key, memory)),
            ("forged checkpoint", share, forged(key, memory)),
        ]
        rest = mutations - sum(count for _, count, _ in tried)
        for tier, count, attempt in tried:
            for number in range(count if attempt is not on_the_rows else rest):
                kind = KINDS[number % len(KINDS)]
                index = drawn.randrange(ENTRIES)
                outcome = attempt(ledger, kind, index, drawn)
                done[tier] += 1
                noticed[tier] += outcome.noticed
                named[tier] += outcome.named
                if not outcome.noticed:
                    figure("ledger", "not noticed", f"{tier}: {kind} at {index}", "")
    for tier in done:
        more = {"noticed": noticed[tier]} | ({"index named": named[tier]} if named[tier] else {})
        figure("ledger", f"mutations, {tier}", done[tier], "mutations", **more)
    unnoticed = done.total() - noticed.total()
    figure("ledger", "mutations", done.total(), "mutations", differences=unnoticed)
    figure("ledger", "detected", noticed.total(), "mutations", of=done.total())


@dataclass(frozen=True)
class Outcome:
    noticed: bool
    named: bool = (
        False  # what the verifier names first is what was altered, or a span of one batch that holds it
    )


# ---- The four ----------------------------------------------------------------------------------

STATEMENTS = {
    "flip": "UPDATE access_auditentry SET leaf = set_bit(leaf, 0, 1 - get_bit(leaf, 0)) WHERE id = %(entry)s",
    "delete": "DELETE FROM access_auditentry WHERE id = %(entry)s",
    "swap": "UPDATE access_ledgerleaf SET entry_id = %(other)s WHERE entry_id = %(entry)s",
    "duplicate": "INSERT INTO access_ledgerleaf (index, entry_id, leaf) SELECT 512, entry_id, leaf FROM access_ledgerleaf WHERE entry_id = %(entry)s",
    "insert": "INSERT INTO access_ledgerleaf (index, entry_id, leaf) SELECT 512, gen_random_uuid(), leaf FROM access_ledgerleaf LIMIT 1",
    "truncate": "TRUNCATE access_ledgerleaf CASCADE",
}


def as_the_application(ledger: Ledger, kind: str, index: int, drawn: random.Random) -> Outcome:
    """With the account that the web pages use: the database refuses."""
    entry = ledger.rows[ledger.places[index]].entry_id
    with connected("default") as connection:
        try:
            connection.execute(STATEMENTS[kind], {"entry": entry, "other": uuid4()})
        except psycopg.errors.InsufficientPrivilege:
            return Outcome(True)
        finally:
            connection.rollback()
    return Outcome(False)


def as_the_administrator(ledger: Ledger, kind: str, index: int, drawn: random.Random) -> Outcome:
    """With SQL as the owner, triggers and foreign keys away; verified from the database, then put back."""
    from django.db import connections

    entry = ledger.rows[ledger.places[index]].entry_id
    connections["owner"].close()  # its open transaction would make this wait
    with connected("owner") as connection:
        for table in ("access_auditentry", "access_ledgerleaf"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table, key in connection.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE conrelid = 'access_ledgerleaf'::regclass"
            " AND contype IN ('f', 'u')"
        ).fetchall():
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
        if kind == "swap":
            other = ledger.rows[ledger.places[(index + 1) % ENTRIES]].entry_id
            connection.execute(
                "UPDATE access_ledgerleaf SET entry_id = CASE entry_id WHEN %(entry)s THEN %(other)s ELSE %(entry)s END"
                " WHERE entry_id IN (%(entry)s, %(other)s)",
                {"entry": entry, "other": other},
            )
        elif kind == "truncate":
            connection.execute("DELETE FROM access_ledgerleaf WHERE index >= %s", [index])
        else:
            connection.execute(STATEMENTS[kind], {"entry": entry})
        rows = list(read_with(connection))
        connection.rollback()
    others = {"swap": (index + 1) % ENTRIES, "duplicate": ENTRIES, "insert": ENTRIES}
    return seen(ledger, ledger.verify(rows), {index, others.get(kind, index)})


def read_with(connection: psycopg.Connection) -> Iterator:
    """As `verifying.read_ledger`, over a connection whose changes are not committed."""
    from engage.practice.access.verifying import CHECKPOINTS, PLACES, Place, Signed

    checkpoints = [Signed(*row) for row in connection.execute(CHECKPOINTS).fetchall()]
    for index, entry_id, kept, at, actor, leaf, body in connection.execute(PLACES, [0]).fetchall():
        while checkpoints and checkpoints[0].size <= index:
            yield checkpoints.pop(0)
        yield Place(index, entry_id, kept, at, actor, leaf, body and json.loads(body))
    yield from checkpoints


def on_the_rows(ledger: Ledger, kind: str, index: int, drawn: random.Random) -> Outcome:
    """As the administrator, on the rows as read: every way of altering that a table allows."""
    rows = altered(ledger, kind, index, drawn)
    # Of two rows that were swapped either is wrong; of two alike the second.
    touched = {index, index + 1} if kind == "duplicate" else {index}
    if kind == "swap":
        touched = {was.index for was, now in zip(ledger.rows, rows, strict=True) if was is not now}
    return seen(ledger, ledger.verify(rows), touched)


def altered(ledger: Ledger, kind: str, index: int, drawn: random.Random, fitting: bool | None = None) -> list:
    """The rows after one mutation. `fitting`: body and both hashes agree with each other afterwards."""
    from engage.practice.access.audit import leaf_of

    rows, at = list(ledger.rows), ledger.places
    here = at[index]
    one = rows[here]
    fitting = drawn.random() < 0.5 if fitting is None else fitting
    if kind == "flip":
        body = flipped(one.body, drawn, but=COLUMNS if fitting else ())
        leaf = leaf_of(body) if fitting else one.kept
        rows[here] = replace(one, body=body, kept=leaf, leaf=leaf)
    elif kind == "swap":
        there = at[(index + drawn.randrange(1, ENTRIES)) % ENTRIES]
        rows[here], rows[there] = (
            replace(rows[there], index=one.index),
            replace(one, index=rows[there].index),
        )
    elif kind == "delete":
        del rows[here]
        if fitting:
            rows = renumbered(rows)
    elif kind == "duplicate":
        rows.insert(here, one)
        if fitting:
            rows = renumbered(rows)
    elif kind == "insert":
        entry = uuid4()
        body = {**one.body, "id": str(entry)}
        rows.insert(here, replace(one, entry_id=entry, body=body, kept=leaf_of(body), leaf=leaf_of(body)))
        if fitting:
            rows = renumbered(rows)
    else:
        rows = [row for number, row in enumerate(rows) if number < here or not hasattr(row, "index")]
    return rows


def renumbered(rows: list) -> list:
    number, made = 0, []
    for row in rows:
        if hasattr(row, "index"):
            row, number = replace(row, index=number), number + 1
        made.append(row)
    return made


COLUMNS = ("id", "at", "actor")  # kept beside the body too; who alters all of them to fit is tried apart


def flipped(body: dict, drawn: random.Random, but: tuple[str, ...]) -> dict:
    """One bit of one text or number of the entry, or a name of a field."""
    key = drawn.choice([key for key in body if key not in but])
    value = body[key]
    if isinstance(value, str) and value:
        spot = drawn.randrange(len(value))
        value = value[:spot] + chr(ord(value[spot]) ^ 1) + value[spot + 1 :]
    elif isinstance(value, int):
        value ^= 1
    else:
        return {**{k: v for k, v in body.items() if k != key}, key + "x": value}
    return {**body, key: value}


def seen(ledger: Ledger, found, touched: set[int]) -> Outcome:
    first = found.first_problem()
    return Outcome(
        first is not None, first is not None and any(first.first <= at <= first.last for at in touched)
    )


def with_the_key(key, memory) -> Callable:
    """Everything fits and is signed anew with the ledger's own key. The old cosignature is left beside it."""

    def attempt(ledger: Ledger, kind: str, index: int, drawn: random.Random) -> Outcome:
        rows = signed_anew(altered(ledger, kind, index, drawn, fitting=True), key)
        return Outcome(bool(ledger.verify(rows).problems) or contradicted(rows, memory))

    return attempt


def whole_host(key, memory) -> Callable:
    """The cosignatures are gone too, and nothing on the host contradicts: only the partner's memory is left."""

    def attempt(ledger: Ledger, kind: str, index: int, drawn: random.Random) -> Outcome:
        rows = signed_anew(altered(ledger, kind, index, drawn, fitting=True), key, keep_cosignatures=False)
        problems = ledger.verify(rows).problems
        if problems and kind != "duplicate":
            raise SystemExit(f"{kind}: what was signed anew should fit itself.")
        # The last entry written twice goes on from what the witness saw: here alone the id that stands twice must do.
        last_twice = kind == "duplicate" and index == ENTRIES - 1
        return Outcome(contradicted(rows, memory) or (last_twice and bool(problems)))

    return attempt


def signed_anew(rows: list, key, keep_cosignatures: bool = True) -> list:
    from engage.methods.ledger import Checkpoint, CompactRange
    from engage.practice.access.verifying import Signed

    tree, made = CompactRange(), []
    cosignatures = [line for row in rows if not hasattr(row, "index") for line in row.cosignatures]
    for row in renumbered([row for row in rows if hasattr(row, "index")]):
        tree.append(row.kept)
        made.append(row)
        if tree.size % A_CHECKPOINT_EVERY == 0:
            made.append(
                Signed(tree.size, key.sign(Checkpoint("engage.bench/ledger", tree.size, tree.root())), [])
            )
    text = key.sign(Checkpoint("engage.bench/ledger", tree.size, tree.root()))
    if made and not hasattr(made[-1], "index"):
        made.pop()
    made.append(Signed(tree.size, text, cosignatures if keep_cosignatures else []))
    return made


def contradicted(rows: list, memory) -> bool:
    """Whether the witness refuses the last checkpoint, shown with the best proof there is."""
    from engage.methods.ledger import CompactRange, consistency_proof, read_note

    leaves = [row.kept for row in rows if hasattr(row, "index")]
    seen_size = memory.last_seen("engage.bench/ledger").size
    old = CompactRange()
    for leaf in leaves[:seen_size]:
        old.append(leaf)
    proof = consistency_proof(old, leaves[seen_size:]) if len(leaves) > seen_size else []
    size = read_note(rows[-1].text)[0].size
    return refused(memory, min(seen_size, size), proof, rows[-1].text)


def refused(memory, old_size: int, proof: list[bytes], text: str) -> bool:
    lines = "".join(f"{b64encode(one).decode()}\n" for one in proof)
    before = memory.last_seen("engage.bench/ledger")
    status = memory.add_checkpoint(f"old {old_size}\n{lines}\n{text}", at=0).status
    if status == 200 or memory.last_seen("engage.bench/ledger") != before:
        return False
    return status in (400, 403, 409, 422)


def forged(key, memory) -> Callable:
    """Checkpoints that no tree of this ledger has: other root, size, signature or proof."""
    from engage.methods.ledger import Checkpoint, SigningKey

    stranger = SigningKey("engage.bench/ledger", b"\x05" * 32)

    def attempt(ledger: Ledger, kind: str, index: int, drawn: random.Random) -> Outcome:
        root = drawn.randbytes(32)
        proof = [drawn.randbytes(32) for _ in range(drawn.randrange(12))]
        honest = memory.last_seen("engage.bench/ledger")
        size = {"flip": honest.size, "swap": honest.size, "truncate": index, "delete": index}.get(
            kind, honest.size + 1 + index
        )
        signer = stranger if kind == "insert" else key
        text = signer.sign(Checkpoint("engage.bench/ledger", size, root))
        return Outcome(refused(memory, drawn.choice([honest.size, min(honest.size, size)]), proof, text))

    return attempt

"""What tampering with the account is found, and what the ledger costs: `./run bench ledger [--quick | --nightly]`.

Four who tamper, each stronger than the one before: the application's account; the database's administrator; the
administrator with the signing key; whoever rules the whole host. A mutation counts as detected where the database
refuses it, the verifier names an index, or a witness contradicts. `differences` are those that nobody noticed.

Not detected, and not tried: what a corrupt application never wrote or wrote untruly; what was altered before its
entry had its place and a witness had cosigned it (at most a minute while the job runs); a server and all of its
witnesses in one hand.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import django
from psycopg.types.json import Jsonb

from bench import figure, met
from bench._tampering import AS_AT, connected, tamper, write_entries

LEAVES = 200_000
BODIES = 100_000
WRITERS = 8


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="6,000 mutations, the usual number")
    arguments.add_argument("--nightly", action="store_true", help="60,000 mutations")
    arguments.add_argument("--mutations", type=int)
    arguments.add_argument("--seconds", type=float, default=8, help="Writing, for each way")
    arguments.add_argument(
        "--placed", type=int, default=200_000, help="Entries with a place before the job's work"
    )
    chosen = arguments.parse_args()
    django.setup()
    from django.conf import settings

    with tempfile.TemporaryDirectory(prefix="engage-bench-") as folder:
        settings.LEDGER_KEY_FILE, settings.LEDGER_ORIGIN = Path(folder) / "ledger.key", "engage.bench/ledger"
        tamper(chosen.mutations or (60_000 if chosen.nightly else 6_000))
        verify_rate()
        witness_rate(Path(folder))
        writing(chosen.seconds)
        finding_what_waits(chosen.placed)


def verify_rate() -> None:
    import orjson

    from engage.practice.access.verifying import Quick

    leaves = [os.urandom(32) for _ in range(LEAVES)]
    found = Quick([], [], "engage.bench/ledger")
    started = time.monotonic()
    for index, leaf in enumerate(leaves):
        found.place(index, leaf, None)
    rate("hashes of entries", LEAVES, time.monotonic() - started)

    body = {
        "verb": "consult", "action": "child_record", "actor": str(uuid4()), "acting_for": "", "session": "0" * 16,
        "request": "0" * 16, "agency": "BWD-CSC", "role": "social_worker", "purpose": "protect_this_child",
        "basis": "", "agreement": "", "policy": "0" * 64, "decision": "allowed", "subjects": ["0" * 32],
        "subjects_count": 1, "subjects_digest": "0" * 64, "kinds": ["people.fact", "people.record"], "asked": "",
        "counts": {}, "at": AS_AT.isoformat(),
    }  # fmt: skip
    from engage.practice.access.audit import leaf_of

    made = [{**body, "id": str(UUID(int=number))} for number in range(BODIES)]
    texts = [(leaf_of(one), json.dumps(one)) for one in made]
    del made
    found = Quick([], [], "engage.bench/ledger")
    started = time.monotonic()
    for index, (leaf, text) in enumerate(texts):
        found.place(index, leaf, orjson.loads(text))
    if found.problems:
        raise SystemExit("Entries that were not altered do not verify.")
    rate("whole entries, read and hashed", BODIES, time.monotonic() - started)


def rate(what: str, count: int, seconds: float) -> None:
    figure(
        "ledger",
        f"verified a second, {what}",
        round(count / seconds),
        "entries/s",
        measured=count,
        seconds=round(seconds, 2),
        projected_seconds_for_a_million=round(seconds * 1_000_000 / count, 1),
        wanted="a million within 10 s",
        met=met(seconds * 1_000_000 / count <= 10),
    )


def witness_rate(folder: Path) -> None:
    """How long a witness takes to answer, with its memory on the disk."""
    from base64 import b64encode

    from engage.methods.ledger import Checkpoint, CompactRange, SigningKey, consistency_proof
    from engage.witness.memory import Memory

    key = SigningKey("engage.bench/ledger", b"\x06" * 32)
    memory, tree, took = Memory(folder / "witness", "partner.bench/w", [key.public]), CompactRange(), []
    for _ in range(200):
        old, added = tree.copy(), [os.urandom(32) for _ in range(50)]
        for leaf in added:
            tree.append(leaf)
        proof = "".join(b64encode(one).decode() + "\n" for one in consistency_proof(old, added))
        text = key.sign(Checkpoint("engage.bench/ledger", tree.size, tree.root()))
        started = time.monotonic()
        if memory.add_checkpoint(f"old {old.size}\n{proof}\n{text}", at=0).status != 200:
            raise SystemExit("The witness refused a ledger that goes on.")
        took.append(time.monotonic() - started)
    figure(
        "ledger",
        "a witness's answer, 95th in 100",
        round(1000 * statistics.quantiles(took, n=20)[18], 1),
        "ms",
    )


def writing(seconds: float) -> None:
    """Eight writers: a plain row; a row with its entry; the same while the sequencer works beside them."""
    from engage.practice.agencies.models import Staff

    actor = Staff.objects.get(code="ewan").pk
    with connected("owner") as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS bench_row (id uuid PRIMARY KEY, words text)")
        owner.execute("GRANT INSERT ON bench_row TO engage_app")
    plain = 0.0
    for name, audited, sequencing in (
        ("plain insert", False, False),
        ("audited", True, False),
        ("audited, sequencer beside", True, True),
    ):
        took, placed = write_for(seconds, audited, sequencing, actor)
        a_second, ms = round(len(took) / seconds), round(1000 * statistics.quantiles(took, n=20)[18], 1)
        plain = plain or ms
        quick: dict[str, str | float] = {}
        near: dict[str, str | float] = {"placed by the sequencer": placed} if sequencing else {}
        if audited:
            quick |= {"wanted": "at least 500", "met": met(a_second >= 500)}
            near |= {"wanted": "at most 5 ms over a plain insert", "met": met(ms - plain <= 5)}
        figure("ledger", f"transactions a second, {name}", a_second, "tx/s", writers=WRITERS, **quick)
        figure("ledger", f"a transaction, 95th in 100, {name}", ms, "ms", **near)


def write_for(seconds: float, audited: bool, sequencing: bool, actor: UUID) -> tuple[list[float], int]:
    from django.db import connections

    from engage.practice.access import audit
    from engage.practice.access.ledger import sequence

    took: list[float] = []
    placed = [0]
    end = time.monotonic() + seconds

    def write() -> None:
        with connected("default") as connection:
            while time.monotonic() < end:
                started = time.monotonic()
                connection.execute("INSERT INTO bench_row VALUES (%s, %s)", [uuid4(), "x" * 200])
                if audited:
                    entry = uuid4()
                    body = {"id": str(entry), "at": AS_AT.isoformat(), "actor": str(actor), "policy": "0" * 64,
                            "verb": "alter", "action": "bench", "subjects": ["0" * 32], "decision": "allowed"}  # fmt: skip
                    connection.execute(
                        "INSERT INTO access_auditentry (id, at, actor_id, body, leaf) VALUES (%s, %s, %s, %s, %s)",
                        [entry, AS_AT, actor, Jsonb(body), audit.leaf_of(body)],
                    )
                connection.commit()
                took.append(time.monotonic() - started)

    def give_places() -> None:
        while time.monotonic() < end:
            placed[0] += sequence(now=AS_AT)
            time.sleep(0.5)
        connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    if sequencing:
        threads.append(threading.Thread(target=give_places))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, placed[0]


def finding_what_waits(placed: int) -> None:
    """Giving many entries their places; then the job's whole work where much is placed and little waits."""
    from django.db import connection

    from engage.practice.access.ledger import USUALLY_WITHIN, sequence

    with connected("owner") as owner:
        owner.execute(
            "INSERT INTO access_auditentry (id, at, actor_id, body, leaf)"
            " SELECT gen_random_uuid(), %s::timestamptz + n * interval '1 second', s.id, '{}', sha256(n::text::bytea)"
            " FROM generate_series(1, %s) n, agencies_staff s WHERE s.code = 'ewan'",
            [AS_AT, placed],
        )
    with connected("owner") as owner:
        owner.autocommit = True
        owner.execute(
            "VACUUM ANALYZE access_auditentry, access_ledgerleaf"
        )  # as it is by itself after a while
    started = time.monotonic()
    given = sequence(now=AS_AT)
    took = time.monotonic() - started
    figure("ledger", "entries given their places a second", round(given / took), "entries/s", entries=given)
    with connected("owner") as owner:
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE access_auditentry, access_ledgerleaf")
    now = AS_AT + timedelta(seconds=placed)  # an entry a second: the job compares two days of them
    for name, since in (("each minute", now - USUALLY_WITHIN), ("once an hour", None)):
        write_entries(20, now)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM access_ledgerleaf")
            (whole,) = cursor.fetchone()
        started = time.monotonic()
        if sequence(now=now, since=since) != 20:
            raise SystemExit("The job passed entries over.")
        took = round(time.monotonic() - started, 3)
        figure("ledger", f"finding and placing 20 that wait, {name}", took, "s", placed=whole)


if __name__ == "__main__":
    main()

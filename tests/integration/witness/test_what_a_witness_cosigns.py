"""A witness cosigns what goes on from what it saw: no fork, no roll-back, nobody else's ledger."""

import os
import random
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from engage.methods.ledger import (
    BadNote,
    Checkpoint,
    CompactRange,
    PublicKey,
    SigningKey,
    consistency_proof,
    cosigned_at,
    leaf_hash,
)
from engage.methods.ledger.notes import read_signatures
from engage.witness.memory import Memory
from engage.witness.server import Server

KEY = SigningKey("engage.test/ledger", b"\x01" * 32)
STOLEN_NAME = SigningKey("engage.test/ledger", b"\x02" * 32)
OTHER = SigningKey("elsewhere.test/ledger", b"\x03" * 32)
LEAVES = [leaf_hash(b"%d" % number) for number in range(60)]
FORKED = [*LEAVES[:4], leaf_hash(b"something else"), *LEAVES[5:]]


def tree(size: int, leaves=LEAVES) -> CompactRange:
    made = CompactRange()
    for leaf in leaves[:size]:
        made.append(leaf)
    return made


def request(old: int, new: int, *, leaves=LEAVES, key=KEY, proof=None) -> str:
    grown = tree(new, leaves)
    if proof is None:
        proof = consistency_proof(tree(old, leaves), leaves[old:new])
    lines = "".join(b64encode(one).decode() + "\n" for one in proof)
    return f"old {old}\n{lines}\n" + key.sign(Checkpoint(key.public.name, new, grown.root()))


@pytest.fixture
def witness(tmp_path):
    return Memory(tmp_path / "state", "partner.test/w", [KEY.public])


def ask(witness, *args, **more) -> int:
    return witness.add_checkpoint(request(*args, **more), at=1_700_000_000).status


def test_a_ledger_that_grows_is_cosigned_each_time(witness):
    for old, new in ((0, 3), (3, 3), (3, 8), (8, 21), (21, 60)):
        reply = witness.add_checkpoint(request(old, new), at=1_700_000_000)
        assert reply.status == 200
        checkpoint = Checkpoint(KEY.public.name, new, tree(new).root())
        assert cosigned_at(checkpoint, read_signatures(reply.body), witness.key.public) == 1_700_000_000
        assert witness.last_seen(KEY.public.name) == checkpoint


def test_a_fork_is_refused_however_it_is_proved(witness):
    assert ask(witness, 0, 8) == 200
    assert ask(witness, 8, 8, leaves=FORKED) == 409  # same size, other root
    assert ask(witness, 8, 20, leaves=FORKED) == 422
    honest = consistency_proof(tree(8), LEAVES[8:20])
    assert ask(witness, 8, 20, leaves=FORKED, proof=honest) == 422
    assert ask(witness, 8, 20, leaves=FORKED, proof=[]) == 422
    assert ask(witness, 0, 20, leaves=FORKED) == 409  # as if nothing had been seen
    assert witness.last_seen(KEY.public.name).root == tree(8).root()
    assert ask(witness, 8, 20) == 200


def test_a_roll_back_and_a_replay_are_refused_with_the_size_that_was_seen(witness):
    first = request(0, 8)
    assert witness.add_checkpoint(first, at=1).status == 200
    assert ask(witness, 8, 20) == 200
    for text in (first, request(0, 5), request(5, 8), request(8, 20)):
        reply = witness.add_checkpoint(text, at=2)
        assert (reply.status, reply.body, reply.content_type) == (409, "20\n", "text/x.tlog.size")
    assert witness.add_checkpoint(request(20, 20).replace("old 20", "old 21"), at=2).status == 400


def test_another_key_and_another_ledger_are_told_apart(witness):
    assert ask(witness, 0, 8, key=STOLEN_NAME) == 403
    assert ask(witness, 0, 8, key=OTHER) == 404
    assert witness.last_seen(KEY.public.name).size == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("old 3", "old 03"),
        lambda text: text.replace("old 3", "old -3"),
        lambda text: text.replace("old 3", "old ³"),
        lambda text: text.replace("old 3", "new 3"),
        lambda text: text.replace("old 3", "old 3\n\n"),
        lambda text: text.replace("old 3\n", "old 3\n" + "A" * 43 + "=\n" * 64),
        lambda text: text.replace("old 3\n", "old 3\nnot base64\n"),
        lambda text: text[:-2],
        lambda text: "",
        lambda text: "old 3",
    ],
)
def test_a_request_that_is_none_is_refused_and_changes_nothing(witness, change):
    assert ask(witness, 0, 3) == 200
    assert witness.add_checkpoint(change(request(3, 8)), at=1).status == 400
    assert witness.last_seen(KEY.public.name).size == 3


def test_of_many_at_once_each_goes_on_from_the_one_before(tmp_path):
    """Two memories on one folder, as two processes have; forks are among the requests."""
    memories = [Memory(tmp_path, "partner.test/w", [KEY.public]) for _ in range(2)]
    cosigned: list[tuple[int, bytes]] = []

    def work(seed: int) -> None:
        drawn = random.Random(seed)
        for _ in range(60):
            leaves = drawn.choice([LEAVES, FORKED])
            memory = drawn.choice(memories)
            seen = memory.last_seen(KEY.public.name).size
            new = drawn.randint(max(seen, 1), min(seen + 3, 60))
            if memory.add_checkpoint(request(seen, new, leaves=leaves), at=1).status == 200:
                cosigned.append((new, tree(new, leaves).root()))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one_ledger = [LEAVES, FORKED]
    assert cosigned
    assert any(all(root == tree(size, leaves).root() for size, root in cosigned) for leaves in one_ledger)


def test_what_was_seen_is_remembered_after_a_start_and_a_lost_key_is_not_made_anew(tmp_path):
    first = Memory(tmp_path, "partner.test/w", [KEY.public])
    assert ask(first, 0, 8) == 200
    again = Memory(tmp_path, "partner.test/w", [KEY.public])
    assert again.key.public == first.key.public
    assert ask(again, 0, 5) == 409
    (tmp_path / "key").unlink()
    with pytest.raises(BadNote, match="lost its key"):
        Memory(tmp_path, "partner.test/w", [KEY.public])


def test_a_memory_that_cannot_be_read_cosigns_nothing(tmp_path):
    witness = Memory(tmp_path, "partner.test/w", [KEY.public])
    assert ask(witness, 0, 8) == 200
    (kept,) = tmp_path.glob("*.json")
    kept.write_text("")
    with pytest.raises(ValueError):
        ask(witness, 0, 3)


def test_over_http_it_answers_the_same_and_refuses_what_is_large_or_elsewhere(witness):
    with Server(("127.0.0.1", 0), witness) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"

        def post(path: str, body: bytes) -> tuple[int, str]:
            try:
                with urlopen(Request(address + path, body, method="POST"), timeout=5) as answer:
                    return answer.status, answer.read().decode()
            except HTTPError as refused:
                return refused.code, refused.read().decode()

        status, line = post("/add-checkpoint", request(0, 8).encode())
        assert status == 200 and line.startswith("— partner.test/w ")
        assert post("/add-checkpoint", request(0, 8).encode()) == (409, "8\n")
        assert post("/add-checkpoint", b"\xff")[0] == 400
        assert post("/elsewhere", b"")[0] == 404
        assert post("/add-checkpoint", b"x" * 100_000)[0] == 413
        server.shutdown()


def test_the_program_runs_without_a_database_and_without_settings(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"PYTHONPATH": "src", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "engage.witness", "--state", str(tmp_path), "--name", "partner.test/w"]
    key = subprocess.run(
        [*command, "--key"], env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    running = subprocess.Popen(
        [*command, "--ledger", str(KEY.public), "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 30
        while True:
            try:
                with urlopen(
                    Request(f"http://127.0.0.1:{port}/add-checkpoint", request(0, 8).encode()), timeout=5
                ) as answer:
                    said = answer.read().decode()
                break
            except OSError:
                assert time.monotonic() < end
                time.sleep(0.1)
    finally:
        running.kill()
        running.wait()
    checkpoint = Checkpoint(KEY.public.name, 8, tree(8).root())
    assert cosigned_at(checkpoint, read_signatures(said), PublicKey.read(key)) is not None

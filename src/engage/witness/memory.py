"""What a witness has seen, on disk, and what it cosigns."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from engage.methods.ledger import (
    EMPTY_ROOT,
    MOST_PROOF_LINES,
    BadNote,
    Checkpoint,
    PublicKey,
    SigningKey,
    read_note,
    signed_by,
    verify_consistency,
)
from engage.methods.ledger.notes import WITNESS, bytes_of

SIZE_TYPE = "text/x.tlog.size"


@dataclass(frozen=True)
class Reply:
    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


class Memory:
    """The state folder of one witness: its key, and for each ledger the last checkpoint it cosigned.

    Losing the folder loses the key too, so a witness without its memory is not believed as the one it was.
    """

    def __init__(self, folder: Path, name: str, ledgers: list[PublicKey]) -> None:
        self.folder = folder
        self.ledgers: dict[str, list[PublicKey]] = {}
        for key in ledgers:
            self.ledgers.setdefault(key.name, []).append(key)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._turn = threading.Lock()
        with self._alone():
            self.key = SigningKey(name, self._seed(), WITNESS)

    def _seed(self) -> bytes:
        path = self.folder / "key"
        if not path.exists():
            if any(self.folder.glob("*.json")):
                raise BadNote(f"{self.folder} remembers ledgers and has lost its key. Put the key back.")
            _write(path, b64encode(secrets.token_bytes(32)).decode() + "\n")
        return b64decode(path.read_text().strip(), validate=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time, among threads and among processes on this folder."""
        with self._turn, (self.folder / "turn.lock").open("a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def last_seen(self, origin: str) -> Checkpoint:
        """The last checkpoint cosigned, or an empty ledger. A file that cannot be read is an error, never "nothing"."""
        path = self._path(origin)
        if not path.exists():
            return Checkpoint(origin, 0, EMPTY_ROOT)
        kept = json.loads(path.read_text())
        return Checkpoint(kept["origin"], kept["size"], bytes_of(kept["root"]))

    def _path(self, origin: str) -> Path:
        return self.folder / f"{sha256(origin.encode()).hexdigest()}.json"

    def _remember(self, checkpoint: Checkpoint, note: str) -> None:
        root = b64encode(checkpoint.root).decode()
        kept = {"origin": checkpoint.origin, "size": checkpoint.size, "root": root, "note": note}
        _write(self._path(checkpoint.origin), json.dumps(kept))

    def add_checkpoint(self, request: str, *, at: int) -> Reply:
        """Answer a request to cosign, as C2SP tlog-witness says. `at` in seconds since 1970."""
        try:
            old_size, proof, note = read_request(request)
            checkpoint, signatures = read_note(note)
        except BadNote as problem:
            return Reply(400, f"{problem}\n")
        keys = self.ledgers.get(checkpoint.origin)
        if keys is None:
            return Reply(404, "This witness does not watch a ledger of this name.\n")
        if not any(signed_by(checkpoint, signatures, key) for key in keys):
            return Reply(403, "This is not signed with a key that this witness knows of the ledger.\n")
        if old_size > checkpoint.size:
            return Reply(400, "The old size is larger than the checkpoint.\n")
        # Comparing and remembering are one: two requests at once must not both find the old size.
        with self._alone():
            seen = self.last_seen(checkpoint.origin)
            if old_size != seen.size:
                return Reply(409, f"{seen.size}\n", SIZE_TYPE)
            if checkpoint.size == seen.size and checkpoint.root != seen.root:
                return Reply(409, f"{seen.size}\n", SIZE_TYPE)
            if not verify_consistency(seen.size, checkpoint.size, seen.root, checkpoint.root, proof):
                return Reply(422, "The proof does not lead from what this witness saw to the checkpoint.\n")
            self._remember(checkpoint, note)
        return Reply(200, self.key.cosign(checkpoint, at))


def read_request(text: str) -> tuple[int, list[bytes], str]:
    """Old size, proof and note. Raises BadNote for any other text."""
    head, empty, note = text.partition("\n\n")
    old, *lines = head.split("\n")
    word, _, number = old.partition(" ")
    if not empty or word != "old" or not (number.isascii() and number.isdecimal()) or len(number) > 19:
        raise BadNote("A request begins with “old”, the old size, proof lines and an empty line.")
    if len(lines) > MOST_PROOF_LINES or str(int(number)) != number:
        raise BadNote("A request has the old size without zeros before it, and at most 63 proof lines.")
    try:
        return int(number), [bytes_of(line) for line in lines], note
    except ValueError:
        raise BadNote("A proof line is one hash in base64.") from None


def _write(path: Path, text: str) -> None:
    """Whole and on the disk, or not at all: after a power cut the old or the new stands there."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""Verify an extract of the ledger: `python verify_file.py FILE [--key KEY] [--witness KEY]`.

This one file is all that is needed, with Python 3.11 and the package `cryptography`: no database, nothing else of
Engage. Hand it over with the extract, so that a court, an inquiry or a partner can check for themselves.

An extract is a text of one JSON object a line: what the ledger is and whose keys sign it; each entry at its place,
with its body or, where that was left out, with its hash alone; each checkpoint after the last entry it speaks of;
and how many there are. Keys inside the file are what its maker says they are. Whoever needs more has the keys from the
ledger's keeper and from each witness, and gives them with --key and --witness.

Exits with 0 if everything holds, 1 if something was changed, 2 if the file cannot be read.

Sources: RFC 6962 and RFC 9162, section 2.1; C2SP signed-note, tlog-checkpoint, tlog-cosignature.
"""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "engage-ledger/1"
LEDGER, WITNESS = 1, 4
MOST_PROBLEMS = 100  # kept; all are counted

# One JSON text for one body: keys in order, no spaces, letters as they are.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class CannotRead(Exception):
    """This is no extract of a ledger."""


@dataclass(frozen=True)
class Problem:
    """`first` is the first index that it may concern, `last` the last; equal where it is known which."""

    first: int
    last: int
    entry: str
    sentence: str

    def __str__(self) -> str:
        where = f"index {self.first}" if self.first == self.last else f"index {self.first} to {self.last}"
        return f"{where}{f', entry {self.entry}' if self.entry else ''}: {self.sentence}"


@dataclass
class Verification:
    """Takes places and checkpoints in their order, and remembers what does not hold."""

    keys: list[str]
    witnesses: list[str]
    origin: str
    size: int = 0
    vouched_for: int = 0  # entries up to the last checkpoint that holds
    checkpoints: int = 0
    cosigned: dict[str, int] = field(default_factory=dict)  # witness → the largest size it cosigned
    unknown: set[str] = field(default_factory=set)  # who says to have cosigned, and whose key is not given
    problems: list[Problem] = field(default_factory=list)
    problems_in_all: int = 0
    _edge: list[bytes] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _broken: bool = False

    def __post_init__(self) -> None:
        self._believed = {name_id: key for one in self.keys for name_id, key in _key(one, LEDGER)}
        self._witnesses = {name_id: key for one in self.witnesses for name_id, key in _key(one, WITNESS)}

    def place(self, index: int, leaf: bytes | None, body: dict | None) -> None:
        """The entry at `index`: its body, or where that was left out the hash of it that was kept."""
        entry = str(body.get("id", "")) if body is not None else ""
        if index != self.size:
            if index > self.size:
                self.wrong(self.size, index - 1, "", "missing")
            else:
                self.wrong(index, index, entry, "stands where another entry should")
            self._broken = True
        if body is not None:
            made = self.hash_of(body, leaf)
            if leaf is not None and made != leaf:
                self.wrong(index, index, entry, "changed after it was recorded")
            leaf = made if leaf is None else leaf
            self._not_seen_before(index, entry)
        if leaf is None or len(leaf) != 32:
            self.wrong(index, index, entry, "neither its body nor its hash is there")
            self._broken, leaf = True, b"\x00" * 32
        self._append(leaf)
        if index >= self.size:
            self.size = index + 1

    def hash_of(self, body: dict, kept: bytes | None) -> bytes:
        """What a body's leaf must be. Whoever can tell sooner that it is `kept` may do so instead."""
        return sha256(b"\x00" + _canonical(body).encode("utf-8", "surrogatepass")).digest()

    def _not_seen_before(self, index: int, entry: str) -> None:
        if entry in self._seen:
            self.wrong(index, index, entry, "stands in the ledger a second time")
        self._seen.add(entry)

    def _append(self, leaf: bytes) -> None:
        edge, count = self._edge, self.size
        while count % 2:
            leaf = sha256(b"\x01" + edge.pop() + leaf).digest() if edge else leaf
            count //= 2
        edge.append(leaf)

    def _root(self) -> bytes:
        if not self._edge:
            return sha256(b"").digest()
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = sha256(b"\x01" + left + root).digest()
        return root

    def checkpoint(self, text: str, cosignatures: Iterable[str] = ()) -> None:
        """A signed statement on the entries so far, and what witnesses said of it."""
        self.checkpoints += 1
        body, signatures = _note(text)
        lines = body.split("\n")
        if len(lines) != 4 or lines[0] != self.origin or not lines[1].isdecimal():
            self.wrong(self.size, self.size, "", "a checkpoint here is none of this ledger")
            return
        for_size = f"the checkpoint of size {lines[1][:19]}"
        own = [(key, s) for name_id, s in signatures if (key := self._believed.get(name_id))]
        if not own or not all(_verifies(key, body.encode(), signature) for key, signature in own):
            self.wrong(self.vouched_for, self.size, "", f"{for_size} is not signed by this ledger's key")
            return
        size = int(lines[1])
        last = max(size - 1, 0)
        if size > self.size:
            self.wrong(self.vouched_for, last, "", f"{for_size} speaks of more entries than are there")
            self._broken = True
        elif size < self.size:
            self.wrong(self.vouched_for, self.size - 1, "", f"{for_size} stands after more entries")
            self._broken = True
        elif not self._broken and b64encode(self._root()).decode() != lines[2]:
            # Which one it was no longer shows: body and kept hashes were changed together.
            self.wrong(self.vouched_for, last, "", f"not as signed in {for_size}")
            self._broken = True
        if not self._broken and size == self.size:
            self.vouched_for = size
        self._cosignatures(body, size, cosignatures)

    def _cosignatures(self, body: str, size: int, lines: Iterable[str]) -> None:
        for name_id, signature in (one for line in lines for one in _signatures(line)):
            witness = self._witnesses.get(name_id)
            if witness is None:
                self.unknown.add(name_id[0].decode())
                continue
            name, at = name_id[0].decode(), int.from_bytes(signature[:8], "big")
            if _verifies(witness, f"cosignature/v1\ntime {at}\n{body}".encode(), signature[8:]):
                self.cosigned[name] = max(size, self.cosigned.get(name, 0))
            else:
                sentence = f"what {name} cosigned at size {size} is something else"
                self.wrong(self.vouched_for, max(size - 1, 0), "", sentence)

    def end(self, size: int | None = None) -> None:
        if size is not None and size != self.size:
            self.wrong(min(size, self.size), max(size, self.size) - 1, "", f"there should be {size} entries")
        if self.size > self.vouched_for and not self._broken:
            self.wrong(self.vouched_for, self.size - 1, "", "no checkpoint speaks of it")

    def wrong(self, first: int, last: int, entry: str, sentence: str) -> None:
        self.problems_in_all += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(first, max(first, last), entry, sentence))

    def first_problem(self) -> Problem | None:
        """The lowest index that is wrong; as a span where it is not known which of several it is."""
        known = {one.first for one in self.problems if one.first == one.last}
        unexplained = [
            one
            for one in self.problems
            if one.first == one.last or not any(one.first <= index <= one.last for index in known)
        ]
        return min(unexplained, key=lambda one: (one.first, one.last), default=None)


NameId = tuple[bytes, bytes]


def _key(text: str, kind: int) -> Iterator[tuple[NameId, Ed25519PublicKey]]:
    """A public key as `name+id+key`."""
    try:
        name, told, key = text.strip().split("+", 2)
        raw = b64decode(key, validate=True)
        made = sha256(name.encode() + b"\n" + raw).digest()[:4]
        if raw[0] != kind or made.hex() != told:
            raise ValueError
        yield (name.encode(), made), Ed25519PublicKey.from_public_bytes(raw[1:])
    except (ValueError, IndexError):
        raise CannotRead(f"This is no public key of a {'ledger' if kind == LEDGER else 'witness'}.") from None


def _note(text: str) -> tuple[str, list[tuple[NameId, bytes]]]:
    body, empty, lines = text.rpartition("\n\n")
    return (body + "\n", _signatures(lines)) if empty else ("", [])


def _signatures(lines: str) -> list[tuple[NameId, bytes]]:
    found = []
    for line in lines.split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, coded = rest.partition(" ")
        try:
            raw = b64decode(coded, validate=True)
        except ValueError:
            continue
        if dash == "—" and name and raw:
            found.append(((name.encode(), raw[:4]), raw[4:]))
    return found


def _verifies(key: Ed25519PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def verify_lines(
    lines: Iterable[str], keys: list[str] | None = None, witnesses: list[str] | None = None
) -> Verification:
    """Verify an extract. Raises CannotRead where it is none."""
    found: Verification | None = None
    ended = False
    for number, line in enumerate(lines, start=1):
        try:
            said = json.loads(line)
            kind = said["kind"]
            if kind == "ledger" and found is None and said["format"] == FORMAT:
                found = Verification(keys or said["keys"], witnesses or said["witnesses"], said["origin"])
            elif found is None or ended:
                raise ValueError
            elif kind == "place":
                leaf = said.get("leaf")
                found.place(said["index"], None if leaf is None else bytes.fromhex(leaf), said.get("body"))
            elif kind == "checkpoint":
                found.checkpoint(said["text"], said["cosignatures"])
            elif kind == "end":
                found.end(said["size"])
                ended = True
            else:
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise CannotRead(f"Line {number} is not what stands in an extract of a ledger.") from None
    if found is None:
        raise CannotRead("This is no extract of a ledger.")
    if not ended:
        found.wrong(found.size, found.size, "", "the extract stops here")
        found.end()
    return found


def say(found: Verification, given: bool) -> None:
    print(f"Ledger {found.origin}: {found.size} entries, {found.checkpoints} checkpoints.")
    print(
        f"Keys: {'as given' if given else 'as the file itself says; ask the keeper of the ledger for the key'}."
    )
    for witness, size in sorted(found.cosigned.items()):
        print(f"Witness {witness} cosigned {size} entries.")
    for witness in sorted(found.unknown):
        print(f"Not verified: a cosignature in the name of {witness}, whose public key is not given.")
    if not found.cosigned:
        print("No witness vouches for it: whoever has the ledger's key could have written it anew.")
    if not found.problems:
        print(f"Unchanged up to entry {found.vouched_for}.")
    begins = found.first_problem()
    for problem in sorted(found.problems, key=lambda one: (one != begins, one.first, one.last)):
        print(f"Wrong: {problem}")
    if found.problems_in_all > len(found.problems):
        print(f"… and {found.problems_in_all - len(found.problems)} more.")


def main() -> int:
    arguments = argparse.ArgumentParser(description="Verify an extract of a ledger.")
    arguments.add_argument("file", help="The extract")
    arguments.add_argument("--key", action="append", help="Public key of the ledger, from its keeper")
    arguments.add_argument("--witness", action="append", help="Public key of a witness, from the witness")
    chosen = arguments.parse_args()
    try:
        with open(chosen.file, encoding="utf-8") as lines:
            found = verify_lines(lines, chosen.key, chosen.witness)
    except (OSError, UnicodeDecodeError, CannotRead) as problem:
        print(problem, file=sys.stderr)
        return 2
    say(found, bool(chosen.key))
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())

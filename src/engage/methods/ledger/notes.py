"""Statements about a ledger that somebody signed: checkpoints, and cosignatures of witnesses.

Texts as in C2SP signed-note, tlog-checkpoint and tlog-cosignature, so that any witness of that kind understands them.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LEDGER, WITNESS = 1, 4  # kinds of signature: Ed25519 over a note, and a witness's with its time
MOST_SIGNATURES = 64
LARGEST_NOTE = 64 * 1024


class BadNote(Exception):
    """A text that is not what it should be; the message says what is wrong with it."""


@dataclass(frozen=True)
class PublicKey:
    """Who is believed: written `name+id+key`, as in C2SP signed-note."""

    name: str
    kind: int
    key: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.kind]) + self.key).decode()}"

    @classmethod
    def read(cls, text: str) -> PublicKey:
        try:
            name, told, key = text.strip().split("+", 2)
            raw = bytes_of(key)
            found = cls(name, raw[0], raw[1:])
        except (ValueError, IndexError):
            raise BadNote("A public key is written name+id+key.") from None
        if found.kind not in (LEDGER, WITNESS) or len(found.key) != 32 or found.id.hex() != told:
            raise BadNote(f"The public key of {name} does not fit its id.")
        return found

    def verifies_message(self, kind: str, message: bytes, signature: bytes) -> bool:
        """A signature by `SigningKey.sign_message` of the same kind."""
        return self.verifies(_of_kind(kind, message), signature)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A name with its private key: 32 random bytes."""

    def __init__(self, name: str, seed: bytes, kind: int = LEDGER) -> None:
        if not name or "+" in name or any(c.isspace() or ord(c) < 32 for c in name):
            raise ValueError("A name has no space and no +.")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(name, kind, self._private.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint) -> str:
        """The checkpoint as a signed note."""
        return f"{checkpoint.body}\n{self._line(self._private.sign(checkpoint.body.encode()))}"

    def sign_message(self, kind: str, message: bytes) -> bytes:
        """Something else than a checkpoint. Its kind is signed with it, so that no signature passes for another's."""
        return self._private.sign(_of_kind(kind, message))

    def cosign(self, checkpoint: Checkpoint, at: int) -> str:
        """A witness's line: at `at`, in seconds since 1970, this was the largest tree it had seen of this ledger."""
        signature = self._private.sign(_cosigned(checkpoint.body, at))
        return self._line(at.to_bytes(8, "big") + signature)

    def _line(self, signature: bytes) -> str:
        return f"— {self.public.name} {b64encode(self.public.id + signature).decode()}\n"


@dataclass(frozen=True)
class Checkpoint:
    """How large a ledger is and what its root is."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def read_note(text: str) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    """A checkpoint and its signatures, each with the name it claims. Nothing is verified yet."""
    body, empty, lines = text.rpartition("\n\n")
    if not empty or len(text) > LARGEST_NOTE or not text.endswith("\n"):
        raise BadNote("This is no signed note.")
    said = body.split("\n")
    try:
        origin, size, root = said
        checkpoint = Checkpoint(origin, int(size), bytes_of(root))
    except ValueError:
        raise BadNote("This is no checkpoint: it says origin, size and root, each on its line.") from None
    # Read and written again it must be the same text: one statement has one writing.
    if (
        not origin
        or not 0 <= checkpoint.size < 2**63
        or len(checkpoint.root) != 32
        or checkpoint.body != body + "\n"
    ):
        raise BadNote("This is no checkpoint: origin, size or root is written in another way.")
    return checkpoint, read_signatures(lines)


def read_signatures(lines: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for line in lines.removesuffix("\n").split("\n") if lines else []:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—" or len(found) == MOST_SIGNATURES:
            raise BadNote("This is no line of a signature.")
        try:
            found.append((parts[1], bytes_of(parts[2])))
        except ValueError:
            raise BadNote("This is no line of a signature.") from None
    return found


def signed_by(checkpoint: Checkpoint, signatures: Iterable[tuple[str, bytes]], key: PublicKey) -> bool:
    """Whether this key signed it. A signature that claims to be of this key and is not spoils the note."""
    of_key = [signature[4:] for name, signature in signatures if (name, signature[:4]) == (key.name, key.id)]
    return bool(of_key) and all(key.verifies(checkpoint.body.encode(), one) for one in of_key)


def cosigned_at(
    checkpoint: Checkpoint, signatures: Iterable[tuple[str, bytes]], witness: PublicKey
) -> int | None:
    """When this witness cosigned it, in seconds since 1970; None if no line of its holds."""
    for name, signature in signatures:
        if (name, signature[:4]) == (witness.name, witness.id) and len(signature) == 4 + 8 + 64:
            at = int.from_bytes(signature[4:12], "big")
            if witness.verifies(_cosigned(checkpoint.body, at), signature[12:]):
                return at
    return None


def bytes_of(text: str) -> bytes:
    """Base64 in its one proper writing. The last letter of a text may hold bits that a usual reader passes over."""
    found = b64decode(text, validate=True)
    if b64encode(found).decode() != text:
        raise ValueError("This is not how these bytes are written.")
    return found


def _of_kind(kind: str, message: bytes) -> bytes:
    return kind.encode() + b"\x00" + message


def _cosigned(body: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{body}".encode()

"""The keys that texts and files are encrypted with: a root key in a file outside the database, and of each
compartment a key of its own, kept in the database wrapped by the root key.

A stored value bears a data key of its own, wrapped by its compartment's (`encrypted`, `encrypted_files`).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES
SEALED = "sealed-1"
# Creators of keys share it; changing the root key takes it alone (`rewrapping`).
KEYS_LOCK = "engage.keys"


class KeyProblem(Exception):
    """A key is not there or not the right one. The message says which, and what to do."""


class DoesNotOpen(Exception):
    """What is stored was altered, moved from elsewhere or cut, or its key is another. Never answered with nothing.

    One thing is not told apart: a value emptied altogether reads as nothing said, which is kept as nothing
    (`encrypted.seal`). `keys check` names it in the columns where something is always said.
    """


@dataclass(frozen=True)
class RootKey:
    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Tells two root keys apart and says nothing of either."""
        return hashlib.sha256(b"engage root key name\0" + self.secret).hexdigest()[:16]


@dataclass(frozen=True)
class OpenKey:
    id: UUID
    aead: AESGCM = field(repr=False)


def root_key_file() -> Path:
    return Path(settings.ROOT_KEY_FILE)


def root_key(path: Path | None = None) -> RootKey:
    """Raises KeyProblem where the file is not there, cannot be read or holds something else."""
    path = path or root_key_file()
    try:
        secret = b64decode(path.read_text().strip(), validate=True)
    except FileNotFoundError:
        raise KeyProblem(
            f"The root key is not at {path}. Put the file back, or set ENGAGE_ROOT_KEY_FILE to where it is."
            " Only for a new installation: ./run engage keys make."
        ) from None
    except OSError as problem:
        raise KeyProblem(f"The root key at {path} cannot be read: {problem.strerror}.") from None
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise KeyProblem(f"The file {path} holds no root key: put back the one that was there.")
    return RootKey(secret)


def make_root_key(path: Path | None = None) -> bool:
    """Whether it was made; one that is there stays. Only by `./run engage keys make`, `keys rotate --root` and the demo."""
    path = path or root_key_file()
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)  # whole or not at all, and the first of two makers wins
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # nothing is wrapped by a key whose name a power cut could still take
        finally:
            os.close(folder)
        return True
    except FileExistsError:
        return False
    finally:
        new.unlink()


def wrap(root: RootKey, key_id: UUID, secret: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(root.secret).encrypt(nonce, secret, _place(key_id))


def unwrap(root: RootKey, key_id: UUID, wrapped: bytes) -> bytes:
    """Raises DoesNotOpen."""
    try:
        return AESGCM(root.secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _place(key_id))
    except InvalidTag:
        raise DoesNotOpen("A compartment's key does not open: it was altered or moved.") from None


def _place(key_id: UUID) -> bytes:
    return b"engage compartment key\0" + key_id.bytes


def seal_text(text: str, root: RootKey, place: bytes) -> str:
    """Of what is few and short, and in no compartment. It opens at its place alone."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(root.secret).encrypt(nonce, text.encode(), place)
    return f"{SEALED}:{root.name}:{b64encode(sealed).decode()}"


def open_text(value: str, root: RootKey, place: bytes) -> str:
    """Raises DoesNotOpen, for one in clear too, and KeyProblem where another root key sealed it."""
    version, _, rest = value.partition(":")
    sealed_by, _, text = rest.partition(":")
    if version != SEALED:
        raise DoesNotOpen("What the root key sealed is not in a form that this release knows.")
    if sealed_by != root.name:
        raise another_root(root, sealed_by)
    try:
        sealed = b64decode(text, validate=True)
        return AESGCM(root.secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place).decode()
    except (InvalidTag, ValueError):
        raise DoesNotOpen("What the root key sealed does not open: it was altered or moved.") from None


# Keys as they are used, by their random ids: what an id stands for never changes.
_opened: dict[UUID, OpenKey] = {}


def forget() -> None:
    """For tests and for `keys check`: every key is opened anew."""
    _opened.clear()


def key_called(key_id: UUID, on=connection) -> OpenKey:
    """Raises KeyProblem, and DoesNotOpen where there is no such key."""
    if key_id in _opened:
        return _opened[key_id]
    with on.cursor() as cursor:
        cursor.execute("SELECT root, wrapped FROM access_compartmentkey WHERE id = %s", [key_id])
        found = cursor.fetchone()
    if found is None:
        raise DoesNotOpen("The key of a stored value is not among the keys of this database.")
    return _open(key_id, *found)


def live_key(compartment_id: int, on=connection) -> OpenKey:
    """The key under which new values of a compartment are kept; made when first needed. Raises KeyProblem.

    Asked of the database each time, once for however many rows: a key that a rolled-back transaction made is no key.
    """
    live = _live(compartment_id, on)
    if live is None:
        root, key_id = root_key(), uuid4()
        with on.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [KEYS_LOCK])
        refuse_another_root(root, on)
        with on.cursor() as cursor:
            cursor.execute(
                "INSERT INTO access_compartmentkey (id, compartment_id, version, root, wrapped, made_at)"
                " SELECT %s, %s, coalesce(max(version), 0) + 1, %s, %s, now() FROM access_compartmentkey"
                " WHERE compartment_id = %s ON CONFLICT DO NOTHING",
                [
                    key_id,
                    compartment_id,
                    root.name,
                    wrap(root, key_id, os.urandom(KEY_BYTES)),
                    compartment_id,
                ],
            )
        live = _live(compartment_id, on)  # another process may have been first
        assert live is not None
    key_id, wrapped_by, wrapped = live
    return _opened.get(key_id) or _open(key_id, wrapped_by, wrapped)


def _live(compartment_id: int, on) -> tuple[UUID, str, bytes] | None:
    with on.cursor() as cursor:
        cursor.execute(
            "SELECT id, root, wrapped FROM access_compartmentkey WHERE compartment_id = %s AND retired_at IS NULL",
            [compartment_id],
        )
        return cursor.fetchone()


def _open(key_id: UUID, wrapped_by: str, wrapped: bytes) -> OpenKey:
    root = root_key()
    if wrapped_by != root.name:
        raise another_root(root, wrapped_by)
    opened = OpenKey(key_id, AESGCM(unwrap(root, key_id, bytes(wrapped))))
    _opened[key_id] = opened
    return opened


def refuse_another_root(root: RootKey, on=connection) -> None:
    """Raises KeyProblem where the keys of the database are wrapped by another root key."""
    with on.cursor() as cursor:
        cursor.execute("SELECT root FROM access_compartmentkey WHERE root <> %s LIMIT 1", [root.name])
        if other := cursor.fetchone():
            raise another_root(root, other[0])


def another_root(root: RootKey, wrapped_by: str) -> KeyProblem:
    return KeyProblem(
        f"The root key at {root_key_file()} is {root.name}, and the keys of this database are wrapped by root key"
        f" {wrapped_by}. Set ENGAGE_ROOT_KEY_FILE to the file of that one, and start again."
    )


def refuse_to_start_without_keys() -> None:
    """Asked by each process that serves or works, before it does. Raises KeyProblem for the first key that is wrong."""
    for name in settings.KEYS_NOT_SET:
        raise KeyProblem(
            f"Set {name}: the key is missing. If it was lost, see “Keys” in docs/how-to/install.md;"
            " nothing is made in its place."
        )
    root = root_key()
    try:
        refuse_another_root(root)
    except (OperationalError, ProgrammingError):
        return  # no database to ask, or no tables yet: whoever first needs a key is told the same

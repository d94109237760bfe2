"""Whose signatures the ledger has: its own key, in a file apart from the database, and its witnesses' public keys."""

from __future__ import annotations

import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from engage.methods.ledger import BadNote, PublicKey, SigningKey

SEED_BYTES = 32


class NoSigningKey(Exception):
    """The ledger's key is not where the settings say; the message says what to do."""


@dataclass(frozen=True)
class Witness:
    """A partner's witness: where it is asked, and whose cosignature is believed."""

    address: str
    key: PublicKey

    @property
    def name(self) -> str:
        return self.key.name


def signing_key() -> SigningKey:
    """Raises NoSigningKey where the file is not there or holds something else."""
    path = Path(settings.LEDGER_KEY_FILE)
    try:
        seed = b64decode(path.read_text().strip(), validate=True)
    except FileNotFoundError:
        raise NoSigningKey(
            f"The ledger's key is not at {path}. Put back the file that signed the ledger so far, or set"
            " ENGAGE_LEDGER_KEY_FILE to where it is."
        ) from None
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise NoSigningKey(f"The file {path} holds no key of a ledger.")
    return SigningKey(settings.LEDGER_ORIGIN, seed)


def make_signing_key() -> None:
    """Make the file unless it is there. Only for a ledger that nothing has signed yet: see `signing_key_of_the_ledger`."""
    path = Path(settings.LEDGER_KEY_FILE)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(b64encode(secrets.token_bytes(SEED_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)  # whole or not at all, and the first of two makers wins
    except FileExistsError:
        pass
    finally:
        new.unlink()


def witnesses() -> list[Witness]:
    """As set: `ADDRESS KEY, ADDRESS KEY`. Raises BadNote for a key that cannot be read."""
    found = []
    for one in filter(None, (part.strip() for part in settings.WITNESSES.split(","))):
        address, _, key = one.partition(" ")
        if not address.startswith(("http://", "https://")):
            raise BadNote("A witness is set as its address, a space and its public key.")
        found.append(Witness(address.rstrip("/"), PublicKey.read(key)))
    return found

"""A bundle sealed for an inquiry: a ZIP with its PDF, every item as a text, a list with their hashes, and a signature.

Whoever has the ledger's public key can tell that it came from here unaltered, for whom it was, and which entry of the
ledger accounts for it. Whether it still stands, or was replaced or recalled, is known here alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engage.methods.ledger import PublicKey, SigningKey
from engage.methods.ledger.notes import bytes_of
from engage.practice.access.audit import canonical, leaf_of

FORMAT = "engage-bundle/v1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
LARGEST_PART = 100 * 1024 * 1024
MOST_PARTS = 20_000
LARGEST_BUNDLE = 500 * 1024 * 1024


class NotGenuine(Exception):
    """The message says in plain words what is wrong, and names the item."""


@dataclass(frozen=True)
class Sealed:
    number: str
    edition: int
    notice: str
    asked_by: str
    sealed_at: str
    manifest_sha256: str
    entry: Mapping[str, Any]
    items: int


def content_list(parts: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in sorted(parts.items())
    ]


def digest_of_list(parts: Mapping[str, bytes]) -> str:
    """What the ledger's entry is about, before there is an entry to name in the manifest."""
    return hashlib.sha256(canonical({"items": content_list(parts)})).hexdigest()


def sealed(
    parts: Mapping[str, bytes], told: Mapping[str, Any], entry: Mapping[str, Any], key: SigningKey
) -> tuple[bytes, str]:
    """The file, and the SHA-256 of its manifest. `entry` is the ledger's entry for it, which names no person."""
    manifest = canonical(
        {
            "format": FORMAT,
            **told,
            "items": content_list(parts),
            "entry": dict(entry),
            "entry_leaf": leaf_of(dict(entry)).hex(),
            "key": str(key.public),
        }
    )
    signature = b64encode(key.sign_message(FORMAT, manifest)) + b"\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in [(MANIFEST, manifest), (SIGNATURE, signature), *sorted(parts.items())]:
            made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return file.getvalue(), hashlib.sha256(manifest).hexdigest()


def opened(file: bytes, keys: list[PublicKey]) -> Sealed:
    """Raises NotGenuine for anything but what one of these keys sealed, every item of it and nothing else."""
    parts = _parts(file)
    try:
        manifest, signature = parts.pop(MANIFEST), parts.pop(SIGNATURE)
    except KeyError as missing:
        raise NotGenuine(f"Forged or broken: it has no {missing.args[0]}.") from None
    try:
        raw = bytes_of(signature.decode("ascii").strip())
    except (ValueError, UnicodeError):
        raw = b""
    if not any(key.verifies_message(FORMAT, manifest, raw) for key in keys):
        raise NotGenuine("Forged: its list of items was not signed here, or was altered afterwards.")
    told = json.loads(manifest)
    listed = {one["name"]: one["sha256"] for one in told["items"]}
    for name, wanted in listed.items():
        if name not in parts:
            raise NotGenuine(f"Altered: {name} is missing.")
        if hashlib.sha256(parts[name]).hexdigest() != wanted:
            raise NotGenuine(f"Altered: {name} is not what was sealed.")
    for name in parts:
        if name not in listed:
            raise NotGenuine(f"Altered: {name} was put in afterwards.")
    if told["format"] != FORMAT or leaf_of(told["entry"]).hex() != told["entry_leaf"]:
        raise NotGenuine("Altered: the ledger's entry in it is not the one that accounts for it.")
    return Sealed(
        told["number"],
        told["edition"],
        told["notice"],
        told["asked_by"],
        told["sealed_at"],
        hashlib.sha256(manifest).hexdigest(),
        told["entry"],
        len(listed),
    )


def _parts(file: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as read:
            listed = read.infolist()
            if len(listed) > MOST_PARTS or sum(one.file_size for one in listed) > LARGEST_BUNDLE:
                raise NotGenuine("It is larger than any bundle made here.")
            names = [one.filename for one in listed]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise NotGenuine(f"Altered: {twice[0]} is in it twice.")
            return {one.filename: _read(read, one) for one in listed}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as problem:
        raise NotGenuine("It cannot be read: it is no sealed bundle, or was cut short.") from problem


def _read(read: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    """No further than it says it is long: a small file may claim little and unpack to fill a disk."""
    with read.open(one) as part:
        content = part.read(LARGEST_PART + 1)
    if len(content) > LARGEST_PART:
        raise NotGenuine(f"{one.filename} is larger than any item made here.")
    return content

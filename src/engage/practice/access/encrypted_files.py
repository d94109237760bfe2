"""Files encrypted on disk, chunk by chunk: a large one is never in memory, and one that was cut does not open.

A file begins with its version, the id of its compartment's key and its own data key, wrapped. Then come chunks of
1 MiB, each sealed with AES-GCM under its number; the last one alone is marked as the last, so that neither a chunk nor
the end can be taken away, doubled or put elsewhere without that showing (the construction known as STREAM).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from .keys import KEY_BYTES, NONCE_BYTES, TAG_BYTES, WRAPPED_BYTES, DoesNotOpen, OpenKey, key_called

VERSION = b"ENGAGE-FILE-1\n"
CHUNK_BYTES = 1 << 20
PREFIX_BYTES = (
    7  # of each nonce; then four bytes of the chunk's number, and one that says whether it is the last
)
_HEADER_BYTES = len(VERSION) + 16 + WRAPPED_BYTES + PREFIX_BYTES


def write_encrypted(parts: Iterable[bytes], path: Path, *, name: str, key: OpenKey) -> None:
    """`name` is sealed in: the file opens under no other. Nothing is left where writing fails."""
    where = _place(name)
    fresh = os.urandom(KEY_BYTES + NONCE_BYTES + PREFIX_BYTES)
    data_key, nonce, prefix = fresh[:KEY_BYTES], fresh[KEY_BYTES:-PREFIX_BYTES], fresh[-PREFIX_BYTES:]
    sealer = AESGCM(data_key)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(VERSION + key.id.bytes + nonce + key.aead.encrypt(nonce, data_key, where) + prefix)
            chunks = _chunks(parts)
            waiting = next(chunks, b"")
            for number in count():
                following = next(chunks, None)
                file.write(sealer.encrypt(_nonce(prefix, number, last=following is None), waiting, where))
                if following is None:
                    return
                waiting = following
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def decrypted(path: Path, *, name: str) -> Iterator[bytes]:
    """The file's content in parts. Raises DoesNotOpen, at the latest before the part that is not as it was written."""
    where = _place(name)
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES or not header.startswith(VERSION):
            raise DoesNotOpen("A received file does not open: it is not in a form that this release knows.")
        key_id, wrapped, prefix = _parts_of(header)
        data_key = _opened(key_called(key_id).aead, wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], where)
        opener = AESGCM(data_key)
        chunk = file.read(CHUNK_BYTES + TAG_BYTES)
        for number in count():
            following = file.read(CHUNK_BYTES + TAG_BYTES)
            yield _opened(opener, _nonce(prefix, number, last=not following), chunk, where)
            if not following:
                return
            chunk = following


@contextmanager
def in_clear(path: Path, *, name: str) -> Iterator[Path]:
    """The content as a file that readers can open, more than once and from any place in it.

    It has no name on the disk: nobody else can open it, and it is gone when this process is, however that ends. The
    path that is given leads to it for this process and its children alone.
    """
    with nameless(path.parent) as clear:
        for part in decrypted(path, name=name):
            clear.write(part)
        clear.flush()
        yield path_of(clear)


def nameless(folder: Path) -> IO[bytes]:
    """A new file in `folder` that has no name there."""
    return tempfile.TemporaryFile(dir=folder)


class NamelessUploadHandler(FileUploadHandler):
    """What a browser sends goes to disk at once, never into memory, and has no name there."""

    file: UploadedFile | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        folder = Path(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir())
        self.file = UploadedFile(
            nameless(folder), self.file_name, self.content_type, 0, self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.file is not None
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self.file is not None:
            self.file.seek(0)
            self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if self.file is not None:
            self.file.close()


def path_of(file: IO[bytes]) -> Path:
    return Path(f"/proc/self/fd/{file.fileno()}")


def _parts_of(header: bytes) -> tuple[UUID, bytes, bytes]:
    at = len(VERSION)
    return (
        UUID(bytes=header[at : at + 16]),
        header[at + 16 : at + 16 + WRAPPED_BYTES],
        header[-PREFIX_BYTES:],
    )


def _place(name: str) -> bytes:
    return VERSION + name.encode()


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4) + bytes([last])


def _opened(opener: AESGCM, nonce: bytes, sealed: bytes, where: bytes) -> bytes:
    try:
        return opener.decrypt(nonce, sealed, where)
    except InvalidTag:
        raise DoesNotOpen("A received file does not open: it was altered, cut or moved.") from None


def _chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one chunk each; the last may be shorter."""
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)

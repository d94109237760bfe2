"""The malware scanner that the installation runs: ClamAV's daemon, asked over its own socket (decision 0035).

A file goes there in pieces and is never whole in memory. Where no scanner is set nothing is scanned; where one is set
and gives no clear answer, the file is not taken.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from django.conf import settings

PIECE_BYTES = 64 * 1024
SECONDS_TO_ANSWER = 5  # to whether it is there
LONGEST_ANSWER = 4096
# With AlertExceedsMax it says so of what it did not look through whole; without, it calls that clean.
NOT_WHOLE = "Heuristics.Limits.Exceeded"


class MalwareFound(Exception):
    """What the scanner calls it."""


class NotScannedWhole(Exception):
    """Larger, or more deeply packed, than the scanner looks into. Sent again it would be no different."""


class ScannerAway(Exception):
    """No clear answer in time. The message is for whoever sent the file."""

    def __init__(self) -> None:
        super().__init__(
            "The file was not taken. Files are scanned for malware first, and the scanner does not answer. "
            "Try again in a few minutes."
        )


def is_set() -> bool:
    return bool(settings.SCANNER)


def scan(parts: Iterable[bytes]) -> None:
    """Returns where nothing was found, or no scanner is set. Raises MalwareFound, NotScannedWhole, ScannerAway."""
    if not is_set():
        return
    answer = _asked(b"zINSTREAM\0", _pieces(parts), seconds=settings.SCANNER_SECONDS)
    if answer == "stream: OK":
        return
    if answer.endswith(" FOUND"):
        found = answer.removeprefix("stream: ").removesuffix(" FOUND")
        if found.startswith(NOT_WHOLE):
            raise NotScannedWhole
        raise MalwareFound(found)
    if answer.startswith("INSTREAM size limit exceeded"):
        raise NotScannedWhole
    raise ScannerAway


def scan_path(path: Path) -> None:
    with path.open("rb") as file:
        scan(iter(lambda: file.read(PIECE_BYTES), b""))


def version() -> str:
    """The scanner's own words: its version, and where it has them of which day its signatures are. Raises ScannerAway."""
    return _asked(b"zVERSION\0", (), seconds=SECONDS_TO_ANSWER)


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Each with its length before it; one of length nothing is the end."""
    for part in parts:
        for at in range(0, len(part), PIECE_BYTES):
            piece = part[at : at + PIECE_BYTES]
            yield len(piece).to_bytes(4) + piece
    yield bytes(4)


def _asked(command: bytes, pieces: Iterable[bytes], *, seconds: float) -> str:
    ends = time.monotonic() + seconds
    with _connected(min(seconds, SECONDS_TO_ANSWER)) as scanner:
        try:
            for piece in chain([command], pieces):
                _in_time(scanner, ends)
                scanner.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it stops listening where a file is too large for it, and has said so
        return _answer(scanner, ends)


def _answer(scanner: socket.socket, ends: float) -> str:
    got = bytearray()
    try:
        while b"\0" not in got and len(got) < LONGEST_ANSWER:
            _in_time(scanner, ends)
            part = scanner.recv(LONGEST_ANSWER)
            if not part:
                break
            got += part
    except OSError as silent:
        raise ScannerAway from silent
    if b"\0" not in got:  # broken off: half an answer is none
        raise ScannerAway
    return got.split(b"\0")[0].decode("ascii", "replace")


def _in_time(scanner: socket.socket, ends: float) -> None:
    left = ends - time.monotonic()
    if left <= 0:
        raise ScannerAway
    scanner.settimeout(left)


@contextmanager
def _connected(seconds: float) -> Iterator[socket.socket]:
    """`host:port`, or the path of a socket. Whatever goes wrong on the way is one thing: no answer."""
    host, _, port = settings.SCANNER.rpartition(":")
    try:
        if settings.SCANNER.startswith("/"):
            scanner = socket.socket(socket.AF_UNIX)
            scanner.settimeout(seconds)
        else:
            scanner = socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)
        with scanner:
            if settings.SCANNER.startswith("/"):
                scanner.connect(settings.SCANNER)
            yield scanner
    except (OSError, ValueError) as away:
        raise ScannerAway from away

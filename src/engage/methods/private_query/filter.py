"""The compact filter that the holder ships: whether something the oblivious function gave is among what the holder has.

A filter is a header line, a body and a signature of the holder over both. The body keeps three bytes of each value, in
groups of some sixteen, sorted: about 24.5 bits a value, and it says yes wrongly once in 2²⁰ or so (16 / 2²⁴). Never no
wrongly. Without the holder's answers its bytes are as good as random; with them, a value can only be tested one by one.

Its size tells how many values are in it. Two filters under one key show what came and went between them: a holder
makes each filter under a new key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate

from engage.methods.ledger import PublicKey, SigningKey

from . import oprf

FORMAT = "engage private query filter 1"
KIND = (
    "private-query-filter"  # signed with the text, so that no other signature of the holder passes for this
)
FINGERPRINT_BYTES = 3
MEAN_IN_GROUP = 16
MOST_IN_GROUP = (
    255  # a group's count is one byte; with values that are as good as random never more than some 50
)
MOST_VALUES = 50_000_000
LONGEST_HEADER = 2_000
SIGNATURE_BYTES = 64


class BadFilter(Exception):
    """This is no filter, or not as its holder made it. Says what is wrong, and nothing of what is in it."""


@dataclass(frozen=True)
class Header:
    holder: str
    key_version: str
    public: bytes  # half of the key that the values were made with: answers are proved against it
    patterns: str  # version of the agreement patterns
    made_at: datetime
    count: int

    def line(self) -> bytes:
        told = {
            "format": FORMAT,
            "holder": self.holder,
            "key_version": self.key_version,
            "public": self.public.hex(),
            "patterns": self.patterns,
            "made_at": self.made_at.astimezone(UTC).isoformat(timespec="seconds"),
            "count": self.count,
        }
        return json.dumps(told, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True)
class Filter:
    header: Header
    _fingerprints: bytes = field(repr=False)
    _starts: list[int] = field(repr=False)  # of each group, in values; one more than there are groups

    def __contains__(self, value: bytes) -> bool:
        group, fingerprint = _place(value, len(self._starts) - 1)
        first, end = self._starts[group] * FINGERPRINT_BYTES, self._starts[group + 1] * FINGERPRINT_BYTES
        return any(
            self._fingerprints[at : at + FINGERPRINT_BYTES] == fingerprint
            for at in range(first, end, FINGERPRINT_BYTES)
        )


def make(
    values: Iterable[bytes],
    *,
    holder: str,
    key_version: str,
    public: bytes,
    patterns: str,
    made_at: datetime,
    sign_with: SigningKey,
) -> bytes:
    """The filter as bytes to send. `values` are outputs of the oblivious function, in any order, repeated or not."""
    places = set(values)
    if len(places) > MOST_VALUES:
        raise ValueError(f"A filter holds at most {MOST_VALUES:,} values.")
    groups = _groups(len(places))
    # Sorted, so that nothing remains of the order in which the records came.
    placed = sorted(_place(value, groups) for value in places)
    counts = [0] * groups
    for group, _ in placed:
        counts[group] += 1
    header = Header(holder, key_version, public, patterns, made_at, len(placed))
    text = header.line() + bytes(counts) + b"".join(fingerprint for _, fingerprint in placed)
    return text + sign_with.sign_message(KIND, text)


def read(sent: bytes, *, holder: str, signed_by: PublicKey, patterns: str) -> Filter:
    """Raises BadFilter for one that was edited or cut short, is of another holder, or of another version of patterns."""
    text, signature = sent[:-SIGNATURE_BYTES], sent[-SIGNATURE_BYTES:]
    if len(signature) != SIGNATURE_BYTES or not signed_by.verifies_message(KIND, text, signature):
        raise BadFilter("This filter is not as its holder made it, or is cut short.")
    line, _, body = text.partition(b"\n")
    header = _read_header(line)
    if header.holder != holder:
        raise BadFilter("This is the filter of another team.")
    if header.patterns != patterns:
        raise BadFilter(f"This filter is of patterns {header.patterns}; here they are {patterns}.")
    groups = _groups(header.count)
    counts, fingerprints = body[:groups], body[groups:]
    starts = [0, *accumulate(counts)]
    if (
        len(counts) != groups
        or starts[-1] * FINGERPRINT_BYTES != len(fingerprints)
        or starts[-1] != header.count
    ):
        raise BadFilter("What this filter holds is not as much as it says.")
    return Filter(header, fingerprints, starts)


def _read_header(line: bytes) -> Header:
    if len(line) > LONGEST_HEADER:
        raise BadFilter("The header of this filter is too long.")
    try:
        told = json.loads(line)
        header = Header(
            told["holder"],
            told["key_version"],
            oprf.read_element(bytes.fromhex(told["public"])),
            told["patterns"],
            datetime.fromisoformat(told["made_at"]),
            told["count"],
        )
        # Written again it must be the same text: one header has one writing.
        fits = (
            header.line() == line + b"\n" and type(header.count) is int and 0 <= header.count <= MOST_VALUES
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadFilter("The header of this filter cannot be read.") from None
    if not fits:
        raise BadFilter("The header of this filter is of another format, or written in another way.")
    return header


def _groups(count: int) -> int:
    return max(1, count // MEAN_IN_GROUP)


def _place(value: bytes, groups: int) -> tuple[int, bytes]:
    """The group, by the first eight bytes, and what is kept of the value there."""
    if len(value) != oprf.OUTPUT_BYTES:
        raise ValueError("This is nothing that the oblivious function gave.")
    return int.from_bytes(value[:8], "big") * groups >> 64, value[8 : 8 + FINGERPRINT_BYTES]

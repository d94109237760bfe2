"""Whom a text names beside the person it is about, and a text with parts burned out of it.

What is found here is a suggestion for somebody to decide on. That nothing is found says nothing: a person can be told
by "her stepfather" or by what only they did. So a second person reads.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\S+")
NAME = r"[^\W\d_a-z][^\W\d_]*(?:[’'-][^\W\d_]+)*"  # begins with a capital, of whatever alphabet
TITLES = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|PC|PS|DC|DS|DI|DCI|PCSO|Sgt|Nurse|Sister|Judge|Aunt|Auntie|Uncle|Cousin)"
)
STREETS = (
    r"(?:Road|Rd|Street|St|Lane|Avenue|Ave|Close|Drive|Way|Court|Place|Terrace|Crescent|Gardens|Grove|Row|Square|Hill|View"
    r"|House|Flats?)"
)
# In this order: what is found first keeps its reason where two overlap.
PATTERNS = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("phone", re.compile(r"(?<!\w)(?:\+44\s?\(?0?\)?|0)\d(?:[\s-]?\d){8,10}(?!\w)")),
    ("address", re.compile(rf"\b\d+[A-Za-z]?,?\s+(?:{NAME}\s+){{1,3}}{STREETS}\b")),
    ("address", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE)),
    ("title", re.compile(rf"\b{TITLES}\.?\s+{NAME}(?:\s+{NAME})?")),
    ("looks_like_a_name", re.compile(rf"\b{NAME}(?:\s+{NAME})+")),
)
# Two capitalised words with one of these are rather an institution.
INSTITUTIONS = frozenset(
    {
        "school", "college", "academy", "university", "hospital", "clinic", "centre", "service", "services", "team",
        "council", "court", "police", "constabulary", "helpline", "operation", "network",
    }
)  # fmt: skip
SHORTEST_NAME_ALONE = 3


@dataclass(frozen=True, slots=True)
class Found:
    """Characters from `start` to just before `end`, and what makes them look like somebody else."""

    start: int
    end: int
    why: str


def third_parties(text: str, *, own: Collection[str], known: Iterable[tuple[str, str]]) -> list[Found]:
    """`own`: words of the names of whom the text is about, not suggested. `known`: names with why they are known;
    a word of a name of several words is found alone too, where it begins with a capital."""
    own_words = {_plain(word) for name in own for word in WORD.findall(name)}
    found: list[Found] = []
    for name, why in known:
        found += _named(text, name, why, own_words)
    for why, pattern in PATTERNS:
        for match in pattern.finditer(text):
            words = {_plain(word) for word in WORD.findall(match.group())}
            if why == "looks_like_a_name" and (words <= own_words or words & INSTITUTIONS):
                continue
            found.append(Found(match.start(), match.end(), why))
    return _apart(found)


def _named(text: str, name: str, why: str, own: set[str]) -> list[Found]:
    words = [word for word in re.findall(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*", name)]
    # A parent may be called as the child is: by one word that is the child's, by several that is for somebody to decide.
    if not words or (len(words) == 1 and _plain(words[0]) in own):
        return []
    whole = re.compile(r"\b" + r"\s+".join(map(re.escape, words)) + r"\b", re.IGNORECASE)
    found = [Found(one.start(), one.end(), why) for one in whole.finditer(text)]
    if why == "staff":  # "Park" and "Grace" are words as well
        return found
    for word in words:
        if len(word) < SHORTEST_NAME_ALONE or _plain(word) in own:
            continue
        alone = re.finditer(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)
        found += [Found(one.start(), one.end(), why) for one in alone if one.group()[0].isupper()]
    return found


def _plain(word: str) -> str:
    return re.sub(r"[^\w]|’s$|'s$", "", word).casefold()


def _apart(found: Sequence[Found]) -> list[Found]:
    """Overlapping ones as one that covers both, with the reason of the first found."""
    whole: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if whole and one.start < whole[-1].end:
            last = whole.pop()
            one = Found(last.start, max(last.end, one.end), last.why)
        whole.append(one)
    return whole


def burned(text: str, ranges: Iterable[tuple[int, int]]) -> list[str | None]:
    """The text in parts, None where something is gone. Neighbours with only spaces between are one gap, so that
    neither their number nor their length tells how many words stood there."""
    parts: list[str | None] = []
    at = 0
    for start, end in sorted(ranges):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        between = text[at:start]
        if between.strip() or not parts:
            if between:
                parts.append(between)
            parts.append(None)
        at = end
    if text[at:]:
        parts.append(text[at:])
    return parts or [text]


def word_ranges(text: str) -> list[tuple[int, int]]:
    """Where each word begins and ends, so that words can be chosen by their number."""
    return [match.span() for match in WORD.finditer(text)]

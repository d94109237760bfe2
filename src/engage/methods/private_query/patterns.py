"""What two records of one child agree in, each written as one text: two teams know the same child where any is equal.

Such texts are never sent or kept: only what the oblivious function makes of them. Both teams must write them alike,
so their version goes with every filter and every question, and a test fails where they change without it.

Agreement is not identity. A hit opens a talk between two people, never a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from engage.methods.linkage.records import KEY_VERSION, StandardRecord, fold, sounds

# Goes up with every change of a text below; the other number is that of the standardisers.
VERSION = f"1.{KEY_VERSION}"
BEGINNING = 3  # letters


class Level(IntEnum):
    """What a hit means, in the words that the asker is shown. The only place where the two are told apart."""

    NOTHING_FOUND = 0  # does not say that the child is not known: some are left out of every filter
    POSSIBLY_KNOWN = 1  # part of a name or of a date is missing from the agreement, or one of them altogether
    KNOWN = 2  # a valid NHS number or UPN, or both names by their sound and the whole date of birth


@dataclass(frozen=True)
class Pattern:
    name: str  # part of each text: two patterns never meet
    level: Level
    values: Callable[[StandardRecord], Iterator[str]]


def _nhs_number(std: StandardRecord) -> Iterator[str]:
    if std.nhs_valid:
        yield std.nhs_number


def _upn(std: StandardRecord) -> Iterator[str]:
    if std.upn_valid:
        yield std.upn


def _sounds_birth(std: StandardRecord) -> Iterator[str]:
    """One text for both orders of the names, with every name the given name is a form of, and with former surnames."""
    if std.dob_canon:
        for given in _each(map(_sound, std.given_forms)):
            for surname in _surname_sounds(std):
                yield f"{' '.join(sorted((given, surname)))} {std.dob_canon}"


def _initial_surname_beginning_birth(std: StandardRecord) -> Iterator[str]:
    if std.dob_canon:
        for initial in _each(name[0] for name in _called(std)):
            yield from (f"{initial} {surname} {std.dob_canon}" for surname in _surname_beginnings(std))


def _beginnings_year_day(std: StandardRecord) -> Iterator[str]:
    """The month may be wrong."""
    if std.dob:
        for given in _given_beginnings(std):
            for surname in _surname_beginnings(std):
                yield f"{given} {surname} {std.dob[:4]} {std.dob[6:]}"


def _birth_postcode(std: StandardRecord) -> Iterator[str]:
    """No name: finds a child who goes by another. Twins meet here too."""
    if std.dob:
        yield from (f"{std.dob} {postcode}" for postcode in std.postcodes)


def _names_postcode(std: StandardRecord) -> Iterator[str]:
    """No date: a parent of the same name meets here too."""
    for given in _given_beginnings(std):
        for surname in _surname_sounds(std):
            yield from (f"{given} {surname} {postcode}" for postcode in std.postcodes)


def _given_phone(std: StandardRecord) -> Iterator[str]:
    """A family shares a telephone, and seldom a given name."""
    if std.phone:
        yield from (f"{given} {std.phone}" for given in _given_beginnings(std))


# More patterns find little more and cost: each is a point in every question, and one more way to guess. Names in part
# with postcode, year and month, tried as two more, found one in a thousand more for 40 % more of both sides' work.
PATTERNS = (
    Pattern("nhs number", Level.KNOWN, _nhs_number),
    Pattern("upn", Level.KNOWN, _upn),
    Pattern("sounds in either order, birth", Level.KNOWN, _sounds_birth),
    Pattern("initial, surname's beginning, birth", Level.POSSIBLY_KNOWN, _initial_surname_beginning_birth),
    Pattern("beginnings, year, day", Level.POSSIBLY_KNOWN, _beginnings_year_day),
    Pattern("birth, postcode", Level.POSSIBLY_KNOWN, _birth_postcode),
    Pattern("given's beginning, surname's sound, postcode", Level.POSSIBLY_KNOWN, _names_postcode),
    Pattern("given's beginning, telephone", Level.POSSIBLY_KNOWN, _given_phone),
)


def texts_of(records: Iterable[StandardRecord]) -> dict[bytes, Level]:
    """Every text of one person's records, with what a hit of it would mean. The same order for the same records."""
    texts: dict[bytes, Level] = {}
    for std in records:
        for pattern in PATTERNS:
            for value in pattern.values(std):
                texts[f"engage private query {VERSION}\n{pattern.name}\n{value}".encode()] = pattern.level
    return texts


def texts_to_hold(people: Iterable[Iterable[StandardRecord]]) -> set[bytes]:
    """Every text that a holder's filter is made of; `people`: the records of each, together.

    A person with one restricted record is left out with all of their records: a filter cannot be taken back. Of the
    others, records that may not join two (those of health services) are left out too: through them a hit would tell
    another team whom such a service alone has seen.
    """
    texts: set[bytes] = set()
    for records in people:
        theirs = list(records)
        if not any(std.record.restricted for std in theirs):
            texts |= texts_of(std for std in theirs if std.record.bridges).keys()
    return texts


def _called(std: StandardRecord) -> list[str]:
    """The given name and the first of the names they are known as."""
    return _each([std.given, *fold(std.record.known_as).split()[:1]])


def _given_beginnings(std: StandardRecord) -> list[str]:
    return _each(name[:BEGINNING] for name in _called(std))


def _surname_beginnings(std: StandardRecord) -> list[str]:
    return _each(name[:BEGINNING] for name in std.surname_forms)


def _surname_sounds(std: StandardRecord) -> list[str]:
    return _each(map(_sound, std.surname_forms))


def _sound(name: str) -> str:
    """By soundex, where Siobhan and Shevaun meet. A name in another alphabet has no sound here, and stands for itself."""
    return sounds(name)[1] or name


def _each(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))

"""Identity records as agencies send them, and the standard form in which two of them are compared."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import jellyfish

from engage.methods.identifiers import (
    nhs_number_is_valid,
    normalise_phone,
    normalise_upn,
    read_postcode,
    upn_is_valid,
    upn_kind,
)

from .given_names import forms_of

# Stored keys carry this version: after a change here they have to be derived again.
KEY_VERSION = 1

# Often written before the name a boy is called by, and shared by brothers: says little where another follows.
GIVEN_NAME_PREFIXES = frozenset(
    {"mohammed", "muhammad", "mohammad", "mohamed", "muhammed", "mohd", "md", "syed", "sayed", "abdul"}
)
LETTERS_NFKD_LEAVES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"}
)
# What `fold` does, of ASCII alone.
ASCII_WORDS = {n: " " for n in range(128) if not chr(n).isalnum()} | {ord("'"): None, ord("`"): None}


@dataclass(frozen=True, slots=True)
class IdentityRecord:
    """What one source record says of who somebody is. Every field but `id` and `source` may be unknown."""

    id: str
    source: str  # agency code
    register: str = ""  # feed format
    forenames: str = ""
    surname: str = ""
    known_as: str = ""
    former_surnames: tuple[str, ...] = ()
    dob: date | None = None
    birth_earliest: date | None = None  # where only an age or a year is told
    birth_latest: date | None = None
    dob_verified: bool = False
    sex: str | None = None
    postcodes: tuple[str, ...] = ()  # current and past
    district: str | None = None
    nhs_number: str | None = None
    upn: str | None = None
    council_child_id: str | None = None
    issuer: str | None = None  # council that gave the child id; None: the source itself
    phone: str | None = None
    # References of cases that this record is about, whoever gave them: a report's own reference, and the
    # reports that an interview covers. Unique over all agencies, so written with their agency.
    case_references: tuple[str, ...] = ()
    # Asked of files of other people than children: where somebody was born or lives, in words; their trade.
    named_place: str = ""
    occupation: str = ""
    bridges: bool = True  # False: may belong to a person, may never join two
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class StandardRecord:
    """The same record, ready to compare. Empty text or tuple: not known."""

    record: IdentityRecord
    given: str  # the name that tells brothers apart, not a shared prefix
    given_forms: tuple[str, ...]  # given and known-as names with every name they are a form of
    given_metaphone: str
    given_soundex: str
    given_text: str  # all forenames as one text
    middle_forms: tuple[str, ...]
    surname: str
    surname_forms: tuple[str, ...]  # current, former, and each part of a double name
    surname_metaphone: str
    surname_soundex: str
    dob: str  # YYYYMMDD
    dob_canon: str  # year, then day and month sorted: equal when they were swapped
    birth_from: str  # YYYYMMDD; equal to dob where that is known
    birth_to: str
    sex: str  # M, F or empty
    postcodes: tuple[str, ...]
    outward: tuple[str, ...]
    area: str  # district as told, folded
    nhs_number: str
    nhs_valid: bool
    upn: str
    upn_valid: bool
    council_child: str  # "issuer id"
    council: str  # issuer alone
    phone: str
    case_references: tuple[str, ...]
    named_place: str  # folded
    occupation: str

    @property
    def sparse(self) -> bool:
        """Little but a name: no birth date or age, no place, no number. Rare enough to look wider for."""
        return not (self.birth_from or self.outward or self.nhs_number or self.upn)

    @property
    def birth_years(self) -> tuple[int, ...]:
        """Years of birth that the record allows; none where it does not say, or allows more than four."""
        if not self.birth_from:
            return ()
        first, last = int(self.birth_from[:4]), int(self.birth_to[:4])
        return tuple(range(first, last + 1)) if last - first <= 3 else ()


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower case without accents; apostrophes vanish, all else but letters and digits parts words."""
    if text.isascii():  # most words of most files
        return text.lower() if text.isalpha() else " ".join(text.lower().translate(ASCII_WORDS).split())
    letters = unicodedata.normalize("NFKD", text.lower().translate(LETTERS_NFKD_LEAVES))
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    letters = re.sub(r"['’ʼ`´]", "", letters)
    # isalnum keeps other alphabets: a name in Cyrillic or Urdu stays comparable with itself.
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


def standardise(record: IdentityRecord) -> StandardRecord:
    return StandardRecord(
        record,
        *given_names(record.forenames, record.known_as, record.surname),
        *family_names(record.surname, record.former_surnames),
        *births(record.dob, record.birth_earliest, record.birth_latest),
        sex_of(record.sex),
        *places(record.postcodes),
        fold(record.district or ""),
        *health_number(record.nhs_number),
        *pupil_number(record.upn),
        *council_number(record.council_child_id, record.issuer, record.source),
        phone_of(record.phone),
        references(record.case_references),
        fold(record.named_place),
        fold(record.occupation),
    )


# Each gives some fields of a StandardRecord, in their order, from the few that they follow from; `columns` asks it
# once for each value that occurs in a file.


@lru_cache(maxsize=50_000)
def given_names(
    forenames: str, known_as: str, surname: str
) -> tuple[str, tuple[str, ...], str, str, str, tuple[str, ...]]:
    return (
        *given_name(forenames, known_as, surname),
        *given_in_one(forenames, known_as),
        *middle_names(forenames),
    )


def given_name(forenames: str, known_as: str, surname: str) -> tuple[str, tuple[str, ...], str, str]:
    called, also = _called(forenames), fold(known_as).split()
    # Someone known only by a nickname is called by it.
    given = (called or also or [""])[0]
    given_names = [name for name in [given, *also] if name]
    if len(also) > 1 and surname and also[-1] == fold(surname):
        given_names.pop()  # "Katie Holden" as a known-as name repeats the surname
    return given, _all_forms(given_names), *sounds(given)


def given_in_one(forenames: str, known_as: str) -> tuple[str]:
    return ("".join((fold(forenames) or fold(known_as)).split()),)


def middle_names(forenames: str) -> tuple[tuple[str, ...]]:
    return (_all_forms(_called(forenames)[1:]),)


def _called(forenames: str) -> list[str]:
    """The names from the one that somebody is called by on."""
    names = fold(forenames).split()
    while len(names) > 1 and names[0] in GIVEN_NAME_PREFIXES:
        names = names[1:]
    return names


def _all_forms(names: list[str]) -> tuple[str, ...]:
    if len(names) < 2:
        return forms_of(names[0]) if names else ()
    return tuple(sorted({form for name in names for form in forms_of(name)}))


@lru_cache(maxsize=50_000)
def family_names(surname: str, former: tuple[str, ...]) -> tuple[str, tuple[str, ...], str, str]:
    name = "".join(fold(surname).split())
    return name, tuple(sorted(set(_surname_forms((surname, *former))))), *sounds(name)


@lru_cache(maxsize=50_000)
def births(dob: date | None, earliest: date | None, latest: date | None) -> tuple[str, str, str, str]:
    day = f"{dob:%Y%m%d}" if dob else ""
    earliest, latest = earliest or latest, latest or earliest
    return (
        day,
        day[:4] + "".join(sorted((day[4:6], day[6:8]))) if day else "",
        day or (f"{earliest:%Y%m%d}" if earliest else ""),
        day or (f"{latest:%Y%m%d}" if latest else ""),
    )


def sex_of(text: str | None) -> str:
    return {"M": "M", "F": "F", "1": "M", "2": "F"}.get((text or "").strip().upper()[:1], "")


@lru_cache(maxsize=50_000)
def places(postcodes: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = [place for code in postcodes if (place := read_postcode(code)) and place.names_a_place]
    units = {place.unit for place in found if place.unit}
    return tuple(sorted(units)), tuple(sorted({place.district for place in found}))


def health_number(text: str | None) -> tuple[str, bool]:
    if not text:
        return "", False
    digits = re.sub(r"\D", "", text)
    return digits, nhs_number_is_valid(digits)


def pupil_number(text: str | None) -> tuple[str, bool]:
    if not text:
        return "", False
    upn = normalise_upn(text)
    kind = upn_kind(upn) if upn else None
    # A temporary number is replaced one day: a different one contradicts nothing.
    return "" if kind == "reason_unknown" else upn, kind == "permanent" and upn_is_valid(upn)


def council_number(child_id: str | None, issuer: str | None, source: str) -> tuple[str, str]:
    if not child_id:
        return "", ""
    council = fold(issuer or source)
    return f"{council} {fold(child_id)}", council


@lru_cache(maxsize=100_000)
def phone_of(text: str | None) -> str:
    return (normalise_phone(text) or "") if text else ""


def references(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({fold(text) for text in texts} - {""}))


def _surname_forms(surnames: tuple[str, ...]) -> Iterator[str]:
    for surname in surnames:
        parts = fold(surname).split()
        if parts:
            yield "".join(parts)
        # "van", "al", "o" alone would meet everybody.
        yield from (part for part in parts if len(part) > 3 and len(parts) > 1)


@lru_cache(maxsize=200_000)
def sounds(name: str) -> tuple[str, str]:
    """Metaphone and soundex. Both are kept: Siobhan and Shevaun meet only by soundex."""
    plain = name.isascii() and name.isalpha() and name.islower()  # as most names are
    letters = name if plain else "".join(letter for letter in name if "a" <= letter <= "z")
    return (jellyfish.metaphone(letters), jellyfish.soundex(letters)) if letters else ("", "")

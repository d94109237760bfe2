"""The keys a record is found by, as keyed hashes, each in the compartment of what it was made from.

Whoever has the database without the key cannot try names against it; whoever has the
key and not the compartment finds nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from typing import Literal

from django.conf import settings

from engage.methods.identifiers import (
    normalise_nhs_number,
    normalise_phone,
    normalise_postcode,
    normalise_upn,
)
from engage.methods.linkage.blocking import blocking_keys
from engage.methods.linkage.records import StandardRecord, fold, sounds

# What a key was made from: the summary of who somebody is (name, age, district), the rest of it
# (date of birth, identifiers), or where they live (address, telephone).
Sight = Literal["summary", "full", "location"]

# A year of birth is no more than the age, which the summary shows.
SUMMARY_RULES = frozenset(
    {
        "surname_given", "sounds", "swapped", "given_birth_year", "surname_birth_year", "sounds_birth_year",
        "search_name", "search_sound", "search_birth_year",
    }
)  # fmt: skip
LOCATION_RULES = frozenset({"phone", "postcode_given", "search_postcode"})


def token(rule: str, value: str) -> bytes:
    return hmac.digest(settings.TOKEN_KEY, f"{rule}\x00{value}".encode(), "sha256")[:16]


# Whole files are blocked by these narrower keys too. Stored, they would be a quarter of all tokens, and find
# nobody whom a wider stored key does not find, as long as fewer than BLOCK_CAP records hold the wider one.
WITHIN_A_WIDER_KEY = frozenset(
    {
        "surname_dob", "given_dob", "dob_postcode",  # within dob
        "surname_given_birth_year", "surname_given_district",  # within surname_given
        "swapped_birth_year",  # within swapped
        "postcode_surname_birth_year",  # within surname_birth_year
    }
)  # fmt: skip


def linking_keys(standard: StandardRecord) -> Iterator[tuple[str, str, Sight]]:
    for rule, value in blocking_keys(standard, online=True):
        if rule not in WITHIN_A_WIDER_KEY:
            yield rule, value, _sight(rule)


def search_keys(standard: StandardRecord, references: Iterable[str] = ()) -> Iterator[tuple[str, str, Sight]]:
    """One thing at a time, as somebody types it into a search."""
    words = {*standard.given_forms, *standard.middle_forms, *standard.surname_forms}
    words |= {word for name in _names_as_sent(standard) for word in fold(name).split()}
    for word in sorted(words):
        yield "search_name", word, "summary"
    for sound in sorted({sound for word in words for sound in sounds(word) if sound}):
        yield "search_sound", sound, "summary"
    for year in standard.birth_years:
        yield "search_birth_year", str(year), "summary"
    for postcode in standard.postcodes:
        yield "search_postcode", postcode, "location"
    if standard.record.council_child_id:
        yield "search_reference", fold(standard.record.council_child_id), "full"
    for reference in references:
        if folded := fold(reference):
            yield "search_reference", folded, "full"


def number_keys(text: str) -> Iterator[tuple[str, str]]:
    """Everything a number or reference typed into one box may be."""
    if phone := normalise_phone(text):
        yield "phone", phone
    if nhs_number := normalise_nhs_number(text):
        yield "nhs_number", nhs_number
    yield "upn", normalise_upn(text)
    if postcode := normalise_postcode(text):
        yield "search_postcode", postcode
    yield "search_reference", fold(text)


def _names_as_sent(standard: StandardRecord) -> tuple[str, ...]:
    record = standard.record
    return (record.forenames, record.surname, record.known_as, *record.former_surnames)


def _sight(rule: str) -> Sight:
    if rule in SUMMARY_RULES:
        return "summary"
    return "location" if rule in LOCATION_RULES else "full"

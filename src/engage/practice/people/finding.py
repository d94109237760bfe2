"""Find a child by whatever somebody knows: a name, a nickname, an age, a telephone number, a reference.

Candidates come from keys the reader may see, and are weighed from rows the reader may see: a record
that is hidden from them changes neither the list nor its order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from engage.methods.births import birth_from_age
from engage.methods.linkage.model import Model
from engage.methods.linkage.records import IdentityRecord, StandardRecord, fold, sounds, standardise
from engage.methods.linkage.scorer import Level, explain, score
from engage.methods.moments import london_date
from engage.practice.agencies.models import Staff

from .adopted_models import linkage_model
from .identities import identities
from .keys import linking_keys, number_keys, token
from .models import Record, Token
from .queries import COUNTED_UP_TO, ShownIdentity, shown_identity

MOST_SHOWN = 20
MOST_COMPARED = 300
MOST_KEYS_READ = 3000
# Called by every search, hit or miss alike, with what names one child: name and surname together, or a number. Later
# apps add theirs in AppConfig.ready.
after_search: list[Callable[[Collection[bytes], Staff, datetime], None]] = []
# Of what two records are linked by, what names one child by itself.
NAMES_ONE = frozenset({"surname_given", "swapped"})
# A household shares them: they name nobody alone.
NUMBERS_OF_MANY = frozenset({"phone", "search_postcode"})
# What an equal number or reference adds to the order of the list; it is no evidence for joining.
SAME_NUMBER_BITS = 20.0
YEARS_AROUND_AN_AGE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """Any of these. `numbers`: telephone, NHS number, pupil number, postcode, any agency's reference."""

    forenames: str = ""
    surname: str = ""
    known_as: str = ""
    born_on: date | None = None
    age: int | None = None
    sex: str = ""
    district: str = ""
    numbers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        names = fold(f"{self.forenames} {self.surname} {self.known_as}")
        return bool(names or self.born_on or self.age is not None or any(fold(n) for n in self.numbers))


@dataclass(frozen=True, slots=True)
class Candidate:
    person_id: UUID
    shown: ShownIdentity
    weight_bits: float
    reasons: str  # "same date of birth; Kate is a form of Katherine; postcode differs"


@dataclass(frozen=True, slots=True)
class Candidates:
    candidates: tuple[Candidate, ...]
    found: int  # persons that share a key, as far as they were counted
    capped: bool  # more share a key than were compared: the terms should be narrowed

    @property
    def count(self) -> str:
        return f"{COUNTED_UP_TO}+" if self.capped or self.found > COUNTED_UP_TO else str(self.found)


def find(terms: SearchTerms, reader: Staff, now: datetime) -> Candidates:
    """At most twenty children, likeliest first, each with the reasons in words."""
    if not terms:
        return Candidates((), 0, capped=False)
    model = linkage_model()
    asked = standardise(_as_identity(terms, now))
    meant = [asked, *([standardise(_as_identity(other, now))] if (other := _as_surname(terms)) else [])]
    numbers = [key for number in terms.numbers for key in number_keys(number)]
    by_number = {token(rule, value) for rule, value in numbers}
    naming = {token(rule, value) for rule, value, _ in linking_keys(asked) if rule in NAMES_ONE}
    for hook in after_search:
        hook(naming | {token(*key) for key in numbers if key[0] not in NUMBERS_OF_MANY}, reader, now)
    exact = by_number | {token(rule, value) for rule, value, _ in linking_keys(asked)}
    hits, capped = _hits(exact, reader)
    if len(hits) < MOST_SHOWN or not (terms.surname and (terms.forenames or terms.known_as)):
        wider, wider_capped = _hits(_single_keys(terms, asked), reader)
        for record_id, values in wider.items():
            hits.setdefault(record_id, set()).update(values)
        capped |= wider_capped
    most_hit = Counter({record_id: len(values) for record_id, values in hits.items()}).most_common(
        MOST_COMPARED
    )
    capped |= len(hits) > MOST_COMPARED
    compared = identities([record_id for record_id, _ in most_hit], reader)
    person_of = dict(
        Record.objects.visible_to(reader).filter(pk__in=list(compared)).values_list("pk", "person_id")
    )
    best: dict[UUID, tuple[float, str]] = {}
    for record_id, told in compared.items():
        by_its_number = bool(by_number & hits[record_id])
        weight, reasons = max(_weigh(one, told, model, by_its_number) for one in meant)
        person_id = person_of[record_id]
        if person_id not in best or weight > best[person_id][0]:
            best[person_id] = (weight, reasons)
    ranked = sorted(best.items(), key=lambda item: (-item[1][0], str(item[0])))
    shown = shown_identity([person_id for person_id, _ in ranked[:MOST_SHOWN]], reader)
    return Candidates(
        tuple(
            Candidate(person_id, shown[person_id], weight, reasons)
            for person_id, (weight, reasons) in ranked[:MOST_SHOWN]
            if person_id in shown
        ),
        len(ranked),
        capped,
    )


def known_by_number(number: str, reader: Staff) -> set[UUID]:
    """Whom an exact number or reference names, among those the reader may see: nobody by a name or by likeness."""
    values = [token(rule, value) for rule, value in number_keys(number) if rule not in NUMBERS_OF_MANY]
    hits, _ = _hits(values, reader)
    records = Record.objects.visible_to(reader).filter(pk__in=list(hits), withdrawn=False)
    return {person_id for person_id in records.values_list("person_id", flat=True) if person_id}


def _as_identity(terms: SearchTerms, now: datetime) -> IdentityRecord:
    earliest = latest = None
    if terms.age is not None and 0 <= terms.age <= 120 and not terms.born_on:
        birth = birth_from_age(terms.age, london_date(now))
        # Ages are heard and guessed: a year either way still fits.
        earliest, latest = birth.earliest - YEARS_AROUND_AN_AGE, birth.latest + YEARS_AROUND_AN_AGE
    numbers: dict[str, str] = defaultdict(str)
    for number in terms.numbers:
        for rule, value in number_keys(number):
            numbers[rule] = numbers[rule] or value
    return IdentityRecord(
        id="asked",
        source="",
        forenames=terms.forenames,
        surname=terms.surname,
        known_as=terms.known_as,
        dob=terms.born_on,
        birth_earliest=earliest,
        birth_latest=latest,
        sex=terms.sex or None,
        district=terms.district or None,
        postcodes=(numbers["search_postcode"],) if numbers["search_postcode"] else (),
        nhs_number=numbers["nhs_number"] or None,
        upn=numbers["upn"] if len(numbers["upn"]) == 13 else None,
        phone=numbers["phone"] or None,
    )


def _as_surname(terms: SearchTerms) -> SearchTerms | None:
    """One word alone may be the surname as well as the given name."""
    if terms.surname or terms.known_as or len(fold(terms.forenames).split()) != 1:
        return None
    return replace(terms, forenames="", surname=terms.forenames)


def _words(terms: SearchTerms) -> set[str]:
    return {word for name in (terms.forenames, terms.surname, terms.known_as) for word in fold(name).split()}


def _single_keys(terms: SearchTerms, asked: StandardRecord) -> set[bytes]:
    words = _words(terms)
    keys = {("search_name", word) for word in words | set(asked.given_forms) | set(asked.surname_forms)}
    keys |= {("search_sound", sound) for word in words for sound in sounds(word) if sound}
    if not words and not terms.numbers and not terms.born_on:
        keys |= {("search_birth_year", str(year)) for year in asked.birth_years}
    return {token(rule, value) for rule, value in keys}


def _hits(values: Iterable[bytes], reader: Staff) -> tuple[dict[UUID, set[bytes]], bool]:
    values = list(values)
    hits: dict[UUID, set[bytes]] = defaultdict(set)
    if not values:
        return hits, False
    rows = list(
        Token.objects.visible_to(reader)
        .filter(value__in=values)
        .values_list("record_id", "value")[: MOST_KEYS_READ + 1]
    )
    for record_id, value in rows[:MOST_KEYS_READ]:
        hits[record_id].add(bytes(value))
    return hits, len(rows) > MOST_KEYS_READ


def _weigh(asked: StandardRecord, told: IdentityRecord, model: Model, by_number: bool) -> tuple[float, str]:
    # Whether a program may join two records is no matter here: nothing is joined.
    other = standardise(told)
    found = score(asked, other, model)
    found = replace(found, vetoes=(), levels=tuple(_as_heard(level, asked, other) for level in found.levels))
    reasons = explain(found)
    told_by_level = any(level.level.startswith("same_") and level.field in _NUMBERS for level in found.levels)
    if by_number and not told_by_level:
        reasons = f"same number or reference; {reasons}" if found.levels else "same number or reference"
        return found.weight_bits + SAME_NUMBER_BITS, reasons
    return found.weight_bits, reasons


def _as_heard(level: Level, asked: StandardRecord, told: StandardRecord) -> Level:
    """Where a name differs in writing, say so of a given name or a surname that sounds alike."""
    given, surname = (_sound_alike(_names(asked, part), _names(told, part)) for part in ("given", "surname"))
    match level.level:
        case "surname_same_given_differs" if given:
            words = level.words.replace("given name differs", "given name sounds alike")
        case "given_same_surname_differs" if surname:
            words = level.words.replace("surname differs", "surname sounds alike")
        case "name_differs" if given and surname:
            words = "given name and surname sound alike"
        case "name_differs" if given:
            words = "given name sounds alike, surname differs" if asked.surname else "given name sounds alike"
        case "name_differs" if surname:
            words = "surname sounds alike, given name differs" if asked.given else "surname sounds alike"
        case _:
            return level
    return replace(level, words=words)


def _names(record: StandardRecord, part: Literal["given", "surname"]) -> list[str]:
    said = record.record
    return fold(f"{said.forenames} {said.known_as}" if part == "given" else said.surname).split()


def _sound_alike(asked: Iterable[str], told: Iterable[str]) -> bool:
    here, there = ({sound for word in words for sound in sounds(word) if sound} for words in (asked, told))
    return not here.isdisjoint(there)


_NUMBERS = ("NHS number", "UPN", "council child number", "phone")

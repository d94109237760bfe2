"""Find a child by whatever somebody knows: a name, a nickname, an age, a telephone number, a reference.

Candidates come from keys the reader may see, and are weighed from rows the reader may see: a record
that is hidden from them changes neither the list nor its order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from engage.methods.births import birth_from_age
from engage.methods.linkage.levels import OF_ANY_FILE
from engage.methods.linkage.model import Model
from engage.methods.linkage.records import IdentityRecord, StandardRecord, fold, sounds, standardise
from engage.methods.linkage.scorer import Level, Score, explain, level_name, told_level
from engage.methods.linkage.vetoes import given_names_clearly_differ
from engage.methods.moments import london_date
from engage.practice.access.bulk import array_text
from engage.practice.access.written_once import part_written_once
from engage.practice.agencies.models import Staff

from .adopted_models import linkage_model
from .identities import identities
from .keys import linking_keys, number_keys, token
from .models import Record, Token
from .queries import COUNTED_UP_TO, ShownIdentity, shown_identity

MOST_SHOWN = 20
MOST_COMPARED = 150
# The most telling first, up to each of these places at once: mostly the child is among the first.
COMPARED_UP_TO = (8, 32, MOST_COMPARED)
MOST_READ_OF_A_KEY = 300
# Keys under which are hundreds in a county: read where those under which few are led to nobody likely.
OF_MANY = frozenset({"given_birth_year", "surname_birth_year", "dob"})
# As much as a nickname with the surname. Where somebody is found who fits as well, no wider look is taken.
LIKELY_BITS = 11.0
# Brothers and sisters share these: of a child who is called otherwise they say whose family, not which child.
OF_A_HOUSEHOLD = frozenset({"place", "phone"})
# Called by every search, hit or miss alike, with what names one child: name and surname together, or a number. Later
# apps add theirs in AppConfig.ready.
after_search: list[Callable[[Collection[bytes], Staff, datetime], None]] = []
# Of what two records are linked by, what names one child by itself.
NAMES_ONE = frozenset({"surname_given", "swapped"})
NAMES_THAT_DIFFER = frozenset({"surname_same_given_differs", "given_same_surname_differs", "name_differs"})
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
    capped: bool  # more share a key than could be compared: the terms should be narrowed
    no_further: bool = False  # somebody is likely, and whoever shares less waits for a `wider` look

    @property
    def count(self) -> str:
        return f"{COUNTED_UP_TO}+" if self.capped or self.found > COUNTED_UP_TO else str(self.found)


def find(terms: SearchTerms, reader: Staff, now: datetime, *, wider: bool = False) -> Candidates:
    """At most twenty children, likeliest first, each with the reasons in words.

    Asked by a full name, once somebody is likely, whoever shares less with what is asked is not read, unless the reader
    asks for a `wider` look. By less than a full name nobody is so likely that others may be left out.
    """
    if not terms:
        return Candidates((), 0, capped=False)
    model = linkage_model()
    asked = standardise(_as_identity(terms, now))
    meant = [asked, *([standardise(_as_identity(other, now))] if (other := _as_surname(terms)) else [])]
    ways = [Weighing(one, model) for one in meant]
    numbers = [(rule, token(rule, value)) for number in terms.numbers for rule, value in number_keys(number)]
    by_number = {key for _, key in numbers}
    linking = [(rule, token(rule, value)) for rule, value, _ in linking_keys(asked)]
    naming = {key for rule, key in linking if rule in NAMES_ONE}
    for hook in after_search:
        hook(naming | {key for rule, key in numbers if rule not in NUMBERS_OF_MANY}, reader, now)
    compared = frozenset().union(*(weigh.fields for weigh in ways))
    weighed: dict[UUID, Weighed] = {}
    capped = no_further = False
    steps = _steps(terms, asked, linking, by_number)
    wider |= len(steps) == 1
    for step, keys in enumerate(steps, start=1):
        hits, bitten = _hits(keys, reader)
        telling = {one: tells for one, tells in _most_telling_first(hits) if one not in weighed}
        capped |= bitten or len(telling) > MOST_COMPARED
        likely_tells = 0.0  # how much whoever is likely shares with what is asked
        for some, next_one in _parts(list(telling)[:MOST_COMPARED]):
            for record_id, said in identities(some, reader, compared=compared).items():
                told, hit = standardise(said), hits[record_id]
                by_its_number = not by_number.isdisjoint(hit.keys)
                as_meant = [weigh(told, by_its_number, hit.person_id) for weigh in ways]
                weighed[record_id] = best_meant = max(as_meant, key=lambda one: one.bits)
                likely_tells = max(likely_tells, telling[record_id] * best_meant.likely)
            if not wider and next_one and telling[next_one] < likely_tells:
                no_further = True
                break
        if not wider and likely_tells:
            no_further |= step < len(steps)
            break
    best: dict[UUID, Weighed] = {}
    for one in weighed.values():
        if one.person_id not in best or one.bits > best[one.person_id].bits:
            best[one.person_id] = one
    ranked = sorted(best.values(), key=lambda one: (-one.bits, str(one.person_id)))
    shown = shown_identity([one.person_id for one in ranked[:MOST_SHOWN]], reader)
    return Candidates(
        tuple(
            Candidate(one.person_id, shown[one.person_id], one.bits, one.reasons(model))
            for one in ranked[:MOST_SHOWN]
            if one.person_id in shown
        ),
        len(ranked),
        capped and not no_further,
        no_further,
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


def _steps(
    terms: SearchTerms, asked: StandardRecord, linking: list[tuple[str, bytes]], by_number: set[bytes]
) -> list[set[bytes]]:
    """Keys to look under, those that few children share first; the others where nobody likely was found. Of a million
    records tens of thousands share a surname: reading them beside one that fits finds nobody better.

    Where too little is asked to be sure of anybody, everything at once.
    """
    telling: set[bytes] = set(by_number)
    of_many: set[bytes] = set()
    for rule, key in linking:
        (of_many if rule in OF_MANY else telling).add(key)
    single = _single_keys(terms, asked)
    if terms.surname and (terms.forenames or terms.known_as):
        return [telling, of_many | single]
    return [telling | of_many | single]


def _single_keys(terms: SearchTerms, asked: StandardRecord) -> set[bytes]:
    words = _words(terms)
    keys = {("search_name", word) for word in words | set(asked.given_forms) | set(asked.surname_forms)}
    keys |= {("search_sound", sound) for word in words for sound in sounds(word) if sound}
    if not words and not terms.numbers and not terms.born_on:
        keys |= {("search_birth_year", str(year)) for year in asked.birth_years}
    return {token(rule, value) for rule, value in keys}


@dataclass(slots=True)
class Hit:
    person_id: UUID
    keys: set[bytes]


def _hits(values: Collection[bytes], reader: Staff) -> tuple[dict[UUID, Hit], bool]:
    """Records under these keys, and whether more are under one of them than are read of one key.

    Each key is read by itself: a name that thousands bear must not take the place of the one record under another.
    """
    keys = sorted(values)
    hits: dict[UUID, Hit] = {}
    try:
        under_one, walls, _ = _under_one(reader)
    except EmptyResultSet:  # nothing is visible to them
        return hits, False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.number, found.* FROM unnest(%s::bytea[]) WITH ORDINALITY AS asked(value, number)"
            f" CROSS JOIN LATERAL ({under_one}) AS found(record_id, person_id)",
            [array_text(keys), *walls],
        )
        rows = cursor.fetchall()
    for number, record_id, person_id in rows:
        if hit := hits.get(record_id):
            hit.keys.add(keys[number - 1])
        else:
            hits[record_id] = Hit(person_id, {keys[number - 1]})
    read = Counter(number for number, *_ in rows)
    return hits, any(count > MOST_READ_OF_A_KEY for count in read.values())


@part_written_once()
def _under_one(reader: Staff) -> QuerySet:
    under = Token.objects.visible_to(reader).extra(where=["people_token.value = asked.value"])
    return under.values_list("record_id", "person_id")[: MOST_READ_OF_A_KEY + 1]


def _most_telling_first(hits: dict[UUID, Hit]) -> list[tuple[UUID, float]]:
    """By how few share the keys a record is under: a rare key says more than three common ones."""
    under = Counter(key for hit in hits.values() for key in hit.keys)
    tells = {record_id: sum(1 / under[key] for key in hit.keys) for record_id, hit in hits.items()}
    return sorted(tells.items(), key=lambda one: -one[1])


def _parts(records: list[UUID]) -> Iterator[tuple[list[UUID], UUID | None]]:
    """Some at once, with the one after them."""
    start = 0
    for end in COMPARED_UP_TO:
        if start < len(records):
            yield records[start:end], records[end] if end < len(records) else None
        start = end


@dataclass(frozen=True, slots=True)
class Weighed:
    person_id: UUID
    bits: float
    levels: dict[str, str]  # of each field that could be compared; in words only where somebody reads them
    asked: StandardRecord
    told: StandardRecord
    by_number: bool
    likely: bool

    def reasons(self, model: Model) -> str:
        asked, told = self.asked, self.told
        levels = tuple(
            _as_heard(told_level(field, name, asked, told, model), asked, told)
            for field, name in self.levels.items()
        )
        reasons = explain(Score(self.bits, levels, ())) if levels or not self.by_number else ""
        return "; ".join(filter(None, ("same number or reference" if self.by_number else "", reasons)))


class Weighing:
    """Weighs records one after another against what is asked."""

    def __init__(self, asked: StandardRecord, model: Model):
        self.asked, self.bits = asked, model.bits
        # What cannot be compared with itself was not said, and is compared with nobody. (Fields of files of other
        # people than children follow another rule, where two names stand in each other's place.)
        self.fields = [
            field for field in model.comparisons if field in OF_ANY_FILE or level_name(field, asked, asked)
        ]
        self.by_names: dict[tuple, tuple[str | None, bool]] = {}

    def __call__(self, told: StandardRecord, by_number: bool, person_id: UUID) -> Weighed:
        # Whether a program may join two records is no matter here: nothing is joined, and no veto is asked.
        names, another = self._names(told)
        levels = {}
        for field in self.fields:
            if name := names if field == "name" else level_name(field, self.asked, told):
                levels[field] = name
        bits = 0.0
        for field, name in levels.items():
            level_bits = self.bits[field][name]
            if not (another and field in OF_A_HOUSEHOLD and level_bits > 0):
                bits += level_bits
        by_number = by_number and not any(levels.get(field, "").startswith("same_") for field in _NUMBERS)
        if by_number:
            bits += SAME_NUMBER_BITS
        likely = bits >= LIKELY_BITS and not another
        return Weighed(person_id, bits, levels, self.asked, told, by_number, likely)

    def _names(self, told: StandardRecord) -> tuple[str | None, bool]:
        """How the names agree, and whether the given ones clearly differ: once for all of one name, as whom a name
        leads to mostly are."""
        said = told.record
        key = said.forenames, said.surname, said.known_as, said.former_surnames
        if key not in self.by_names:
            name = level_name("name", self.asked, told)
            self.by_names[key] = name, given_names_clearly_differ(self.asked, told)
        return self.by_names[key]


def _as_heard(level: Level, asked: StandardRecord, told: StandardRecord) -> Level:
    """Where a name differs in writing, say so of a given name or a surname that sounds alike."""
    if level.level not in NAMES_THAT_DIFFER:
        return level
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

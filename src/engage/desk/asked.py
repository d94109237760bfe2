"""What somebody means who types into the one search box: a name, a date of birth, an age, a place, a number, or several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from engage.methods.births import NeedsJudgement, ages_on, birth_from_age, read_birth
from engage.methods.identifiers import read_postcode
from engage.methods.moments import DateDoesNotExist
from engage.practice.people.finding import SearchTerms
from engage.reference import ELSEWHERE, district_number, districts

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    r"(?<![\w/.-])(?:\d{4}-\d{2}-\d{2}|\d{1,2}([/.-])\d{1,2}\1(?:\d{4}|\d{2})"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ -]{_MONTH}[ -]\d{{4}})(?![\w/-])",
    re.IGNORECASE,
)
_ABOUT = r"(?:(?:about|around|roughly|perhaps|maybe|approximately|ca?\.?) )?"
_AGE = re.compile(
    rf"(?<![\w/.+-]){_ABOUT}(?:aged? ?{_ABOUT}(\d{{1,2}})|(\d{{1,2}}) ?(?:years? old|yrs? old|years?|yrs?|y/?o))(?![\w/])",
    re.IGNORECASE,
)
_BARE_AGE = re.compile(rf"(?<![\w/.+-]){_ABOUT}(\d{{1,2}})(?![\w/-])", re.IGNORECASE)
_YEAR = re.compile(r"(?<![\w/.+-])((?:19|20)\d{2})(?![\w/-])")
_LONG_NUMBER = re.compile(r"(?<![\w/-])\+?\(?\d[\d\s()-]{5,}\d(?!\w)")
_POSTCODE = re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?!\w)", re.IGNORECASE)
_FROM = re.compile(r"(.+) (?:from|in|of) (.+)", re.IGNORECASE)
# A reference has a digit in it and is one word: MP-2026/0113, BWD00431, a UPN.
_REFERENCE = re.compile(r"(?<!\S)(?=\S*\d)\S{4,}(?!\S)")

OLDEST_CHILD = 25  # an age typed alone means a young person's; a higher number is no age anybody means here


@dataclass(frozen=True)
class Asked:
    """`not_read` says in words what looked like a date and is none."""

    terms: SearchTerms
    not_read: str = ""


def understand(text: str, today: date) -> Asked:
    rest, born, not_read = " ".join(text.split()), None, ""
    numbers: list[str] = []

    if found := _DATE.search(rest):
        try:
            born = read_birth(found[0], today)
        except (NeedsJudgement, DateDoesNotExist) as unread:
            not_read = unread.sentence
        rest = _without(rest, found)
    for pattern in (_LONG_NUMBER, _POSTCODE):
        while found := pattern.search(rest):
            if pattern is _POSTCODE and not read_postcode(found[0]):
                break
            numbers.append(found[0].strip())
            rest = _without(rest, found)
    if born is None and not not_read:
        if (found := _AGE.search(rest)) or (found := _BARE_AGE.search(rest)):
            age = int(next(group for group in found.groups() if group))
            if age <= OLDEST_CHILD:
                born, rest = birth_from_age(age, today), _without(rest, found)
        elif found := _YEAR.search(rest):
            born, rest = (
                read_birth(found[0], today) if int(found[0]) <= today.year else None,
                _without(rest, found),
            )
    while found := _REFERENCE.search(rest):
        numbers.append(found[0].strip(",;"))
        rest = _without(rest, found)
    rest, district = _place(rest)
    forenames, surname = _names(rest)
    exact = born is not None and born.precision == "day"
    terms = SearchTerms(
        forenames=forenames,
        surname=surname,
        born_on=born.earliest if born and exact else None,
        age=ages_on(born, today)[1] if born and not exact else None,
        district=district,
        numbers=tuple(numbers),
    )
    return Asked(terms, not_read)


def _place(words: str) -> tuple[str, str]:
    """The rest, and a district of ours: behind a comma, or behind "from" or "in". What stands first is a name, though
    a town be called so."""
    if (found := _FROM.fullmatch(words)) and (district := district_called(found[2])):
        return found[1].rstrip(" ,"), district
    first, *others = words.split(",")
    places = [district for one in others if (district := district_called(one))]
    return ",".join([first, *(one for one in others if not district_called(one))]), (*places, "")[0]


def district_called(name: str) -> str:
    """A district of ours by any name that people use for it; empty for any other place."""
    number = district_number(name)
    return "" if districts()[number] == ELSEWHERE else districts()[number]


def _names(words: str) -> tuple[str, str]:
    """Forenames and surname. A comma puts the surname first; one word alone is looked for as either."""
    before, comma, after = words.partition(",")
    if comma and before.strip() and after.strip():
        return after.strip(), before.strip()
    first, _, last = words.replace(",", " ").strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")


def _without(text: str, found: re.Match[str]) -> str:
    return " ".join((text[: found.start()] + " " + text[found.end() :]).split())

"""Dates of birth as people wrote them, and ages.

What the text says becomes a range of days, never wider and never narrower than what was said.
What only a person can settle raises `NeedsJudgement`; the row is then held for one.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from engage.methods.deadlines import months_after
from engage.methods.moments import DateDoesNotExist

# "about" is a year its writer was unsure of ("c. 1997"): the years beside it are not ruled out.
Precision = Literal["day", "month", "year", "about", "age"]

LAST_TWO_DIGIT_YEAR_OF_THE_2000S = 29  # 00-29 is 2000-2029, else 1900s: agreed with the feeds


class NeedsJudgement(ValueError):
    """A person has to say what is meant. `sentence` is for the receipt and never repeats the value."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Birth:
    """Born on one of the days from `earliest` to `latest`, both included."""

    earliest: date
    latest: date
    precision: Precision
    as_sent: str


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_WORD = re.compile(
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)

_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_WORD = r"(?P<word>[a-z]{3,9})\.?"
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[t ]00:00(?::00(?:\.0+)?)?)?")
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})([/.\-])(?P<month>[0-9]{1,2})\2" + _YEAR)
_DAY_WITH_WORD = re.compile(r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?[ \-]" + _WORD + r"[ \-]" + _YEAR)
_MONTH_ONLY = re.compile(r"(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})")
_MONTH_WORD_ONLY = re.compile(_WORD + r" (?P<year>[0-9]{4})")
_YEAR_ONLY = re.compile(r"(?P<year>[0-9]{4})")
_ABOUT_YEAR = re.compile(r"(?:c|ca|circa|about|approx)\.? ?(?P<year>[0-9]{4})")
_AGE = re.compile(
    r"(?:aged? )?(?P<age>[0-9]{1,2}) ?(?:yrs?|years?|y/?o)\.?(?: old)?|aged? (?P<bare>[0-9]{1,2})"
)


def read_birth(text: str, opened: date | None) -> Birth:
    """Read a date of birth; day first. `opened` is the day the record was opened, from which "14 yrs" counts.

    Raises NeedsJudgement, or DateDoesNotExist for a date that is in no calendar.
    """
    said = " ".join(text.lower().split())
    birth = _read(said, text, opened)
    if opened is not None and birth.earliest > opened:
        raise NeedsJudgement("The date of birth is later than the day the record was opened.")
    return birth


def birth_from_age(age: int, on: date, as_sent: str | None = None) -> Birth:
    """Everyone who was `age` years old on this day, and nobody else."""
    if not 0 <= age <= 120:
        raise NeedsJudgement("The age is not one a person can have.")
    # Whoever has the next birthday tomorrow is still `age` today.
    first = date.fromordinal(_birthday_years_before(on, age + 1).toordinal() + 1)
    return Birth(first, _birthday_years_before(on, age), "age", as_sent if as_sent is not None else str(age))


def age_on(dob: date, day: date) -> int:
    """Whole years. Somebody born on 29 February becomes a year older on 1 March of a common year."""
    if day < dob:
        raise ValueError("Nobody has an age before being born.")
    return day.year - dob.year - ((day.month, day.day) < (dob.month, dob.day))


def ages_on(birth: Birth, day: date) -> tuple[int, int]:
    """The youngest and the oldest that this person can be on that day."""
    return age_on(min(birth.latest, day), day), age_on(birth.earliest, day)


def _read(said: str, as_sent: str, opened: date | None) -> Birth:
    if not said:
        raise NeedsJudgement("No date of birth was given.")
    if found := _ISO.fullmatch(said):
        return _one_day(int(found["year"]), int(found["month"]), int(found["day"]), as_sent)
    if found := _DAY_FIRST.fullmatch(said):
        day, month = int(found["day"]), int(found["month"])
        if month > 12 >= day:
            raise NeedsJudgement("There is no such month: were day and month swapped?")
        return _one_day(_full_year(found["year"]), month, day, as_sent)
    if found := _DAY_WITH_WORD.fullmatch(said):
        month = _month_of(found["word"])
        return _one_day(_full_year(found["year"]), month, int(found["day"]), as_sent)
    if found := _MONTH_ONLY.fullmatch(said):
        return _one_month(int(found["year"]), int(found["month"]), as_sent)
    if found := _ABOUT_YEAR.fullmatch(said):
        return _one_year(int(found["year"]), "about", as_sent)
    if found := _YEAR_ONLY.fullmatch(said):
        return _one_year(int(found["year"]), "year", as_sent)
    if found := _AGE.fullmatch(said):
        if opened is None:
            raise NeedsJudgement("An age was given, but not the day on which it was true.")
        return birth_from_age(int(found["age"] or found["bare"]), opened, as_sent)
    if found := _MONTH_WORD_ONLY.fullmatch(said):
        return _one_month(int(found["year"]), _month_of(found["word"]), as_sent)
    raise NeedsJudgement("This is not a date of birth, a year or an age that can be read with certainty.")


def _full_year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    return int(digits) + (2000 if int(digits) <= LAST_TWO_DIGIT_YEAR_OF_THE_2000S else 1900)


def _month_of(word: str) -> int:
    if not _MONTH_WORD.fullmatch(word):
        raise NeedsJudgement("The name of the month cannot be read.")
    return _MONTHS.index(word[:3]) + 1


def _one_day(year: int, month: int, day: int, as_sent: str) -> Birth:
    _refuse_unlikely(year)
    try:
        born = date(year, month, day)
    except ValueError:
        raise DateDoesNotExist("There is no such day in the calendar.") from None
    return Birth(born, born, "day", as_sent)


def _one_month(year: int, month: int, as_sent: str) -> Birth:
    _refuse_unlikely(year)
    if not 1 <= month <= 12:
        raise DateDoesNotExist("There is no such month.")
    first = date(year, month, 1)
    return Birth(first, date.fromordinal(months_after(first, 1).toordinal() - 1), "month", as_sent)


def _one_year(year: int, precision: Precision, as_sent: str) -> Birth:
    _refuse_unlikely(year)
    return Birth(date(year, 1, 1), date(year, 12, 31), precision, as_sent)


def _refuse_unlikely(year: int) -> None:
    if not 1900 <= year <= 2099:
        raise NeedsJudgement("The year of birth lies before 1900 or after 2099.")


def _birthday_years_before(day: date, years: int) -> date:
    """The latest day on which somebody can be born who is `years` old on `day`."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February: born on 1 March is not yet that old
        return date(day.year - years, 2, 28)

"""Reading the date and date-time cells of agencies' files.

Sentences in the exceptions never repeat the value: they go into receipts and logs.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class UnreadableMoment(ValueError):
    """The row cannot be used as sent and is rejected. `sentence` says what to mend."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


class NotADate(UnreadableMoment):
    """The text is in none of the forms we read."""


class DateDoesNotExist(UnreadableMoment):
    """The text has the form of a date or time, but the calendar or the clock has no such one."""


class HourNeedsAPerson(ValueError):
    """The row is held for a person: local time alone does not say which moment is meant."""

    def __init__(self, sentence: str):
        super().__init__(sentence)
        self.sentence = sentence


class AmbiguousHour(HourNeedsAPerson):
    """The hour that comes twice when the clocks go back."""


class HourDoesNotExist(HourNeedsAPerson):
    """The hour that is left out when the clocks go forward."""


_DAY = r"(?:(?P<d>[0-9]{1,2})/(?P<m>[0-9]{1,2})/(?P<y>[0-9]{4})|(?P<iy>[0-9]{4})-(?P<im>[0-9]{2})-(?P<id>[0-9]{2}))"
_TIME = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
)
_OFFSET = r"(?P<zone>[Zz]|(?P<sign>[+-])(?P<zone_hours>[0-9]{2}):?(?P<zone_minutes>[0-9]{2}))"
_DATE_FORM = re.compile(_DAY)
_MIDNIGHT_FORM = re.compile(_DAY + r"[T ]00:00(?::00(?:\.0+)?)?")  # how a spreadsheet writes a plain date
_MOMENT_FORM = re.compile(_DAY + r"(?:[Tt]| +)" + _TIME + r" ?" + _OFFSET + "?")


def read_date(text: str) -> date:
    """DD/MM/YYYY or YYYY-MM-DD."""
    cell = text.strip()
    found = _DATE_FORM.fullmatch(cell) or _MIDNIGHT_FORM.fullmatch(cell)
    if not found:
        raise NotADate("Write the date as DD/MM/YYYY or YYYY-MM-DD.")
    return _date_of(found)


def read_moment(text: str) -> datetime:
    """ISO 8601, or DD/MM/YYYY HH:MM. Answered in UTC; without an offset it is read as Europe/London."""
    found = _MOMENT_FORM.fullmatch(text.strip())
    if not found:
        raise NotADate("Write the date and time as DD/MM/YYYY HH:MM, or in ISO 8601.")
    day = _date_of(found)
    try:
        local = datetime(
            day.year,
            day.month,
            day.day,
            int(found["hour"]),
            int(found["minute"]),
            int(found["second"] or 0),
            int((found["fraction"] or "0").ljust(6, "0")[:6]),
        )
    except ValueError:
        raise DateDoesNotExist("There is no such time of day.") from None
    if found["zone"]:
        return local.replace(tzinfo=_zone_of(found)).astimezone(UTC)
    return london_moment(local)


def read_date_or_moment(text: str) -> date | datetime:
    """A plain date where no hour was sent: an hour is never invented. Test for `datetime` first."""
    if _DATE_FORM.fullmatch(text.strip()):
        return read_date(text)
    return read_moment(text)


def london_moment(local: datetime) -> datetime:
    """The moment, in UTC, of a wall-clock time in London. Raises where the clock change leaves doubt."""
    first = local.replace(tzinfo=LONDON, fold=0)
    second = local.replace(tzinfo=LONDON, fold=1)
    if first.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != local:
        raise HourDoesNotExist("The clocks went forward and left this hour out: ask which moment is meant.")
    if first.utcoffset() != second.utcoffset():
        raise AmbiguousHour("The clocks went back and this hour came twice: ask which one is meant.")
    return first.astimezone(UTC)


def london_date(moment: datetime) -> date:
    """The day on the wall in London at this moment."""
    if moment.tzinfo is None:
        raise ValueError("A moment without its time zone has no certain day.")
    return moment.astimezone(LONDON).date()


def start_of_day(day: date) -> datetime:
    """Midnight in London, in UTC. (No clock change in living memory falls on midnight there.)"""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def _date_of(found: re.Match[str]) -> date:
    year, month, day = (int(found[a] or found[b]) for a, b in (("y", "iy"), ("m", "im"), ("d", "id")))
    if not 1900 <= year <= 2199:
        raise DateDoesNotExist("The year must lie between 1900 and 2199.")
    try:
        return date(year, month, day)
    except ValueError:
        raise DateDoesNotExist("There is no such day in the calendar.") from None


def _zone_of(found: re.Match[str]) -> timezone:
    if found["sign"] is None:
        return UTC
    hours, minutes = int(found["zone_hours"]), int(found["zone_minutes"])
    if hours > 14 or minutes > 59:
        raise DateDoesNotExist("There is no such offset from UTC.")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if found["sign"] == "+" else -offset)

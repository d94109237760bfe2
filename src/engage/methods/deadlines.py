"""When something is due: elapsed hours, English working days, calendar days and months.

The clocks themselves (how many of which unit, and on whose word) are rows of
`reference/process-deadlines.csv`; this module only counts.
"""

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal

import holidays

from engage.methods.moments import start_of_day

RETURN_INTERVIEW_WITHIN = timedelta(hours=72)  # DfE guidance on missing children, 2014

DayUnit = Literal["working_days", "calendar_days", "months"]


def return_interview_due(returned_at: datetime) -> datetime:
    """The moment, in UTC, by which the return home interview is to be held. The moment itself is in time.

    Weekends and bank holidays count: these are elapsed hours.
    """
    return hours_after(returned_at, RETURN_INTERVIEW_WITHIN)


def return_interview_due_on(returned_on: date) -> date:
    """The day on which the 72 hours run out, for a return of which only the day is known.

    It is the third day after: a return at ten in the morning of the 1st is due at ten on the 4th,
    and so for every other hour (a clock change can shift the last hour of a day past midnight).
    A day and not a moment, because the source gave no hour; so an interview held on this very day
    may or may not be in time, and nobody can tell from these data.
    """
    return returned_on + timedelta(days=3)


def return_interview_in_time(*, returned_at: datetime, held_at: datetime) -> bool:
    """Raises ValueError for an interview held before the return: it belongs to another episode."""
    due_at = return_interview_due(returned_at)
    _refuse_naive(held_at)
    if held_at < returned_at:
        raise ValueError("The interview was held before this return.")
    return held_at <= due_at


def interview_in_time(returned: datetime | date, held: datetime | date) -> bool | None:
    """Whether it was held within the 72 hours, of moments or of days; None where the unknown hours decide."""
    first_due = return_interview_due(returned if isinstance(returned, datetime) else start_of_day(returned))
    if isinstance(returned, datetime):
        last_due = first_due
    else:  # a moment before the next day begins
        last_due = return_interview_due(start_of_day(returned + timedelta(days=1))) - timedelta(
            microseconds=1
        )
    if isinstance(held, datetime):
        from_moment = to_moment = held
    else:
        from_moment = start_of_day(held)
        to_moment = start_of_day(held + timedelta(days=1)) - timedelta(microseconds=1)
    if to_moment <= first_due:
        return True
    return False if from_moment > last_due else None


def hours_after(started_at: datetime, within: timedelta) -> datetime:
    """Elapsed time, answered in UTC."""
    _refuse_naive(started_at)
    # Add in UTC: across a clock change, local arithmetic gives 71 or 73 hours.
    return started_at.astimezone(UTC) + within


def is_working_day(day: date) -> bool:
    """Monday to Friday and not a bank holiday in England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def working_days_after(day: date, n: int) -> date:
    """The n-th working day after `day`. The day of the event is day 0, whether or not it is a working day."""
    if n < 0:
        raise ValueError("Working days are counted forwards only.")
    reached = day
    for _ in range(n):
        reached += timedelta(days=1)
        while not is_working_day(reached):
            reached += timedelta(days=1)
    return reached


def months_after(day: date, n: int) -> date:
    """The same day n months on, or that month's last day where there is no such day (31 January + 1)."""
    if n < 0:
        raise ValueError("Months are counted forwards only.")
    year, month0 = divmod(day.year * 12 + day.month - 1 + n, 12)
    return date(year, month0 + 1, min(day.day, calendar.monthrange(year, month0 + 1)[1]))


def subject_access_due_on(received_on: date, *, extended: bool = False, days_stopped: int = 0) -> date:
    """The last day to answer somebody who asks what is held of them: one month, or three where it was extended.

    The same day a month on, or that month's last where there is no such day; after it as many days as the clock stood
    still; and where that is a weekend or bank holiday, the next working day. ICO guidance on the right of access (P).
    """
    if days_stopped < 0:
        raise ValueError("A clock stands still for days, not before it began.")
    day = months_after(received_on, 3 if extended else 1) + timedelta(days=days_stopped)
    return day if is_working_day(day) else working_days_after(day, 1)


def due_on(started_on: date, amount: int, unit: DayUnit) -> date:
    """The last day in time for a clock that counts days or months."""
    match unit:
        case "working_days":
            return working_days_after(started_on, amount)
        case "calendar_days":
            return started_on + timedelta(days=amount)
        case "months":
            return months_after(started_on, amount)
    raise ValueError(f"{unit} does not count days.")


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def _refuse_naive(moment: datetime) -> None:
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("A moment without its time zone cannot start or stop a clock.")

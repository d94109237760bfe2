"""Moments as people in Lancashire read and say them. Stored moments are UTC; these words are Europe/London."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

NOT_RECORDED = "not recorded"

# Up to here people count hours, because the clocks of this work are 24, 48 and 72 hours long.
COUNT_IN_HOURS_BELOW = timedelta(hours=100)


def happens_twice(local: datetime) -> bool:
    """Whether this London wall-clock time comes twice, because the clocks go back that night."""
    first, second = local.replace(tzinfo=LONDON, fold=0), local.replace(tzinfo=LONDON, fold=1)
    return first.utcoffset() != second.utcoffset() and not is_skipped(local)


def is_skipped(local: datetime) -> bool:
    """Whether this London wall-clock time never comes, because the clocks go forward that night."""
    wall = local.replace(tzinfo=None)
    back_again = local.replace(tzinfo=LONDON).astimezone(UTC).astimezone(LONDON).replace(tzinfo=None)
    return back_again != wall


def in_london(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone cannot be shown: it could be an hour wrong.")
    return moment.astimezone(LONDON)


def clock_words(moment: datetime) -> str:
    """'9:05am'; in the hour that comes twice '1:30am GMT', so that a reader is never an hour wrong."""
    local = in_london(moment)
    words = f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
    return f"{words} {local.tzname()}" if happens_twice(local) else words


def date_words(day: date | datetime | None) -> str:
    """'2 November 2026'. A datetime is taken to its day in London first."""
    if day is None:
        return NOT_RECORDED
    if isinstance(day, datetime):
        day = in_london(day).date()
    return f"{day.day} {day:%B %Y}"


def moment_words(moment: datetime | None) -> str:
    """'2 November 2026 at 9:05am'; midnight and midday are said, since 12:00am is easily misread."""
    if moment is None:
        return NOT_RECORDED
    local = in_london(moment)
    said = {(0, 0): " (midnight)", (12, 0): " (midday)"}.get((local.hour, local.minute), "")
    return f"{date_words(moment)} at {clock_words(moment)}{said}"


def duration_words(length: timedelta) -> str:
    """Whole units, rounded down: '35 minutes', '41 hours', '5 days'."""
    if length < timedelta(hours=1):
        return _counted(length // timedelta(minutes=1), "minute")
    if length < COUNT_IN_HOURS_BELOW:
        return _counted(length // timedelta(hours=1), "hour")
    return _counted(length // timedelta(days=1), "day")


def hours_words(moment: datetime | None, now: datetime, sense: Literal["since", "due"]) -> str:
    """Elapsed or remaining time in words: '3 hours so far', 'due in 41 hours', '2 hours overdue'."""
    if moment is None:
        return NOT_RECORDED
    gap = in_london(moment).astimezone(UTC) - in_london(now).astimezone(UTC)
    if sense == "due":
        if gap < timedelta(0):
            late = duration_words(-gap)
            return "just overdue" if late == "0 minutes" else f"{late} overdue"
        soon = duration_words(gap)
        return "due now" if soon == "0 minutes" else f"due in {soon}"
    if sense == "since":
        # A start in the future is a wrong entry somebody must see, not "0 minutes".
        return f"starts in {duration_words(gap)}" if gap > timedelta(0) else f"{duration_words(-gap)} so far"
    raise ValueError(f"Say 'since' or 'due', not {sense!r}.")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"

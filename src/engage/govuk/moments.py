"""Asking for a date, and for a moment on the London clock."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from engage.govuk.london_time import LONDON, clock_words, date_words, happens_twice, in_london, is_skipped

MONTHS = [date(2000, number, 1).strftime("%B").lower() for number in range(1, 13)]
TIME = re.compile(r"(\d{1,2})(?:[:.]?(\d{2}))?\s*(am|pm|midnight|midday|noon)?\s*(bst|gmt)?", re.IGNORECASE)


class DateParts(forms.MultiWidget):
    """Three boxes, named `<field>_day`, `<field>_month`, `<field>_year`."""

    part_labels = {"day": "Day", "month": "Month", "year": "Year"}
    part_widths = {"day": 2, "month": 2, "year": 4}

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({part: forms.TextInput() for part in self.part_labels}, attrs)

    def decompress(self, value: date | None) -> list[str]:
        if isinstance(value, datetime):
            value = in_london(value).date()
        return [str(value.day), str(value.month), str(value.year)] if value else [""] * 3


class MomentParts(DateParts):
    """The date's three boxes and `<field>_time`."""

    part_labels = {**DateParts.part_labels, "time": "Time"}
    part_widths = {**DateParts.part_widths, "time": 10}

    def decompress(self, value: date | None) -> list[str]:
        if not value:
            return [""] * 4
        assert isinstance(value, datetime), "a date alone has no time to show"
        return [*super().decompress(in_london(value).date()), clock_words(value)]


class DateInputField(forms.Field):
    """A date in three boxes; the month may be a number or a name. Gives a `date`, or None if left empty."""

    widget = DateParts

    def to_python(self, value: Sequence[str] | date | None) -> date | None:
        if value is None or isinstance(value, date):
            return value
        parts = _stripped(value)
        return _read_date(parts[:3], str(self.label or "Date")) if any(parts) else None


class LondonDateTimeField(forms.Field):
    """Date and time as read from a clock in England. Gives an aware datetime in UTC, or None if left empty.

    On the night when the clocks go back, one hour comes twice: the answer must then say BST or GMT.
    """

    widget = MomentParts

    def to_python(self, value: Sequence[str] | datetime | None) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value
        *day_parts, clock = _stripped(value)
        if not any(day_parts) and not clock:
            return None
        label = str(self.label or "Date and time")
        day = _read_date(day_parts, label)
        hour_and_minute, zone = _read_time(clock, label)
        return _on_the_london_clock(datetime.combine(day, hour_and_minute), zone)


def _stripped(value: Sequence[str | None]) -> list[str]:
    return [(part or "").strip() for part in value]


def _read_date(parts: Sequence[str], label: str) -> date:
    names = ("day", "month", "year")
    absent = [name for name, part in zip(names, parts, strict=True) if not part]
    if absent:
        raise _part_error(f"{_topic(label)} must include a {' and '.join(absent)}", *absent)
    day, month, year = parts
    month_number = _month_number(month)
    if month_number is None:
        raise _part_error(f"{_topic(label)}: the month must be a number from 1 to 12 or a name", "month")
    if not (year.isdecimal() and len(year) == 4):
        raise _part_error(f"{_topic(label)}: the year must have 4 numbers", "year")
    if not (day.isdecimal() and len(day) <= 2):
        raise _part_error(f"{_topic(label)}: the day must be a number from 1 to 31", "day")
    try:
        return date(int(year), month_number, int(day))
    except ValueError:
        raise _part_error(f"{_topic(label)} must be a real date", *names) from None


def _month_number(written: str) -> int | None:
    if written.isdecimal() and len(written) <= 2 and 1 <= int(written) <= 12:
        return int(written)
    if len(written) >= 3:
        for number, name in enumerate(MONTHS, start=1):
            if name.startswith(written.lower()):
                return number
    return None


def _read_time(written: str, label: str) -> tuple[time, str]:
    """The wall-clock time, and 'BST', 'GMT' or ''. Reads 9:05am, 9.05 pm, 9pm, 21:05 and 2105."""
    if not written:
        raise _part_error(f"{_topic(label)} must include a time, for example 9:05am or 21:05", "time")
    if written.lower() in ("midnight", "midday", "noon"):
        return (time(0) if written.lower() == "midnight" else time(12)), ""
    unreadable = _part_error(f"{_topic(label)}: write the time like 9:05am or 21:05", "time")
    found = TIME.fullmatch(written)
    if not found:
        raise unreadable
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    # A bare "9" could be morning or evening.
    if not half and found[2] is None:
        raise unreadable
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            raise unreadable
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif half:
        if (hour, minute) != (12, 0):
            raise unreadable
        hour = 0 if half == "midnight" else 12
    if hour > 23 or minute > 59:
        raise unreadable
    return time(hour, minute), (found[4] or "").upper()


def _on_the_london_clock(local: datetime, zone: str) -> datetime:
    shown = f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"
    day = date_words(local.date())
    if is_skipped(local):
        raise _part_error(
            f"There was no {shown} on {day}: the clocks went forward from 1am to 2am. Check the time", "time"
        )
    if happens_twice(local):
        if not zone:
            raise _part_error(
                f"{shown} came twice on {day}, because the clocks went back at 2am. "
                f"Write “{shown} BST” for the first or “{shown} GMT” for the second",
                "time",
            )
        local = local.replace(fold=0 if zone == "BST" else 1)
    moment = local.replace(tzinfo=LONDON)
    if zone and moment.tzname() != zone:
        raise _part_error(
            f"The clocks were on {moment.tzname()} on {day}. Leave out {zone}, or correct it", "time"
        )
    return moment.astimezone(UTC)


def _topic(label: str) -> str:
    """What an error is about, in words that can start a sentence."""
    return f"“{label}”" if label.endswith("?") else label


def _part_error(words: str, *parts: str) -> ValidationError:
    # `parts` lets the page mark the boxes at fault and point the error's link at the first of them.
    return ValidationError(words.replace("%", "%%"), code="date_part", params={"parts": parts})

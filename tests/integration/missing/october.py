"""Moments and days of October 2026, UTC."""

from datetime import UTC, date, datetime


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


def on(day: int) -> date:
    return date(2026, 10, day)

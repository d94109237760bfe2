"""How two tellings of an absence lie to each other in time.

Some agencies know the moment, some only the day. Two moments are compared as moments; as soon as one of
the two is a day, both are compared as days in London, since an hour is never invented.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from engage.methods.moments import london_date

Point = datetime | date  # test for `datetime` first: a datetime is a date too
Relation = Literal["same", "touching", "apart"]


@dataclass(frozen=True)
class Span:
    """`end` None: still missing as far as this telling goes."""

    start: Point
    end: Point | None

    @property
    def start_day(self) -> date:
        return day_of(self.start)

    @property
    def end_day(self) -> date | None:
        return None if self.end is None else day_of(self.end)


@lru_cache(maxsize=4096)
def day_of(point: Point) -> date:
    return london_date(point) if isinstance(point, datetime) else point


def is_before(one: Point, other: Point) -> bool:
    """Certainly before: two tellings of the same day are not, unless both know the moment."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    return day_of(one) < day_of(other)


def latest(points: list[Point]) -> Point:
    """The latest; of the same day, a known moment counts rather than the day."""
    last_day = max(day_of(point) for point in points)
    on_that_day = [point for point in points if day_of(point) == last_day]
    moments = [point for point in on_that_day if isinstance(point, datetime)]
    return max(moments) if moments else last_day


def relation(one: Span, other: Span) -> Relation:
    """`same`: they overlap. `apart`: the child came back in between.

    `touching`: known by day only, and the later begins on the day the earlier ends and goes on after it.
    That may be one absence or two (rule 574 of the 903 return allows a new one to start on that day).
    """
    earlier, later = sorted((one, other), key=_start_order)
    if earlier.end is None:
        return "same"
    if isinstance(earlier.end, datetime) and isinstance(later.start, datetime):
        began_together = not is_before(earlier.start, later.start)
        return "same" if earlier.end > later.start or began_together else "apart"
    end_day = day_of(earlier.end)
    if end_day != later.start_day:
        return "same" if end_day > later.start_day else "apart"
    within_the_earlier = later.end_day == end_day
    return "same" if earlier.start_day == end_day or within_the_earlier else "touching"


def _start_order(span: Span) -> tuple[date, bool, float]:
    exact = isinstance(span.start, datetime)
    return span.start_day, not exact, span.start.timestamp() if isinstance(span.start, datetime) else 0.0

"""One child's happenings along a line of time: where each stands in the drawing. The template writes the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from engage.govuk.london_time import LONDON, date_words, in_london, moment_words

Lane = Literal["missing", "interview", "worry", "judgement"]
Point = datetime | date

LANES: dict[Lane, str] = {
    "missing": "Missing",
    "interview": "Return interviews",
    "worry": "Referrals and calls",
    "judgement": "Judgements",
}

# The drawing goes back a year at most; what is older stands in the lists beneath it.
LONGEST = timedelta(days=366)
SHORTEST = timedelta(days=28)

WIDTH, LEFT, RIGHT, TOP, LANE_HEIGHT = 960, 170, 24, 16, 44
# A time missing of some hours in a year would be thinner than can be seen.
THINNEST_BAR = 5


@dataclass(frozen=True)
class Happening:
    """`starts` and `ends` are moments where the source knows the hour, else days."""

    lane: Lane
    what: str
    starts: Point
    ends: Point | None = None
    still_open: bool = False
    told_by: str = ""
    href: str = ""

    @property
    def when(self) -> str:
        if self.still_open:
            return f"from {point_words(self.starts)}, still missing"
        if self.ends is None:
            return point_words(self.starts)
        return f"{point_words(self.starts)} to {point_words(self.ends)}"


@dataclass(frozen=True)
class Mark:
    happening: Happening
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.y + 10


@dataclass(frozen=True)
class Tick:
    x: float
    words: str


@dataclass(frozen=True)
class LaneDrawn:
    title: str
    y: float
    marks: Sequence[Mark]

    @property
    def middle(self) -> float:
        return self.y + 10

    @property
    def line_y(self) -> float:
        return self.y + 32


@dataclass(frozen=True)
class Timeline:
    lanes: Sequence[LaneDrawn]
    ticks: Sequence[Tick]
    now_x: float
    height: float
    description: str
    shown: Sequence[Happening]
    older: int

    width = WIDTH
    left = LEFT
    right_edge = WIDTH - RIGHT
    top = TOP

    @property
    def axis_y(self) -> float:
        return self.height - 34

    @property
    def tick_y(self) -> float:
        return self.height - 14


def draw(happenings: Sequence[Happening], now: datetime) -> Timeline | None:
    """Nothing within the last year gives no drawing."""
    earliest_shown = now - LONGEST
    shown = sorted(
        (one for one in happenings if last_moment(one, now) >= earliest_shown and moment(one.starts) <= now),
        key=lambda one: moment(one.starts),
        reverse=True,
    )
    if not shown:
        return None
    first = max(min(moment(one.starts) for one in shown), earliest_shown)
    begins = min(first, now - SHORTEST) - timedelta(days=2)
    ends = now + (now - begins) / 40

    def x(at: datetime) -> float:
        part = (max(at, begins) - begins) / (ends - begins)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    lanes: list[LaneDrawn] = []
    for lane, title in LANES.items():
        of_lane = [one for one in shown if one.lane == lane]
        if of_lane:
            y = TOP + len(lanes) * LANE_HEIGHT
            lanes.append(LaneDrawn(title, y, [_mark(one, y, x, now) for one in reversed(of_lane)]))
    return Timeline(
        lanes=lanes,
        ticks=[Tick(x(at), words) for at, words in _ticks(begins, now)],
        now_x=x(now),
        height=TOP + len(lanes) * LANE_HEIGHT + 40,
        description=_description(shown),
        shown=shown,
        older=len([one for one in happenings if last_moment(one, now) < earliest_shown]),
    )


def moment(point: Point) -> datetime:
    """A day stands where it begins in London, for drawing and order alone."""
    if isinstance(point, datetime):
        return point
    return datetime(point.year, point.month, point.day, tzinfo=LONDON).astimezone(UTC)


def last_moment(one: Happening, now: datetime) -> datetime:
    if one.still_open:
        return now
    return moment(one.ends) if one.ends is not None else moment(one.starts)


def point_words(point: Point) -> str:
    return moment_words(point) if isinstance(point, datetime) else date_words(point)


def _mark(one: Happening, y: float, x, now: datetime) -> Mark:
    starts_x, ends_x = x(moment(one.starts)), x(last_moment(one, now))
    return Mark(one, starts_x, y, max(round(ends_x - starts_x, 1), THINNEST_BAR))


def _ticks(begins: datetime, now: datetime) -> list[tuple[datetime, str]]:
    """The first of each month; of every other one where months lie close; Mondays in a short drawing."""
    days = (now - begins).days
    if days <= 62:
        day = in_london(begins).date()
        day += timedelta(days=7 - day.weekday())
        mondays = []
        while moment(day) < now:
            mondays.append((moment(day), f"{day.day} {day:%b}"))
            day += timedelta(days=7)
        return mondays if len(mondays) <= 7 else mondays[len(mondays) % 2 :: 2]
    year, month = in_london(begins).year, in_london(begins).month
    firsts: list[tuple[datetime, str]] = []
    while True:
        month += 1
        if month > 12:
            year, month = year + 1, 1
        first = date(year, month, 1)
        if moment(first) >= now:
            break
        firsts.append((moment(first), f"{first:%b} {year}" if month == 1 or not firsts else f"{first:%b}"))
    return firsts


def _description(shown: Sequence[Happening]) -> str:
    counts = [
        (len([one for one in shown if one.lane == lane]), words)
        for lane, words in (
            ("missing", ("time missing", "times missing")),
            ("interview", ("return interview", "return interviews")),
            ("worry", ("referral or call", "referrals and calls")),
            ("judgement", ("judgement", "judgements")),
        )
    ]
    said = [f"{number} {words[0] if number == 1 else words[1]}" for number, words in counts if number]
    first = min(shown, key=lambda one: moment(one.starts))
    return f"{', '.join(said)} since {date_words(first.starts)}. The table below says the same."

"""What one reader is told of an episode: from the reports this reader may see, and from no other.

Give only visible reports. Nothing here looks further, so a hidden report can change no answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engage.methods.moments import london_date
from engage.methods.spans import Point, day_of


@dataclass(frozen=True)
class SourceReport:
    """The times one agency gave. The moment where it is known, else the day, else None."""

    id: str
    owner: str
    missing_since: Point | None = None
    reported: Point | None = None
    located: Point | None = None
    returned: Point | None = None


@dataclass(frozen=True)
class Disagreement:
    """Each agency with what it said, for one fact on which they differ."""

    fact: str
    said: tuple[tuple[str, Point], ...]


@dataclass(frozen=True)
class Account:
    """The earliest telling of each fact, a moment rather than a day where they agree on the day.

    `returned` None means that no visible source says the child is back. The earliest return is shown
    because the interview clock must not run out unnoticed; a later one stands under `disagreements`.
    """

    missing_since: Point | None
    reported: Point | None
    located: Point | None
    returned: Point | None
    no_return_from: tuple[str, ...]  # agencies that have not said the child is back
    disagreements: tuple[Disagreement, ...]


def account_of(visible_reports: Sequence[SourceReport]) -> Account:
    facts: dict[str, Callable[[SourceReport], Point | None]] = {
        "missing since": lambda report: report.missing_since,
        "reported": lambda report: report.reported,
        "located": lambda report: report.located,
        "returned": lambda report: report.returned,
    }
    said = {
        fact: sorted(
            {(report.owner, point) for report in visible_reports if (point := told(report)) is not None},
            key=lambda pair: (_order(pair[1]), pair[0]),
        )
        for fact, told in facts.items()
    }
    answered = {owner for owner, _ in said["returned"]}
    return Account(
        missing_since=_first(said["missing since"]),
        reported=_first(said["reported"]),
        located=_first(said["located"]),
        returned=_first(said["returned"]),
        no_return_from=tuple(sorted({report.owner for report in visible_reports} - answered)),
        # When each agency was told is its own fact, so different times of report do not disagree.
        disagreements=tuple(
            Disagreement(fact, tuple(pairs))
            for fact, pairs in said.items()
            if fact != "reported" and _differ([point for _, point in pairs])
        ),
    )


def _first(said: Sequence[tuple[str, Point]]) -> Point | None:
    return said[0][1] if said else None


def _differ(points: Sequence[Point]) -> bool:
    moments = {point for point in points if isinstance(point, datetime)}
    return len(moments) > 1 or len({day_of(point) for point in points}) > 1


def _order(point: Point) -> tuple[date, bool, float]:
    if isinstance(point, datetime):
        return london_date(point), False, point.timestamp()
    return point, True, 0.0

"""How the tellings of one child lie to each other, and to an episode that is being put together from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from engage.methods.moments import start_of_day
from engage.methods.spans import Point, Span, day_of, is_before, latest, relation

NEAR = timedelta(hours=24)
# After so long without a word, a report that nobody closed is no evidence of a new absence: our proposal (N).
DOUBTFUL_AFTER = timedelta(days=7)


class Told(NamedTuple):
    """One report with its times worked out."""

    id: str
    owner: str
    span: Span
    knows_return_only: bool = False
    of_a_moment: bool = False


@dataclass
class Unit:
    """Reports that the agency or a person has already put together; most often one alone."""

    told: list[Told]
    decided: bool  # by a person: never joined to another decided unit

    @property
    def of_moments(self) -> bool:
        return all(one.of_a_moment for one in self.told)

    @property
    def start(self) -> Point:
        return min(self.told, key=order_of).span.start

    @property
    def order(self) -> tuple[bool, bool, tuple[date, datetime, str]]:
        """Moments last: only then is it known which absences there are."""
        return not self.decided, self.of_moments, min(order_of(told) for told in self.told)


@dataclass
class Making:
    """An episode in the making."""

    told: list[Told]
    single: set[str] = field(default_factory=set)  # ids that came as units of their own, undecided

    def tellings(self) -> list[Told]:
        """An agency that never said "returned" is taken at the word of those who did."""
        ends = [one.span.end for one in self.told if one.span.end is not None]
        if not ends:
            return self.told
        last = latest(ends)
        return [closed(one, last) for one in self.told]

    @property
    def start(self) -> Point:
        return min(self.told, key=order_of).span.start

    @property
    def end(self) -> Point | None:
        ends = [one.span.end for one in self.told if one.span.end is not None]
        return latest(ends) if ends else None


def fit_of(unit: Unit, episode: Making) -> str:
    if not unit.of_moments:
        return fit(unit.told, episode.tellings())
    found = {_moment_and_episode(one.span.start, episode) for one in unit.told}
    return next((fits for fits in ("same", "touching") if fits in found), "apart")


def _moment_and_episode(moment: Point, episode: Making) -> str:
    """Held against the whole of what is known of the episode: a known hour of return says more than its day."""
    if episode.end is not None:
        return _moment_and_absence(moment, Span(episode.start, episode.end))
    near = any(_within_a_day(moment, one.span.start) for one in episode.told)
    within = any(
        _moment_and_absence(moment, one.span) == "same" for one in episode.told if not one.of_a_moment
    )
    return "same" if near or within else "far"


def _moment_and_absence(moment: Point, absence: Span) -> str:
    """`far`: not near, and nobody said that the child came back in between."""
    if is_before(moment, absence.start):
        return "same" if _within_a_day(moment, absence.start) else "far"
    if absence.end is None:
        return "same"
    if is_before(absence.end, moment):
        return "apart"
    certain = isinstance(moment, datetime) and isinstance(absence.end, datetime)
    if certain or absence.start_day == absence.end_day or is_before(moment, absence.end):
        return "same"
    return "touching"  # said on the day of the return, whose hour is not known: before it, or missing again


def without_return_between(unit: Unit, episodes: list[Making], making: list[Making]) -> list[Making]:
    """Of several absences that a moment lies near, not those before which the child had come back from another."""

    def came_back_before(episode: Making) -> bool:
        others = [other.end for other in making if other is not episode and other.end is not None]
        return any(is_before(unit.start, back) and not is_before(episode.start, back) for back in others)

    return [
        episode
        for episode in episodes
        if not (is_before(unit.start, episode.start) and came_back_before(episode))
    ]


def only_by_an_old_open_end(unit: Unit, episode: Making) -> bool:
    """Nothing joins them but an end that nobody filled in, and more than a week passed between the two."""
    gaps = [
        _open_gap(one, member)
        for one in unit.told
        for member in episode.tellings()
        if _relation(one, member) in ("same", "far")
    ]
    return bool(gaps) and min(gaps) > DOUBTFUL_AFTER


def _open_gap(one: Told, other: Told) -> timedelta:
    """From the start of the earlier to that of the later; none where the earlier has an end."""
    earlier, later = sorted((one, other), key=order_of)
    if earlier.span.end is not None or later.knows_return_only:
        return timedelta(0)
    start, next_start = earlier.span.start, later.span.start
    if isinstance(start, datetime) and isinstance(next_start, datetime):
        return next_start - start
    return day_of(next_start) - day_of(start)


def fit(told: Sequence[Told], members: Sequence[Told]) -> str:
    """same, torn (same as one telling, apart from another), touching or apart."""
    found = set()
    for one in told:
        for member in members:
            how = _relation(one, member)
            if how in ("touching", "apart") and one.owner == member.owner:
                return "apart"  # the agency itself filled in a return between its two reports
            found.add(how)
    if "same" in found:
        return "torn" if "apart" in found else "same"
    return "touching" if "touching" in found else "apart"


def still_open_before(one: Told, other: Told) -> bool:
    """The same agency sent two reports, and has not said that the child came back from the first."""
    if one.owner != other.owner or one.of_a_moment or other.of_a_moment:
        return False
    if order_of(one)[:2] == order_of(other)[:2]:  # neither came first: their ids must not decide
        return one.span.end is None or other.span.end is None
    return min(one, other, key=order_of).span.end is None


def _relation(one: Told, other: Told) -> str:
    if one.of_a_moment and other.of_a_moment:
        return "same" if _within_a_day(one.span.start, other.span.start) else "far"
    if one.of_a_moment:
        return _moment_and_absence(one.span.start, other.span)
    if other.of_a_moment:
        return _moment_and_absence(other.span.start, one.span)
    if not one.knows_return_only and not other.knows_return_only:
        return relation(one.span, other.span)
    if one.knows_return_only and other.knows_return_only:
        return "same" if _within_a_day(one.span.start, other.span.start) else "apart"
    returned, absence = (one, other) if one.knows_return_only else (other, one)
    if is_before(returned.span.start, absence.span.start):
        return "apart"
    end = absence.span.end
    if end is None or not is_before(end, returned.span.start) or _within_a_day(end, returned.span.start):
        return "same"
    return "apart"


def nearest(told: Sequence[Told], episodes: list[Making]) -> list[Making]:
    """An open end overlaps every later episode; then the one that began at the same time is meant."""
    if len(episodes) < 2 or any(one.span.end is not None for one in told):
        return episodes
    near = [
        episode
        for episode in episodes
        if any(_within_a_day(one.span.start, member.span.start) for one in told for member in episode.told)
    ]
    return near if len(near) == 1 else episodes


def closed(told: Told, end: Point) -> Told:
    if told.span.end is not None or is_before(end, told.span.start):
        return told
    return told._replace(span=replace(told.span, end=end), of_a_moment=False)


def order_of(told: Told) -> tuple[date, datetime, str]:
    return told.span.start_day, moment_of(told.span.start), told.id


def moment_of(point: Point) -> datetime:
    """For sorting alone: a report that knows only the day stands after those of that day with a moment."""
    return point if isinstance(point, datetime) else start_of_day(point + timedelta(days=1))


def _within_a_day(one: Point, other: Point) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) <= NEAR
    return abs(day_of(one) - day_of(other)) <= timedelta(days=1)

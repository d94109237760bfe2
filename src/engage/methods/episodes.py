"""One episode of going missing, however many agencies tell of it.

Grouping is a function of the set of reports of one child: the order in which they came does not matter,
and what is held is released by itself once the missing fact (a return, a person's decision) arrives.

Two reports are one episode if their times overlap, or if they lie within 24 hours with no return between.
As a report without an end overlaps everything after it, the 24 hours decide only for reports that know
nothing but the return, and for choosing among episodes that an open end would all overlap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from engage.methods.moments import start_of_day
from engage.methods.spans import Point, Span, day_of, is_before, latest, relation

NEAR = timedelta(hours=24)

RETURN_NOT_FILLED_IN = (
    "The same agency's earlier report has no return yet: is this the same absence or a new one?"
)
TWO_CANDIDATES = "It fits two episodes: a person must say which."
TOUCHES = "It begins or ends on the day another absence ends or begins: is it the same absence or a new one?"
RETURN_BETWEEN = "One source says the child came back in between, another says not: a person must say."
ENDS_BEFORE_START = "It ends before it starts."
NO_TIME = "It says neither when the child went missing nor when the child came back."
DUPLICATE_OF_UNKNOWN = "It is marked as repeating a report that is not here."
PINNED_TO_UNKNOWN = "A person placed it with a report that is no longer here."


@dataclass(frozen=True)
class Report:
    """What one agency tells of one absence of the child.

    Give the moment (`_at`, with its zone) or else the day (`_on`). Neither end: still missing.
    `duplicate_of` is the agency's own word. `pinned_to` is a person's decision: the id of a report with
    which this one belongs, or its own id for "an absence of its own, and earlier ones had ended".
    """

    id: str
    owner: str
    starts_at: datetime | None = None
    starts_on: date | None = None
    ends_at: datetime | None = None
    ends_on: date | None = None
    reported_at: datetime | None = None
    cancelled: bool = False
    duplicate_of: str | None = None
    pinned_to: str | None = None


@dataclass(frozen=True)
class Episode:
    """`id` is that of its earliest report, by start and then by id; a start known by day only stands after
    the moments of that day. Not `counted`: cancelled as "not missing"."""

    id: str
    report_ids: tuple[str, ...]
    counted: bool = True


@dataclass(frozen=True)
class Held:
    report_id: str
    reason: str


@dataclass(frozen=True)
class Grouping:
    """Every report is in exactly one episode, or held; both in the order of ids.

    A held report may say that the child is missing now: show it, held or not.
    """

    episodes: tuple[Episode, ...]
    held: tuple[Held, ...]


class _Told(NamedTuple):
    """One report with its times worked out."""

    id: str
    owner: str
    span: Span
    knows_return_only: bool


@dataclass
class _Unit:
    """Reports that the agency or a person has already put together; most often one alone."""

    told: list[_Told]
    decided: bool  # by a person: never joined to another decided unit

    @property
    def order(self) -> tuple[bool, tuple[date, datetime, str]]:
        return not self.decided, min(_order(told) for told in self.told)


@dataclass
class _Open:
    """An episode in the making."""

    told: list[_Told]
    single: set[str] = field(default_factory=set)  # ids that came as units of their own, undecided

    def tellings(self) -> list[_Told]:
        """An agency that never said "returned" is taken at the word of those who did."""
        ends = [one.span.end for one in self.told if one.span.end is not None]
        if not ends:
            return self.told
        last = latest(ends)
        return [_closed(one, last) for one in self.told]


def group(reports: Iterable[Report]) -> Grouping:
    """Group the reports of one child. Raises ValueError for a doubled id or a moment without its zone."""
    by_id = _by_id(reports)
    held: dict[str, str] = {}
    clusters = _clusters(by_id, held)

    episodes: list[Episode] = []
    units: list[_Unit] = []
    for ids in clusters:
        told = [one for id in ids if (one := _tell(by_id[id], held)) is not None]
        if not told:
            continue
        in_their_own_right = [id for id in ids if by_id[id].pinned_to or not by_id[id].duplicate_of]
        if in_their_own_right and all(by_id[id].cancelled for id in in_their_own_right):
            episodes.append(_finished(told, counted=False))
        else:
            units.append(_Unit(told, decided=any(by_id[one.id].pinned_to for one in told)))

    fresh_starts = [
        one.span.start for unit in units for one in unit.told if by_id[one.id].pinned_to == one.id
    ]
    for unit in units:
        unit.told = [_ended_by_decision(one, fresh_starts) for one in unit.told]

    making: list[_Open] = []
    for unit in sorted(units, key=lambda unit: unit.order):
        _place(unit, making, held)
    _take_out_bridges(making, held)

    episodes += [_finished(episode.told, counted=True) for episode in making if episode.told]
    return Grouping(
        tuple(sorted(episodes, key=lambda episode: episode.id)),
        tuple(Held(id, reason) for id, reason in sorted(held.items())),
    )


def _place(unit: _Unit, making: list[_Open], held: dict[str, str]) -> None:
    """Join the unit to the one episode it fits, open a new one, or hold it."""
    fits = [] if unit.decided else [(episode, _fit(unit.told, episode.tellings())) for episode in making]
    same = _nearest(unit.told, [episode for episode, fit in fits if fit in ("same", "torn")])
    if len(same) > 1:
        return _hold(unit, TWO_CANDIDATES, held)
    if not same and any(fit == "touching" for _, fit in fits):
        return _hold(unit, TOUCHES, held)
    single = {unit.told[0].id} if len(unit.told) == 1 and not unit.decided else set()
    if not same:
        making.append(_Open(list(unit.told), single))
        return None
    episode = same[0]
    if _fit(unit.told, episode.tellings()) == "torn":
        return _hold(unit, RETURN_BETWEEN, held)
    if any(_still_open_before(one, member) for one in unit.told for member in episode.told):
        return _hold(unit, RETURN_NOT_FILLED_IN, held)
    episode.told += unit.told
    episode.single |= single
    return None


def _fit(told: Sequence[_Told], members: Sequence[_Told]) -> str:
    """same, torn (same as one telling, apart from another), touching or apart."""
    found = set()
    for one in told:
        for member in members:
            how = _relation(one, member)
            if how != "same" and one.owner == member.owner:
                return "apart"  # the agency itself filled in a return between its two reports
            found.add(how)
    if "same" in found:
        return "torn" if "apart" in found else "same"
    return "touching" if "touching" in found else "apart"


def _still_open_before(one: _Told, other: _Told) -> bool:
    """The same agency sent two reports, and has not said that the child came back from the first."""
    return one.owner == other.owner and min(one, other, key=_order).span.end is None


def _relation(one: _Told, other: _Told) -> str:
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


def _nearest(told: Sequence[_Told], episodes: list[_Open]) -> list[_Open]:
    """An open end overlaps every later episode; then the one that began at the same time is meant."""
    if len(episodes) < 2 or any(one.span.end is not None for one in told):
        return episodes
    near = [
        episode
        for episode in episodes
        if any(_within_a_day(one.span.start, member.span.start) for one in told for member in episode.told)
    ]
    return near if len(near) == 1 else episodes


def _take_out_bridges(making: list[_Open], held: dict[str, str]) -> None:
    """Hold each report that, now that all episodes are known, fits a second one as well."""
    bridges = [
        (episode, id)
        for episode in making
        for id in sorted(episode.single)
        if len(episode.told) > 1 and _fits_another(episode, id, making)
    ]
    for episode, id in bridges:
        episode.told = [one for one in episode.told if one.id != id]
        held[id] = TWO_CANDIDATES


def _fits_another(episode: _Open, id: str, making: list[_Open]) -> bool:
    one = next(one for one in episode.tellings() if one.id == id)
    return any(_fit([one], other.tellings()) in ("same", "torn") for other in making if other is not episode)


def _by_id(reports: Iterable[Report]) -> dict[str, Report]:
    by_id: dict[str, Report] = {}
    for report in reports:
        if report.id in by_id:
            raise ValueError("Two reports have the same id.")
        for moment in (report.starts_at, report.ends_at, report.reported_at):
            if moment is not None and moment.utcoffset() is None:
                raise ValueError("A moment without its time zone cannot be placed.")
        by_id[report.id] = report
    return dict(sorted(by_id.items()))


def _clusters(by_id: dict[str, Report], held: dict[str, str]) -> list[list[str]]:
    """Put together what the agency calls a duplicate and what a person pinned; a person's word wins."""
    root = {id: id for id in by_id}

    def find(id: str) -> str:
        while root[id] != id:
            id = root[id]
        return id

    for id, report in by_id.items():
        target = report.pinned_to or report.duplicate_of
        if target is None:
            continue
        if target not in by_id:
            held[id] = PINNED_TO_UNKNOWN if report.pinned_to else DUPLICATE_OF_UNKNOWN
            continue
        one, other = sorted((find(id), find(target)))
        root[other] = one
    clusters: dict[str, list[str]] = {}
    for id in by_id:
        clusters.setdefault(find(id), []).append(id)
    return list(clusters.values())


def _tell(report: Report, held: dict[str, str]) -> _Told | None:
    if report.id in held:
        return None
    end: Point | None = report.ends_at or report.ends_on
    start: Point | None = report.starts_at or report.starts_on
    if start is None and report.reported_at is not None and not (end and is_before(end, report.reported_at)):
        start = report.reported_at  # the child was missing by then at the latest
    if start is None and end is None:
        held[report.id] = NO_TIME
        return None
    if start is not None and end is not None and is_before(end, start):
        held[report.id] = ENDS_BEFORE_START
        return None
    if start is None:
        assert end is not None
        return _Told(report.id, report.owner, Span(end, end), knows_return_only=True)
    return _Told(report.id, report.owner, Span(start, end), knows_return_only=False)


def _ended_by_decision(told: _Told, fresh_starts: Iterable[Point]) -> _Told:
    """A person said that a later report opens an absence of its own: so this one had ended by then."""
    later = [start for start in fresh_starts if is_before(told.span.start, start)]
    if told.span.end is not None or not later:
        return told
    return _closed(told, min(later, key=lambda point: (day_of(point), _moment(point))))


def _closed(told: _Told, end: Point) -> _Told:
    if told.span.end is not None or is_before(end, told.span.start):
        return told
    return told._replace(span=replace(told.span, end=end))


def _hold(unit: _Unit, reason: str, held: dict[str, str]) -> None:
    held.update({one.id: reason for one in unit.told})


def _finished(told: Sequence[_Told], *, counted: bool) -> Episode:
    ids = tuple(one.id for one in sorted(told, key=_order))
    return Episode(ids[0], ids, counted)


def _order(told: _Told) -> tuple[date, datetime, str]:
    return told.span.start_day, _moment(told.span.start), told.id


def _moment(point: Point) -> datetime:
    """For sorting alone: a report that knows only the day stands after those of that day with a moment."""
    return point if isinstance(point, datetime) else start_of_day(point + timedelta(days=1))


def _within_a_day(one: Point, other: Point) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) <= NEAR
    return abs(day_of(one) - day_of(other)) <= timedelta(days=1)

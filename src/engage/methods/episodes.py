"""One episode of going missing, however many agencies tell of it.

Grouping is a function of the set of reports of one child: the order in which they came does not matter,
and what is held is released by itself once the missing fact (a return, a person's decision) arrives.

Two reports are one episode if their times overlap, or if they lie within 24 hours with no return between.
A report without an end overlaps everything after it; but the longer it has stood open, the less it tells that
the child is still away, so that what begins more than a week after the last word of it is held for a person.

A referral or a call that says "missing now" tells of that moment alone. It has neither start nor end, and belongs
to the absence in which the moment lies or which begins within 24 hours, or else stands by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engage.methods.spans import Point, Span, day_of, is_before
from engage.methods.tellings import (
    Making,
    Told,
    Unit,
    closed,
    fit,
    fit_of,
    moment_of,
    nearest,
    only_by_an_old_open_end,
    order_of,
    still_open_before,
    without_return_between,
)

RETURN_NOT_FILLED_IN = (
    "The same agency's earlier report has no return yet: is this the same absence or a new one?"
)
LONG_WITHOUT_RETURN = (
    "It begins more than a week before or after another report, and the earlier of the two has no return: is this the"
    " same absence or a new one?"
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
    `of_a_moment`: it tells no more than that the child was missing when it was said (`reported_at` or `starts_on`).
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
    of_a_moment: bool = False
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


def group(reports: Iterable[Report]) -> Grouping:
    """Group the reports of one child. Raises ValueError for a doubled id or a moment without its zone."""
    by_id = _by_id(reports)
    held: dict[str, str] = {}
    clusters = _clusters(by_id, held)

    episodes: list[Episode] = []
    units: list[Unit] = []
    for ids in clusters:
        told = [one for id in ids if (one := _tell(by_id[id], held)) is not None]
        if not told:
            continue
        in_their_own_right = [id for id in ids if by_id[id].pinned_to or not by_id[id].duplicate_of]
        if in_their_own_right and all(by_id[id].cancelled for id in in_their_own_right):
            episodes.append(_finished(told, counted=False))
        else:
            units.append(Unit(told, decided=any(by_id[one.id].pinned_to for one in told)))

    fresh_starts = [
        one.span.start for unit in units for one in unit.told if by_id[one.id].pinned_to == one.id
    ]
    for unit in units:
        unit.told = [_ended_by_decision(one, fresh_starts) for one in unit.told]

    making: list[Making] = []
    in_order = sorted(units, key=lambda unit: unit.order)
    for unit in in_order:
        if unit.decided or not unit.of_moments:
            _place(unit, making, held)
    _take_out_bridges(making, held)
    for unit in in_order:  # what was said at a moment leans on absences that stand, and not on what is held
        if unit.of_moments and not unit.decided:
            _place(unit, making, held)

    episodes += [_finished(episode.told, counted=True) for episode in making if episode.told]
    return Grouping(
        tuple(sorted(episodes, key=lambda episode: episode.id)),
        tuple(Held(id, reason) for id, reason in sorted(held.items())),
    )


def _place(unit: Unit, making: list[Making], held: dict[str, str]) -> None:
    """Join the unit to the one episode it fits, open a new one, or hold it."""
    fits = [] if unit.decided else [(episode, fit_of(unit, episode)) for episode in making]
    same = [episode for episode, fit in fits if fit in ("same", "torn")]
    touching = [episode for episode, fit in fits if fit == "touching"]
    if unit.of_moments:
        same = without_return_between(unit, same, making)
        if same and all(is_before(unit.start, episode.start) for episode in same):
            same += touching  # it precedes one absence, on the day on which another may or may not have ended
    else:
        same = nearest(unit.told, same)
    if len(same) > 1:
        return _hold(unit, TWO_CANDIDATES, held)
    if not same and touching:
        return _hold(unit, TOUCHES, held)
    on_its_own = len(unit.told) == 1 and not unit.decided and not unit.of_moments
    single = {unit.told[0].id} if on_its_own else set()
    if not same:
        making.append(Making(list(unit.told), single))
        return None
    episode = same[0]
    if fit_of(unit, episode) == "torn":
        return _hold(unit, RETURN_BETWEEN, held)
    if any(still_open_before(one, member) for one in unit.told for member in episode.told):
        return _hold(unit, RETURN_NOT_FILLED_IN, held)
    if only_by_an_old_open_end(unit, episode):
        return _hold(unit, LONG_WITHOUT_RETURN, held)
    episode.told += unit.told
    episode.single |= single
    return None


def _take_out_bridges(making: list[Making], held: dict[str, str]) -> None:
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


def _fits_another(episode: Making, id: str, making: list[Making]) -> bool:
    one = next(one for one in episode.tellings() if one.id == id)
    return any(fit([one], other.tellings()) in ("same", "torn") for other in making if other is not episode)


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


def _tell(report: Report, held: dict[str, str]) -> Told | None:
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
        return Told(report.id, report.owner, Span(end, end), knows_return_only=True)
    return Told(report.id, report.owner, Span(start, end), of_a_moment=report.of_a_moment and end is None)


def _ended_by_decision(told: Told, fresh_starts: Iterable[Point]) -> Told:
    """A person said that a later report opens an absence of its own: so this one had ended by then."""
    later = [start for start in fresh_starts if is_before(told.span.start, start)]
    if told.span.end is not None or not later:
        return told
    return closed(told, min(later, key=lambda point: (day_of(point), moment_of(point))))


def _hold(unit: Unit, reason: str, held: dict[str, str]) -> None:
    held.update({one.id: reason for one in unit.told})


def _finished(told: Sequence[Told], *, counted: bool) -> Episode:
    ids = tuple(one.id for one in sorted(told, key=order_of))
    return Episode(ids[0], ids, counted)

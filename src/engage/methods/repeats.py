"""Going missing often, or for long: what makes the team call a meeting.

The triggers are settings; those of the first release are `reference/repeat-triggers.csv`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from engage.methods.moments import london_date, start_of_day


class Trigger(Protocol):
    """Met by `count` episodes that began in the last `within_days` (None: ever) and lasted longer than
    `over_hours` (None: any length)."""

    @property
    def code(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def within_days(self) -> int | None: ...
    @property
    def over_hours(self) -> int | None: ...


@dataclass(frozen=True)
class EpisodeTimes:
    """One counted episode of one child: not one cancelled as "not missing".

    Give the moment where it is known, else the day. Neither end means still missing.
    """

    id: str
    starts_at: datetime | None = None
    starts_on: date | None = None
    ends_at: datetime | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class TriggerMet:
    code: str
    episode_ids: tuple[str, ...]  # the evidence, earliest first


def triggers_met(
    episodes: Sequence[EpisodeTimes], now: datetime, triggers: Iterable[Trigger]
) -> list[TriggerMet]:
    """Which triggers one child meets now, in the order of the triggers."""
    known = sorted((e for e in episodes if _start_day(e) <= london_date(now)), key=_order)
    met = []
    for trigger in triggers:
        evidence = [
            episode.id
            for episode in known
            if _began_within(episode, trigger.within_days, now)
            and _lasted_over(episode, trigger.over_hours, now)
        ]
        if len(evidence) >= trigger.count:
            met.append(TriggerMet(trigger.code, tuple(evidence)))
    return met


def _began_within(episode: EpisodeTimes, days: int | None, now: datetime) -> bool:
    """Whole days in London, today being the last: 30 days are today and the 29 before."""
    return days is None or _start_day(episode) > london_date(now) - timedelta(days=days)


def _lasted_over(episode: EpisodeTimes, hours: int | None, now: datetime) -> bool:
    """Whether it certainly did: of a start or end known by day only, the shortest possible length counts."""
    if hours is None:
        return True
    latest_start = episode.starts_at or start_of_day(_start_day(episode) + timedelta(days=1))
    if episode.ends_at:
        earliest_end = episode.ends_at
    elif episode.ends_on:
        earliest_end = start_of_day(episode.ends_on)
    else:
        earliest_end = now
    lasted = earliest_end - latest_start
    # The day ends just before `latest_start` when only the day is known, so equality is already over.
    return lasted > timedelta(hours=hours) or (episode.starts_at is None and lasted == timedelta(hours=hours))


def _start_day(episode: EpisodeTimes) -> date:
    if episode.starts_at:
        return london_date(episode.starts_at)
    if episode.starts_on:
        return episode.starts_on
    raise ValueError("An episode without a start cannot be counted.")


def _order(episode: EpisodeTimes) -> tuple[date, datetime, str]:
    day = _start_day(episode)
    return day, episode.starts_at or start_of_day(day), episode.id

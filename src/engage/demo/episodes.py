"""Missing episodes with the numbers, hours, lengths, grades and interviews of synthetic-parameters.yaml."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from engage.demo.households import weighted
from engage.demo.world import LONDON, Child, Episode, Interview, Report

HOURS: dict[Iterable[int], float] = {
    range(0, 6): 0.10,
    range(6, 12): 0.08,
    range(12, 16): 0.14,
    range(16, 20): 0.26,
    range(20, 24): 0.42,
}
FRIDAY_AND_SATURDAY = (4, 5)
# Extra episodes in a year: mean 1.92, size 0.25 (D). Six months: a mean of 1.2 is inside the 1.0-1.4 named there.
EXTRA_MEAN_SIX_MONTHS = 1.2
SIX_MONTHS_OF_A_YEAR = EXTRA_MEAN_SIX_MONTHS / 1.92
EXTRA_MEAN_LOOKED_AFTER = 4.5 * SIX_MONTHS_OF_A_YEAR
EXTRA_MEAN_AT_HOME = (EXTRA_MEAN_SIX_MONTHS - 0.19 * EXTRA_MEAN_LOOKED_AFTER) / 0.81
NEGATIVE_BINOMIAL_SIZE = 0.25
MOST_EPISODES_SIX_MONTHS = 30
DAYS_MISSING = {"0_2": 0.893, "3_30": 0.099, "over_30": 0.008}
AWAY_NOT_MISSING = 0.12
GRADES = {"very_low": 0.05, "low": 0.05, "medium": 0.78, "high": 0.12}
CSE_FLAG, CSE_GIRLS, CCE_FLAG = 0.09, 0.69, 0.08
OFFERED, HELD_OF_OFFERED, IN_TIME_OF_HELD, DECLINED_OF_NOT_HELD = 0.80, 0.62, 0.63, 0.60
PULLED = ["CE01", "CE02", "CE03", "CE04", "CE05", "CE08", "CE14", "CE16", "CE27", "CE28", "CE31"]
CSE_SIGNS = ["CE05", "CE07", "CE08", "CE10", "CE14", "CE15", "CE16", "CE28", "CE31"]
CCE_SIGNS = ["CE03", "CE04", "CE09", "CE13", "CE14", "CE16", "CE29", "CE31"]
HOME_SIGNS = ["CE25", "CE32", "CE35", "CE36", "CE37", "CE38", "CE40", "CE41", "CE43"]


def poisson(rng: Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def extra_episodes(rng: Random, mean: float) -> int:
    """Negative binomial as a Poisson whose mean is drawn from a gamma; `mean` is of the whole window."""
    mean_of_this_child = rng.gammavariate(NEGATIVE_BINOMIAL_SIZE, mean / NEGATIVE_BINOMIAL_SIZE)
    return min(poisson(rng, min(mean_of_this_child, 60.0)), MOST_EPISODES_SIX_MONTHS)


def at_local_hour(rng: Random, day: datetime) -> datetime:
    """A moment of that day, London hours weighted as children go missing; never the repeated autumn hour."""
    hour = rng.choice(list(weighted(rng, HOURS)))
    local = day.astimezone(LONDON).replace(hour=hour, minute=rng.randrange(60), second=0, microsecond=0)
    if hour in (1, 2):  # the hours a clock change skips or repeats
        local = local.replace(hour=3)
    return local.astimezone(day.tzinfo)


def length_missing(rng: Random) -> timedelta:
    kind = weighted(rng, DAYS_MISSING)
    if kind == "0_2":
        # Median 7 h, 90th percentile 26 h (A).
        return timedelta(minutes=round(60 * min(rng.lognormvariate(math.log(7), 1.024), 71.0)))
    if kind == "3_30":
        return timedelta(minutes=rng.randint(3 * 1440, 12 * 1440 if rng.random() < 0.8 else 30 * 1440))
    return timedelta(minutes=rng.randint(30 * 1440, 45 * 1440))


@dataclass(slots=True)
class EpisodeMaker:
    rng: Random
    as_at: datetime

    def episodes_between(
        self, child: Child, start: datetime, end: datetime, *, months: float
    ) -> list[Episode]:
        """At least one episode, all returned before `end`."""
        rng = self.rng
        mean = EXTRA_MEAN_LOOKED_AFTER if child.looked_after else EXTRA_MEAN_AT_HOME
        count = 1 + extra_episodes(rng, mean * months / 6)
        # Half the next episodes begin within 14 days of the last, then a long tail (A).
        gaps = [rng.lognormvariate(math.log(14), 1.1) for _ in range(count - 1)]
        window = (end - start).total_seconds() / 86400 - 1
        scale = min(1.0, window * 0.95 / (sum(gaps) or 1.0))
        first = start + timedelta(days=rng.random() * (window - scale * sum(gaps)))
        episodes: list[Episode] = []
        not_before, day = start, first
        for gap in [0.0, *gaps]:
            day = day + timedelta(days=gap * scale)
            last_seen = max(self.likely_day(day, start), not_before)
            length = length_missing(rng)
            if last_seen + length > end - timedelta(minutes=30):
                length = timedelta(minutes=rng.randint(90, 600))
                if last_seen + length > end - timedelta(minutes=30):
                    last_seen = end - length - timedelta(hours=rng.randint(2, 90))
                    if last_seen < not_before:
                        break
            episode = self.episode(child, last_seen, last_seen + length)
            episodes.append(episode)
            not_before = last_seen + length + timedelta(hours=26)
            day = max(day, not_before)
        return episodes

    def likely_day(self, day: datetime, start: datetime) -> datetime:
        """Fridays and Saturdays are 1.3 times as likely: some of the other days move on to the next one."""
        for _ in range(3):
            moment = at_local_hour(self.rng, day)
            if moment.weekday() in FRIDAY_AND_SATURDAY or self.rng.random() < 0.87:
                return max(moment, start)
            day += timedelta(days=1)
        return max(moment, start)

    def episode(self, child: Child, last_seen: datetime, returned: datetime | None) -> Episode:
        rng = self.rng
        episode = Episode(child=child, last_seen_at=last_seen, returned_at=returned)
        episode.away = child.looked_after and rng.random() < AWAY_NOT_MISSING
        girl = child.sex == "F"
        # The share of flags among girls and boys is in proportion to CSE_flag_girls and CSE_flag_boys.
        episode.cse = rng.random() < CSE_FLAG * (CSE_GIRLS / 0.476 if girl else (1 - CSE_GIRLS) / 0.524)
        episode.cce = rng.random() < CCE_FLAG * (0.6 if girl else 1.36)
        signs = list(rng.sample(PULLED, rng.choices([0, 1, 2, 3], weights=[30, 40, 20, 10])[0]))
        if episode.cse:
            signs += rng.sample(CSE_SIGNS, 2)
        if episode.cce:
            signs += rng.sample(CCE_SIGNS, 2)
        signs += rng.sample(HOME_SIGNS, rng.choices([0, 1, 2], weights=[40, 45, 15])[0])
        episode.indicators = sorted(set(signs))
        self.add_report(episode)
        if returned is not None:
            before_return = timedelta(
                minutes=min(rng.randint(0, 150), (returned - last_seen) / timedelta(minutes=2))
            )
            episode.located_at = returned - before_return if rng.random() < 0.85 else None
            if episode.located_at and episode.located_at < episode.reports[0].reported_at:
                episode.located_at = None
        return episode

    def add_report(self, episode: Episode, delay: timedelta | None = None) -> Report:
        rng, child = self.rng, episode.child
        if delay is None:
            delay = timedelta(minutes=round(60 * min(rng.lognormvariate(math.log(2), 0.9), 30.0)))
        until = episode.returned_at or self.as_at
        latest = until - episode.last_seen_at - timedelta(minutes=10)
        reported_at = episode.last_seen_at + min(delay, latest)
        if child.placement_kind in ("K2", "H5"):
            reporter = "children's home worker"
        elif child.placement_kind == "U6":
            reporter = "foster carer"
        else:
            reporter = weighted(
                rng,
                {"mother": 0.45, "father": 0.15, "grandparent": 0.1, "school": 0.15, "social worker": 0.15},
            )
        grade = weighted(rng, GRADES)
        if (episode.cse or episode.cce) and rng.random() < 0.5:
            grade = "high"
        report = Report(episode=episode, reported_at=reported_at, reported_by=reporter, grade=grade)
        if episode.returned_at is not None and rng.random() < 0.7:
            report.prevention_interview_at = episode.returned_at + timedelta(minutes=rng.randint(20, 1200))
            if report.prevention_interview_at > self.as_at:
                report.prevention_interview_at = None
        episode.reports.append(report)
        return report

    def interviews_of(self, episodes: Iterable[Episode]) -> list[Interview]:
        """Return interviews of one child's episodes, oldest first; a later one covers what an earlier missed."""
        found: list[Interview] = []
        returned = sorted((e for e in episodes if e.returned_at), key=lambda e: e.came_back_at)
        waiting: list[Episode] = []
        for place, episode in enumerate(returned):
            until_next = (
                returned[place + 1].last_seen_at if place + 1 < len(returned) else self.as_at
            ) - episode.came_back_at
            waiting.append(episode)
            interview = self.interview(waiting, until_next)
            if interview is None:
                continue
            found.append(interview)
            waiting = []
        return found

    def by_day(self, at: datetime, after: datetime, before: datetime) -> datetime:
        """The same day between nine and seven, London, if that stays inside; else as it was."""
        local = at.astimezone(LONDON).replace(hour=self.rng.randint(9, 18), second=0, microsecond=0)
        moved = local.astimezone(at.tzinfo)
        return moved if after < moved < before else at

    def interview(self, covered: list[Episode], before_next: timedelta) -> Interview | None:
        """None where nothing was written yet: just back, or one of the few that were let slip."""
        rng, last = self.rng, covered[-1]
        returned, age = last.came_back_at, self.as_at - last.came_back_at
        if last.let_slip:
            return None
        if age < timedelta(hours=72):
            if rng.random() < 0.55 or age < timedelta(hours=3):
                return None
            offered = returned + age * rng.uniform(0.3, 0.95)
            was_held = rng.random() < 0.25
            return Interview(
                child=last.child,
                episodes=list(covered),
                returned_at=returned,
                offered_at=offered,
                outcome="accepted",
                held_at=offered + (self.as_at - offered) * 0.8 if was_held else None,
            )
        if rng.random() >= OFFERED:
            if age < timedelta(days=9) and rng.random() < 0.5:
                return None
            return Interview(last.child, list(covered), returned, None, "not_possible")
        offered = returned + timedelta(hours=min(rng.uniform(2, 60), before_next / timedelta(hours=1) * 0.5))
        offered = self.by_day(offered, returned, returned + before_next * 0.5)
        interview = Interview(last.child, list(covered), returned, offered, "accepted")
        if rng.random() < HELD_OF_OFFERED:
            hours = rng.uniform(10, 71) if rng.random() < IN_TIME_OF_HELD else rng.uniform(73, 200)
            held = max(returned + timedelta(hours=hours), offered + timedelta(minutes=40))
            in_time = held - returned < timedelta(hours=72)
            limits = (
                (offered, returned + timedelta(hours=72))
                if in_time
                else (returned + timedelta(hours=72), self.as_at)
            )
            held = self.by_day(held, *limits)
            if held < self.as_at - timedelta(hours=1):
                interview.held_at = held
            return interview
        if rng.random() < DECLINED_OF_NOT_HELD:
            interview.outcome = "declined"
            interview.decline_reason = rng.choice(
                ["does not want to talk", "says there is nothing to tell", "has talked to somebody already"]
            )
        else:
            recent = age < timedelta(days=6)
            interview.outcome = "no_reply" if recent or rng.random() < 0.1 else "not_possible"
        return interview

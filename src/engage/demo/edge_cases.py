"""Every case of synthetic-parameters.yaml `edge_cases_to_seed`, under the keys of `world.edge_cases`.

Each takes a child with one episode and rewrites what happened, so that volumes stay as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from engage.demo import names
from engage.demo.episodes import EpisodeMaker
from engage.demo.households import Families
from engage.demo.world import LONDON, Adult, Child, Episode, Interview, Referral, World

FEWEST_CHILDREN = 80  # below this there are too few children to give each case its own
ENGAGE_AREA = ("Blackburn with Darwen", "Hyndburn", "Ribble Valley")


def last_clock_change(as_at: datetime) -> datetime:
    """The latest change of the clocks more than two days before `as_at`, in UTC."""
    hour = (as_at - timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    while hour.astimezone(LONDON).utcoffset() == (hour - timedelta(hours=1)).astimezone(LONDON).utcoffset():
        hour -= timedelta(hours=1)
    return hour


class EdgeCases:
    def __init__(
        self,
        world: World,
        rng: Random,
        maker: EpisodeMaker,
        families: Families,
        episodes: dict[str, list[Episode]],
        taken: set[str],
    ) -> None:
        self.world, self.rng, self.maker, self.families, self.episodes = world, rng, maker, families, episodes
        self.taken = set(taken)
        self.interviews: dict[str, list[Interview]] = {}
        self.missing = [child for child in world.children if child.child_id in episodes]

    def note(self, key: str, *found: object) -> None:
        self.world.edge_cases.setdefault(key, []).extend(found)

    def child(self, fits: Callable[[Child], bool] = lambda child: True) -> Child:
        """A child with one episode whom no other case uses."""
        for wanted in (1, 2, 30):
            for child in self.missing:
                if child.child_id in self.taken or len(self.episodes[child.child_id]) > wanted:
                    continue
                if fits(child) and not child.known_as:
                    self.taken.add(child.child_id)
                    return child
        raise LookupError("no child left for this edge case; invent more children")

    def child_in_care(self) -> Child:
        """In the councils' statutory return; in a small world somebody is taken into care for it."""
        try:
            return self.child(lambda c: bool(c.child_903_id))
        except LookupError:
            child = self.child(lambda c: not c.looked_after)
            self.families.take_into_care(child)
            return child

    def replace(self, child: Child, *spans: tuple[datetime, datetime | None]) -> list[Episode]:
        found = [self.maker.episode(child, last_seen, returned) for last_seen, returned in spans]
        for episode in found:
            episode.away = False
        self.episodes[child.child_id] = found
        return found

    def london(self, day: date, hour: int, minute: int = 0) -> datetime:
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)
        return local.astimezone(self.world.as_at.tzinfo)

    def in_window(self, days: float = 40) -> tuple[datetime, datetime]:
        began = self.world.as_at - timedelta(days=days)
        return began, began + timedelta(hours=5)

    def before_interviews(self) -> None:
        self.times()
        self.reports()
        self.children()
        self.together()
        self.interview_cases()

    def times(self) -> None:
        as_at, today = self.world.as_at, self.world.as_at.date()
        night = today - timedelta(days=14)
        episode = self.replace(
            self.child(), (self.london(night, 22, 30), self.london(night + timedelta(days=1), 3, 15))
        )[0]
        self.note("open_across_midnight", episode)
        first = today.replace(day=1)
        if as_at - self.london(first, 12) < timedelta(0):
            first = (first - timedelta(days=1)).replace(day=1)
        eve = first - timedelta(days=1)
        episode = self.replace(self.child(), (self.london(eve, 21), self.london(first, 6, 30)))[0]
        self.note("open_across_month_end", episode)
        year = today.year if today > date(today.year, 4, 3) else today.year - 1
        begin, end = self.london(date(year, 3, 30), 20), self.london(date(year, 4, 2), 7)
        in_care = self.child_in_care()
        self.note("open_across_31_march", self.replace(in_care, (begin, end), self.in_window())[0])
        change = last_clock_change(as_at)
        spans = [(change - timedelta(hours=5), change + timedelta(hours=6))]
        if as_at - change > timedelta(days=175):
            spans.append(self.in_window(50))
        self.note("open_across_clock_change", self.replace(self.child(), *spans)[0])
        turned_18 = self.child_in_care()
        birthday = today - timedelta(days=5)
        turned_18.dob = birthday.replace(
            year=birthday.year - 18, day=min(birthday.day, 28) if birthday.month == 2 else birthday.day
        )
        self.note(
            "still_missing_at_18th_birthday", self.replace(turned_18, (as_at - timedelta(days=12), None))[0]
        )
        day = today - timedelta(days=25)
        touching = self.replace(
            self.child_in_care(),
            (self.london(day - timedelta(days=1), 19), self.london(day, 8)),
            (self.london(day, 17, 30), self.london(day + timedelta(days=1), 9)),
        )
        self.note("two_episodes_touching_on_the_same_day", *touching)

    def reports(self) -> None:
        as_at = self.world.as_at
        for days, marked in ((30, False), (18, True)):
            child = self.child(lambda c: not c.looked_after)
            began = self.london((as_at - timedelta(days=days)).date(), 18)
            episode = self.replace(child, (began, began + timedelta(hours=11)))[0]
            first = episode.reports[0]
            first.reported_at, first.reported_by = began + timedelta(hours=2), "mother"
            second = self.maker.add_report(episode, timedelta(hours=3))
            second.reported_by = "grandparent"
            if marked:
                second.outcome, second.duplicate_of = "duplicate", first
            self.note("overlapping_reports_from_two_carers", first, second)
        others = [c for c in self.world.children if c.child_id not in self.episodes]
        never_missing = [c for c in others if 11 <= c.age_on(as_at.date()) <= 16]
        for child in (never_missing or [self.child()])[:3]:
            began = self.london((as_at - timedelta(days=self.rng.randint(6, 90))).date(), 16)
            cancelled = self.maker.episode(child, began, began + timedelta(hours=1, minutes=30))
            cancelled.cse = cancelled.cce = False
            cancelled.indicators = []
            cancelled.reports[0].outcome = "cancelled_not_missing"
            self.episodes.setdefault(child.child_id, []).append(cancelled)
            self.episodes[child.child_id].sort(key=lambda e: e.last_seen_at)
            self.note("cancelled_as_not_missing", cancelled)

    def children(self) -> None:
        child = self.child(lambda c: not c.looked_after and c.on_council_list)
        child.nhs_number = child.upn = ""
        child.second_address = self.families.new_address(self.families.any_district(), child.address.since)
        self.note("no_upn_no_nhs_number_two_addresses", child)
        placed = self.child_in_care()
        placed.placing_authority = self.rng.choice(names.load("places.yaml")["other_authorities"])
        placed.child_903_id = ""
        self.note("placed_from_another_county", placed)
        named = {
            "name_with_apostrophe": ("Ciara", "O'Connor", "F", "irish"),
            "name_with_hyphen": ("Ellie-Mae", "Hill-Thompson", "F", "white_british"),
            "name_with_non_latin_letter": ("Łukasz", "Dąbrowski", "M", "polish"),
            "single_name": ("Selam", "", "F", "black_african"),
        }
        for key, (forenames, surname, sex, background) in named.items():
            child = self.child(lambda c: not c.looked_after and len(c.household.children) == 1)
            child.forenames, child.surname, child.sex, child.background = forenames, surname, sex, background
            child.former_surname = ""
            child.household.background, child.household.surname = background, surname or "Tesfaye"
            child.household.parents = [
                f"{names.given_name(self.rng, background, 'F')} {child.household.surname}"
            ]
            child.ethnicity = {"irish": "WIRI", "polish": "WOTH", "black_african": "BAFR"}.get(
                background, "WBRI"
            )
            self.note(key, child)
        child = self.child()
        child.known_as = "Ziggy"
        self.note("alias", child)
        child = self.child()
        child.dob, child.day_of_birth_unknown = child.dob.replace(day=15), True
        self.note("day_of_birth_unknown", child)
        for first, second, sex in (("Ellie", "Ella", "F"), ("Connor", "Thomas", "M")):
            twin = self.child(lambda c: not c.looked_after and len(c.household.children) <= 2)
            other = next((c for c in twin.household.children if c is not twin), None)
            if other is None:
                other = self.families.add_child(twin.household, goes_missing=False)
                self.world.children.append(other)
            twin.forenames, other.forenames, twin.sex, other.sex = first, second, sex, sex
            other.dob, other.surname = twin.dob, twin.surname
            self.note("twins_with_similar_and_different_names", twin, other)
        child = self.child(lambda c: not c.looked_after)
        child.restricted = True
        self.note("restricted_record", child)

    def together(self) -> None:
        """Two siblings and a friend go missing on one evening and name each other."""
        old_enough = [
            (a, b)
            for child in self.missing
            for a, b in [(child, other) for other in child.household.children if other is not child]
            if child.child_id not in self.taken
            and b.child_id not in self.taken
            and b.age_on(self.world.as_at.date()) >= 11
            and not a.looked_after
            and len(self.episodes[a.child_id]) <= 2
        ]
        friend = self.child(lambda c: not c.looked_after)
        group = [*(old_enough[0] if old_enough else (self.child(),)), friend]
        self.taken.update(child.child_id for child in group)
        began = self.london((self.world.as_at - timedelta(days=9)).date(), 19, 40)
        for place, child in enumerate(group):
            episode = self.replace(child, (began + timedelta(minutes=5 * place), began + timedelta(hours=9)))[
                0
            ]
            episode.companions = [f"{c.forenames.split()[0]} {c.surname}" for c in group if c is not child]
            self.note("siblings_and_friends_missing_together", episode)

    def interview_cases(self) -> None:
        as_at = self.world.as_at
        for key, held_after in (
            ("interview_at_71_h_59", timedelta(hours=71, minutes=59)),
            ("interview_at_72_h_01", timedelta(hours=72, minutes=1)),
        ):
            began = self.london((as_at - timedelta(days=20)).date(), 20)
            episode = self.replace(self.child(), (began, began + timedelta(hours=14)))[0]
            returned = episode.came_back_at
            interview = Interview(
                child=episode.child,
                episodes=[episode],
                returned_at=returned,
                offered_at=returned + timedelta(hours=20),
                outcome="accepted",
                held_at=returned + held_after,
            )
            self.interviews[episode.child.child_id] = [interview]
            self.note(key, interview)
        began = self.london((as_at - timedelta(days=16)).date(), 18)
        episode = self.replace(self.child(), (began, began + timedelta(hours=6)))[0]
        declined = Interview(
            child=episode.child,
            episodes=[episode],
            returned_at=episode.came_back_at,
            offered_at=episode.came_back_at + timedelta(hours=16),
            outcome="declined",
            decline_reason="does not want to talk",
            carer_view="Talked for an hour; worried about new friends and about who rings at night.",
        )
        self.interviews[episode.child.child_id] = [declined]
        self.note("interview_declined_by_child_given_by_carer", declined)

    def after_contacts(self) -> None:
        as_at, adult = self.world.as_at, self.world.adults[0]
        here = [c for c in self.missing if c.address.district in ENGAGE_AREA][:2]
        there = [c for c in self.missing if c.address.district not in ENGAGE_AREA][:2]
        for place, child in enumerate(here + there):
            referral = self.referral(child, as_at - timedelta(days=4 + 9 * place), adult)
            self.note("adult_linked_to_four_children_in_both_areas", referral)
        suspect, about = self.child(), self.child()
        name = f"{suspect.forenames.split()[0]} {suspect.surname}"
        age = suspect.age_on(as_at.date())
        also_child = Adult(name, "", f"aged {age}, a child who may be exploited too", "", "")
        self.note("child_also_named_as_suspect", self.referral(about, as_at - timedelta(days=12), also_child))
        closed = [(entry.closed, entry) for entry in self.world.older_children if entry.closed is not None]
        if closed:
            _, first_closed = min(closed, key=lambda pair: pair[0])
            self.note("inquiry_hold_past_retention", first_closed)

    def referral(self, child: Child, at: datetime, adult: Adult) -> Referral:
        referral = Referral(
            child=child,
            agency="ENGAGE",
            at=at.replace(hour=10, minute=20),
            source_code="6",
            indicators=["CE05", "CE08"],
            immediate_danger=False,
            missing_now=False,
            adult=adult,
        )
        self.world.referrals.append(referral)
        return referral

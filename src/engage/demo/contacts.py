"""What the other agencies know: health contacts, referrals, calls to the helpline, adults of concern."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from engage.demo import names
from engage.demo.episodes import CCE_SIGNS, CSE_SIGNS, HOME_SIGNS, PULLED, at_local_hour
from engage.demo.households import weighted
from engage.demo.identifiers import mobile_phone
from engage.demo.world import Adult, Call, Child, Episode, HealthContact, Referral

# synthetic-parameters.yaml `referral_source`; a range of codes is spread over its members.
REFERRAL_SOURCES = {
    "6": 0.28,
    "2A": 0.21,
    **dict.fromkeys(["3A", "3C", "3E", "3F"], 0.035),
    **dict.fromkeys(["5A", "5B", "5C", "5D"], 0.0325),
    **dict.fromkeys(["1A", "1B", "1C"], 0.08 / 3),
    "8": 0.06,
    "4": 0.02,
    "7": 0.04,
    "9": 0.02,
    "10": 0.02,
}
CALLERS_WHO_NAME_THE_CHILD = 0.4  # A
COLOURS = ["black", "white", "silver", "grey", "blue", "red"]
KINDS_OF_CAR = ["hatchback", "saloon", "people carrier", "van", "coupe"]


@dataclass(frozen=True, slots=True)
class Density:
    """How many of the children who were never reported missing have such a record (A), and calls for each
    child missing."""

    health: float = 0.12
    referrals: float = 0.04
    calls: float = 0.4


@dataclass(frozen=True, slots=True)
class HealthService:
    agency: str
    name: str
    from_age: int
    share_of_missing: float
    share_of_health: float


SERVICES = (
    HealthService("ELSH", "sexual_health", 13, 0.14, 0.17),
    HealthService("ELDA", "substance_misuse", 12, 0.12, 0.13),
    HealthService("ELHT", "emergency_department", 0, 0.30, 0.50),
    HealthService("ELHT", "mental_health", 8, 0.12, 0.20),
)


def plate(rng: Random) -> str:
    """Looks like a plate; the age number 00 was never issued."""
    letters = "ABCDEFGHJKLMNOPRSTUVWXY"
    return f"P{rng.choice(letters)}00 {''.join(rng.choice(letters) for _ in range(3))}"


def adult_of_concern(rng: Random) -> Adult:
    background = rng.choice(["white_british", "white_british", "pakistani", "polish", "mixed", "irish"])
    sex = "M" if rng.random() < 0.8 else "F"
    return Adult(
        name=f"{names.given_name(rng, background, sex)} {names.surname(rng, background)}",
        alias=rng.choice(["Dutch", "Ace", "Big T", "Smiler", "Jay", "Uncle", "Red", ""]),
        description=f"aged about {rng.randint(19, 45)}, {rng.choice(['tall', 'slim', 'short beard', 'glasses'])}",
        phone=mobile_phone(rng),
        plate=f"{rng.choice(COLOURS)} {rng.choice(KINDS_OF_CAR)} {plate(rng)}",
    )


@dataclass(slots=True)
class ContactMaker:
    rng: Random
    start: datetime
    as_at: datetime
    density: Density
    adults: list[Adult]

    def moment(self) -> datetime:
        """A moment of working life between 7 and 22, a little more often lately."""
        share = self.rng.random() ** 0.85
        at = at_local_hour(self.rng, self.start + (self.as_at - self.start) * share)
        if not 6 <= at.hour < 22:
            at = at.replace(hour=self.rng.randint(8, 17))
        return at if at < self.as_at else self.as_at - timedelta(minutes=self.rng.randint(5, 900))

    def health_contacts(
        self, children: list[Child], episodes: dict[str, list[Episode]]
    ) -> Iterator[HealthContact]:
        rng = self.rng
        for child in children:
            own = episodes.get(child.child_id, [])
            signs = sorted({sign for episode in own for sign in episode.indicators})
            for service in SERVICES:
                share = service.share_of_missing if own else self.density.health * service.share_of_health
                age = child.age_on(self.as_at.date())
                if age < service.from_age or rng.random() >= share:
                    continue
                worried = any(episode.cse or episode.cce for episode in own)
                for _ in range(rng.choices([1, 2, 3, 5], weights=[55, 25, 13, 7])[0]):
                    on = self.moment().date()
                    concern = rng.random() < (0.55 if worried else 0.12) or (
                        service.name == "sexual_health" and child.age_on(on) < 13
                    )
                    yield HealthContact(child, service.agency, service.name, on, concern, signs)

    def referrals(self, children: list[Child], episodes: dict[str, list[Episode]]) -> Iterator[Referral]:
        rng = self.rng
        for child in children:
            own = episodes.get(child.child_id, [])
            if child.age_on(self.as_at.date()) < 8:
                continue
            if rng.random() >= (0.45 if own else self.density.referrals):
                continue
            for _ in range(rng.choices([1, 2, 3], weights=[75, 20, 5])[0]):
                yield self.referral(child, own)

    def referral(self, child: Child, own: list[Episode]) -> Referral:
        rng, at = self.rng, self.moment()
        source = weighted(rng, REFERRAL_SOURCES)
        signs = {sign for episode in own for sign in episode.indicators if rng.random() < 0.6}
        if not own:
            signs = set(rng.sample(HOME_SIGNS, 2)) | set(rng.sample(PULLED, rng.choice([0, 0, 1, 2])))
        elif rng.random() < 0.3:
            signs |= set(rng.sample(CSE_SIGNS if child.sex == "F" else CCE_SIGNS, 2))
        missing_now = any(
            episode.last_seen_at <= at and (episode.returned_at is None or episode.returned_at > at)
            for episode in own
        )
        return Referral(
            child=child,
            agency="SCHOOLS" if source == "2A" else "ENGAGE",
            at=at,
            source_code=source,
            indicators=sorted(signs),
            immediate_danger=rng.random() < 0.02,
            missing_now=missing_now,
            adult=rng.choice(self.adults) if self.adults and own and rng.random() < 0.14 else None,
        )

    def calls(self, missing: list[Child], others: list[Child]) -> Iterator[Call]:
        rng = self.rng
        for _ in range(round(self.density.calls * len(missing))):
            at = self.moment()
            outcome = weighted(
                rng, {"advice": 0.5, "referral": 0.2, "police": 0.06, "silent": 0.14, "not_a_case": 0.1}
            )
            child = None
            if outcome not in ("silent", "not_a_case") and rng.random() < CALLERS_WHO_NAME_THE_CHILD:
                child = rng.choice(others if others and rng.random() < 0.3 else missing)
            yield Call(
                at=at,
                caller_kind=weighted(
                    rng, {"child": 0.22, "parent": 0.36, "professional": 0.2, "public": 0.14, "unknown": 0.08}
                ),
                child=child,
                outcome=outcome,
                immediate_danger=outcome == "police" and rng.random() < 0.4,
                missing_now="Y" if outcome == "police" and child else ("N" if rng.random() < 0.5 else ""),
            )


def by_child(episodes: list[Episode]) -> dict[str, list[Episode]]:
    found: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        found[episode.child.child_id].append(episode)
    return found

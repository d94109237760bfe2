"""Random histories of who is who, for `./run bench linkage-histories`: what is said, what follows, and what must hold.

A history is of a few records: of nobody in particular, or of a family that is hard to tell apart. Records arrive, the
program weighs them, people judge, join, part and take back, a new model weighs anew, an agency withdraws. What follows
is worked out as `people.grouping.regroup` does it, for the records that were touched and all that were ever called the
same; after each event the laws are asked.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations

from engage.methods.linkage import grouping as method
from engage.methods.linkage.grouping import Judgement

from ._families import FAMILIES, Weighed, members, weighed

Choose = random.Random
Pair = frozenset[str]
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
WEIGHTS = (20.0, 20.0, 24.5, 31.5)  # of what a program joins: many pairs weigh the same


@dataclass
class Tally:
    checked: Counter[str] = field(default_factory=Counter)
    differences: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    histories: int = 0


@dataclass
class World:
    """What Engage keeps of who is who."""

    coming: list[str]  # records that have not arrived yet
    never_bridging: set[str]
    family: str = ""
    records: list[str] = field(default_factory=list)  # in the order of receipt
    withdrawn: set[str] = field(default_factory=set)
    were_withdrawn: set[str] = field(default_factory=set)
    sent_again: bool = False
    log: list[Judgement[str]] = field(default_factory=list)
    person_of: dict[str, str] = field(default_factory=dict)
    attention: set[Pair] = field(default_factory=set)
    at: datetime = START
    model_at: float = 20.0  # from how many bits the model of the day joins

    @property
    def bridging(self) -> set[str]:
        return set(self.records) - self.never_bridging - self.withdrawn

    def say(
        self, a: str, b: str, verdict: method.Verdict, *, by_person: bool = True, weight: float = 0.0
    ) -> None:
        number = f"{len(self.log):06}"
        self.log.append(Judgement(a, b, verdict, by_person, weight, self.at, number))

    def component(self, touched: Iterable[str]) -> list[str]:
        beside = defaultdict(set)
        for word in self.log:
            if word.verdict == "same":
                beside[word.a].add(word.b)
                beside[word.b].add(word.a)
        reached: set[str] = set()
        further = set(touched)
        while further:
            reached |= further
            further = {other for one in further for other in beside[one]} - reached
        return [one for one in self.records if one in reached]

    def regroup(self, touched: Iterable[str]) -> None:
        part = self.component(touched)
        within = set(part)
        said = [word for word in self.log if word.pair <= within]
        grouping = method.group(part, self.bridging & within, said)
        self.person_of.update(grouping.person_of)
        self.attention = {pair for pair in self.attention if not pair <= within}
        self.attention |= {conflict.same.pair for conflict in grouping.needs_attention}

    # ---------------------------------------------------------------- read by events and laws

    def last_words(self, *, by_person: bool) -> dict[Pair, Judgement[str]]:
        return {word.pair: word for word in self.log if word.by_person == by_person}

    def standing_of_people(self) -> dict[Pair, Judgement[str]]:
        return {p: w for p, w in self.last_words(by_person=True).items() if w.verdict != "undone"}

    def persons(self, person_of: dict[str, str] | None = None) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for record, person in (self.person_of if person_of is None else person_of).items():
            found[person].add(record)
        return found


# ------------------------------------------------------------------------------------ events

Event = Callable[[World, Choose], set[str]]  # the records touched; none: it could not happen


def a_person_judges(world: World, choose: Choose) -> set[str]:
    a, b = choose.sample(world.records, 2)
    world.say(a, b, choose.choice(("same", "same", "not_same", "unsure")))
    return {a, b}


def people_contradict_one_another(world: World, choose: Choose) -> set[str]:
    """Two pairs are said to be one person each, and the third to be two."""
    if len(world.records) < 3:
        return set()
    a, b, c = choose.sample(world.records, 3)
    for one, other, verdict in choose.sample([(a, b, "same"), (b, c, "same"), (a, c, "not_same")], 3):
        world.say(one, other, verdict)
    return {a, b, c}


def a_colleague_confirms(world: World, choose: Choose) -> set[str]:
    standing = list(world.standing_of_people().values())
    if not standing:
        return set()
    word = choose.choice(standing)
    world.say(word.a, word.b, word.verdict, weight=choose.choice((0.0, 31.5)))
    return set(word.pair)


def a_word_is_taken_back(world: World, choose: Choose) -> set[str]:
    standing = list(world.standing_of_people())
    if not standing:
        return set()
    a, b = sorted(choose.choice(standing))
    world.say(a, b, "undone")
    return {a, b}


def two_people_are_joined(world: World, choose: Choose) -> set[str]:
    persons = sorted(world.persons())
    if len(persons) < 2:
        return set()
    a, b = (choose.choice(sorted(world.persons()[one])) for one in choose.sample(persons, 2))
    world.say(a, b, "same", weight=choose.choice((0.0, 12.0, 40.0)))
    return {a, b}


def a_person_is_taken_apart(world: World, choose: Choose) -> set[str]:
    mixed = [sorted(records) for records in world.persons().values() if len(records) > 1]
    if not mixed:
        return set()
    a, b = choose.sample(choose.choice(sorted(mixed)), 2)
    world.say(a, b, "not_same")
    return {a, b}


def new_edges(world: World, choose: Choose) -> set[str]:
    touched: set[str] = set()
    for _ in range(choose.randint(1, 3)):
        a, b = choose.sample(world.records, 2)
        verdict: method.Verdict = choose.choice(("same", "same", "same", "not_same"))
        if world.family:
            verdict_of = _program_says(world, a, b)
            if verdict_of is None:
                continue
            verdict, weight = verdict_of
        else:
            weight = choose.choice(WEIGHTS)
        world.say(a, b, verdict, by_person=False, weight=weight)
        touched |= {a, b}
    return touched


def a_record_arrives(world: World, choose: Choose) -> set[str]:
    """Weighed with all that are there, as far as there is anything to weigh."""
    if not world.coming:
        return set()
    new = world.coming.pop()
    world.records.append(new)
    world.person_of[new] = new
    for other in world.records[:-1]:
        if world.family:
            if says := _program_says(world, new, other):
                world.say(new, other, says[0], by_person=False, weight=says[1])
        elif choose.random() < 0.3:
            world.say(new, other, "same", by_person=False, weight=choose.choice(WEIGHTS))
    return {new}


def a_new_model(world: World, choose: Choose) -> set[str]:
    """Weighs every pair anew of which the program said anything: some it takes back."""
    world.model_at = choose.choice((20.0, 22.0, 30.0))
    touched: set[str] = set()
    for pair, word in world.last_words(by_person=False).items():
        a, b = sorted(pair)
        if world.family:
            says = _program_says(world, a, b)
        else:
            says = None if choose.random() < 0.3 else (word.verdict, choose.choice(WEIGHTS))
        verdict, weight = says or ("undone", 0.0)
        world.say(a, b, verdict, by_person=False, weight=weight)
        touched |= pair
    return touched


def an_agency_withdraws_or_sends_again(world: World, choose: Choose) -> set[str]:
    record = choose.choice(world.records)
    world.sent_again |= record in world.withdrawn
    world.withdrawn ^= {record}
    world.were_withdrawn.add(record)
    return {record}


def _program_says(world: World, a: str, b: str) -> tuple[method.Verdict, float] | None:
    found: Weighed = weighed(world.family, a, b)
    if found.joins and found.weight_bits >= world.model_at:
        return "same", found.weight_bits
    return ("not_same", found.weight_bits) if found.walled else None


EVENTS: dict[str, tuple[Event, int]] = {
    "a person judges": (a_person_judges, 3),
    "people contradict one another": (people_contradict_one_another, 1),
    "a colleague confirms": (a_colleague_confirms, 2),
    "a word is taken back": (a_word_is_taken_back, 3),
    "two people are joined": (two_people_are_joined, 3),
    "a person is taken apart": (a_person_is_taken_apart, 2),
    "new edges": (new_edges, 3),
    "a record arrives": (a_record_arrives, 3),
    "a new model": (a_new_model, 1),
    "an agency withdraws or sends again": (an_agency_withdraws_or_sends_again, 1),
}
HAPPENS = [name for name, (_, often) in EVENTS.items() for _ in range(often)]


# ------------------------------------------------------------------------------------ a history


def begin(choose: Choose) -> World:
    family = choose.choice(("", "", "", *FAMILIES))
    records = members(family) if family else [f"r{number}" for number in range(choose.randint(4, 8))]
    records = choose.sample(records, min(len(records), 7))
    hidden = set(choose.sample(records, choose.choice((0, 0, 1, 2)))) if not family else set()
    world = World(records, hidden, family)
    for _ in range(3):
        world.regroup(a_record_arrives(world, choose))
    return world


def try_history(seed: int, tally: Tally) -> None:
    """One history, its laws asked after each event and at its end."""
    choose = random.Random(seed)
    world = begin(choose)
    tally.histories += 1
    memory = Memory(world)
    for _ in range(choose.randint(5, 9)):
        name = choose.choice(HAPPENS)
        world.at += timedelta(minutes=1)
        before = Before(dict(world.person_of), set(world.bridging), len(world.log))
        touched = EVENTS[name][0](world, choose)
        if not touched:
            continue
        world.regroup(touched)
        tally.events[name] += 1
        for law, wrong in memory.after(name, before):
            _count(tally, law, wrong, seed, name)
    for law, wrong in at_the_end(world, choose):
        _count(tally, law, wrong, seed, "the end")


def _count(tally: Tally, law: str, wrong: str, seed: int, event: str) -> None:
    tally.checked[law] += 1
    if wrong:
        tally.differences[law] += 1
        if len(tally.found) < 20:
            tally.found.append(f"{law}: {wrong} (history {seed}, {event})")


# ------------------------------------------------------------------------------------ laws

Found = Iterator[tuple[str, str]]  # which law, and what was wrong: nothing, mostly


@dataclass
class Before:
    person_of: dict[str, str]
    bridging: set[str]
    said: int


class Memory:
    """What was true before, kept beside Engage and not by it: whom ids named, and since when records were one person."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.id_of: dict[tuple[frozenset[str], frozenset[str]], str] = {}
        self.ever = set(world.person_of.values())
        self.together: dict[Pair, datetime] = {}
        self._remember()

    def after(self, event: str, before: Before) -> Found:
        world = self.world
        yield "replay equal", _replay(world)
        yield "no chain beats a person's word", _apart(world)
        yield "no chain beats the program's own word", _apart_by_program(world)
        yield "a person's same binds or is told", _binds(world)
        yield "nobody is joined without a word", _connected(world)
        yield "a conflict changes nothing", _conflict(world, event, before)
        yield "ids are inherited", _inherited(world, before)
        yield "a split gives back the former id", self._same_id()
        yield "a former id leads on", self._leads_on()
        yield "since when two were one is known", self._since()
        if world.family:
            yield "never joined by the program", _mixed(world)
        self._remember()

    def _pairs(self) -> set[Pair]:
        return {
            frozenset(pair)
            for records in self.world.persons().values()
            for pair in combinations(sorted(records), 2)
        }

    def _remember(self) -> None:
        pairs = self._pairs()
        self.together = {pair: self.together.get(pair, self.world.at) for pair in pairs}
        self.ever |= set(self.world.person_of.values())
        for person, records in self.world.persons().items():
            self.id_of[frozenset(records), frozenset(records & self.world.bridging)] = person

    def _same_id(self) -> str:
        for person, records in self.world.persons().items():
            former = self.id_of.get((frozenset(records), frozenset(records & self.world.bridging)), person)
            if former != person:
                return f"{sorted(records)} were {former} and came back as {person}"
        return ""

    def _leads_on(self) -> str:
        """Each id that anybody ever wrote down, and each of today's, names one person of today."""
        today = set(self.world.person_of.values())
        for one in sorted(self.ever | today):
            if self.world.person_of.get(one) not in today:
                return f"{one} leads nowhere"
        return ""

    def _since(self) -> str:
        world = self.world
        ended = {pair: since for pair, since in self.together.items() if pair not in self._pairs()}
        if not ended:
            return ""
        part = world.component(record for pair in ended for record in pair)
        said = [word for word in world.log if word.pair <= set(part)]
        might = set(part) - world.never_bridging
        found = method.together_since(ended, part, might, world.withdrawn, said, world.at)
        for pair, since in ended.items():
            # When a record was withdrawn is no word: too early is no miss. That one was sent again is not known.
            late, early = found[pair] > since, found[pair] < since
            if (late and not world.sent_again) or (early and not world.were_withdrawn):
                return f"{sorted(pair)} were one since {since:%H:%M}, said is {found[pair]:%H:%M}"
        return ""


def _replay(world: World) -> str:
    """From nothing, the whole log at once."""
    anew = method.group(world.records, world.bridging, world.log)
    told = {conflict.same.pair for conflict in anew.needs_attention}
    if anew.person_of != world.person_of:
        return f"{anew.person_of} for {world.person_of}"
    return "" if told == world.attention else f"{told} wait for a person, not {world.attention}"


def _apart(world: World) -> str:
    for pair, word in world.standing_of_people().items():
        if word.verdict == "not_same" and len({world.person_of[record] for record in pair}) == 1:
            return f"{sorted(pair)} are one"
    return ""


def _apart_by_program(world: World) -> str:
    """Two of whom the program says "not the same" are one person only where somebody joined records of that person."""
    people = world.standing_of_people()
    for pair, word in world.last_words(by_person=False).items():
        persons = {world.person_of[record] for record in pair}
        if word.verdict != "not_same" or pair in people or len(persons) > 1:
            continue
        records = world.persons()[persons.pop()]
        if not any(w.verdict == "same" and p <= records for p, w in people.items()):
            return f"{sorted(pair)} are one"
    return ""


def _binds(world: World) -> str:
    """A same that is not followed is told, and a person's "not same" between the two groups forbids it."""
    words = world.standing_of_people()
    apart = [
        {world.person_of[record] for record in pair} for pair, w in words.items() if w.verdict == "not_same"
    ]
    for pair, word in words.items():
        if word.verdict != "same" or not pair <= world.bridging:
            continue
        persons = {world.person_of[record] for record in pair}
        if len(persons) > 1 and (pair not in world.attention or persons not in apart):
            return f"{sorted(pair)} are two, and it is {'told' if pair in world.attention else 'not told'}"
    return ""


def _connected(world: World) -> str:
    """Each person hangs together by words that stand, a record that may not join two by one of its own."""
    people = world.standing_of_people()
    words = [
        w.pair for p, w in {**world.last_words(by_person=False), **people}.items() if w.verdict == "same"
    ]
    for records in world.persons().values():
        reached = {min(records & world.bridging or records, key=world.records.index)}
        for _ in records:
            for pair in words:
                if pair <= records and pair & reached & world.bridging:
                    reached |= pair
        if reached != records:
            return f"{sorted(records - reached)} with {sorted(reached)}"
    return ""


def _conflict(world: World, event: str, before: Before) -> str:
    """A person's word that is not followed moves nobody, and one that was said before moves nobody again."""
    new = world.log[before.said :]
    if len(new) != 1 or not new[0].by_person:
        return ""
    (word,) = new
    earlier = [w for w in world.log[: before.said] if w.pair == word.pair]
    repeated = event == "a colleague confirms"
    not_followed = word.verdict == "same" and word.pair in world.attention and not earlier
    if (repeated or not_followed) and world.person_of != before.person_of:
        return f"{word.verdict} of {sorted(word.pair)} moved {before.person_of} to {world.person_of}"
    return ""


def _inherited(world: World, before: Before) -> str:
    """Who has the companions they had, or later ones besides, has the id they had."""
    was = world.persons(before.person_of)
    for person, records in world.persons().items():
        former = {before.person_of[one] for one in records if one in before.person_of}
        if len(former) != 1:
            continue
        (had,) = former
        if was[had] - records or (before.bridging ^ world.bridging) & was[had]:
            continue
        first = min(world.records.index(one) for one in was[had])
        later = all(world.records.index(one) > first for one in records - was[had])
        if later and was[had] & world.bridging and person != had:
            return f"{sorted(records)} were {had} and are {person}"
    return ""


def _mixed(world: World) -> str:
    """Two people of a family are one person only where somebody at work said so of two of their records."""
    said = [p for p, w in world.standing_of_people().items() if w.verdict == "same"]
    for records in world.persons().values():
        whose = {whom(record) for record in records}
        by_somebody = any(pair <= records and len({whom(one) for one in pair}) > 1 for pair in said)
        if len(whose) > 1 and not by_somebody:
            return f"{world.family}: {sorted(records)}"
    return ""


def whom(record: str) -> str:
    return record.split()[0]


def at_the_end(world: World, choose: Choose) -> Found:
    yield "order of arrival changes nothing", _any_order(world, choose)
    for pair, word in world.last_words(by_person=True).items():
        if word.verdict == "undone":
            never = [w for w in world.log if not (w.by_person and w.pair == pair)]
            without = method.group(world.records, world.bridging, never).person_of
            yield "inverse equal", "" if without == world.person_of else f"{sorted(pair)} left a trace"
    yield "inverse equal", _joined_and_parted(world, choose)


def _any_order(world: World, choose: Choose) -> str:
    """The same words and records in another order: people's words one after the other as they were said."""
    words = [w for w in world.log if w.by_person or world.last_words(by_person=False)[w.pair] is w]
    choose.shuffle(words)
    anew = []
    for number, word in enumerate(words):
        if word.by_person:
            anew.append(word)
        else:
            at = START + timedelta(minutes=choose.randrange(600))
            anew.append(Judgement(word.b, word.a, word.verdict, False, word.weight_bits, at, f"p{number:06}"))
    records = choose.sample(world.records, len(world.records))
    found = method.group(records, world.bridging, anew)
    as_sets = {frozenset(one) for one in world.persons(found.person_of).values()}
    if as_sets != {frozenset(one) for one in world.persons().values()}:
        return f"{sorted(map(sorted, as_sets))} for {world.person_of}"
    in_order = method.group(world.records, world.bridging, anew).person_of
    return "" if in_order == world.person_of else "other ids"


def _joined_and_parted(world: World, choose: Choose) -> str:
    """Two people joined by hand and the word taken back: all that follows from words is as it was."""
    before = dict(world.person_of), set(world.attention)
    persons = sorted(world.persons())
    if len(persons) < 2:
        return ""
    a, b = (choose.choice(sorted(world.persons()[one])) for one in choose.sample(persons, 2))
    if frozenset((a, b)) in world.standing_of_people():
        return ""
    for verdict in ("same", "undone"):
        world.at += timedelta(minutes=1)
        world.say(a, b, verdict)
        world.regroup({a, b})
    return "" if (world.person_of, world.attention) == before else f"{a} and {b}"

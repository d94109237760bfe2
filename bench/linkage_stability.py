"""Whether ids stay when a little more is received: `./run bench linkage-stability [--draws 5] [--children 400] [--others 4000]`.

The demo's files but those of the health services, whose records join nobody: one record in a hundred is held back, the
others are linked as a whole file and grouped, with an answer by the truth to a part of the pairs that are asked about.
Then the one in a hundred comes, is linked with itself and against the others, and all are grouped again. A person's
companions are their records of before; the id of a person who has the same ones must be the same. And who is who must
be as if everything had come in one file. Then the same with a fault put in.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import django

from bench import figure, met
from bench.linkage_histories import FAULTS as OF_HISTORIES
from engage.methods.linkage import grouping
from engage.methods.linkage.batch import Edge, link
from engage.methods.linkage.grouping import Judgement
from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord

BENCH = "linkage-stability"
SEED = 20261102
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ANSWERED = 0.3  # of the pairs that are asked about
Groups = dict[str, str]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--draws", type=int, default=5, help="of one record in a hundred")
    arguments.add_argument("--children", type=int, default=400)
    arguments.add_argument("--others", type=int, default=4_000, help="children nobody reported missing")
    arguments.add_argument("--seed", type=int, default=SEED)
    chosen = arguments.parse_args()
    django.setup()
    started, counted = time.monotonic(), Counter[str]()
    area = Area.invented(chosen.seed, chosen.children, chosen.others)
    draws = [area.draw(random.Random(f"{chosen.seed} {number}")) for number in range(chosen.draws)]
    for one in draws:
        counted.update(one.compared())
    changed = counted["ids changed where companions did not"]
    figure(
        BENCH,
        "ids changed where companions did not",
        changed,
        "people",
        differences=changed,
        of=counted["people whose companions did not change"],
        wanted="0",
        met=met(not changed),
    )
    for name in ("former ids that lead nowhere", "people otherwise than in one file"):
        figure(BENCH, name, counted[name], "people", differences=counted[name])
    for name in ("people of before", "people who gained a record", "people whose companions changed"):
        figure(BENCH, name, counted[name], "people")
    figure(
        BENCH,
        "records",
        len(area.records),
        "records",
        added_in_each_draw=len(draws[0].new),
        draws=len(draws),
        seed=chosen.seed,
        seconds=round(time.monotonic() - started, 1),
    )
    unnoticed = [name for name in FAULTS if not noticed(name, draws)]
    for name in FAULTS:
        figure(BENCH, f"fault: {name}", "not caught" if name in unnoticed else "caught", "")
    if changed or unnoticed or any(one.wrong() for one in draws):
        raise SystemExit(1)


@dataclass
class Draw:
    order: list[str]  # of receipt, those held back last
    new: set[str]
    before: list[Judgement[str]]
    after: list[Judgement[str]]
    at_once: list[Judgement[str]]

    def compared(self) -> Counter[str]:
        old = [record for record in self.order if record not in self.new]
        was, now = self._grouped(old, self.before), self._grouped(self.order, self.after)
        at_once = self._grouped(self.order, self.at_once)
        companions, later = members(was), members(now)
        told: Counter[str] = Counter({"people of before": len(companions)})
        for person, records in companions.items():
            persons = {now[record] for record in records}
            same = len(persons) == 1 and later[min(persons)] - self.new == records
            told["people whose companions did not change" if same else "people whose companions changed"] += 1
            told["people who gained a record"] += same and bool(later[min(persons)] & self.new)
            told["ids changed where companions did not"] += same and persons != {person}
            told["former ids that lead nowhere"] += now.get(person) not in later
        told["people otherwise than in one file"] = sum(now[one] != at_once[one] for one in self.order)
        return told

    def wrong(self) -> bool:
        told = self.compared()
        return any(told[name] for name in WRONG)

    def _grouped(self, records: list[str], said: list[Judgement[str]]) -> Groups:
        return grouping.group(records, set(records), said).person_of


WRONG = (
    "ids changed where companions did not",
    "former ids that lead nowhere",
    "people otherwise than in one file",
)


def members(person_of: Groups) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record, person in person_of.items():
        found[person].add(record)
    return found


@dataclass
class Area:
    records: list[IdentityRecord]
    truth: dict[str, str]
    edges: list[Edge]  # of everything in one file

    @classmethod
    def invented(cls, seed: int, children: int, others: int) -> Area:
        from tests.unit.linkage.demo_records import demo_people

        with tempfile.TemporaryDirectory(prefix="engage-stability-") as folder:
            people = demo_people(seed, Path(folder), children=children, others=others)
        records = [one for one in people.records if one.register != "health-contacts"]
        return cls(records, people.person_of, list(link(records, load_model())))

    def draw(self, choose: random.Random) -> Draw:
        records = choose.sample(self.records, len(self.records))
        few = max(1, len(records) // 100)
        old, new = records[few:], records[:few]
        before = list(link(old, load_model()))
        added = list(link(new, load_model(), against=old))
        answered = {
            frozenset((edge.a_id, edge.b_id)) for edge in self.edges if choose.random() < ANSWERED
        }  # whichever way round an edge is found
        return Draw(
            [one.id for one in (*old, *new)],
            {one.id for one in new},
            self.said(before, answered),
            self.said([*before, *added], answered),
            self.said(choose.sample(self.edges, len(self.edges)), answered),
        )

    def said(self, edges: Iterable[Edge], answered: set[frozenset[str]]) -> list[Judgement[str]]:
        """As `people.actions.linking` writes words of edges; and people answer some of what is asked, by the truth."""
        from engage.practice.people.actions.pairs import WALLS

        words = []
        for number, edge in enumerate(edges):
            pair, weight = (edge.a_id, edge.b_id), edge.weight_bits
            # One moment for all answers, and named by the pair: who answered first is the same in each of the three.
            by_whom = " ".join(sorted(pair))
            if edge.decision == "join":
                words.append(Judgement(*pair, "same", False, weight, AT, f"{number:09}"))
            elif frozenset(pair) in answered:
                true = self.truth[pair[0]] == self.truth[pair[1]]
                words.append(Judgement(*pair, "same" if true else "not_same", True, weight, AT, by_whom))
            elif not WALLS.isdisjoint(veto.code for veto in edge.vetoes):
                words.append(Judgement(*pair, "not_same", False, weight, AT, f"{number:09}"))
        return words


def noticed(name: str, draws: list[Draw]) -> bool:
    with FAULTS[name]():
        return any(one.wrong() for one in draws)


FAULTS = {
    name: OF_HISTORIES[name]
    for name in (
        "a person is named after the latest record",
        "a former id leads nowhere",
    )
}

if __name__ == "__main__":
    main()

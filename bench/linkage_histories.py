"""Whether who is who holds, whatever is said and taken back: `./run bench linkage-histories [--histories N] [--nightly]`.

Random histories of a few records, of nobody in particular and of families that are hard to tell apart: judged, joined,
parted, taken back, weighed anew by a new model, withdrawn. After each event the laws of bench/_histories.py are asked:
replayed from the log, undone, in any other order. Then the same with a fault put in, one after another, each of which
must be noticed. Without a database: what its tables hold is tried in tests/property/people.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest import mock

import django

from bench import figure
from bench._histories import Tally, try_history
from engage.methods.linkage import grouping, vetoes
from engage.methods.linkage.grouping import Grouping, Judgement

from ._families import weighed

BENCH = "linkage-histories"
SEED = 20261102
NIGHTLY = 100_000
HISTORIES_FOR_A_FAULT = 1_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--histories", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--nightly", action="store_true", help=f"{NIGHTLY:,} histories")
    chosen = arguments.parse_args()
    django.setup()
    started = time.monotonic()
    tally = try_all(NIGHTLY if chosen.nightly else chosen.histories, chosen.seed)
    for law, checked in tally.checked.items():
        figure(BENCH, law, checked, "times", differences=tally.differences[law])
    figure(
        BENCH,
        "histories",
        tally.histories,
        "histories",
        differences=tally.differences.total(),
        events=tally.events.total(),
        seed=chosen.seed,
        seconds=round(time.monotonic() - started, 1),
    )
    for told in tally.found:
        figure(BENCH, "difference", told, "")
    unnoticed = say_power(chosen.seed)
    if tally.differences or unnoticed:
        raise SystemExit(1)


def try_all(histories: int, seed: int) -> Tally:
    tally = Tally()
    for number in range(histories):
        try_history(seed + number, tally)
    return tally


def say_power(seed: int) -> list[str]:
    unnoticed = []
    for name in FAULTS:
        tried = noticed_after(name, seed)
        told = {"histories": tried} if tried else {}
        figure(BENCH, f"fault: {name}", "caught" if tried else "not caught", "", **told)
        if not tried:
            unnoticed.append(name)
    figure(BENCH, "faults caught", len(FAULTS) - len(unnoticed), "faults", of=len(FAULTS))
    return unnoticed


def noticed_after(name: str, seed: int = SEED) -> int:
    """How many histories it took to notice the fault; 0 where none of so many did."""
    tally = Tally()
    with with_fault(name):
        for number in range(HISTORIES_FOR_A_FAULT):
            try_history(seed + number, tally)
            if tally.differences:
                return tally.histories
    return 0


@contextmanager
def with_fault(name: str) -> Iterator[None]:
    weighed.cache_clear()
    try:
        with ExitStack() as put_in:
            put_in.enter_context(FAULTS[name]())
            yield
    finally:
        weighed.cache_clear()


# ------------------------------------------------------------------------------------ faults

as_it_is, standing_as_it_is = grouping.group, grouping.standing
wall_as_it_is, order_as_it_is = grouping._Groups._wall_between, grouping._before_others


def _in_the_grouping(name: str, instead: Any) -> Callable[[], Any]:
    return lambda: mock.patch.object(grouping, name, instead)


def _renamed(name_of: Callable[[list[str], Any], str]) -> Callable[[], Any]:
    """People named otherwise than after their first record; `name_of` is told the records in order and all words."""

    def group(records, bridging, judgements):
        judgements = list(judgements)
        found = as_it_is(records, bridging, judgements)
        members: dict[str, list[str]] = {}
        for record, person in found.person_of.items():
            members.setdefault(person, []).append(record)
        names = {person: name_of(ones, judgements) for person, ones in members.items()}
        return replace(found, person_of={record: names[p] for record, p in found.person_of.items()})

    return _in_the_grouping("group", group)


def _last_where_told_apart(records: list[str], judgements: list[Judgement[str]]) -> str:
    apart = any(
        w.verdict == "not_same" and not w.pair.isdisjoint(records) for w in grouping.standing(judgements)
    )
    return records[-1] if apart else records[0]


def _latest_of_all(judgements):
    return list({word.pair: word for word in sorted(judgements, key=lambda w: (w.at, w.id))}.values())


def _confirmed_is_said_anew(judgements):
    """As if nobody had said it before."""
    judgements = list(judgements)
    last = {(w.pair, w.by_person): w for w in sorted(judgements, key=lambda w: (w.at, w.id))}
    return [last[w.pair, w.by_person] for w in standing_as_it_is(judgements)]


def _only_the_pair_itself(self, one, other, judgement):
    return next((w for w in self._walls[one] if w.pair == judgement.pair), None)


def _no_wall_of_the_program(self, one, other, judgement):
    wall = wall_as_it_is(self, one, other, judgement)
    return wall if wall and wall.by_person else None


def _everybody_bridges(records, bridging, judgements):
    return as_it_is(records, records, judgements)


def _untold(records, bridging, judgements) -> Grouping:
    return replace(as_it_is(records, bridging, judgements), needs_attention=())


def _since_the_last_same(pairs, records, bridging, withdrawn, judgements, until: datetime):
    return {
        pair: max((w.at for w in judgements if w.pair == pair and w.verdict == "same"), default=until)
        for pair in pairs
    }


def _never(*codes: str) -> Callable[[], Any]:
    """These vetoes never speak."""
    silent = {code: (lambda a, b: False, vetoes.VETOES[code][1]) for code in codes}
    return lambda: mock.patch.dict(vetoes.VETOES, silent)


FAULTS: dict[str, Callable[[], Any]] = {
    "a chain of joins beats a person's not same": lambda: mock.patch.object(
        grouping._Groups, "_wall_between", _only_the_pair_itself
    ),
    "a chain of joins beats the program's not same": lambda: mock.patch.object(
        grouping._Groups, "_wall_between", _no_wall_of_the_program
    ),
    "whoever spoke last outranks, program or person": _in_the_grouping("standing", _latest_of_all),
    "a word that was taken back stands": _in_the_grouping(
        "standing", lambda judgements: standing_as_it_is([w for w in judgements if w.verdict != "undone"])
    ),
    "unsure holds nothing open": _in_the_grouping(
        "standing", lambda judgements: standing_as_it_is([w for w in judgements if w.verdict != "unsure"])
    ),
    "a heavier word of a person comes before an earlier one": _in_the_grouping(
        "_before_others", lambda w: (not w.by_person, -w.weight_bits, w.id)
    ),
    "a colleague who confirms is taken for somebody new": _in_the_grouping(
        "standing", _confirmed_is_said_anew
    ),
    "which edge came first decides": _in_the_grouping(
        "_before_others", lambda w: order_as_it_is(w) if w.by_person else (1, w.at, w.id)
    ),
    "which of two equal edges came first decides": _in_the_grouping(
        "_before_others", lambda w: order_as_it_is(w) if w.by_person else (1, -w.weight_bits, w.id)
    ),
    "a conflict is told to nobody": _in_the_grouping("group", _untold),
    "a hidden record joins two": _in_the_grouping("group", _everybody_bridges),
    "a person is named after the latest record": _renamed(lambda records, said: records[-1]),
    "a former id leads nowhere": _renamed(lambda records, said: f"{records[0]} of {len(records)}"),
    "a split gives a new id": _renamed(_last_where_told_apart),
    "who saw two as one is asked since the last same": _in_the_grouping(
        "together_since", _since_the_last_same
    ),
    "twins are not told apart by their names": _never("given_names_differ", "could_be_twins"),
    "a father is not told from his son": _never("birth_years_apart"),
}

if __name__ == "__main__":
    main()

"""Whether the time of an answer tells that something is hidden: `./run bench access-time [--pairs 200] [--seed N]`.

A search for a name that forty hidden records bear, against one that no record bears; and the page of a hidden child
against that of none. Asked in turns, in random order, by one who may see none of them. Ratio of the medians (1 is
best), and how well an attacker with one time of each could tell which is which (AUC; 0.5 is chance). Time spent in this
process and its database, without a network, which is the best an attacker could have.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from uuid import UUID

import django

from bench import figure

SEED = 20261102
HIDDEN = 40
ABSENT = "Thistlewaite"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pairs", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=SEED)
    chosen = arguments.parse_args()
    django.setup()
    from bench.access_oracle import fresh_database
    from bench.noninterference import NAME, NOW, NOWHERE, Invented, _restricted_child, clock_stands_still
    from engage.demo import probing
    from engage.demo.team import set_up_team

    fresh_database("engage_times")
    set_up_team(now=NOW)
    with clock_stands_still():
        world = Invented()
        hidden = [_restricted_child(world, f"Zelda {n}", phone=f"07700 {900400 + n}") for n in range(HIDDEN)]
        client = probing.signed_in(world.readers["ewan"])

        def search(name: str) -> Callable[[], object]:
            return lambda: client.post("/search/", {"q": name})

        def page(child: UUID) -> Callable[[], object]:
            return lambda: client.get(f"/children/{child}/")

        say("search", search(NAME), search(ABSENT), chosen.pairs, chosen.seed)
        say("child's page", page(hidden[0]), page(NOWHERE), chosen.pairs, chosen.seed)
        say("the same twice", search(ABSENT), search(ABSENT), chosen.pairs, chosen.seed)


def say(what: str, hidden: Callable, absent: Callable, pairs: int, seed: int) -> None:
    choose = random.Random(seed)
    times: dict[Callable, list[float]] = {hidden: [], absent: []}
    for _ in range(5):
        hidden(), absent()
    for _ in range(pairs):
        both = [hidden, absent]
        choose.shuffle(both)
        for ask in both:
            started = time.perf_counter()
            ask()
            times[ask].append(time.perf_counter() - started)
    ratio = statistics.median(times[hidden]) / statistics.median(times[absent])
    figure(
        "access-time",
        f"{what}: hidden by absent",
        round(ratio, 3),
        "times",
        pairs=pairs,
        wanted="0.9 to 1.1",
        median_ms=round(1000 * statistics.median(times[absent]), 1),
    )
    figure(
        "access-time",
        f"{what}: attacker's AUC",
        round(told_by_time(times[hidden], times[absent]), 3),
        "",
        pairs=pairs,
        wanted="at most 0.55",
    )


def told_by_time(some: list[float], others: list[float]) -> float:
    """Chance that of one time of each the attacker names the right one; whichever way round serves them better."""
    longer = sum((a > b) + (a == b) / 2 for a in some for b in others) / (len(some) * len(others))
    return max(longer, 1 - longer)


if __name__ == "__main__":
    main()

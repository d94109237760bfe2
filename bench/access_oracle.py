"""Whether five answers to "who sees this row?" are one: `./run bench access-oracle [--worlds 200] [--seed N] [--nightly]`.

Cedar, the stored sets, the first wall, the second wall and an oracle written from the prose (`tests/oracle`), on
invented worlds; then the same with a fault put in, one after another, each of which must be noticed.
"""

from __future__ import annotations

import argparse
import time

import django

from bench import figure

SEED = 20261102
NIGHTLY = 5_000
WORLDS_FOR_A_FAULT = 60


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--worlds", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--nightly", action="store_true", help=f"{NIGHTLY:,} worlds")
    chosen = arguments.parse_args()
    django.setup()
    fresh_database()
    from tests.oracle.asking import ask_cedar_beforehand, compare

    ask_cedar_beforehand()
    started = time.monotonic()
    worlds = NIGHTLY if chosen.nightly else chosen.worlds
    tally = compare(range(chosen.seed, chosen.seed + worlds))
    figure(
        "access-oracle",
        "decisions",
        tally.decisions,
        "decisions",
        worlds=tally.worlds,
        askings=tally.askings,
        shown=tally.shown,
        seed=chosen.seed,
        seconds=round(time.monotonic() - started, 1),
        differences=tally.differences,
    )
    if tally.first:
        figure("access-oracle", "first difference", tally.first, "ids")
    unnoticed = say_power(chosen.seed)
    if tally.differences or unnoticed or not tally.shown or tally.shown == tally.decisions:
        raise SystemExit(1)


def say_power(seed: int) -> list[str]:
    """The faults that went unnoticed."""
    from tests.oracle.asking import compare
    from tests.oracle.faults import FAULTS, with_fault

    unnoticed = []
    for name in FAULTS:
        with with_fault(name):
            tally = compare(range(seed, seed + WORLDS_FOR_A_FAULT), until=1)
        caught = tally.differences > 0
        figure(
            "access-oracle", f"fault: {name}", "caught" if caught else "not caught", "", worlds=tally.worlds
        )
        if not caught:
            unnoticed.append(name)
    caught = len(FAULTS) - len(unnoticed)
    figure("access-oracle", "faults caught", caught, "faults", of=len(FAULTS))
    return unnoticed


def fresh_database(name: str = "engage_worlds") -> None:
    """An empty one with the tables as migrated now and the jobs of Engage; marked, so that it may be made anew."""
    from django.core.management import call_command
    from tests.oracle.world import START

    from engage.demo import building
    from engage.practice.agencies.models import Installation

    building.fresh_database(name)
    call_command("migrate", database="owner", verbosity=0)
    Installation.objects.create(kind=Installation.Kind.DEMO, set_up_at=START)


if __name__ == "__main__":
    main()

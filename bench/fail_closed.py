"""Whether everything fails closed: `./run bench fail-closed [--trials 500] [--seed N] [--nightly]`.

A right that ends while others read, on two connections of a real PostgreSQL: before the next request, and between two
statements of one; an agreement and a stated purpose at 23:59:59 and 00:00:00; nobody at work; a connection used again;
a streamed answer; a background job; SQL past the program. Each wall is asked by itself too, so that one cannot hide
what the other lets through. Then the same with a fault put in, one after another, each of which must be noticed.

The product streams nothing and puts no pool of its own between itself and PostgreSQL: the trial streams a page made for
it, and a connection used again is Django's own, kept from one request to the next.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest import mock

import django

from bench import figure

SEED = 20261102
NIGHTLY = 20_000
TRIALS_FOR_A_FAULT = 60


@dataclass
class Tally:
    trials: Counter = field(default_factory=Counter)
    differences: Counter = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--trials", type=int, default=500)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--nightly", action="store_true", help=f"{NIGHTLY:,} trials")
    chosen = arguments.parse_args()
    django.setup()
    from bench._closing import TRIALS
    from bench.access_oracle import fresh_database
    from bench.noninterference import NOW
    from engage.demo.team import set_up_team

    fresh_database("engage_fail_closed")
    set_up_team(now=NOW)
    started = time.monotonic()
    with small_world() as world:
        tally = try_all(world, NIGHTLY if chosen.nightly else chosen.trials, chosen.seed)
        for kind in TRIALS:
            figure("fail-closed", kind, tally.trials[kind], "trials", differences=tally.differences[kind])
        figure(
            "fail-closed",
            "trials",
            tally.trials.total(),
            "trials",
            differences=tally.differences.total(),
            seed=chosen.seed,
            seconds=round(time.monotonic() - started, 1),
        )
        for told in tally.found[:20]:
            figure("fail-closed", "difference", told, "")
        unnoticed = say_power(world, chosen.seed)
    if tally.differences or unnoticed or not all(tally.trials[kind] for kind in TRIALS):
        raise SystemExit(1)


@contextmanager
def small_world() -> Iterator[Any]:
    """Committed into the database as it is now, which must be one of its own."""
    from bench._closing import World
    from bench.noninterference import clock_stands_still

    with clock_stands_still():
        world = World()
        try:
            yield world
        finally:
            world.close()


def try_all(world: Any, trials: int, seed: int) -> Tally:
    """So many trials, of every kind as often as `TRIALS` says."""
    from bench._closing import TRIALS

    tally, choose = Tally(), random.Random(seed)
    kinds = [kind for kind, (_, often) in TRIALS.items() for _ in range(often)]
    choose.shuffle(kinds)
    for number in range(trials):
        kind = kinds[number % len(kinds)]
        wrong = TRIALS[kind][0](world, choose)
        tally.trials[kind] += 1
        if wrong:
            tally.differences[kind] += 1
            tally.found += [f"{kind}: {one}" for one in wrong]
    return tally


def say_power(world: Any, seed: int) -> list[str]:
    unnoticed = []
    for name in FAULTS:
        tried = noticed_after(world, name, seed)
        told = {"trials": tried} if tried else {}
        figure("fail-closed", f"fault: {name}", "caught" if tried else "not caught", "", **told)
        if not tried:
            unnoticed.append(name)
    figure("fail-closed", "faults caught", len(FAULTS) - len(unnoticed), "faults", of=len(FAULTS))
    return unnoticed


def noticed_after(world: Any, name: str, seed: int) -> int:
    """How many trials of its kind it took to notice the fault; 0 where none did."""
    from bench._closing import TRIALS, forget_the_context

    kind, fault = FAULTS[name]
    choose = random.Random(seed)
    try:
        with fault():
            for number in range(1, TRIALS_FOR_A_FAULT + 1):
                if TRIALS[kind][0](world, choose):
                    return number
    finally:
        forget_the_context(world)
    return 0


# ------------------------------------------------------------------------------------ its power


@contextmanager
def _the_context_stays() -> Iterator[None]:
    """Told to the database for the connection, not for the transaction, and not taken back."""
    from django.db import connection

    from engage.practice.access import gate

    def tell(context) -> None:
        if context is None:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('engage.staff', %s, false), set_config('engage.purpose', %s, false),"
                " set_config('engage.now', %s, false)",
                [str(context.staff.pk), context.purpose, context.now.isoformat()],
            )

    with mock.patch.object(gate, "_tell_the_database", tell):
        yield


@contextmanager
def _the_circle_is_kept() -> Iterator[None]:
    """With whom somebody works, read once and kept from one request to the next."""
    from engage.practice.access import gate

    kept: dict = {}
    read = gate.circle_of

    def circle_of(context) -> None:
        read(context)
        first = kept.setdefault(context.staff.pk, (context.people, context.named_people, context.barred))
        context.set_circle(*first)

    with mock.patch.object(gate, "circle_of", circle_of):
        yield


@contextmanager
def _ends_by_the_day() -> Iterator[None]:
    """Whatever ends on a day still counts for the whole of it."""
    from engage.practice.access import gate
    from engage.practice.access.models import CircleMember, Reach

    read = gate.circle_of

    def reach_of(staff, purpose: str, now: datetime):
        rows = Reach.objects.filter(
            role=staff.role, agency_id=staff.agency_id, purpose=purpose, starts_at__lte=now
        )
        return rows.filter(ends_at__date__gte=now.date()).order_by("starts_at").first()

    def circle_of(context) -> None:
        read(context)
        rows = CircleMember.objects.filter(staff=context.staff, ends_at__date__gte=context.now.date())
        context.set_circle(
            {*context.people, *(row.person_id for row in rows)}, context.named_people, context.barred
        )

    with mock.patch.object(gate, "reach_of", reach_of), mock.patch.object(gate, "circle_of", circle_of):
        yield


@contextmanager
def _known_to_every_thread() -> Iterator[None]:
    """Who went to work last counts as at work, wherever it is asked."""
    from engage.practice.access import gate, guarded

    last: list = []
    ask, tell = guarded.acting, gate._tell_the_database

    def told(context) -> None:
        last.extend([context] if context else [])
        tell(context)

    def acting():
        return guarded.at_work.get() or (last[-1] if last else ask())

    with mock.patch.object(guarded, "acting", acting), mock.patch.object(gate, "_tell_the_database", told):
        yield


@contextmanager
def _neither_wall_forgets() -> Iterator[None]:
    with _the_context_stays(), _known_to_every_thread():
        yield


@contextmanager
def _in_the_database(change: str, back: str) -> Iterator[None]:
    from django.db import connections

    def run(statement: str) -> None:
        with connections["owner"].cursor() as owner:
            owner.execute(statement)

    run(change)
    try:
        yield
    finally:
        run(back)


@contextmanager
def _a_table_without_its_wall() -> Iterator[None]:
    from bench._closing import WALLED
    from engage.demo.probing import guarded_tables

    with ExitStack() as stack:
        for table in sorted(guarded_tables() | WALLED):
            if table != "access_auditentry":
                stack.enter_context(
                    _in_the_database(
                        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
                        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
                    )
                )
        yield


@contextmanager
def _the_database_forgets(what: str) -> Iterator[None]:
    from bench.policy_mutants import FUNCTIONS

    body = FUNCTIONS["engage_read_people()"]
    define = (
        "CREATE OR REPLACE FUNCTION engage_read_people() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER"
        " SET search_path = public AS $$ {} $$"
    )
    wrong = body.replace("(ends_at IS NULL OR ends_at > engage_now())", what)
    with _in_the_database(define.format(wrong), define.format(body)):
        yield


@contextmanager
def _suspended_goes_on() -> Iterator[None]:
    from engage.practice.agencies.models import Staff

    with mock.patch.object(Staff, "is_active", property(lambda staff: True)):
        yield


@contextmanager
def _not_of_one_moment() -> Iterator[None]:
    from contextlib import nullcontext

    from engage.practice.access import doors

    with mock.patch.object(doors, "_of_one_moment", lambda request: nullcontext()):
        yield


@contextmanager
def _answered_as_before() -> Iterator[None]:
    """A page asked for twice is the page of the first time."""
    from bench._closing import World

    ask, kept = World.page, {}
    with mock.patch.object(World, "page", lambda world, child: kept.setdefault(child, ask(world, child))):
        yield


# The kind of trial that must notice, and the fault.
FAULTS: dict[str, tuple[str, Callable[[], Any]]] = {
    "the circle is kept from one request to the next": ("revoked before the next request", _the_circle_is_kept),
    "who is suspended goes on reading": ("revoked before the next request", _suspended_goes_on),
    "the database forgets that work with a child ends": (
        "revoked before the next request", lambda: _the_database_forgets("true")),
    "a page is not of one moment": ("revoked during a request", _not_of_one_moment),
    "a page is kept and answered again": ("revoked during a request", _answered_as_before),
    "an agreement's end is compared by the day": ("an agreement ends", _ends_by_the_day),
    "a stated purpose's end is compared by the day": ("a stated purpose ends", _ends_by_the_day),
    "a stated purpose still counts at its end": (
        "a stated purpose ends", lambda: _the_database_forgets("(ends_at IS NULL OR ends_at >= engage_now())")),
    "who is at work is known to every thread": ("no context", _known_to_every_thread),
    "a job takes the context of whoever went to work last": ("a background job", _known_to_every_thread),
    "the context is set for the connection": ("a connection used again", _the_context_stays),
    "both walls forget that the request is over": ("a streamed answer", _neither_wall_forgets),
    "tables without their second wall": ("raw SQL", _a_table_without_its_wall),
}  # fmt: skip


if __name__ == "__main__":
    main()

"""Whether a hidden thing changes anything: `./run bench noninterference [--pairs 2000] [--seed N] [--nightly]`.

A small invented world W is asked, and the same world with one hidden thing more: every address of the site, its deeds
too, by readers of five kinds. Clock and random ids are the same in both, so the answers must be the same to the byte:
status, headers, cookies, body, files, redirects; without the token of each form alone. A pair is (thing, reader, ask).
A thing counts as hidden from a reader if the rows that the second wall shows the reader are the same with it and
without. Each ask, and each thing, is rolled back.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from unittest import mock
from uuid import UUID

import django

from bench import figure

SEED = 20261102
NIGHTLY = 50_000
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
READERS = {
    "ewan": "social worker", "amir": "police officer", "iris": "school lead", "nia": "sister team",
    "max": "administrator",
}  # fmt: skip
NAME = "Quillfeather"  # of whom nobody may see, and of nobody else
NOWHERE = UUID("8e7c1d3e-0000-4000-8000-000000000002")
# Addresses whose answer may change, and why: they say it of everybody's files, and of no child's.
FILES_ARRIVED = (
    "lists every agency, and when its files last arrived at all, whoever is in them (11.3 of the prose)"
)
CHANGES_BECAUSE: dict[tuple[str, str], str] = {
    ("a file of another agency", "children/{person_id}/"): FILES_ARRIVED,
    ("a file of another agency", "first-looks/{person_id}/"): FILES_ARRIVED,
    ("an agency", "children/{person_id}/"): FILES_ARRIVED,
    ("an agency", "first-looks/{person_id}/"): FILES_ARRIVED,
}


@dataclass(frozen=True)
class Ask:
    route: str
    address: str
    body: int = -1  # which of the filled-in forms; none: GET
    answers: bool = False  # of what the reader sees, or of nothing in particular


@dataclass
class Outcome:
    pairs: int = 0
    there_are: int = 0  # to draw from
    differences: int = 0
    not_hidden: Counter = field(default_factory=Counter)
    things: Counter = field(default_factory=Counter)
    statuses: Counter = field(default_factory=Counter)
    routes: set[str] = field(default_factory=set)
    excepted: Counter = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pairs", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--nightly", action="store_true", help=f"{NIGHTLY:,} pairs")
    chosen = arguments.parse_args()
    django.setup()
    from bench.access_oracle import fresh_database
    from engage.demo.team import set_up_team

    fresh_database("engage_hidden_things")
    set_up_team(now=NOW)
    started = time.monotonic()
    with clock_stands_still():
        world = Invented()
        outcome = world.compare(NIGHTLY if chosen.nightly else chosen.pairs, chosen.seed)
        figure(
            "noninterference",
            "pairs",
            outcome.pairs,
            "pairs",
            there_are=outcome.there_are,
            differences=outcome.differences,
            routes=len(outcome.routes),
            readers=len(READERS),
            things=len(outcome.things),
            excepted=sum(outcome.excepted.values()),
            seed=chosen.seed,
            seconds=round(time.monotonic() - started, 1),
            statuses=" ".join(f"{status}: {n}" for status, n in sorted(outcome.statuses.items())),
        )
        for thing, pairs in outcome.things.items():
            figure("noninterference", f"thing: {thing}", pairs, "pairs", seen_by=outcome.not_hidden[thing])
        for (thing, route), n in outcome.excepted.items():
            figure(
                "noninterference",
                f"excepted: /{route} for {thing}",
                n,
                "pairs",
                why=CHANGES_BECAUSE[thing, route],
            )
        for told in outcome.found[:20]:
            figure("noninterference", "difference", told, "")
        not_compared = [thing for thing in THINGS if not outcome.things[thing]]
        for thing in not_compared:
            figure("noninterference", f"not compared: {thing}", 0, "pairs")
        unnoticed = say_power(world, chosen.seed)
    if outcome.differences or not_compared or unnoticed:
        raise SystemExit(1)


def say_power(world: Invented, seed: int) -> list[str]:
    unnoticed = []
    for name in FAULTS:
        with with_fault(name):
            caught = bool(world.compare_one(*SHOWN_BY[name], until=1).differences)
        figure("noninterference", f"fault: {name}", "caught" if caught else "not caught", "")
        if not caught:
            unnoticed.append(name)
    figure("noninterference", "faults caught", len(FAULTS) - len(unnoticed), "faults", of=len(FAULTS))
    return unnoticed


@contextmanager
def clock_stands_still() -> Iterator[None]:
    from django.test import override_settings

    with override_settings(AS_AT=NOW.isoformat(), AS_AT_RUNS_ON=False, ALLOWED_HOSTS=["*"], DEMO=True):
        yield


@contextmanager
def ids_from(seed: str) -> Iterator[None]:
    """Every random id that is made meanwhile follows from the seed."""
    choose = random.Random(seed)
    with mock.patch.object(os, "urandom", choose.randbytes):
        yield


@contextmanager
def taken_back() -> Iterator[None]:
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Invented:
    """World W: three children in two areas, and a browser of each reader."""

    def __init__(self) -> None:
        from tests.integration.desk.conftest import Town

        from engage.demo import probing
        from engage.demo.at_hand import staff_called, visible_ids
        from engage.practice.access.models import Label
        from engage.practice.receiving.actions import receiver

        with ids_from("world"):
            self.town = town = Town(receiver(), NOW)
            self.katie = town.child("Katie", "Holden", "Blackburn with Darwen")
            town.missing(self.katie)
            town.fact(self.katie, "school", "Invented High School", "C13", agency="BWD-CSC")
            town.fact(self.katie, "health_safety_summary", "Carry her inhaler.", "C26", "ELSH", Label.SUMMARY)
            town.referral(self.katie, "She was seen in a car she did not know.")
            other = town.child("Jamie", "Ashworth", "Hyndburn", postcode="BB5 1AA", phone="07700 900321")
            town.missing(other, hours=200, back_hours=30)
            town.child("Orla", "Quennell", "Burnley", postcode="BB11 1AA", phone="07700 900456")
        self.readers = {code: staff_called(code) for code in READERS}
        self.sessions = {
            code: probing.signed_in(reader).cookies["sessionid"].value
            for code, reader in self.readers.items()
        }
        self.visible = {code: visible_ids(reader, NOW) for code, reader in self.readers.items()}
        self._say_why()
        self.routes = probing.routes()
        self.before: dict[tuple[str, Ask], tuple] = {}
        # Of each thing: from whom it is hidden, and the ids that nobody sees once it is there.
        self.learnt: dict[str, tuple[list[str], dict[str, list[Any]]]] = {}
        self.rows = {code: self.rows_seen(reader) for code, reader in self.readers.items()}

    def _say_why(self) -> None:
        """Of each child whom a reader sees they have said why they look: what stands behind the door is compared."""
        from engage.demo import probing

        for code, reader in self.readers.items():
            client = probing.signed_in(reader)
            for child in self.visible[code].get("person_id", ()):
                client.get(f"/children/{child}/")
            for report in self.visible[code].get("report_id", ()):
                client.get(f"/episodes/{report}/")

    def compare(self, pairs: int, seed: int) -> Outcome:
        """So many pairs, drawn from all there are; half of them of pages that show the reader something."""
        outcome, choose = Outcome(), random.Random(seed)
        self.before.clear()  # a fault put into the code since may have changed what W answers
        chosen = [
            (thing, list(self.pairs_of(thing, outcome))) for thing in THINGS
        ]  # every thing learns its ids first: W must know what to be asked for
        every = [(thing, code, ask) for thing, asks in chosen for code, ask in asks]
        outcome.there_are = len(every)
        showing = [one for one in every if one[2].answers]
        drawn = choose.sample(showing, min(pairs // 2, len(showing)))
        others = [one for one in every if not one[2].answers]
        drawn += choose.sample(others, min(pairs - len(drawn), len(others)))
        for thing in THINGS:
            asks = [(code, ask) for one, code, ask in drawn if one == thing]
            for code, ask in asks:
                if (code, ask) not in self.before:
                    self.before[code, ask] = self.answer(code, ask)
            with taken_back():
                self.add(thing)
                for code, ask in asks:
                    self._weigh(thing, code, ask, outcome)
        return outcome

    def compare_one(self, thing: str, template: str, until: int | None = None) -> Outcome:
        """Everything that can be asked of one address about one thing; with `until`, no further after so many
        differences."""
        outcome = Outcome()
        self.before.clear()
        asks = list(self.pairs_of(thing, outcome, template))
        at_once = len(asks) if until is None else 8
        for start in range(0, len(asks), at_once or 1):
            some = asks[start : start + at_once]
            for code, ask in some:
                self.before[code, ask] = self.answer(code, ask)
            with taken_back():
                self.add(thing)
                for code, ask in some:
                    self._weigh(thing, code, ask, outcome)
            if until is not None and outcome.differences >= until:
                break
        return outcome

    def _weigh(self, thing: str, code: str, ask: Ask, outcome: Outcome) -> None:
        from engage.demo.probing import _how

        before, after = self.before[code, ask], self.answer(code, ask)
        if before != after and (thing, ask.route) in CHANGES_BECAUSE:
            outcome.excepted[thing, ask.route] += 1
            return
        outcome.pairs += 1
        outcome.things[thing] += 1
        outcome.routes.add(ask.route)
        outcome.statuses[before[0]] += 1
        if before != after:
            outcome.differences += 1
            method = "GET" if ask.body < 0 else "POST"
            outcome.found.append(f"{thing}: {method} /{ask.route} as {code}: {_how(before, after)}")

    def pairs_of(self, thing: str, outcome: Outcome, template: str = "") -> Iterator[tuple[str, Ask]]:
        """What to ask about this thing, of those readers from whom it is hidden; of one address where one is named."""
        if thing not in self.learnt:
            with taken_back():
                self.add(thing)
                seen = {code: self.rows_seen(reader) for code, reader in self.readers.items()}
                from_whom = [code for code, rows in seen.items() if rows == self.rows[code]]
                self.learnt[thing] = from_whom, self.ids_there()
        from_whom, hidden = self.learnt[thing]
        outcome.not_hidden[thing] = len(READERS) - len(from_whom)
        for code in from_whom:
            for ask in dict.fromkeys(self.asks(code, hidden, template)):
                yield code, ask

    def asks(self, code: str, hidden: dict[str, list[Any]], template: str = "") -> Iterator[Ask]:
        """Each address with what the reader sees, with hidden ids, and with one that nothing has."""
        for route in self.routes:
            if route.for_machines or (template and route.template != template):
                continue
            values = [
                [*self.visible[code].get(name, ()), *hidden.get(name, ())[:2], NOWHERE] for name in route.ids
            ]
            forms = len(self.forms(route.pattern, code))
            for ids in product(*values):
                seen = all(
                    one in self.visible[code].get(n, ()) for n, one in zip(route.ids, ids, strict=True)
                )
                for number in range(-1, forms):
                    yield Ask(route.template, route.address(*ids), number, seen)

    def forms(self, pattern: str, code: str) -> list:
        from engage.demo.typed import bodies

        more = {
            "search/": [{"q": NAME}, {"surname": NAME}, {"forenames": "Katie", "surname": "Holden"}],
            "children/new/": [{"forenames": "Zelda", "surname": NAME, "age": "14", "do": "find"}],
        }
        return [*bodies(pattern, self.readers[code], NOW), *more.get(pattern, [])]

    def answer(self, code: str, ask: Ask) -> tuple:
        from django.conf import settings
        from django.test import Client

        from engage.demo import probing

        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[code]
        with taken_back(), ids_from(f"{code} {ask}"):
            pattern = next(route.pattern for route in self.routes if route.template == ask.route)
            body = self.forms(pattern, code)[ask.body] if ask.body >= 0 else None
            return probing.answer(probing.send(client, ask.address, body))

    def add(self, thing: str) -> None:
        with ids_from(thing):
            THINGS[thing](self)

    def rows_seen(self, reader) -> str:
        """A digest of the ids of all rows that the second wall shows the reader."""
        from django.db import connection

        from engage.practice.access.gate import acting_as

        seen = hashlib.sha256()
        with acting_as(reader, now=NOW), connection.cursor() as cursor:
            for model in guarded():
                cursor.execute(f'SELECT id::text FROM "{model._meta.db_table}" ORDER BY 1')
                seen.update(repr(cursor.fetchall()).encode())
        return seen.hexdigest()

    def ids_there(self) -> dict[str, list[Any]]:
        """Of each kind those that no reader sees, by the name under which an address takes them."""
        from engage.demo.at_hand import KINDS
        from engage.practice.access.gate import acting_as

        there: dict[str, list[Any]] = {}
        for model, column, name in KINDS:
            with acting_as(self.town.receiver, now=NOW):
                every = set(model.objects.visible_to(self.town.receiver).values_list(column, flat=True))
            seen: set = {None}
            for reader in self.readers.values():
                with acting_as(reader, now=NOW):
                    seen |= set(model.objects.visible_to(reader).values_list(column, flat=True))
            there.setdefault(name, []).extend(sorted(every - seen))
        return there


def guarded() -> Iterable[Any]:
    from django.apps import apps

    from engage.practice.access.gate import GuardedManager

    return [
        model
        for model in apps.get_models()
        if isinstance(model._default_manager, GuardedManager)
        and not model._meta.proxy
        and model.__name__ != "AuditEntry"
    ]


# ------------------------------------------------------------------------------------ what is hidden


def _restricted_child(world: Invented, forenames: str = "Zelda", **said: Any) -> UUID:
    """Known to nobody here: restricted as soon as written."""
    from engage.demo import hidden_things

    record = world.town.child(
        forenames, NAME, "Blackburn with Darwen", postcode="BB2 9ZZ", **{"phone": "07700 900987", **said}
    )
    hidden_things.shut(record, world.town.receiver, NOW)
    return record


def _missing_restricted(world: Invented) -> None:
    world.town.missing(_restricted_child(world), hours=400)


def _health_record(world: Invented) -> None:
    """A service's own record of Katie, with the same name and day: it joins nobody and shows to nobody."""
    world.town.child(
        "Katie", "Holden", "Blackburn with Darwen", agency="ELSH", register="clinic", category="C10"
    )


def _field(world: Invented) -> None:
    world.town.fact(world.katie, "clinical_note", "An invented note of the clinic.", "C10", "ELSH")


def _source_identity(world: Invented) -> None:
    from engage.practice.access.models import Label

    world.town.fact(world.katie, "caller", "An invented caller.", "C21", "LANTERN", Label.SEALED)


def _pair(world: Invented) -> None:
    from engage.demo import hidden_things

    hidden_things.pair(world.katie, _restricted_child(world), world.town.receiver, NOW)


def _link(world: Invented) -> None:
    from engage.demo import hidden_things

    other = _restricted_child(world, "Zoe", phone="07700 900988")
    hidden_things.judgement(_restricted_child(world), other, world.town.receiver, NOW)


def _file(world: Invented) -> None:
    from engage.demo import hidden_things

    hidden_things.file_of_a_hospital(world.town.receiver, NOW, received_at=NOW)


def _agency(world: Invented) -> None:
    """A clinic that nobody knew of, and what it holds of Katie."""
    from engage.practice.agencies.models import Agency

    world.town.agency["HIDDEN"] = Agency.objects.create(code="HIDDEN", name="A hidden clinic", kind="health")
    world.town.fact(world.katie, "clinical_note", "An invented note.", "C11", "HIDDEN")


def _audit(world: Invented) -> None:
    from engage.demo import hidden_things

    hidden_things.entry_in_the_account(world.katie, world.town.receiver, NOW)


def _barred(world: Invented) -> None:
    from engage.demo.at_hand import staff_called
    from engage.practice.access.models import Barred

    with world.town.acting():
        Barred.objects.create(
            record_id=world.katie,
            person_id=world.katie,
            staff=staff_called("hal"),
            added_at=NOW,
            added_by=world.town.receiver,
        )


def _sealed(world: Invented) -> None:
    """The manager seals something about Katie: no colleague, no member of her circle and no administrator learns of it."""
    from engage.demo.at_hand import staff_called
    from engage.practice.access.gate import acting_as
    from engage.practice.people.actions import seal

    manager = staff_called("grace")
    with acting_as(manager, now=NOW):
        seal(
            person_id=world.katie,
            text="An invented item.",
            reason="Invented",
            holder=manager,
            review_on=NOW.date() + timedelta(days=7),
            by=manager,
            now=NOW,
        )


THINGS: dict[str, Callable[[Invented], Any]] = {
    "a restricted child": _restricted_child,
    "a restricted child who is missing": _missing_restricted,
    "a clinic's record of a child whom the reader sees": _health_record,
    "a clinical note on a child whom the reader sees": _field,
    "a sealed row on a child whom the reader sees": _source_identity,
    "a pair of a seen and a hidden record": _pair,
    "a judgement on two hidden records": _link,
    "a file of another agency": _file,
    "an agency": _agency,
    "an entry in the audit": _audit,
    "a colleague's conflict of interest": _barred,
    "a sealed item of a colleague": _sealed,
}

# ------------------------------------------------------------------------------------ its power


def _as_a_job(read: Callable) -> Callable:
    """The reading done past both walls, as the receiving job may."""

    def leaky(*arguments, **named):
        from engage.practice.access.gate import acting_as
        from engage.practice.agencies.models import Staff
        from engage.practice.receiving.actions import receiver

        job = receiver()
        with acting_as(job, now=NOW):
            swapped = [job if isinstance(one, Staff) else one for one in arguments]
            return read(*swapped, **{k: job if isinstance(v, Staff) else v for k, v in named.items()})

    return leaky


def _told_by_status(usual: Callable) -> Callable:
    def told(request, exception=None):
        from engage.practice.access.gate import acting_as
        from engage.practice.people.models import Record
        from engage.practice.receiving.actions import receiver

        response = usual(request, exception)
        asked = next((v for v in request.resolver_match.kwargs.values() if isinstance(v, UUID)), None)
        with acting_as(receiver(), now=NOW):
            if Record.objects.visible_to(receiver()).filter(person_id=asked).exists():
                response.status_code = 403
        return response

    return told


def _told_by_header(usual: Callable) -> Callable:
    def told(self, request):
        from engage.practice.access.gate import acting_as
        from engage.practice.people.models import Fact
        from engage.practice.receiving.actions import receiver

        response = usual(self, request)
        with acting_as(receiver(), now=NOW):
            response["X-Rows"] = str(Fact.objects.visible_to(receiver()).count())
        return response

    return told


def _latest_record(usual: Callable) -> Callable:
    """When a record last arrived, where the page says when a file did."""

    def told(now):
        from engage.practice.access.gate import acting_as
        from engage.practice.people.models import Record
        from engage.practice.receiving.actions import receiver

        with acting_as(receiver(), now=NOW):
            sent = set(Record.objects.visible_to(receiver()).values_list("agency_id", flat=True))
            rows = Record.objects.visible_to(receiver()).count()
        last_record = NOW - timedelta(hours=rows)
        return [(agency, last_record if agency.pk in sent else last) for agency, last in usual(now)]

    return told


FAULTS: dict[str, tuple[str, Callable]] = {
    "who is missing is read past the walls": ("engage.desk.waiting.missing_now", _as_a_job),
    "a search reads past the walls": ("engage.desk.search.find", _as_a_job),
    "what is hidden answers 403, what is absent 404": ("engage.practice.access.doors.not_found", _told_by_status),
    "a header counts rows that are hidden": ("engage.practice.access.doors.NoStoreMiddleware.__call__", _told_by_header),
    "“files last arrived” tells of a child": ("engage.desk.child.last_files", _latest_record),
}  # fmt: skip

# Where each of them shows: a hidden thing, and an address.
SHOWN_BY = dict(
    zip(
        FAULTS,
        [
            ("a restricted child who is missing", "today/missing/"),
            ("a restricted child", "search/"),
            ("a restricted child", "children/{person_id}/"),
            ("a clinical note on a child whom the reader sees", "search/"),
            ("a restricted child", "children/{person_id}/"),
        ],
        strict=True,
    )
)


@contextmanager
def with_fault(name: str) -> Iterator[None]:
    from django.utils.module_loading import import_string

    where, wrong = FAULTS[name]
    owner, _, attribute = where.rpartition(".")
    with ExitStack() as stack:
        try:
            holder = import_string(owner)
        except ImportError:
            import importlib

            holder = importlib.import_module(owner)
        stack.enter_context(mock.patch.object(holder, attribute, wrong(getattr(holder, attribute))))
        yield


if __name__ == "__main__":
    main()

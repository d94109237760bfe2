"""Whether one hidden thing more changes what this demo answers: a small part of `./run bench noninterference`, which
compares many more things, addresses and deeds on a world of its own. For five kinds of reader a few of their pages,
Today, a child they see and a search are asked with a hidden thing and without. All of it is taken back."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.test import Client

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Record
from engage.practice.receiving.actions import receiver

from . import hidden_things, probing
from .at_hand import staff_called, visible_ids
from .walking import KEPT_OUT

FURTHER_PAGES = 6  # of each reader, drawn; two of them are asked for each thing
FOR_EACH_THING = 2
FEWEST_PAIRS = 100

Ask = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class Beside:
    """Who adds the thing, when, and the record of a child beside which it is added."""

    by: Staff
    now: datetime
    record: UUID


def _file(at: Beside) -> Any:
    # Earlier than any other: pages say when an agency's last file came, whoever is in it, and may say so.
    return hidden_things.file_of_a_hospital(at.by, at.now, received_at=at.now - timedelta(days=3000))


def _link(at: Beside) -> Any:
    other = hidden_things.restricted_child(at.by, at.now, 2)
    return hidden_things.judgement(hidden_things.restricted_child(at.by, at.now).pk, other.pk, at.by, at.now)


THINGS: dict[str, Callable[[Beside], Any]] = {
    "a record": lambda at: hidden_things.restricted_child(at.by, at.now),
    "a field": lambda at: hidden_things.clinical_note(at.record, at.by, at.now),
    "a link": _link,
    "a file": _file,
    "an agency": lambda at: hidden_things.first_word_of_an_agency(at.record, at.by, at.now),
    "a merge candidate": lambda at: hidden_things.pair(
        at.record, hidden_things.restricted_child(at.by, at.now).pk, at.by, at.now
    ),
    "an audit row": lambda at: hidden_things.entry_in_the_account(at.record, at.by, at.now),
}


def noninterference(now: datetime) -> tuple[int, bool]:
    """How many answers differ; and whether none does, enough were compared of every kind of thing, and a thing that is not
    hidden shows."""
    by, draw = receiver(), random.Random(1)
    pairs: Counter[str] = Counter()
    differing: list[str] = []
    record = _record_of(staff_called("ewan"), now)
    everybody = [Looks(staff_called(code), record, now, draw) for code in KEPT_OUT]
    for name, add in THINGS.items():
        asked = [(looks, looks.drawn(draw)) for looks in everybody]
        with taken_back():
            added = add(Beside(by, now, record))
            for looks, asks in asked:
                if _sees(looks.reader, added, now):
                    continue
                pairs[name] += len(asks)
                differing += [
                    f"{name}: {looks.named[ask]} as {looks.reader.code}" for ask in asks if looks.differs(ask)
                ]
    for one in differing:
        print(f"  differs: {one}", flush=True)
    for name in not_compared(pairs):
        print(f"  not compared: {name}", flush=True)
    enough = pairs.total() >= FEWEST_PAIRS and not not_compared(pairs)
    return len(differing), not differing and enough and _an_open_child_shows(by, now)


def not_compared(pairs: Counter[str]) -> list[str]:
    return [name for name in THINGS if not pairs[name]]


class Looks:
    """What one reader asks, and what was answered before anything was added."""

    def __init__(self, reader: Staff, record: UUID, now: datetime, draw: random.Random) -> None:
        self.reader, self.client = reader, probing.signed_in(reader)
        visible = visible_ids(reader, now)
        self.named: dict[Ask, str] = {}
        self.before: dict[Ask, tuple] = {}
        self.always = [
            self._ask("today/", "/today/"),
            self._ask("search/", "/search/", ("q", hidden_things.NAME)),
            # Beside whom things are added; whoever sees nothing of the child is told of none.
            self._ask("children/{person_id}/", f"/children/{record}/"),
        ]
        self.further = list(self._further(visible, draw))

    def _ask(self, template: str, address: str, *sent: tuple[str, str]) -> Ask:
        ask = (address, sent)
        self.named[ask] = template
        self.before[ask] = self._answer(ask)
        return ask

    def _further(self, visible: probing.Ids, draw: random.Random) -> Iterator[Ask]:
        """Pages that open for the reader; one that tells nothing to anybody proves nothing."""
        routes = [one for one in probing.routes() if not one.for_machines]
        found = 0
        for route in draw.sample(routes, len(routes)):
            ids = [next(iter(visible.get(name, ())), None) for name in route.ids]
            if None in ids or found == FURTHER_PAGES:
                continue
            ask = self._ask(route.template, route.address(*(one for one in ids if one)))
            if self.before[ask][0] == 200:
                found += 1
                yield ask

    def drawn(self, draw: random.Random) -> list[Ask]:
        return [*self.always, *draw.sample(self.further, min(FOR_EACH_THING, len(self.further)))]

    def differs(self, ask: Ask) -> bool:
        # Once a minute an answer sets the session's cookie again: a difference has to come twice.
        if self._answer(ask) == self.before[ask]:
            return False
        return self._answer(ask) != self.before[ask]

    def _answer(self, ask: Ask) -> tuple:
        address, sent = ask
        with taken_back():
            return probing.answer(probing.send(self.client, address, dict(sent) or None))


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _record_of(reader: Staff, now: datetime) -> UUID:
    """A child's record whose id is that of the person, so that its page opens with it."""
    with acting_as(reader, now=now):
        rows = Record.objects.visible_to(reader).filter(pk=F("person_id"), bridges=True)
        return rows.order_by("received_no").values_list("pk", flat=True)[0]


def _sees(reader: Staff, added: Any, now: datetime) -> bool:
    if not hasattr(type(added).objects, "visible_to"):
        return False  # the account: the application reads none of it
    with acting_as(reader, now=now):
        return type(added).objects.visible_to(reader).filter(pk=added.pk).exists()


def _an_open_child_shows(by: Staff, now: datetime) -> bool:
    """The comparison sees what is there to see: a child whom nobody restricted changes a search."""
    client: Client = probing.signed_in(staff_called("ewan"))

    def search() -> tuple:
        return probing.answer(client.post("/search/", {"q": hidden_things.NAME}))

    with taken_back():
        before = search()
        hidden_things.missing_child(by, now)
        return before[2] != search()[2]

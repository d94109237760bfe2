"""The two promises that are kept on every route: no read without an account, and hidden equals absent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.test import Client

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Record, Token
from engage.practice.receiving.actions import receiver

from . import probing
from .at_hand import hand_in, hidden_ids, machines, staff_called, visible_ids
from .probing import Id, Ids, Route
from .typed import BEFORE, FINDING, FORMS, Body, bodies

LOOKERS = [
    "ewan", "amir", "carys", "dina", "grace", "hal", "iris", "jun", "kit", "lena", "max", "nia", "beth", "farah", "olga",
]  # fmt: skip
KEPT_OUT = ("nia", "ewan", "iris", "max", "amir")
# Routes that open for nobody, and why.
NEVER_OPENED_BECAUSE = {
    "api/": "the library of the API keeps this address for itself and answers 404",
}
# Deeds that nobody can do in the demo, and why.
NEVER_DONE_BECAUSE = {
    "access/protected/": "two or more at work may open each protected address of the demo",
    "episodes/held/<uuid:report_id>/": "no report of the demo waits for somebody to say where it belongs",
}
# Kinds of which nothing is hidden from a reader, and why. Somebody else asks for each of them.
OF_HIS_CHILDREN = "every one in the demo is his, or of a child whom he works with"
ANSWERS_THE_LINE = "who answers the line reads every letter"
LOOKS_AFTER_ACCESS = "who looks after access reads every one"
NOTHING_HIDDEN_BECAUSE: dict[tuple[str, str], str] = {
    ("ewan", "breach_id"): OF_HIS_CHILDREN,
    ("ewan", "bundle_id"): OF_HIS_CHILDREN,
    ("ewan", "bundle_request_id"): OF_HIS_CHILDREN,
    ("ewan", "disclosure_id"): OF_HIS_CHILDREN,
    ("ewan", "emergency_id"): OF_HIS_CHILDREN,
    ("ewan", "mixture_id"): "he opened the only one",
    ("amir", "mixture_id"): "he sees both of the only one",
    ("ewan", "not_to_id"): OF_HIS_CHILDREN,
    ("ewan", "outgoing_id"): OF_HIS_CHILDREN,
    ("ewan", "request_id"): OF_HIS_CHILDREN,
    ("ewan", "sister_question_id"): "he asked every one",
    ("ewan", "span_id"): OF_HIS_CHILDREN,
    ("ewan", "way_id"): OF_HIS_CHILDREN,
    ("ewan", "letter_id"): ANSWERS_THE_LINE,
    ("amir", "letter_id"): ANSWERS_THE_LINE,
    ("amir", "handover_id"): "he offered the only one",
    ("iris", "request_id"): "she was asked every one",
    ("max", "agreement_code"): LOOKS_AFTER_ACCESS,
    ("max", "proposal_id"): LOOKS_AFTER_ACCESS,
}
SEARCHED = "a name to search for"
OPENED = {200, 201, 302}
DONE = {201, 302}

HandedIn = Mapping[str, UUID]
"""By the code of who handed it in, the file."""


@dataclass
class Walked:
    unaudited: int = 0
    read: int = 0  # requests that read what is guarded
    looked: int = 0
    opened: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)

    def __add__(self, other: Walked) -> Walked:
        return Walked(
            self.unaudited + other.unaudited,
            self.read + other.read,
            self.looked + other.looked,
            self.opened | other.opened,
            self.done | other.done,
        )

    @property
    def never_opened(self) -> list[str]:
        every = {route.template for route in probing.routes()}
        return sorted(every - self.opened - set(NEVER_OPENED_BECAUSE))

    @property
    def never_done(self) -> list[str]:
        return sorted(set(FORMS) - self.done - set(NEVER_DONE_BECAUSE))


def walked_by(code: str, handed_in: HandedIn, now: datetime) -> Walked:
    """Every route by one of the team: looking, and every deed once tried.

    Each request is rolled back, so that the next finds what this one found.
    """
    walked, reader = Walked(), staff_called(code)
    visible: Ids = {
        **visible_ids(reader, now),
        "upload_id": [handed_in[code]] if code in handed_in else [],
    }
    _walk_as(probing.signed_in(reader), reader, visible, now, walked, machine=False)
    return walked


def walked_by_systems(now: datetime, sisters_token: str) -> Walked:
    """Every route that two agencies' systems and the team next door may ask."""
    walked = Walked()
    for system in machines(now, sisters_token):
        _walk_as(system.client, system.staff, system.visible, now, walked, machine=True)
    return walked


def _walk_as(
    client: Client, by: Staff, visible: Ids, now: datetime, walked: Walked, *, machine: bool
) -> None:
    with transaction.atomic():
        _say_why(client, visible)
        _ask_everything(client, by, visible, now, walked, machine=machine)
        transaction.set_rollback(True)


def _say_why(client: Client, visible: Ids) -> None:
    """At the door of each child whom the walk asks for (probing.GoesOn): what stands behind the door is walked."""
    for template, name in (("/children/{}/", "person_id"), ("/episodes/{}/", "report_id")):
        for one in visible.get(name, ()):
            client.get(template.format(one))


def _ask_everything(
    client: Client, by: Staff, visible: Ids, now: datetime, walked: Walked, *, machine: bool
) -> None:
    for route in probing.routes():
        # A session is no token: what needs one is asked by who can be let in.
        if machine != route.for_machines and (machine or route.ids):
            continue
        every = list(product(*(visible.get(name, ()) for name in route.ids)))
        typed = bodies(route.pattern, by, now) if every else []
        for ids, body in product(every, (None, *typed)):
            _ask(client, route, ids, body, walked)


def _ask(client: Client, route: Route, ids: tuple[Id, ...], body: Body | None, walked: Walked) -> None:
    # Who steps in becomes somebody else: not in the session that goes on asking.
    asking = Client(raise_request_exception=False) if route.pattern == "step-in/" else client
    with transaction.atomic():
        before = BEFORE.get(route.pattern)
        if before and (body is not None or route.pattern not in FORMS):
            asking.post(
                "/" + probing.NAMED.sub(r"{\1}", before).format(**dict(zip(route.ids, ids, strict=True)))
            )
        with probing.watching() as reads:
            response = probing.send(asking, route.address(*ids), body)
        transaction.set_rollback(True)
    walked.looked += 1
    walked.read += reads.guarded > 0
    if reads.guarded and not reads.accounts:
        walked.unaudited += 1
        print(f"  no account: {'GET' if body is None else 'POST'} /{route.template}", flush=True)
    if probing.asks_first(response):
        return
    if response.status_code in OPENED:
        walked.opened.add(route.template)
    if body is not None and response.status_code in (OPENED if route.pattern in FINDING else DONE):
        walked.done.add(route.pattern)


@contextmanager
def files_handed_in() -> Iterator[HandedIn]:
    """A file of each of the team whose agency sends some; it lies in a folder that goes with the check."""
    usual = settings.RECEIVED_FOLDER
    with tempfile.TemporaryDirectory() as folder:
        settings.RECEIVED_FOLDER = Path(folder)
        try:
            yield hand_in(staff_called(code) for code in LOOKERS)
        finally:
            settings.RECEIVED_FOLDER = usual


@dataclass
class Compared:
    """Whether something hidden could be told from what does not exist, and the kinds of thing that were asked for."""

    who: str
    differences: list[probing.Difference]
    asked: set[str]
    to_ask: set[str]

    @property
    def not_asked(self) -> list[str]:
        """A kind of which nothing hidden was asked for: that nothing differs says nothing of it."""
        nothing_hidden = {kind for who, kind in NOTHING_HIDDEN_BECAUSE if who == self.who}
        return sorted(self.to_ask - self.asked - nothing_hidden)


def compared_by(code: str, handed_in: HandedIn, now: datetime) -> Compared:
    reader = staff_called(code)
    others = [upload for other, upload in handed_in.items() if other in KEPT_OUT and other != code]
    hidden: Ids = {**hidden_ids(reader, now), "upload_id": others[:1]}
    differences, asked = probing.compare_hidden_with_absent(
        probing.signed_in(reader),
        code,
        lambda route: bodies(route.pattern, reader, now),
        hidden,
        visible_ids(reader, now),
    )
    names, searched = _search_differs(reader, now)
    return Compared(
        code,
        differences + searched,
        asked | ({SEARCHED} if names else set()),
        probing.kinds_taken() | {SEARCHED},
    )


def compared_by_systems(now: datetime, sisters_token: str) -> list[Compared]:
    return [
        Compared(
            system.name,
            *probing.compare_hidden_with_absent(
                system.client,
                system.name,
                lambda route, system=system: bodies(route.pattern, system.staff, now),
                system.hidden,
                system.visible,
                machine=True,
            ),
            probing.kinds_taken(machine=True),
        )
        for system in machines(now, sisters_token)
        if system.hidden
    ]


def _search_differs(reader: Staff, now: datetime) -> tuple[list[str], list[probing.Difference]]:
    """Searching for a child whom the reader may not see answers as if the child's records were not there: the names
    searched for, and where one told."""
    service = receiver()
    with acting_as(reader, now=now):
        seen = set(Record.objects.visible_to(reader).values_list("surname", flat=True))
    with acting_as(service, now=now):
        surnames = Record.objects.visible_to(service).exclude(surname="").values_list("surname", flat=True)
        hidden = sorted({name for name in surnames.distinct() if name.isalpha() and len(name) > 4} - seen)[:5]
    client = probing.signed_in(reader)
    found = []
    for name in hidden:
        # Once a minute an answer sets the session's cookie again: a difference has to come twice.
        if _differs_without(name, client, service, now) and _differs_without(name, client, service, now):
            found.append(probing.Difference("search/", "POST", reader.code))
    return hidden, found


def _differs_without(name: str, client: Client, service: Staff, now: datetime) -> bool:
    present = probing.answer(client.post("/search/", {"q": name}))
    with transaction.atomic():
        with acting_as(service, now=now):
            records = Record.objects.visible_to(service).filter(surname=name)
            Token.objects.visible_to(service).filter(record__in=records).delete()
        absent = probing.answer(client.post("/search/", {"q": name}))
        transaction.set_rollback(True)
    return present != absent

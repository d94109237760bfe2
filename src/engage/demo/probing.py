"""Walking every route of Engage as one of the team: what it answers, and whether a hidden thing shows."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from engage.desk.today import PARTS
from engage.desk.whole_lists import LISTS
from engage.practice.access.doors import STEPPED_IN
from engage.practice.agencies.models import Staff

# The only header that differs from one answer to the next whatever is asked.
PER_RESPONSE = {"date"}
CSRF = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]+(")')
# Of these two cookies the value is random, and of every cookie the second in which it will end.
RANDOM_COOKIES = {settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME}
ENDS = re.compile(r"(expires=)[^;]+", re.IGNORECASE)
# Routes of libraries, and doors that sign somebody out: nothing about a child can be asked there.
LEFT_OUT = ("accounts/", "step-out/")
# Words in an address that are the same for everybody: each makes a route of its own.
WORDS: dict[str, Sequence[str]] = {
    "today/<slug:name>/": [part.name for part in PARTS],
    "today/<slug:name>/all/": list(LISTS),
}
NAMED = re.compile(r"<(?:\w+:)?(\w+)>")
# Where somebody is led who is first to sign in, to show a second factor, or to step in again: nothing was done or shown.
SIGN_IN_FIRST = ("/accounts/", "/step-in/")
# Of whose ids none is hidden, and why.
NEVER_HIDDEN_BECAUSE = {
    "staff_id": "everybody may know who the colleagues are",
    "agency_code": "everybody may know which agencies there are",
}
# How many ids of kinds that a route does not take are tried there.
OTHER_KINDS = 3

Id = UUID | str
Ids = Mapping[str, Sequence[Id]]
"""Ids by the name under which an address takes them."""


@dataclass(frozen=True)
class Route:
    pattern: str  # as the addresses of the site are written
    template: str  # with {person_id} and the like where an id goes
    ids: tuple[str, ...]

    @property
    def for_machines(self) -> bool:
        return self.pattern.startswith("api/")

    def address(self, *identifiers: Id) -> str:
        return "/" + self.template.format(**dict(zip(self.ids, map(str, identifiers), strict=True)))


def routes() -> list[Route]:
    """Every route found by introspection, those of the API too."""
    found = []
    for pattern in _walk(get_resolver().url_patterns, ""):
        if pattern.startswith(LEFT_OUT):
            continue
        for template in [pattern.replace("<slug:name>", word) for word in WORDS.get(pattern, [""])]:
            if "<slug:" in template:
                raise AssertionError(f"No probe knows how to ask for /{pattern}: teach demo/probing.py.")
            found.append(Route(pattern, NAMED.sub(r"{\1}", template), tuple(NAMED.findall(template))))
    return found


def _walk(patterns, prefix: str) -> Iterator[str]:
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here


def asks_why(response) -> bool:
    """The question at a child's door, and not the page behind it."""
    return not response.streaming and b"Why do you open this record?" in response.content


def asks_first(response) -> bool:
    """Something else is asked of who asks, before anything is done or shown."""
    return response.headers.get("Location", "").startswith(SIGN_IN_FIRST) or asks_why(response)


class GoesOn(Client):
    """The browser of somebody who says why they look where the door asks, and reads on."""

    ASKED = re.compile(rb'<form method="post" action="(/children/[0-9a-f-]{36}/)"')

    def get(self, path, *args, **kwargs):  # type: ignore[override]
        response = super().get(path, *args, **kwargs)
        asked = self.ASKED.search(response.content) if asks_why(response) else None
        if asked is None:
            return response
        said = self.post(asked[1].decode(), {"purpose": "protect_this_child"})
        return super().get(path, *args, **kwargs) if said.status_code == 302 else response


def signed_in(staff: Staff) -> Client:
    client = GoesOn(raise_request_exception=False)
    assert staff.user is not None, f"{staff.code} has no account to sign in with"
    client.force_login(staff.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[STEPPED_IN] = True
    session.save()
    return client


def with_token(secret: str) -> Client:
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})


def answer(response, *asked: Id) -> tuple:
    """What somebody outside can tell of an answer, without the ids they asked for themselves."""
    headers = sorted(
        (name.lower(), _without(value, asked))
        for name, value in response.headers.items()
        if name.lower() not in PER_RESPONSE
    )
    cookies = sorted(
        ("set-cookie " + name, ENDS.sub(r"\1", _shown(name, morsel)))
        for name, morsel in response.cookies.items()
    )
    body = b"".join(response) if response.streaming else response.content
    for one in asked:
        body = body.replace(str(one).encode(), b"the id that was asked for")
    return response.status_code, headers + cookies, CSRF.sub(rb"\1\2", body)


def _shown(name: str, morsel) -> str:
    written: str = morsel.OutputString()
    return written.replace(morsel.coded_value, "", 1) if name in RANDOM_COOKIES else written


def _without(text: str, asked: Iterable[Id]) -> str:
    for one in asked:
        text = text.replace(str(one), "the id that was asked for")
    return text


@dataclass
class Difference:
    route: str
    method: str
    staff: str
    how: str = ""


@dataclass
class Reads:
    """Statements of one request that read guarded tables, and whether an account of it was written."""

    guarded: int = 0
    accounts: int = 0


def guarded_models() -> list[Any]:
    from engage.practice.access.gate import GuardedManager

    return [model for model in apps.get_models() if isinstance(model._default_manager, GuardedManager)]


def guarded_tables() -> frozenset[str]:
    """Without those that say who may see what: every request reads them."""
    tables = {model._meta.db_table for model in guarded_models()}
    return frozenset(table for table in tables if not table.startswith("access_"))


ASKS = re.compile(r"[\s(]*(SELECT|WITH|TABLE)\b", re.IGNORECASE)
ACCOUNT = re.compile(r'\s*INSERT\s+INTO\s+"?access_auditentry\b', re.IGNORECASE)


@contextmanager
def watching() -> Iterator[Reads]:
    """A statement reads a table that it names anywhere, whether it begins with SELECT or with WITH."""
    reads, tables = Reads(), re.compile(rf"\b({'|'.join(sorted(guarded_tables()))})\b")

    def watch(execute, sql, params, many, context):
        text = str(sql)
        result = execute(sql, params, many, context)
        if ACCOUNT.match(text):
            reads.accounts += 1
        elif ASKS.match(text) and tables.search(text):
            reads.guarded += 1
        return result

    with connection.execute_wrapper(watch):
        yield reads


def told_apart(ask: Callable[[Id], Any], hidden: Id, absent: Id) -> str:
    """By what somebody outside could tell the two answers apart; empty where they are alike.

    A difference has to come three times: on a first visit, and then once a minute, cookies are set whatever is asked
    for, and a minute may end between two askings.
    """
    for _ in range(3):
        found, nothing = answer(ask(hidden), hidden), answer(ask(absent), absent)
        if found == nothing:
            return ""
    return _how(found, nothing)


def _how(found: tuple, absent: tuple) -> str:
    """Where two answers differ, without what they say."""
    parts = [f"status {found[0]} and {absent[0]}"] if found[0] != absent[0] else []
    parts += sorted({f"header {name}" for name, _ in set(found[1]) ^ set(absent[1])})
    if found[2] != absent[2]:
        at = next((n for n, (a, b) in enumerate(zip(found[2], absent[2], strict=False)) if a != b), -1)
        parts.append(f"body from byte {at} of {len(found[2])} and {len(absent[2])}")
    return ", ".join(parts)


def _asked_for(route: Route, hidden: Ids, visible: Ids) -> Iterator[tuple[tuple[Id, ...], tuple[Id, ...]]]:
    """Hidden ids for this route, and beside each the same with what does not exist in the hidden one's place.

    Every hidden id of the kind that the route takes, and of a few other kinds one: other routes get others. Where it
    takes two: both hidden, and one hidden beside one that the reader sees.
    """
    if len(route.ids) == 1:
        (name,) = route.ids
        # A word where an id belongs leads nowhere at all, for everybody.
        others = [ids[0] for kind, ids in hidden.items() if kind != name and ids and isinstance(ids[0], UUID)]
        absent = _absent(name)
        drawn = random.Random(route.template).sample(others, min(OTHER_KINDS, len(others)))
        for one in [*hidden.get(name, ()), *(drawn if name != "format" else ())]:
            yield (one,), (absent,)
        return
    first, second = route.ids
    for one, other in zip(hidden.get(first, ()), hidden.get(second, ()), strict=False):
        yield (one, other), (_absent(first), _absent(second))
    for seen in list(visible.get(first, ()))[:1]:
        absent = _absent(second)
        for one in hidden.get(second, ()):
            yield (seen, one), (seen, absent)
    for seen in list(visible.get(second, ()))[:1]:
        absent = _absent(first)
        for one in hidden.get(first, ()):
            yield (one, seen), (absent, seen)


def _absent(name: str) -> Id:
    return "no-such-format" if name == "format" else uuid4()


def compare_hidden_with_absent(
    client: Client, who: str, bodies, hidden: Ids, visible: Ids, *, machine: bool = False
) -> tuple[list[Difference], set[str]]:
    """Ask every route for hidden things and for what does not exist: the answers must be the same. And of which kinds
    something hidden was asked for where an address takes it.

    `bodies` gives what to send by POST for a route, beside nothing at all.
    """
    differences, asked = [], set()
    for route in routes():
        if not route.ids or route.for_machines != machine:
            continue
        for body in (None, {}, *filter(None, bodies(route))):

            def ask(ids: tuple[Id, ...], body=body, route=route) -> tuple:
                return answer(send(client, route.address(*ids), body), *ids)

            known: dict[tuple[Id, ...], tuple] = {}
            for ids, others in _asked_for(route, hidden, visible):
                found = ask(ids)
                asked |= {
                    name for name, one in zip(route.ids, ids, strict=True) if one in hidden.get(name, ())
                }
                if others not in known:
                    known[others] = ask(others)
                absent = known[others]
                if found != absent:
                    # As in told_apart: a difference has to come twice.
                    found, absent = ask(ids), ask(others)
                if found != absent:
                    method = "GET" if body is None else "POST"
                    differences.append(Difference(route.template, method, who, _how(found, absent)))
                    break
    return differences, asked


def kinds_taken(*, machine: bool = False) -> set[str]:
    """Under which names addresses take ids of things that may be hidden."""
    taken = {name for route in routes() if route.for_machines == machine for name in route.ids}
    return taken - set(NEVER_HIDDEN_BECAUSE)


def send(client: Client, address: str, body: dict | bytes | None):
    """GET where there is nothing to send; else a form's fields, or the bytes of a file as they are."""
    if body is None:
        return client.get(address)
    if isinstance(body, bytes):
        return client.post(address, body, content_type="application/octet-stream")
    return client.post(address, body)


def pages(client: Client, visible: Ids) -> list[str]:
    """Addresses of one page of each kind that this person can open."""
    found = []
    for route in routes():
        if len(route.ids) > 1:
            every = list(zip(*(visible.get(name, ()) for name in route.ids), strict=False))
        else:
            every = [(one,) for one in visible.get(route.ids[0], ())] if route.ids else [()]
        for ids in every:
            address = route.address(*ids)
            response = client.get(address)
            if response.status_code == 200 and b"<html" in b"".join(response):
                found.append(address)
                break
    return found

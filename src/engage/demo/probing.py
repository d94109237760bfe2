"""Walking every route of Engage as one of the team: what it answers, and whether a hidden thing shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from engage.practice.access.doors import STEPPED_IN
from engage.practice.agencies.models import Staff

# Headers and parts of a page that differ from one answer to the next whatever is asked.
PER_RESPONSE = {"date", "set-cookie", "expires", "last-modified"}
CSRF = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]+(")')
# Routes of libraries, and doors that sign somebody out: nothing about a child can be asked there.
LEFT_OUT = ("accounts/", "step-out/")


@dataclass(frozen=True)
class Route:
    """An address; where it takes two ids, both are asked for with the same one."""

    template: str  # with {id} where the id goes
    takes_id: bool

    def address(self, identifier: UUID | str = "") -> str:
        return "/" + self.template.replace("{id}", str(identifier))


def routes() -> list[Route]:
    """Every route found by introspection, those of the API too."""
    found = []
    for template in _walk(get_resolver().url_patterns, ""):
        plain = re.sub(r"<uuid:\w+>", "{id}", template)
        if plain.startswith(LEFT_OUT):
            continue
        if "<" in plain:  # an API route with names in it: the format is no secret, the receipt's id is
            plain = plain.replace("<format>", "police-missing").replace("<receipt_id>", "{id}")
        # A part of Today by its name: the same for everybody.
        plain = plain.replace("<slug:name>", "missing-now")
        if "<" in plain:
            raise AssertionError(f"No probe knows how to ask for /{template}: teach demo/probing.py.")
        found.append(Route(plain, "{id}" in plain))
    return found


def _walk(patterns, prefix: str) -> Iterator[str]:
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here


def signed_in(staff: Staff) -> Client:
    client = Client(raise_request_exception=False)
    assert staff.user is not None, f"{staff.code} has no account to sign in with"
    client.force_login(staff.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[STEPPED_IN] = True
    session.save()
    return client


def answer(response) -> tuple:
    """What somebody outside can tell of an answer."""
    headers = sorted(
        (name.lower(), value) for name, value in response.headers.items() if name.lower() not in PER_RESPONSE
    )
    return response.status_code, headers, CSRF.sub(rb"\1\2", response.content)


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
    tables: frozenset[str] = field(default_factory=frozenset)


def guarded_tables() -> frozenset[str]:
    from engage.practice.access.gate import GuardedManager

    return frozenset(
        model._meta.db_table
        for model in apps.get_models()
        if isinstance(model._default_manager, GuardedManager)
        and not model._meta.db_table.startswith("access_")
    )


@contextmanager
def watching() -> Iterator[Reads]:
    reads, tables = Reads(), guarded_tables()
    names = re.compile(
        r'FROM\s+"?(' + "|".join(sorted(tables)) + r')"?\b|JOIN\s+"?(' + "|".join(sorted(tables)) + r')"?\b'
    )

    def watch(execute, sql, params, many, context):
        text = str(sql)
        result = execute(sql, params, many, context)
        if "access_auditentry" in text:
            reads.accounts += 1
        elif text.lstrip().upper().startswith("SELECT") and names.search(text):
            reads.guarded += 1
        return result

    with connection.execute_wrapper(watch):
        yield reads


def _how(found: tuple, absent: tuple) -> str:
    """Where two answers differ, without what they say."""
    parts = [f"status {found[0]} and {absent[0]}"] if found[0] != absent[0] else []
    parts += [f"header {name}" for name, _ in set(found[1]) ^ set(absent[1])]
    if found[2] != absent[2]:
        at = next((n for n, (a, b) in enumerate(zip(found[2], absent[2], strict=False)) if a != b), -1)
        parts.append(f"body from byte {at} of {len(found[2])} and {len(absent[2])}")
    return ", ".join(parts)


def compare_hidden_with_absent(staff: Staff, hidden: list[UUID]) -> list[Difference]:
    """Ask every route for each hidden id and for a random one: the answers must be the same."""
    client = signed_in(staff)
    differences = []
    for route in routes():
        if not route.takes_id:
            continue
        for method in ("get", "post"):
            ask = getattr(client, method)
            absent = answer(ask(route.address(uuid4())))
            for identifier in hidden:
                found = answer(ask(route.address(identifier)))
                if found != absent:
                    differences.append(
                        Difference(route.template, method.upper(), staff.code, _how(found, absent))
                    )
                    break
    return differences


def pages(client: Client, identifiers: list[UUID]) -> list[str]:
    """Addresses of one page of each kind that this person can open."""
    found = []
    for route in routes():
        for identifier in identifiers if route.takes_id else [UUID(int=0)]:
            address = route.address(identifier)
            response = client.get(address)
            if response.status_code == 200 and response.headers.get("Content-Type", "").startswith(
                "text/html"
            ):
                found.append(address)
                break
    return found

"""Every address that opens without a staff page's door, and why. Any other, and the site refuses to start.

A portal of a council's lay open for five years because nobody had said of one page who may see it (R10). So nothing is
open by having been forgotten: a route is a staff page, an operation of the API that asks for a token, or it stands here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from django.core.checks import Error, register
from django.urls import URLPattern, URLResolver, get_resolver

from .account_pages import SIGNING_IN

# Answers anybody. Nothing of a child is on any of them.
OPEN = {
    "": "sends on to Today",
    "step-in/": "the demo alone: how a visitor becomes an invented colleague; shows colleagues, no child",
    "step-out/": "ends the visit",
    "invitation/": "takes a code, and leads to the agency's own sign-in",
    "api/": "the library of the API keeps this address for itself and answers 404",
    "api/openapi.json": "what the API takes and answers, without data",
    "accounts/login/": "signing in",
    "accounts/logout/": "signing out",
    "accounts/inactive/": "says that an account is closed",
    "accounts/2fa/authenticate/": "the second step of signing in; leads back to the first without one",
    "accounts/2fa/webauthn/login/": "signing in by passkey",
    "accounts/oidc/<slug:provider_id>/login/": "leads to an agency's own sign-in",
    "accounts/oidc/<slug:provider_id>/login/callback/": "comes back from there; believes nothing unsigned",
    "accounts/social/login/cancelled/": "says that somebody turned back there",
    "accounts/social/login/error/": "says that it did not work",
    "accounts/3rdparty/login/cancelled/": "the same, at another address of the library",
    "accounts/3rdparty/login/error/": "the same, at another address of the library",
}


def every_route(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Callable]]:
    """Each address as it is written, those of libraries too, and what answers it."""
    for route, view, _ in _named(patterns, prefix):
        yield route, view


def _named(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Callable, str]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _named(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here, pattern.callback, pattern.name or ""


def asks_who_is_there(view: Callable) -> bool:
    """Whether this is a staff page, or an operation of the API each of whose methods wants a token."""
    if getattr(view, "staff_page", None):
        return True
    operations = _operations(view)
    return bool(operations) and all(one.auth_callbacks for one in operations)


def _operations(view: Callable) -> list[Any]:
    # The library of the API keeps them in what its views remember.
    if not inspect.isfunction(view):
        return []
    return getattr(inspect.getclosurevars(view).nonlocals.get("self"), "operations", [])


@register("routes")
def no_route_is_open_by_having_been_forgotten(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    return [
        Error(
            f"/{route} asks nobody who they are.",
            hint="Make it a staff page, or say in practice/access/open_routes.py why it is open.",
            id="engage.E001",
        )
        for route, view, name in _named()
        if not (asks_who_is_there(view) or route in OPEN or _closed_by_the_account_pages(route, name))
    ]


def _closed_by_the_account_pages(route: str, name: str) -> bool:
    """Of the sign-in library's pages nothing opens but what `account_pages` names."""
    return route.startswith("accounts/") and name not in SIGNING_IN

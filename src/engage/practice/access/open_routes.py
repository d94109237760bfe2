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

# Answers anybody. Nothing of a child is on any of them.
OPEN = {
    "": "sends on to Today",
    "step-in/": "the demo alone: how a visitor becomes an invented colleague; shows colleagues, no child",
    "step-out/": "ends the visit",
    "api/": "the library of the API keeps this address for itself and answers 404",
    "api/openapi.json": "what the API takes and answers, without data",
    "accounts/login/": "signing in",
    "accounts/logout/": "signing out",
    "accounts/inactive/": "says that an account is closed",
    "accounts/signup/": "says that nobody signs up",
    "accounts/login/code/confirm/": "leads back to signing in: no codes are sent",
    "accounts/confirm-email/": "says to look for a message; none is ever sent",
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": "knows no key: no message is ever sent",
    "accounts/password/reset/": "sends nothing: an administrator gives a new password",
    "accounts/password/reset/done/": "says the same whatever was asked",
    "accounts/password/reset/key/done/": "says that a password was changed",
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "knows no key: no message is ever sent",
    "accounts/2fa/authenticate/": "the second step of signing in; leads back to the first without one",
}
# Pages of the library for somebody's own account: each asks for a sign-in by itself, which the crawl tries.
OWN_ACCOUNT = {
    "accounts/reauthenticate/",
    "accounts/email/",
    "accounts/password/change/",
    "accounts/password/set/",
    "accounts/2fa/",
    "accounts/2fa/reauthenticate/",
    "accounts/2fa/totp/activate/",
    "accounts/2fa/totp/deactivate/",
    "accounts/2fa/recovery-codes/",
    "accounts/2fa/recovery-codes/generate/",
    "accounts/2fa/recovery-codes/download/",
}


def every_route(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Callable]]:
    """Each address as it is written, those of libraries too, and what answers it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from every_route(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here, pattern.callback


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
        for route, view in every_route()
        if not (asks_who_is_there(view) or route in OPEN or route in OWN_ACCOUNT)
    ]

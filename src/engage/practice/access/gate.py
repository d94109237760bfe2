"""Going to work: the one context that both walls read."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from engage.practice.agencies.models import Staff

from .guarded import Acting, GuardedManager, GuardedQuerySet, NoAccessContext, acting, at_work, this_request
from .reach import circle_of, reach_of, usual_purpose


class NotPermitted(Exception):
    """The person may see the thing but not do this to it. The sentence is shown to them."""


class NotNow(Exception):
    """The installation lacks something that this page needs. The sentence is shown, and names nobody."""


def _tell_the_database(context: Acting | None) -> None:
    values = (
        ["", "", ""] if context is None else [str(context.staff.pk), context.purpose, context.now.isoformat()]
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT engage_go_to_work(%s, %s, %s)", values)


@contextmanager
def acting_as(
    staff: Staff, *, now: datetime, purpose: str | None = None, session: str = "", request_id: str = ""
) -> Iterator[Acting]:
    """One transaction in which `staff` is at work for `purpose` (default: the role's usual one).

    May be nested: a deed that must regroup records acts as a service inside the
    person's own transaction, and the person's context returns afterwards.
    """
    outer = at_work.get()
    context = Acting(
        staff=staff,
        purpose=purpose or usual_purpose(staff),
        now=now,
        session=session or (outer.session if outer else ""),
        request_id=request_id
        or (outer.request_id if outer else "")
        or this_request.get()
        or secrets.token_hex(8),
    )
    with transaction.atomic():
        token = at_work.set(context)
        try:
            _tell_the_database(context)
            context.set_reach(reach_of(staff, context.purpose, now))
            circle_of(context)
            yield context
            # After an error the roll-back restores the settings by itself.
            _tell_the_database(outer)
        finally:
            at_work.reset(token)


def refresh_circle() -> None:
    """Read the acting person's circle again, after it changed in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT engage_keep()")
    circle_of(acting())


__all__ = [
    "Acting",
    "GuardedManager",
    "GuardedQuerySet",
    "NoAccessContext",
    "NotPermitted",
    "acting",
    "acting_as",
    "refresh_circle",
]

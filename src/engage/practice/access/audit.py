"""Writing the account of what was done and what was looked at.

An entry is written in the transaction of the deed, and for a look before the
first byte of the answer: if it cannot be written, nothing is done or shown.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError
from psycopg.errors import SerializationFailure

from . import looking
from .gate import Acting, acting
from .models import AuditEntry
from .policy import policy_version

Verb = AuditEntry.Verb

# Above this many, the entry counts the persons shown and keeps a digest of the whole list.
MOST_SUBJECTS = 500


class AuditUnavailable(Exception):
    """The account could not be written, so the deed must not happen."""


def pseudonym(identifier: UUID | str) -> str:
    """The keyed hash by which the audit knows a person or thing."""
    return hmac.new(settings.AUDIT_KEY, str(identifier).encode(), hashlib.sha256).hexdigest()[:32]


def canonical(body: dict) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf_of(body: dict) -> bytes:
    return hashlib.sha256(b"\x00" + canonical(body)).digest()


def record(
    verb: Verb,
    action: str,
    *,
    subjects: Iterable[UUID] = (),
    kinds: Iterable[str] = (),
    decision: str = "allowed",
    asked: UUID | str | None = None,
    acting_for: str = "",
    basis: str = "",
    agreement: str = "",
    counts: dict[str, int] | None = None,
) -> AuditEntry:
    """Write one entry for the person acting. `action` is the deed's name, never its content."""
    context = acting()
    subjects = set(subjects)
    people = sorted(pseudonym(s) for s in subjects)
    entry_id = uuid4()
    body = {
        "id": str(entry_id),
        "at": context.now.isoformat(),
        "verb": str(verb),
        "action": action,
        "actor": str(context.staff.pk),
        "acting_for": acting_for,
        "session": context.session,
        "request": context.request_id,
        "agency": context.staff.agency.code,
        "role": context.staff.role,
        "purpose": context.purpose,
        "basis": basis or _stated_for(subjects, context),
        "agreement": agreement,
        "policy": policy_version(),
        "decision": decision,
        "subjects": people[:MOST_SUBJECTS],
        "subjects_count": len(people),
        "subjects_digest": hashlib.sha256("".join(people).encode()).hexdigest(),
        "kinds": sorted(set(kinds)),
        "asked": pseudonym(asked) if asked else "",
        "explained": _explained(verb, subjects, context),
        "about": pseudonym(child) if (child := looking.child_of(context, subjects)) else "",
        "counts": counts or {},
    }
    with _written_or_nothing():
        entry = AuditEntry.objects.create(
            id=entry_id, at=context.now, actor=context.staff, body=body, leaf=leaf_of(body)
        )
    context.audited += 1
    return entry


@contextmanager
def _written_or_nothing() -> Iterator[None]:
    """Where another page of the same person was sooner, the account is not out of reach: the door begins anew."""
    try:
        yield
    except DatabaseError as failure:
        if isinstance(failure.__cause__, SerializationFailure):
            raise
        raise AuditUnavailable from failure


def _stated_for(subjects: set[UUID], context: Acting) -> str:
    """What the person stated on duty for the one child whom this concerns, on whichever page."""
    return context.stated.get(next(iter(subjects)), "") if len(subjects) == 1 else ""


def _explained(verb: Verb, subjects: set[UUID], context: Acting) -> str:
    """Why the person looks at these children. A deed that nothing explains is a deed: it stands in the account as one."""
    why = looking.explanation(context, subjects)
    return why if verb == Verb.CONSULT or why != looking.UNEXPLAINED else ""


def record_look(action: str, *, asked: UUID | str | None = None) -> AuditEntry | None:
    """Account for everything read since the last entry; nothing read, nothing written."""
    context = acting()
    if not context.kinds_read and asked is None:
        return None
    entry = record(Verb.CONSULT, action, subjects=context.shown, kinds=context.kinds_read, asked=asked)
    context.shown, context.kinds_read = set(), set()
    with _written_or_nothing():
        looking.after_look(entry)
    return entry

"""Where people are signed in, and ending it: one's own sessions at will, other people's in an incident."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from engage.practice.agencies.models import Agency, Session, Staff

from . import audit, permissions
from .models import SignOut

MOST_SHOWN = 50


def live_sessions(staff: Staff) -> QuerySet[Session]:
    """Sessions run by the wall clock, whatever the demo's clock is set to."""
    now = datetime.fromtimestamp(time.time(), UTC)
    longest = timedelta(hours=settings.SESSION_HOURS)
    return Session.objects.filter(
        user=staff.user, expire_date__gt=now, signed_in_at__gt=now - longest
    ).order_by("-signed_in_at")


@transaction.atomic
def end_own(sign_in_id: UUID, *, by: Staff) -> None:
    """Raises Session.DoesNotExist for one that is not theirs as for one that is not there."""
    found = Session.objects.select_for_update().get(user=by.user, sign_in_id=sign_in_id)
    found.delete()
    audit.record(audit.Verb.ALTER, "end_own_session", asked=by.pk, counts={"sessions": 1})


@transaction.atomic
def end_own_others(*, keep: str, by: Staff) -> int:
    """All but the session with this key."""
    ended = Session.objects.filter(user=by.user).exclude(session_key=keep).delete()[0]
    audit.record(audit.Verb.ALTER, "end_own_sessions", asked=by.pk, counts={"sessions": ended})
    return ended


@transaction.atomic
def end_of_staff(colleague: Staff, *, reason: str, by: Staff, now: datetime) -> SignOut:
    permissions.may_sign_others_out(by).enforce()
    ended = Session.objects.filter(user_id=colleague.user_id).delete()[0] if colleague.user_id else 0
    made = SignOut.objects.create(staff=colleague, reason=reason, sessions=ended, by=by, at=now)
    audit.record(
        audit.Verb.ALTER,
        "sign_out_colleague",
        asked=colleague.pk,
        acting_for=colleague.agency.code,
        counts={"sessions": ended},
    )
    return made


@transaction.atomic
def end_of_agency(agency: Agency, *, reason: str, by: Staff, now: datetime) -> SignOut:
    """Everybody of the agency, whoever ends it among them."""
    permissions.may_sign_others_out(by).enforce()
    ended = Session.objects.filter(user__staff__agency=agency).delete()[0]
    made = SignOut.objects.create(agency=agency, reason=reason, sessions=ended, by=by, at=now)
    audit.record(
        audit.Verb.ALTER,
        "sign_out_agency",
        asked=made.pk,
        acting_for=agency.code,
        counts={"sessions": ended},
    )
    return made

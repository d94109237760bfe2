"""Passwords that an administrator hands over: random, for some hours, and for nothing but to choose one's own.

Sessions and what leads to them run by the wall clock, whatever the demo's clock is set to.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.userkit import get_user_by_username
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from .models import Session, Staff


@transaction.atomic
def give_first_password(staff: Staff, *, now: datetime) -> str:
    """To be told to them once. The password before opens nothing any more, nor do sessions that began before."""
    assert staff.user is not None
    password = secrets.token_urlsafe(18)
    staff.user.set_password(password)
    staff.user.save(update_fields=["password"])
    staff.first_password_ends_at = now + timedelta(hours=settings.FIRST_PASSWORD_HOURS)
    staff.save(update_fields=["first_password_ends_at"])
    Session.objects.filter(user=staff.user).delete()
    return password


def own_password_chosen(user: Any) -> None:
    Staff.objects.filter(user=user).update(first_password_ends_at=None)


def owes_new_password(request: HttpRequest) -> bool:
    """Whether this session began with a password that somebody else knows. By a passkey or an agency's own sign-in one
    may work without ever using it."""
    staff = getattr(request.user, "staff", None)
    if staff is None or staff.first_password_ends_at is None:
        return False
    return any(one["method"] == "password" for one in get_authentication_records(request, request.user))


class FirstPasswordsEnd(BaseBackend):
    """Asked before the one that signs people in. After the end nothing tells a first password from a wrong one: neither
    words, nor time, nor whether the try is counted."""

    def authenticate(self, request, username=None, password=None, **credentials):
        user = get_user_by_username(username) if username and password else None
        ends_at = getattr(getattr(user, "staff", None), "first_password_ends_at", None)
        if user is None or ends_at is None or ends_at > datetime.fromtimestamp(time.time(), UTC):
            return None
        user.check_password(password)  # takes as long as for a wrong one
        raise PermissionDenied

"""Which of the staff an agency's account is: bound beforehand, or by an invitation used once. Never by a name or address."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render

from engage.practice.agencies.models import Invitation, Staff
from engage.practice.agencies.openid.provider import AnswerRefused, check_answer, subject_hash

from . import audit
from .doors import clock
from .gate import acting_as

INVITED = "invitation"
DAYS = 3


class CannotBind(Exception):
    """The sentence for the administrator."""


def provider_settings(provider: str) -> dict | None:
    apps = _build_apps_from_settings(provider=provider).get("openid_connect", [])
    return apps[0].settings if apps else None


def _settings_for(staff: Staff, provider: str) -> dict:
    settings = provider_settings(provider)
    if settings is None:
        raise CannotBind(f"There is no provider “{provider}” in the file that ENGAGE_OPENID_FILE names.")
    if staff.agency.code != settings["agency"]:
        raise CannotBind(f"{provider} signs in staff of {settings['agency']} alone.")
    if staff.kind != Staff.Kind.PERSON or staff.user is None:
        raise CannotBind("Only a person with an account in Engage can be bound.")
    if SocialAccount.objects.filter(user=staff.user, provider=provider).exists():
        raise CannotBind("They are bound already. Unbind them first.")
    return settings


@transaction.atomic
def bind(staff: Staff, *, provider: str, subject: str, now: datetime) -> None:
    """An administrator knows the provider's subject of this person."""
    uid = subject_hash(_settings_for(staff, provider)["issuer"], subject)
    if SocialAccount.objects.filter(provider=provider, uid=uid).exists():
        raise CannotBind("This subject is bound to somebody already.")
    SocialAccount.objects.create(user=staff.user, provider=provider, uid=uid)
    _account("bind_agency_account", staff, now)


@transaction.atomic
def unbind(staff: Staff, *, provider: str, now: datetime) -> bool:
    ended = SocialAccount.objects.filter(user=staff.user, provider=provider).delete()[0]
    _account("unbind_agency_account", staff, now)
    return bool(ended)


@transaction.atomic
def invite(staff: Staff, *, provider: str, now: datetime) -> str:
    """A code to hand over once; earlier ones of this person end."""
    _settings_for(staff, provider)
    code = secrets.token_hex(13).upper()
    Invitation.objects.filter(staff=staff, used_at=None).delete()
    Invitation.objects.create(
        staff=staff,
        provider=provider,
        code_hash=_hash(code),
        made_at=now,
        expires_at=now + timedelta(days=DAYS),
    )
    _account("invite_to_bind_account", staff, now)
    return code


def _hash(code: str) -> bytes:
    return hashlib.sha256("".join(code.split()).upper().encode()).digest()


def invitation_with(code: str, now: datetime) -> Invitation | None:
    return Invitation.objects.filter(code_hash=_hash(code), used_at=None, expires_at__gt=now).first()


def _account(deed: str, staff: Staff, now: datetime) -> None:
    with acting_as(staff, now=now):
        audit.record(audit.Verb.ALTER, deed, asked=staff.pk)


class BoundAccounts(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request, sociallogin):
        return False

    def list_apps(self, request, provider=None, client_id=None):
        """The file's alone: nobody adds a provider to the database unseen."""
        apps = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for some in apps.values() for app in some]

    def on_authentication_error(self, request, provider, **kwargs):
        """Whoever turned back or was refused there leaves no invitation to the next at this desk."""
        request.session.pop(INVITED, None)

    def pre_social_login(self, request, sociallogin):
        provider = sociallogin.provider
        invited = request.session.pop(INVITED, None)
        try:
            shown = check_answer(sociallogin.claims, sociallogin.state, provider.app.settings)
        except AnswerRefused as refused:
            raise ImmediateHttpResponse(
                render_authentication_error(request, provider, exception=refused)
            ) from refused
        if invited and not sociallogin.is_existing and sociallogin.state.get("again"):
            self._use_invitation(request, sociallogin, invited)
        staff = getattr(sociallogin.user, "staff", None)
        if staff is None or not staff.is_active or staff.agency.code != provider.app.settings["agency"]:
            raise ImmediateHttpResponse(render(request, "socialaccount/not_bound.html", status=403))
        sociallogin.second_factor = shown

    @transaction.atomic
    def _use_invitation(self, request: HttpRequest, sociallogin, invited: str) -> None:
        now = clock()
        found = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("staff__user", "staff__agency")
            .filter(
                pk=invited,
                provider=sociallogin.provider.app.provider_id,
                used_at=None,
                expires_at__gt=now,
            )
            .first()
        )
        if found is None:
            return
        try:
            _settings_for(found.staff, found.provider)
        except CannotBind:
            return
        found.used_at = now
        found.save(update_fields=["used_at"])
        sociallogin.connect(request, found.staff.user)
        _account("bind_agency_account", found.staff, now)

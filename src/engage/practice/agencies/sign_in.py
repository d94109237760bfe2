"""Accounts are given by an administrator; nobody signs up. What a session has shown of its two factors.

A second factor is shown by a passkey, by the code of an authenticator app, by a recovery code, or by an agency's own
sign-in that says so (`openid`). A passkey is never taken without the device having verified its person, so that it
counts as both factors.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from .first_passwords import own_password_chosen

FACTORS = [Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP]
# By this method a session begins that an agency's own sign-in opened, and no session gets it later.
AGENCY = "agency"
# Under this name a session holds which sign-in it is, since when, and on what kind of device.
SIGNED_IN = "signed_in"


class ClosedAccounts(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False

    def send_mail(self, template_prefix, email, context):
        """Engage sends no e-mail at all (R9): not even to say that nobody has this address."""

    def pre_authenticate(self, request, **credentials):
        """Axes counts wrong passwords. Counted here as well, the sooner limit would hide the page that says so."""

    @transaction.atomic
    def set_password(self, user, password):
        """One that its person chose; first passwords are given elsewhere."""
        super().set_password(user, password)
        own_password_chosen(user)

    def get_password_change_redirect_url(self, request):
        return reverse("access:signed_in")

    def get_login_stages(self):
        ours = f"{SecondFactorStage.__module__}.{SecondFactorStage.__name__}"
        return [
            ours if stage == "allauth.mfa.stages.AuthenticateStage" else stage
            for stage in super().get_login_stages()
        ]

    def is_reauthentication_required(self, app):
        """Not by allauth, whom the password alone would satisfy: the door asks (access.account_pages)."""
        return False

    def get_reauthentication_methods(self, user):
        """Passkey first. The password is no way to confirm anything."""
        methods = [one for one in super().get_reauthentication_methods(user) if "2fa" in one["url"]]
        return sorted(methods, key=lambda one: "webauthn" not in one["url"])


class SecondFactorStage(AuthenticateStage):
    """Asks for the person's own second factor, unless their agency's sign-in has just shown one."""

    def _should_handle(self, request):
        shown = getattr((self.login.signal_kwargs or {}).get("sociallogin"), "second_factor", None)
        if shown is not None:
            record_authentication(request, self.login.user, AGENCY, second_factor=True, **shown)
            return False
        return super()._should_handle(request)


class SignInForm(LoginForm):
    """Without the link to a new password by mail, which is not offered: the administrator gives one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class NewPasswordForm(ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""

    def clean_password1(self) -> str:
        if self.user.check_password(self.cleaned_data["password1"]):
            raise ValidationError("Choose another password than the present one")
        return self.cleaned_data["password1"]


class PasskeyForm(AddWebAuthnForm):
    """A passkey is made to sign in with unless somebody unticks it, for a key that cannot."""

    name = forms.CharField(
        label="Name of this passkey",
        help_text="By which you know it again, for example “Work laptop” or “Blue key”. Not a person’s name",
        required=False,
        max_length=60,
    )
    passwordless = forms.BooleanField(
        label="Sign in with it alone, without a password",
        help_text="Untick this only for an older security key that refuses",
        required=False,
        initial=True,
    )


def held_factors(user: Any) -> int:
    """How many passkeys and authenticator apps somebody has; recovery codes do not count."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).count()


def second_factor_shown(request: HttpRequest) -> bool:
    """In this very session: that the person has a second factor does not say that it was they who signed in."""
    return any(
        one.get("method") == "mfa" or one.get("second_factor")
        for one in get_authentication_records(request, request.user)
    )


def signs_in_by_agency(request: HttpRequest) -> str:
    """The agency's provider by which this session began; empty where it began with us."""
    records = get_authentication_records(request, request.user)
    return next((one["provider"] for one in reversed(records) if one.get("method") == "socialaccount"), "")


def began_by_agency_again(request: HttpRequest) -> bool:
    """Whether this session began with the agency's sign-in asked for anew, which ended the session before it."""
    records = get_authentication_records(request, request.user)
    return any(one.get("method") == AGENCY and one.get("reauthenticated") for one in records)


def confirmed_recently(request: HttpRequest) -> bool:
    """Whether the person has shown a second factor *again*, not longer ago than ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    return any(
        one.get("reauthenticated")
        and (one.get("method") == "mfa" or one.get("second_factor"))
        and time.time() - one["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        for one in get_authentication_records(request, request.user)
    )


def where_to_confirm(request: HttpRequest, back: str) -> HttpResponseRedirect:
    """To the page that asks again, which then leads `back`. Who has no factor of their own with us is asked by their
    agency."""
    if not held_factors(request.user) and (provider := signs_in_by_agency(request)):
        address = reverse("openid_connect_login", args=[provider])
        return redirect(f"{address}?{urlencode({'next': back, 'again': '1'})}")
    passkeys = is_mfa_enabled(request.user, [Authenticator.Type.WEBAUTHN])
    page = "mfa_reauthenticate_webauthn" if passkeys else "mfa_reauthenticate"
    return redirect(f"{reverse(page)}?{urlencode({'next': back})}")


def factor_added(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    """Whoever sets a factor up has used it, and was asked for what they had before."""
    if request.user == user and authenticator.type in FACTORS:
        record_authentication(
            request,
            user,
            "mfa",
            id=authenticator.pk,
            type=authenticator.type,
            reauthenticated=True,
        )


def signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """An agency's provider may answer for somebody who showed nothing just now: their hours count from when they did."""
    agent = request.headers.get("User-Agent", "")
    shown = [one["at"] for one in get_authentication_records(request, user) if one["method"] == AGENCY]
    request.session[SIGNED_IN] = {
        "id": str(uuid.uuid4()),
        "at": min([time.time(), *shown]),
        "device": device_in_words(agent),
    }


BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "an Android device"), ("CrOS", "a Chromebook"),
    ("Windows", "Windows"), ("Mac OS", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device_in_words(agent: str) -> str:
    """Enough to know one's own desk again, and no more: no version, no address."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "A browser")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    return f"{browser} on {system}" if system else browser

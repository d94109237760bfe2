"""The pages that the sign-in library brings, and who may open which.

It brings more than Engage offers: signing up, addresses for mail, passwords reset by mail, accounts connected at will.
What is not named here does not exist. And what it would open to the password, or to any open session, is opened here
to the second factor alone (security R15).
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from engage.practice.agencies.first_passwords import owes_new_password
from engage.practice.agencies.sign_in import (
    confirmed_recently,
    held_factors,
    second_factor_shown,
    where_to_confirm,
)

from .doors import STEPPED_IN, not_found, to_choose_a_password

SIGNING_IN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "openid_connect_login",
    "openid_connect_callback",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
}
# What somebody with a password and nothing else comes to.
SETTING_UP = {"mfa_index", "mfa_add_webauthn", "mfa_activate_totp"}
CONFIRMING = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
READING = {"mfa_index", "mfa_list_webauthn"}
# Whoever finds a desk unlocked must not be able to add a key of their own to it, nor to take one away.
AFTER_CONFIRMING = {
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_generate_recovery_codes",
    "mfa_view_recovery_codes",
    "account_change_password",
}
REMOVING = {"mfa_remove_webauthn", "mfa_deactivate_totp"}


class AccountPagesMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        match = request.resolver_match
        if not match.route.startswith("accounts/"):
            return None
        return _instead(request, match.url_name)


def _instead(request: HttpRequest, page: str) -> HttpResponse | None:
    """What somebody gets instead of this page; None where they may open it."""
    if page in SIGNING_IN:
        return None
    if page not in SETTING_UP | CONFIRMING | READING | AFTER_CONFIRMING:
        return not_found(request)
    if not request.user.is_authenticated:
        return None  # the page itself sends them to sign in
    if request.session.get(STEPPED_IN):
        return not_found(request)  # who stepped in has no account of their own to look after
    shown = second_factor_shown(request)
    if not shown and held_factors(request.user):
        return None if page in CONFIRMING else where_to_confirm(request, _back(request))
    if owes_new_password(request):
        return None if page == "account_change_password" else to_choose_a_password(request)
    if not shown:
        return None if page in SETTING_UP else redirect("mfa_index")
    if page in AFTER_CONFIRMING and not confirmed_recently(request):
        return where_to_confirm(request, _back(request))
    if page in REMOVING and held_factors(request.user) < 2:
        return render(
            request,
            "errors/not_permitted.html",
            {
                "sentence": "This is your only second factor, and without one nothing opens. Set up another one first, then remove this."
            },
            status=403,
        )
    return None


def _back(request: HttpRequest) -> str:
    return request.path if request.method in ("GET", "HEAD") else "/accounts/2fa/"

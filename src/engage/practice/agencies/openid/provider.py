"""The sign-in library's provider, made stricter: the token is verified whole, and one answer serves one question."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time"]
CLOCKS_DIFFER_SECONDS = 60
# How new a sign-in must be that was asked for before something that cannot be undone.
AGAIN_SECONDS = 120


def subject_hash(issuer: str, subject: str) -> str:
    """By this a bound account is found: neither the issuer's nor the agency's name for the person is kept."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


def longest_seconds(of_provider: dict) -> int:
    """How long ago the person may have signed in there: no longer than a session of ours lasts, which counts from then."""
    return min(of_provider["longest_seconds"], settings.SESSION_HOURS * 3600)


class AgencyAdapter(OpenIDConnectOAuth2Adapter):
    @property
    def openid_config(self):
        config = super().openid_config
        if config.get("issuer") != self.get_provider().app.settings["issuer"]:
            raise OAuth2Error("the provider says that it is another issuer")
        return config

    def _decode_id_token(self, app, id_token):
        """Verified by the provider's published key, also when it came straight from the provider."""
        try:
            header = jwt.get_unverified_header(id_token)
            if header["alg"] not in ALGORITHMS:
                raise OAuth2Error("id_token signed in a way that is not accepted")
            claims = jwt.decode(
                id_token,
                key=self._published_key(header.get("kid")),
                algorithms=[header["alg"]],
                issuer=app.settings["issuer"],
                audience=app.client_id,
                leeway=CLOCKS_DIFFER_SECONDS,
                options={"require": NEEDED},
            )
        except jwt.PyJWTError as problem:
            raise OAuth2Error("no valid id_token") from problem
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != app.client_id:
            raise OAuth2Error("id_token made for somebody else")
        jwtkit.verify_jti(claims)
        self.claims = claims
        return claims

    def _published_key(self, name):
        """A token may leave out which key it is where there is but one."""
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            published = jwt.PyJWKSet.from_dict(answer.json()).keys
        fitting = [key for key in published if name in (None, key.key_id)]
        if len(fitting) != 1:
            raise OAuth2Error("no such key")
        return fitting[0].key

    def complete_login(self, request, app, token, **kwargs):
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no id_token")
        login = super().complete_login(request, app, token, **kwargs)
        login.claims = self.claims
        return login


class AgencyProvider(OpenIDConnectProvider):
    oauth2_adapter_class = AgencyAdapter
    supports_token_authentication = False

    def get_redirect_from_request_kwargs(self, request):
        """Whatever the address asks for: signing in, and nothing else. Accounts are not connected by a link."""
        kwargs = super().get_redirect_from_request_kwargs(request)
        return {
            "next_url": kwargs.get("next_url"),
            "process": AuthProcess.LOGIN,
            "again": request.GET.get("again") == "1",
        }

    def redirect(self, request, process, next_url=None, data=None, again=False, **kwargs):
        nonce = secrets.token_urlsafe(24)
        params = {"nonce": nonce, "max_age": 0 if again else longest_seconds(self.app.settings)}
        if again:
            params["prompt"] = "login"
        return super().redirect(
            request,
            process,
            next_url,
            data,
            auth_params=params,
            scope=self.get_scope(),
            nonce=nonce,
            again=again,
        )

    def extract_uid(self, data):
        claims = data["id_token"]
        return subject_hash(claims["iss"], str(claims["sub"]))

    def extract_extra_data(self, data):
        return {}

    def extract_common_fields(self, data):
        return {}

    def extract_email_addresses(self, data):
        return []


class AnswerRefused(Exception):
    """The token is genuine and does not answer what was asked."""


def check_answer(claims: dict, state: dict, of_provider: dict) -> dict | None:
    """When the second factor was shown, and whether it was asked for again; None where no second factor was.

    Raises AnswerRefused for the answer to another question, and for a sign-in that is too old.
    """
    if not hmac.compare_digest(str(claims["nonce"]), str(state.get("nonce", ""))):
        raise AnswerRefused("nonce")
    again = bool(state.get("again"))
    signed_in_at = claims["auth_time"]
    if not isinstance(signed_in_at, int | float):
        raise AnswerRefused("auth_time")
    longest = AGAIN_SECONDS if again else longest_seconds(of_provider)
    if not -CLOCKS_DIFFER_SECONDS <= time.time() - signed_in_at <= longest + CLOCKS_DIFFER_SECONDS:
        raise AnswerRefused("auth_time")
    methods = claims.get("amr", [])
    shown = claims.get("acr") in of_provider["acr"] or bool(
        set(methods if isinstance(methods, list) else []) & set(of_provider["amr"])
    )
    if not shown:
        return None
    return {"at": signed_in_at, "reauthenticated": True} if again else {"at": signed_in_at}

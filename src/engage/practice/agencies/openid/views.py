"""As the sign-in library has them, with our adapter: its own views name theirs."""

from __future__ import annotations

import requests
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse

from .provider import AgencyAdapter


def _view(kind, request: HttpRequest, provider_id: str) -> HttpResponse:
    adapter = AgencyAdapter(request, provider_id)
    try:
        return kind.adapter_view(adapter)(request)
    except SocialApp.DoesNotExist as absent:
        raise Http404 from absent
    except (OAuth2Error, requests.RequestException, LookupError, ValueError) as problem:
        # The provider is out of reach, says that it is another, or answers what is no answer.
        return render_authentication_error(request, adapter.get_provider(), exception=problem)


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _view(OAuth2LoginView, request, provider_id)


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _view(OAuth2CallbackView, request, provider_id)

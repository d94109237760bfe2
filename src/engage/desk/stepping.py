"""Stepping in and out. Stepping in is for the demo alone: invented colleagues, no password."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from engage.practice.access.doors import ROLE_NAMES, STEPPED_IN
from engage.practice.agencies.models import Installation, Staff


def stepping_in_is_possible() -> bool:
    """Both the environment and the database must say demo: real data cannot be opened this way."""
    return settings.DEMO and Installation.objects.filter(kind=Installation.Kind.DEMO).exists()


@require_http_methods(["GET", "HEAD", "POST"])
def step_in(request: HttpRequest) -> HttpResponse:
    if not stepping_in_is_possible():
        raise Http404
    colleagues = Staff.objects.filter(kind=Staff.Kind.PERSON, status=Staff.Status.ACTIVE, user__isnull=False)
    if request.method == "POST":
        colleague = get_object_or_404(colleagues, code=request.POST.get("colleague", ""))
        request.session.flush()  # a new session, as whoever signs in with a password gets one
        login(request, colleague.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        request.session[STEPPED_IN] = True
        return redirect("/today/")
    shown = [
        (colleague, ROLE_NAMES.get(colleague.role, colleague.role))
        for colleague in colleagues.select_related("agency", "team").order_by("code")
    ]
    return render(request, "desk/step_in.html", {"colleagues": shown})


@require_POST
def step_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("desk:step_in" if stepping_in_is_possible() else "account_login")

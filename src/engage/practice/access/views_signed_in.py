"""Where somebody is signed in, staying so, and signing others out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engage.practice.agencies.models import Agency, Staff
from engage.practice.agencies.sign_in import SIGNED_IN

from . import permissions, tables
from . import sign_outs as deeds
from .doors import STEPPED_IN, staff_page
from .forms import SignOutForm
from .models import SignOut


def _this(request: HttpRequest) -> str:
    return request.session.get(SIGNED_IN, {}).get("id", "")


@require_safe
@staff_page("own_sessions")
def signed_in(request: HttpRequest) -> HttpResponse:
    here = _this(request)
    found = list(deeds.live_sessions(request.staff)[: deeds.MOST_SHOWN])
    return TemplateResponse(
        request,
        "access/signed_in.html",
        {
            "sessions": [(one, str(one.sign_in_id) == here) for one in found],
            "any_others": any(str(one.sign_in_id) != here for one in found),
            "stepped_in": request.session.get(STEPPED_IN),
            "may_sign_others_out": permissions.may_sign_others_out(request.staff),
        },
    )


@require_POST
@staff_page("end_own_session")
def end_one(request: HttpRequest, sign_in_id: UUID) -> HttpResponse:
    deeds.end_own(sign_in_id, by=request.staff)
    if str(sign_in_id) == _this(request):
        logout(request)
    else:
        messages.success(request, "That one is signed out.")
    return redirect("access:signed_in")


@require_POST
@staff_page("end_own_sessions")
def end_others(request: HttpRequest) -> HttpResponse:
    deeds.end_own_others(keep=request.session.session_key or "", by=request.staff)
    messages.success(request, "You are signed in here alone.")
    return redirect("access:signed_in")


@require_POST
@staff_page("stay_signed_in")
def stay(request: HttpRequest) -> HttpResponse:
    """Being asked for is enough: the door has kept the session alive."""
    return HttpResponse("You stay signed in.", content_type="text/plain")


@require_safe
@staff_page("who_is_signed_in")
def who_is(request: HttpRequest) -> HttpResponse:
    """For a page that was left open: who is signed in now, and the token that its forms need from now on."""
    return render(request, "access/who_is.html")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("sign_others_out", step_up=True)
def sign_outs(request: HttpRequest) -> HttpResponse:
    permissions.may_sign_others_out(request.staff).enforce()
    people = Staff.objects.filter(kind=Staff.Kind.PERSON, user__isnull=False).select_related("agency")
    form = SignOutForm(request.POST if request.method == "POST" else None, people=list(people))
    if request.method == "POST" and form.is_valid():
        whom, reason = form.named(), form.cleaned_data["reason"]
        if isinstance(whom, Agency):
            made = deeds.end_of_agency(whom, reason=reason, by=request.staff, now=request.now)
        else:
            made = deeds.end_of_staff(whom, reason=reason, by=request.staff, now=request.now)
        messages.success(request, f"{whom.name}: {tables.sessions_ended(made)}.")
        return redirect("access:sign_outs")
    earlier = SignOut.objects.select_related("staff", "agency", "by")[: deeds.MOST_SHOWN]
    return TemplateResponse(
        request,
        "access/sign_outs.html",
        {
            "form": form,
            "back_link": "/access/signed-in/",
            "table": tables.sign_outs_table(earlier),
        },
    )

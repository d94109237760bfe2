"""Requests for information: ask, answer or refuse, escalate."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from engage.methods.moments import london_date
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted
from engage.practice.people.comparing import question_about
from engage.practice.people.models import Pair
from engage.practice.people.queries import resolve_person

from . import asking, permissions, queries, tables
from .forms import AnswerForm, AskForm, EscalateForm
from .models import InformationRequest
from .offer import about_child

State = InformationRequest.State


@require_safe
@staff_page("list_requests")
def requests(request: HttpRequest) -> HttpResponse:
    today = london_date(request.now)
    page = Paginator(asking.requests(request.staff).order_by("-asked_at", "id"), 25).get_page(
        request.GET.get("page")
    )
    waiting = list(asking.waiting_for(request.staff)[:25])
    escalated = list(asking.escalated_to(request.staff)[:25])
    return TemplateResponse(
        request,
        "sharing/requests.html",
        {
            "current_section": "sharing",
            "back_link": "/sharing/",
            "page": page,
            "waiting": tables.requests_table(waiting, today, "Waiting for your answer") if waiting else None,
            "escalated": tables.requests_table(escalated, today, "Laid before you") if escalated else None,
            "table": tables.requests_table(page, today, "Every request that you may know of"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("ask_agency")
def ask(request: HttpRequest, person_id: UUID) -> HttpResponse:
    if (now_known_as := resolve_person(person_id, request.staff)) != person_id:
        return redirect(f"{reverse('sharing:ask', args=[now_known_as])}?{request.GET.urlencode()}")
    permissions.may_share(request.staff).enforce()
    about, _ = about_child(person_id, request.staff)
    people = queries.directory(request.staff)
    initial = {"owner": request.GET.get("owner", "")}
    if "pair" in request.GET:
        initial["question"], agency_id = _about_a_pair(request)
        people = [one for one in people if one.agency_id == agency_id]
    form = AskForm(request.POST if request.method == "POST" else None, people=people, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = asking.ask(
                person_id,
                form.people[form.cleaned_data["owner"]],
                question=form.cleaned_data["question"],
                purpose=form.cleaned_data["purpose"],
                because=form.cleaned_data["because"],
                by=request.staff,
                now=request.now,
            )
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Asked. The clock runs until the day shown.")
            return redirect("sharing:request", request_id=made.pk)
    return TemplateResponse(
        request, "sharing/ask.html", {"back_link": f"/children/{person_id}/", "about": about, "form": form}
    )


def _about_a_pair(request: HttpRequest) -> tuple[str, int]:
    """What to ask of one record of a pair, and the agency that sent it."""
    try:
        pair_id, record_id = UUID(request.GET["pair"]), UUID(request.GET.get("record", ""))
    except ValueError:
        raise Pair.DoesNotExist from None
    return question_about(Pair.objects.visible_to(request.staff).get(pk=pair_id), record_id, request.staff)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("read_request")
def one_request(request: HttpRequest, request_id: UUID) -> HttpResponse:
    asked = asking.requests(request.staff).get(pk=request_id)
    is_owner = asked.owner_id == request.staff.pk and asked.state == State.ASKED
    is_asker = asked.asked_by_id == request.staff.pk
    overdue = asked.state == State.ASKED and asked.due_on < london_date(request.now)
    form = AnswerForm(request.POST if request.method == "POST" and is_owner else None) if is_owner else None
    if request.method == "POST":
        deed = request.POST.get("deed", "")
        if form is not None and form.is_valid():
            asking.answer(
                request_id,
                words=form.cleaned_data["words"],
                refused=form.cleaned_data["deed"] == "refuse",
                by=request.staff,
                now=request.now,
            )
            messages.success(request, "Kept, and shown to who asked.")
            return redirect("sharing:request", request_id=request_id)
        if form is None and deed == "escalate":
            asking.escalate(
                request_id, because=request.POST.get("words", ""), by=request.staff, now=request.now
            )
            messages.success(request, "Laid before the manager of your team.")
            return redirect("sharing:request", request_id=request_id)
        if form is None:
            asking.withdraw(request_id, by=request.staff, now=request.now)
            messages.success(request, "Withdrawn.")
            return redirect("sharing:request", request_id=request_id)
    return TemplateResponse(
        request,
        "sharing/request.html",
        {
            "current_section": "sharing",
            "back_link": "/sharing/requests/",
            "asked": asked,
            "summary": tables.request_summary(asked, london_date(request.now)),
            "form": form,
            "may_escalate": is_asker and not asked.escalated_at and (overdue or asked.state == State.REFUSED),
            "may_withdraw": is_asker and asked.state == State.ASKED,
            "escalate_form": EscalateForm(),
        },
    )

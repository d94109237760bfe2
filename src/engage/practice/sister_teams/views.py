"""Ask the team next door about a child, read what came of it; and what the lead sees of all questions."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted
from engage.practice.access.views import links
from engage.practice.people.queries import resolve_person
from engage.practice.sharing.offer import about_child

from . import actions, permissions, queries, tables
from .forms import AskSisterForm, SettleForm
from .models import QuestionAsked

Outcome = QuestionAsked.Outcome
MOST_ALARMS = 50


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("ask_sister_team", step_up=True)
def ask(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    actions.to_ask_with(person_id, request.staff)
    about, _ = about_child(person_id, request.staff)
    form = AskSisterForm(request.POST if request.method == "POST" else None, sisters=queries.sisters())
    if request.method == "POST" and form.is_valid():
        try:
            begun = actions.begin(
                person_id,
                form.sisters[form.cleaned_data["sister"]],
                purpose=form.cleaned_data["purpose"],
                case=form.cleaned_data["case"],
                by=request.staff,
                now=request.now,
            )
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
        else:
            # Nothing is sent before the entry is committed; the browser is led on when the answer is there.
            transaction.on_commit(lambda: actions.send(begun))
            return redirect("sister_teams:asked", person_id=person_id, sister_question_id=begun.question.pk)
    return TemplateResponse(
        request,
        "sister_teams/ask.html",
        {
            "back_link": f"/children/{person_id}/",
            "about": about,
            "form": form,
            "asked": tables.asked_table(queries.asked_about(person_id, request.staff)[:50]),
        },
    )


@require_safe
@staff_page("read_sister_answer")
def asked(request: HttpRequest, person_id: UUID, sister_question_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    question = queries.asked_about(person_id, request.staff).get(pk=sister_question_id)
    about, _ = about_child(person_id, request.staff)
    colleague = question.sister.colleague
    return TemplateResponse(
        request,
        "sister_teams/asked.html",
        {
            "back_link": f"/children/{person_id}/sister-teams/",
            "about": about,
            "question": question,
            "rows": tables.question_rows(question),
            "colleague": colleague,
            "request_url": f"/children/{person_id}/ask/?owner={colleague.pk}" if colleague else "",
        },
    )


@require_safe
@staff_page("sister_teams")
def overview(request: HttpRequest) -> HttpResponse:
    permissions.may_look_after(request.staff).enforce()
    return TemplateResponse(
        request,
        "sister_teams/overview.html",
        {
            "current_section": "access",
            "access_links": links(request.staff),
            "here": request.path,
            "filters": tables.filters_table(
                queries.sisters(), queries.held_filters(), queries.own_filter(), request.now
            ),
            "alarms": tables.alarms_table(queries.alarms(request.staff)[:MOST_ALARMS]),
            "received": tables.received_table(queries.received_by_day(request.staff, request.now)),
            "asked": tables.counted_table(queries.asked_by_day(request.staff, request.now)),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("sister_alarm")
def alarm(request: HttpRequest, volume_alarm_id: UUID) -> HttpResponse:
    permissions.may_look_after(request.staff).enforce()
    found = queries.alarms(request.staff).get(pk=volume_alarm_id)
    form = SettleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.settle_alarm(
            volume_alarm_id, words=form.cleaned_data["words"], by=request.staff, now=request.now
        )
        messages.success(request, "Settled.")
        return redirect("sister_teams:overview")
    return TemplateResponse(
        request,
        "sister_teams/alarm.html",
        {
            "current_section": "access",
            "back_link": "/access/sister-teams/",
            "rows": tables.alarm_rows(found),
            "form": None if found.settled_at else form,
        },
    )

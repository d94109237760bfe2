"""Pages of a missing episode: what each source says, and one screen for each thing to record."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from engage.govuk.forms import GovukForm
from engage.practice.access.doors import staff_page
from engage.practice.access.permissions import Permission
from engage.practice.agencies.models import Staff
from engage.practice.people.queries import shown_identity

from . import actions, forms, pages, permissions, queries
from .episodes import EpisodeShown


@require_http_methods(["GET", "HEAD"])
@staff_page("open_episode")
def episode(request: HttpRequest, report_id: UUID) -> HttpResponse:
    shown = queries.episode(report_id, request.staff)
    may, why_not = pages.deeds(shown, request.staff)
    state, colour = pages.STATES[shown.state]
    context = {
        "episode": shown,
        "child": _child(shown, request.staff),
        "title": pages.title(shown),
        "state": state,
        "colour": colour,
        "deeds": may,
        "why_not": why_not,
        "summary": pages.summary(shown, request.now),
        "disagreements": [
            (found.fact, [(source, pages.point_words(point)) for source, point in found.said])
            for found in shown.account.disagreements
        ],
        "each_source": pages.each_source(shown, request.staff),
        "places": pages.places(shown),
        "interviews": [
            (
                one.source,
                pages.interview_rows(one),
                pages.take_back_address(shown, one.interview, request.staff),
            )
            for one in shown.interviews
        ],
        "taken_back": pages.taken_back_table(queries.taken_back(shown, request.staff)),
        "back_link": "/today/",
    }
    return TemplateResponse(request, "missing/episode.html", context)


def _deed_page(
    name: str,
    form_class: type[GovukForm],
    permission: Callable[[Staff, EpisodeShown], Permission],
    deed: Callable[..., Any],
    heading: str,
    done: str,
    asked_of: Callable[[HttpRequest, EpisodeShown], dict[str, Any]] = lambda request, shown: {},
) -> Callable[..., HttpResponse]:
    """One screen: the form, the deed, and back to the episode."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @staff_page(name)
    def page(request: HttpRequest, report_id: UUID) -> HttpResponse:
        shown = queries.episode(report_id, request.staff)
        form = form_class(request.POST or None, **asked_of(request, shown))
        if request.method == "POST":
            if form.is_valid() and _do(form, deed, report_id, request):
                messages.success(request, done)
                return redirect("missing:episode", report_id)
        else:
            # The deed asks for itself: the same form sent twice is answered as it was the first time.
            permission(request.staff, shown).enforce()
        address = reverse("missing:episode", args=[shown.id])
        context = {
            "form": form,
            "heading": heading,
            "title": pages.title(shown),
            "child": _child(shown, request.staff),
            "back_link": address,
            "cancel": address,
        }
        return TemplateResponse(request, "missing/deed.html", context)

    return page


def _do(form: GovukForm, deed: Callable[..., Any], report_id: UUID, request: HttpRequest) -> bool:
    try:
        deed(report_id, **form.said(), by=request.staff, now=request.now)
    except actions.TimesDoNotFit as mend:
        field = mend.field
        if field == "returned_at" and form.cleaned_data.get("returned_on"):
            field = "returned_on"
        form.add_error(field if field in form.fields else next(iter(form.fields)), str(mend))
        return False
    return True


def _other_episodes(request: HttpRequest, shown: EpisodeShown) -> dict[str, Any]:
    """Asked of those not settled; answered also of those that the same form, sent twice, has settled just now."""
    others = queries.other_episodes_back_from(shown, request.staff)
    return {
        "episodes": [
            (str(one.id), _choice(one))
            for one in others
            if request.method == "POST" or not one.held_interview
        ]
    }


record_return = _deed_page(
    "record_return",
    forms.ReturnForm,
    permissions.may_record_return,
    actions.record_return,
    "Record the return",
    "The return is recorded. The 72 hours for the return home interview run from it.",
)
record_located = _deed_page(
    "record_located",
    forms.LocatedForm,
    permissions.may_record_located,
    actions.record_located,
    "Record that the child was found",
    "Recorded. The child counts as missing until somebody records the return.",
)
regrade = _deed_page(
    "regrade",
    forms.GradeForm,
    permissions.may_regrade,
    actions.regrade,
    "Change the grade",
    "The grade is changed.",
)
offer_interview = _deed_page(
    "offer_interview",
    forms.OfferForm,
    permissions.may_offer_interview,
    actions.offer_interview,
    "Return home interview offered",
    "The offer is recorded.",
)
hold_interview = _deed_page(
    "hold_interview",
    forms.HeldForm,
    permissions.may_hold_interview,
    actions.hold_interview,
    "Return home interview held",
    "The interview is recorded.",
    _other_episodes,
)
decline_interview = _deed_page(
    "decline_interview",
    forms.DeclinedForm,
    permissions.may_offer_interview,
    actions.decline_interview,
    "Return home interview declined",
    "Recorded as declined. The child can still ask for an interview at any time.",
)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("take_back")
def take_back(request: HttpRequest, report_id: UUID, entry_id: UUID) -> HttpResponse:
    shown = queries.episode(report_id, request.staff)
    entry = queries.desk_entry(shown, entry_id, request.staff)
    form = forms.TakeBackForm(request.POST or None)
    address = reverse("missing:episode", args=[shown.id])
    if request.method == "POST":
        taken = functools.partial(actions.take_back, report_id)
        if form.is_valid() and _do(form, taken, entry_id, request):
            messages.success(request, "The entry is taken back. It is kept, and stands no longer.")
            # Whoever saw nothing of the episode but this entry sees none now.
            return redirect(address if shown.id != entry_id else reverse("desk:today"))
    else:
        permissions.may_take_back(request.staff, entry).enforce()
        if entry.taken_back_at:
            return redirect(address)
    context = {
        "form": form,
        "heading": "Take back an entry",
        "title": pages.title(shown),
        "child": _child(shown, request.staff),
        "about": pages.entry_rows(entry),
        "say": "The entry is kept with your name and reason, and stands no longer. What your agency had recorded before"
        " it does not come back by itself: if that still holds, record it again.",
        "back_link": address,
        "cancel": address,
    }
    return TemplateResponse(request, "missing/deed.html", context)


@require_http_methods(["GET", "HEAD"])
@staff_page("list_held_reports")
def held(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.held_reports(request.staff), queries.PER_PAGE).get_page(request.GET.get("page"))
    reports = list(page.object_list)
    shown = shown_identity({report.person_id for report in reports if report.person_id}, request.staff)
    context = {
        "table": pages.held_table(reports, shown, queries.reasons_held(reports, request.staff)),
        "page": page,
        "back_link": "/today/",
    }
    return TemplateResponse(request, "missing/held.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("settle_held_report")
def settle(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = queries.episode(report_id, request.staff)
    if request.method != "POST":
        permissions.may_settle(request.staff).enforce()
        if not report.is_held:
            return redirect("missing:episode", report_id)
    assert report.person_id is not None, "a report is held because of the child's other reports"
    others = [
        one for one in queries.episodes_of(report.person_id, request.staff) if not one.is_held and one.counted
    ]
    choices = [(str(one.id), _choice(one)) for one in others]
    form = forms.SettleForm(request.POST or None, episodes=choices)
    if request.method == "POST" and form.is_valid():
        actions.settle_held_report(report_id, **form.said(), by=request.staff, now=request.now)
        messages.success(request, "The report is settled.")
        return redirect("missing:episode", report_id)
    context = {
        "form": form,
        "report": report,
        "child": _child(report, request.staff),
        "each_source": pages.each_source(report, request.staff),
        "back_link": reverse("missing:held"),
    }
    return TemplateResponse(request, "missing/settle.html", context)


def _choice(episode: EpisodeShown) -> str:
    back = pages.point_words(episode.account.returned) if episode.is_back else "no return told"
    sources = ", ".join(dict.fromkeys(telling.source for telling in episode.tellings))
    return f"{pages.point_words(episode.missing_since)} to {back} ({sources})"


def _child(episode: EpisodeShown, reader: Staff) -> dict[str, Any]:
    if episode.person_id is None:
        return {"words": "Name not shown to you", "address": ""}
    identity = shown_identity([episode.person_id], reader).get(episode.person_id)
    if identity is None:
        return {"words": "Name not shown to you", "address": ""}
    return {"words": identity.words, "address": f"/children/{episode.person_id}/"}

"""Pages for writing a letter, looking at what was printed, and keeping that somebody was rung."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted
from engage.practice.people.queries import resolve_person

from . import leaving, outgoing, permissions, queries, tables
from .forms import CallForm, LetterForm
from .models import Outgoing, WayOfContact
from .views import base_of, done, form_page, page_of


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("write_letter")
def letter(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The first press shows what would be printed and what is to be answered; the second keeps it and leads to the print."""
    person_id = resolve_person(person_id, request.staff)
    permissions.may_reach_out(request.staff, person_id).enforce()
    found = queries.contact_of(person_id, request.staff, request.now)
    addresses = [one for one in found.safe if one.last.kind == WayOfContact.Kind.ADDRESS]
    form = LetterForm(request.POST if request.method == "POST" else None, ways=addresses)
    prepared, changed = None, False
    because = leaving.reasons_typed(request.POST)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        given = {"subject": said["subject"], "text": said["text"], "by": request.staff, "now": request.now}
        try:
            made = outgoing.write_letter(
                person_id, form.way_chosen().id, seen=said["seen"], because=because, **given
            )
            return redirect("contact:outgoing", outgoing_id=made.pk)
        except outgoing.Changed as other:
            prepared, changed = other.letter, bool(said["seen"])
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
            prepared = outgoing.prepare_letter(person_id, form.way_chosen().id, **given)
    return TemplateResponse(
        request,
        "contact/letter.html",
        page_of(request, person_id)
        | {
            "form": form,
            "prepared": prepared,
            "changed": changed,
            "findings": leaving.open_findings(prepared.findings, because) if prepared else [],
            "refused": leaving.refusals(prepared.findings) if prepared else [],
            "none_safe": not addresses,
            "others": tables.ways_table(
                "Addresses not to be used",
                [one for one in found.others if one.last.kind == WayOfContact.Kind.ADDRESS],
                "No other address is recorded.",
            ),
        },
    )


@require_safe
@staff_page("read_outgoing")
def one_outgoing(request: HttpRequest, outgoing_id: UUID) -> HttpResponse:
    made = queries.outgoing(outgoing_id, request.staff)
    return TemplateResponse(
        request,
        "contact/outgoing.html",
        {
            "back_link": base_of(made.person_id) if made.person_id else "",
            "made": made,
            "summary": tables.outgoing_summary(made, request.staff),
            "print_url": "print/" if made.kind == Outgoing.Kind.LETTER else "",
        },
    )


@require_safe
@staff_page("print_letter")
def print_letter(request: HttpRequest, outgoing_id: UUID) -> HttpResponse:
    """Values alone: a letter names no software and no service, and whoever else opens it learns nothing by its looks."""
    made = queries.outgoing(outgoing_id, request.staff)
    if made.kind != Outgoing.Kind.LETTER:
        raise Http404
    return TemplateResponse(
        request, "contact/print.html", {"back_link": f"/contact/outgoing/{made.pk}/", "made": made}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("log_call")
def call(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    permissions.may_reach_out(request.staff, person_id).enforce()
    found = queries.contact_of(person_id, request.staff, request.now)
    numbers = [one for one in found.safe if one.last.kind == WayOfContact.Kind.PHONE]
    form = CallForm(request.POST if request.method == "POST" else None, ways=numbers)

    def log() -> None:
        said = form.cleaned_data
        outgoing.log_call(
            person_id,
            form.way_chosen().id,
            outcome=said["outcome"],
            text=said["text"],
            in_spite=said["in_spite"],
            by=request.staff,
            now=request.now,
        )

    if request.method == "POST" and form.is_valid() and done(form, log):
        messages.success(request, "The call is kept.")
        return redirect("contact:contact", person_id=person_id)
    others = [one for one in found.others if one.last.kind == WayOfContact.Kind.PHONE]
    table = tables.ways_table("Numbers not to be used", others, "No other number is recorded.")
    return form_page(
        request,
        person_id,
        form,
        "Ring, and log the call",
        "Keep the call",
        others=table,
        before="Read the hint under the number before you ring: when it is safe, and how you announce yourself. Leave no message.",
        nothing=""
        if numbers
        else "No number is confirmed as safe now, so nobody is rung. Confirm one first.",
    )

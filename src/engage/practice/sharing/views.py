"""Pages on sharing: tell somebody of another agency, read what was shared with you, and the register."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engage.practice.access import audit
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff
from engage.practice.contact import leaving
from engage.practice.people.queries import resolve_person

from . import actions, asking, flat_file, permissions, queries, tables
from .forms import NotSharedForm, RecallForm, ReplyForm, SecondForm, ShareForm
from .models import Disclosure
from .offer import about_child, offered

State = Disclosure.State
PER_PAGE = 25


@require_safe
@staff_page("list_sharing")
def sharing(request: HttpRequest) -> HttpResponse:
    """What waits for this reader: shared with them, and to be looked at as a second person."""
    page = Paginator(queries.shared_with(request.staff, request.now), PER_PAGE).get_page(
        request.GET.get("page")
    )
    waiting = list(queries.waiting_for_second(request.staff)[:PER_PAGE])
    return TemplateResponse(
        request,
        "sharing/sharing.html",
        {
            "current_section": "sharing",
            "page": page,
            "asked_of_me": asking.waiting_for(request.staff).count(),
            "received": tables.received_table(page),
            "waiting": tables.register_table(waiting, "Waiting for you as the second person")
            if waiting
            else None,
        },
    )


@require_safe
@staff_page("list_register_of_sharing")
def register(request: HttpRequest) -> HttpResponse:
    found = queries.register(request.staff)
    state = request.GET.get("state", "")
    if state in State.values:
        found = found.filter(state=state)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return TemplateResponse(
        request,
        "sharing/register.html",
        {
            "current_section": "sharing",
            "back_link": "/sharing/",
            "page": page,
            "table": tables.register_table(page),
            "states": State.choices,
            "state": state,
        },
    )


@require_safe
@staff_page("read_shared")
def disclosure(request: HttpRequest, disclosure_id: UUID) -> HttpResponse:
    found = queries.register(request.staff).get(pk=disclosure_id)
    items = queries.items_of(found, request.staff)
    is_recipient = found.recipient_id == request.staff.pk
    if is_recipient and items:
        actions.receive(found, by=request.staff, now=request.now)
    return TemplateResponse(
        request,
        "sharing/disclosure.html",
        {
            "current_section": "sharing",
            "back_link": "/sharing/" if is_recipient else "/sharing/register/",
            "disclosure": found,
            "is_recipient": is_recipient,
            "summary": tables.told_to_recipient(found) if is_recipient else tables.decision_summary(found),
            "leaves": tables.leaves_table(items) if items else None,
            "may_look_second": found.state == State.WAITING
            and bool(permissions.may_look_second(request.staff, found)),
            "may_recall": found.state == State.SENT and bool(permissions.may_recall(request.staff, found)),
            "colour": tables.COLOURS[State(found.state)],
            "second_form": SecondForm(),
            "reply_form": ReplyForm(),
            "recall_form": RecallForm(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("share_about_child", step_up=True)
def share(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    permissions.may_share(request.staff).enforce()
    about, _ = about_child(person_id, request.staff)
    form = _share_form(request, person_id)
    prepared, changed = None, False
    because = leaving.reasons_typed(request.POST)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.share(
                person_id,
                form.cleaned_data["items"],
                form.recipient_chosen(),
                form.words(),
                seen=form.cleaned_data["seen"],
                by=request.staff,
                now=request.now,
                because=because,
            )
        except actions.Changed as other:
            # Without scripts the first press shows what leaves and the second sends it.
            prepared, changed = other.prepared, bool(form.cleaned_data["seen"])
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
            prepared = _shown_again(form, person_id, request.staff)
        else:
            messages.success(
                request,
                "It waits for the manager of your team, who looks at it as the second person."
                if made.state == State.WAITING
                else f"Shared. {made.recipient.name} opens it after signing in; you see here when.",
            )
            return redirect("sharing:disclosure", disclosure_id=made.pk)
    return TemplateResponse(
        request,
        "sharing/share.html",
        {
            "back_link": f"/children/{person_id}/",
            "about": about,
            "person_id": person_id,
            "form": form,
            "prepared": prepared,
            "leaves": tables.leaves_table(prepared.items) if prepared else None,
            "findings": leaving.open_findings(prepared.findings, because) if prepared else [],
            "changed": changed,
        },
    )


@require_POST
@staff_page("preview_sharing")
def preview(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """What would leave by what is chosen so far, as the recipient would read it."""
    person_id = resolve_person(person_id, request.staff)
    permissions.may_share(request.staff).enforce()
    people = {str(one.pk): one for one in queries.directory(request.staff)}
    recipient = people.get(request.POST.get("recipient", ""))
    keys = request.POST.getlist("items")
    about, _ = about_child(person_id, request.staff)
    prepared = actions.prepare(person_id, keys, recipient, request.staff) if recipient and keys else None
    return TemplateResponse(
        request,
        "sharing/preview.html",
        {
            "about": about,
            "prepared": prepared,
            "leaves": tables.leaves_table(prepared.items) if prepared else None,
            "findings": leaving.open_findings(prepared.findings, leaving.reasons_typed(request.POST))
            if prepared
            else [],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("decide_not_to_share")
def not_share(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person_id = resolve_person(person_id, request.staff)
    permissions.may_share(request.staff).enforce()
    about, _ = about_child(person_id, request.staff)
    form = NotSharedForm(
        request.POST if request.method == "POST" else None, people=queries.directory(request.staff)
    )
    if request.method == "POST" and form.is_valid():
        made = actions.decide_not_to_share(
            person_id,
            form.recipient_chosen(),
            purpose=form.cleaned_data["purpose"],
            reason=form.cleaned_data["reason"],
            by=request.staff,
            now=request.now,
        )
        messages.success(request, "Kept in the register: you decided not to share, and why.")
        return redirect("sharing:disclosure", disclosure_id=made.pk)
    return TemplateResponse(
        request,
        "sharing/not_share.html",
        {"back_link": f"/children/{person_id}/share/", "about": about, "form": form},
    )


@require_POST
@staff_page("decide_as_second", step_up=True)
def second(request: HttpRequest, disclosure_id: UUID) -> HttpResponse:
    deed = actions.approve if request.POST.get("decision") == "approve" else actions.refuse
    made = deed(disclosure_id, words=request.POST.get("words", ""), by=request.staff, now=request.now)
    messages.success(
        request, "Approved and sent." if made.state == State.SENT else "Not approved: the sender reads why."
    )
    return redirect("sharing:disclosure", disclosure_id=disclosure_id)


@require_POST
@staff_page("reply_to_shared")
def reply(request: HttpRequest, disclosure_id: UUID) -> HttpResponse:
    actions.reply(disclosure_id, words=request.POST.get("words", ""), by=request.staff, now=request.now)
    messages.success(request, "Your answer is with the sender.")
    return redirect("sharing:disclosure", disclosure_id=disclosure_id)


@require_POST
@staff_page("recall_shared")
def recall(request: HttpRequest, disclosure_id: UUID) -> HttpResponse:
    actions.recall(disclosure_id, reason=request.POST.get("words", ""), by=request.staff, now=request.now)
    messages.success(request, "Recalled: it can no longer be opened. What was read before stays read.")
    return redirect("sharing:disclosure", disclosure_id=disclosure_id)


@require_safe
@staff_page("download_shared", step_up=True)
def as_file(request: HttpRequest, disclosure_id: UUID) -> HttpResponse:
    """For the recipient: the same cells as a flat file, its mark on top."""
    found = queries.shared_with(request.staff, request.now).filter(pk=disclosure_id).first()
    if found is None:
        raise Http404
    items = queries.items_of(found, request.staff)
    actions.receive(found, by=request.staff, now=request.now)
    audit.record(
        audit.Verb.DISCLOSE,
        "download_shared",
        subjects=[found.person_id],
        asked=found.pk,
        counts={"items": len(items)},
    )
    response = HttpResponse(
        flat_file.written(found, items),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = 'attachment; filename="shared.xlsx"'
    return response


def _shown_again(form: ShareForm, person_id: UUID, by: Staff) -> actions.Prepared | None:
    """After a refusal what was chosen is shown once more, unless just that is refused."""
    try:
        return actions.prepare(person_id, form.cleaned_data["items"], form.recipient_chosen(), by)
    except NotPermitted:
        return None


def _share_form(request: HttpRequest, person_id: UUID) -> ShareForm:
    return ShareForm(
        request.POST if request.method == "POST" else None,
        items=offered(person_id, request.staff),
        people=queries.directory(request.staff),
        initial={"lawful_basis": queries.basis_suggested(request.staff)},
    )

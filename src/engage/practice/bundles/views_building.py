"""Pages on one bundle: what was gathered, each span, the second reader's pages, and handing it over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engage.govuk.components import SummaryRow
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import NotPermitted, acting
from engage.practice.sharing.offer import told_by_words

from . import building, permissions, queries, reading, releasing, tables
from .forms import (
    ConsultForm,
    FinishForm,
    HandOverForm,
    MarkForm,
    RecallForm,
    RemarkForm,
    SpanForm,
    WordsForm,
)
from .models import Bundle, BundleFile, BundleSpan
from .printed import cover

State = Bundle.State
PER_PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("read_bundle")
def edition(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    bundle = queries.bundles(request.staff).get(pk=bundle_id)
    spans = queries.spans_of(bundle, request.staff)
    _is_a_look_at_the_child(bundle, spans)
    deed = request.POST.get("deed", "") if request.method == "POST" else ""
    consult = ConsultForm(request.POST if deed == "consult" else None)
    consult.fields["agency"].choices = _owners_to_ask(spans)
    others = [one for one in queries.possible_preparers() if one.pk != bundle.preparer_id]
    finish = FinishForm(request.POST if deed == "finish" else None, people=others)
    form = {"consult": consult, "finish": finish}.get(deed)
    if deed == "plain" or (form is not None and form.is_valid()):
        try:
            with transaction.atomic():
                _do(deed, request, bundle, form)
        except NotPermitted as refusal:
            if form is None:
                raise
            form.add_error(None, str(refusal))
        else:
            return redirect("bundles:edition", bundle_id=bundle.pk)
    page = Paginator(spans, PER_PAGE).get_page(request.GET.get("page"))
    is_preparer = bundle.preparer_id == request.staff.pk
    answers = bool(permissions.answers_for(request.staff, bundle.request))
    return TemplateResponse(
        request,
        "bundles/edition.html",
        {
            "current_section": "sharing",
            "back_link": f"/bundles/{bundle.request_id}/",
            "bundle": bundle,
            "colour": tables.COLOURS[State(bundle.state)],
            "form": form if form is not None and form.errors else None,
            "summary": tables.bundle_summary(bundle),
            "page": page,
            "table": tables.spans_table(bundle, page) if spans else None,
            "left": queries.undecided(bundle, request.staff) if is_preparer else None,
            "preparing": is_preparer and bundle.state == State.PREPARING,
            "consult": consult if consult.fields["agency"].choices else None,
            "ask_url": f"/children/{bundle.request.person_id}/ask/",
            "finish": finish,
            "may_read": bool(permissions.may_read(request.staff, bundle)),
            "may_release": answers and bundle.state == State.APPROVED,
            "may_recall": answers and bundle.state == State.RELEASED,
            "files": _files(bundle, request),
            "hand_over": HandOverForm(),
            "recall": RecallForm(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("read_bundle_span")
def span(request: HttpRequest, bundle_id: UUID, span_id: UUID) -> HttpResponse:
    bundle = queries.bundles(request.staff).get(pk=bundle_id)
    found = _span(bundle, span_id, request)
    _is_a_look_at_the_child(bundle, [found])
    deed = request.POST.get("deed", "") if request.method == "POST" else ""

    def sent(name: str) -> Any:
        return request.POST if deed == name else None

    whole = SpanForm(
        sent("whole"), initial={"choice": found.decision.choice, "reason": found.decision.reason}
    )
    marks = MarkForm(sent("mark"), span=found) if found.found else None
    words = WordsForm(sent("words"), span=found)
    form = {"whole": whole, "mark": marks, "words": words}.get(deed)
    if form is not None and form.is_valid():
        try:
            with transaction.atomic():
                _decide(deed, request, bundle, found, form)
        except NotPermitted as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("bundles:span", bundle_id=bundle.pk, span_id=found.pk)
    return TemplateResponse(
        request,
        "bundles/span.html",
        {
            "current_section": "sharing",
            "back_link": f"/bundles/editions/{bundle.pk}/",
            "bundle": bundle,
            "span": found,
            "parts": _parts(found),
            "summary": tables.span_summary(found),
            "may_decide": bool(permissions.may_decide(request.staff, bundle)),
            "whole": whole,
            "marks": marks,
            "words": words,
            "form": form if form is not None and form.errors else None,
            "next_url": _next_to_decide(bundle, found, request),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("read_bundle_second")
def read(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    """A page of the bundle as it leaves, for the second reader."""
    bundle = queries.bundles(request.staff).get(pk=bundle_id)
    permissions.may_read(request.staff, bundle).enforce()
    spans = queries.spans_of(bundle, request.staff)
    _is_a_look_at_the_child(bundle, spans)
    items = queries.leaving(spans)
    pages = queries.pages(items)
    asked = request.POST.get("page") or request.GET.get("page") or "1"
    if not asked.isdecimal() or not 1 <= int(asked) <= len(pages):
        raise Http404
    page = int(asked)
    if request.method == "POST":
        deed, words = request.POST.get("deed", ""), request.POST.get("words", "")
        if deed == "approve":
            reading.approve(bundle.pk, words=words, by=request.staff, now=request.now)
            messages.success(request, "Approved: who answers for the request hands it over.")
            return redirect("bundles:edition", bundle_id=bundle.pk)
        if deed == "send_back":
            reading.send_back(bundle.pk, words=words, by=request.staff, now=request.now)
            messages.success(request, "Sent back: the preparer reads your remark.")
            return redirect("bundles:edition", bundle_id=bundle.pk)
        reading.read_page(bundle.pk, page, by=request.staff, now=request.now)
        return redirect(f"{reverse('bundles:read', args=[bundle.pk])}?page={min(page + 1, len(pages))}")
    told = cover(bundle, bundle.request, items, queries.withheld(queries.whole(bundle, request.now)))
    return TemplateResponse(
        request,
        "bundles/read.html",
        {
            "current_section": "sharing",
            "back_link": f"/bundles/editions/{bundle.pk}/",
            "bundle": bundle,
            "page": page,
            "pages": len(pages),
            "items": pages[page - 1],
            "cover": told | {"rows": [SummaryRow(name, words) for name, words in told["cover"]]}
            if page == 1
            else None,
            "was_read": page in bundle.pages_read,
            "all_read": len(bundle.pages_read) == len(pages),
            "remark": RemarkForm(),
        },
    )


@require_POST
@staff_page("release_bundle_to_requester", step_up=True)
def release(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    words = request.POST.get("handed_over", "")
    releasing.release(bundle_id, handed_over=words, by=request.staff, now=request.now)
    messages.success(request, "Noted in the register.")
    return redirect("bundles:edition", bundle_id=bundle_id)


@require_POST
@staff_page("recall_released_bundle")
def recall(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    words = request.POST.get("because", "")
    releasing.recall(bundle_id, because=words, by=request.staff, now=request.now)
    messages.success(request, "Recalled. Ask for it back, and tell your data-protection officer today.")
    return redirect("bundles:edition", bundle_id=bundle_id)


@require_safe
@staff_page("download_bundle_as_pdf", step_up=True)
def as_pdf(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    return _file(request, bundle_id, BundleFile.Kind.PDF, "application/pdf", "bundle.pdf")


@require_safe
@staff_page("download_bundle_sealed", step_up=True)
def as_sealed(request: HttpRequest, bundle_id: UUID) -> HttpResponse:
    return _file(request, bundle_id, BundleFile.Kind.SEALED, "application/zip", "bundle.zip")


def _file(request: HttpRequest, bundle_id: UUID, kind: str, content_type: str, name: str) -> HttpResponse:
    content = releasing.taken_away(bundle_id, kind, by=request.staff, now=request.now)
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _do(deed: str, request: HttpRequest, bundle: Bundle, form: Any) -> None:
    who = {"by": request.staff, "now": request.now}
    if deed == "plain":
        number = building.include_plain(bundle.pk, **who)
        messages.success(request, f"{number} included.")
    elif deed == "consult":
        said = form.cleaned_data
        building.owner_consulted(bundle.pk, int(said["agency"]), words=said["owner_said"], **who)
        messages.success(request, "Kept with each of its spans.")
    else:
        reader = form.people[form.cleaned_data["reader"]]
        building.finish(bundle.pk, reader, **who)
        messages.success(request, f"With {reader.name}, who finds it on Today.")


def _decide(deed: str, request: HttpRequest, bundle: Bundle, found: BundleSpan, form: Any) -> None:
    who = {"by": request.staff, "now": request.now}
    said = form.cleaned_data
    if deed == "whole":
        building.decide_span(bundle.pk, found.pk, choice=said["choice"], reason=said["reason"] or "", **who)
    elif deed == "mark":
        building.decide_mark(
            bundle.pk,
            UUID(said["mark"]),
            choice=said["mark_choice"],
            reason=said["mark_reason"] or "",
            everywhere=said["everywhere"],
            **who,
        )
    else:
        building.redact_words(bundle.pk, found.pk, said["words"], reason=said["why"], **who)
    messages.success(request, "Kept.")


def _span(bundle: Bundle, span_id: UUID, request: HttpRequest) -> BundleSpan:
    try:
        return queries.span_of(bundle, span_id, request.staff)
    except StopIteration:
        raise BundleSpan.DoesNotExist from None


def _owners_to_ask(spans: list[BundleSpan]) -> list[tuple[str, str]]:
    """Named as the record names them: the name of some services tells what they know."""
    waiting = {span.owner_id: span.owner for span in spans if building.waits_for_owner(span)}
    counts = {
        pk: sum(span.owner_id == pk and building.waits_for_owner(span) for span in spans) for pk in waiting
    }
    return [
        (str(pk), f"{told_by_words(owner)}: {counts[pk]} to ask about")
        for pk, owner in waiting.items()
        if owner
    ]


def _parts(found: BundleSpan) -> list[tuple[str, str]]:
    """The words with what is marked in them: ("", plain), or ("undecided" | "redact" | "keep", marked)."""
    parts, at = [], 0
    for mark in found.found:
        if mark.start < at:
            continue  # chosen by hand over a suggestion: the list below has both
        parts.append(("", found.said[at : mark.start]))
        parts.append((mark.choice or "undecided", found.said[mark.start : mark.end]))
        at = mark.end
    parts.append(("", found.said[at:]))
    return [part for part in parts if part[1]]


def _next_to_decide(bundle: Bundle, found: BundleSpan, request: HttpRequest) -> str:
    waiting = [
        span
        for span in queries.spans_of(bundle, request.staff)
        if span.pk != found.pk and (not span.decision.choice or any(not mark.choice for mark in span.found))
    ]
    after = next((span for span in waiting if span.place > found.place), waiting[0] if waiting else None)
    return reverse("bundles:span", args=[bundle.pk, after.pk]) if after else ""


def _is_a_look_at_the_child(bundle: Bundle, spans: Sequence[BundleSpan]) -> None:
    """What was gathered belongs to no person by itself: the account says whose it is."""
    if spans and bundle.request.person_id:
        by = acting()
        permissions.may_have_a_part(by.staff, bundle.request.person_id, by.now).enforce()
        by.shown.add(bundle.request.person_id)


def _files(bundle: Bundle, request: HttpRequest) -> list[tuple[str, str]]:
    """Text and address of each file that this reader may take."""
    kinds = queries.kinds_of_files(bundle, request.staff)
    return [
        (words, reverse(f"bundles:as_{kind}", args=[bundle.pk]))
        for kind, words in (("pdf", "The bundle (PDF)"), ("sealed", "Sealed for the inquiry (ZIP)"))
        if kind in kinds
    ]

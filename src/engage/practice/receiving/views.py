"""Files: hand one in, see what would change, receive it, read its receipt."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from engage.practice.access import audit, scanner
from engage.practice.access.doors import staff_page
from engage.practice.access.scanner import ScannerAway
from engage.practice.agencies.models import Staff
from engage.practice.people.queries import shown_identity

from . import permissions, queries, tables, uploads
from .actions import refuse_upload
from .feeds import formats, formats_sent_by
from .forms import HandInForm
from .jobs import Work, begin_receiving, work_on
from .models import ReceivedFile, RowProblem
from .reading import FileRefused, Format


def titles() -> dict[str, str]:
    return {code: format.title for code, format in formats().items()}


@require_safe
@staff_page("list_files")
def files(request: HttpRequest) -> HttpResponse:
    held_only = bool(request.GET.get("held"))
    rows = (queries.files_with_held_rows if held_only else queries.receipts)(request.staff)
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    return TemplateResponse(
        request,
        "receiving/files.html",
        {
            "page": page,
            "table": tables.files_table(page, titles(), held_only),
            "held_only": held_only,
            "can_hand_in": bool(_formats_for(request.staff)),
            "persons_of_concern": permissions.may_read_persons_of_concern(request.staff),
            "current_section": "files",
        },
    )


@require_safe
@staff_page("list_held_rows")
def held(request: HttpRequest) -> HttpResponse:
    rows = (
        queries.held_rows(request.staff).select_related("file").order_by("-file__received_at", "row_number")
    )
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return TemplateResponse(
        request,
        "receiving/held.html",
        {
            "page": page,
            "table": tables.held_table(page, queries.why_held(page, request.staff), titles()),
            "back_link": "/files/",
            "current_section": "files",
        },
    )


@require_safe
@staff_page("list_persons_of_concern")
def persons_of_concern(request: HttpRequest) -> HttpResponse:
    _enforce_persons_of_concern(request)
    page = Paginator(queries.persons_of_concern(request.staff), 50).get_page(request.GET.get("page"))
    return TemplateResponse(
        request,
        "receiving/persons_of_concern.html",
        {
            "page": page,
            "table": tables.persons_of_concern_table(page, queries.links_counted(list(page), request.staff)),
            "back_link": "/files/",
            "current_section": "files",
        },
    )


@require_safe
@staff_page("read_person_of_concern")
def person_of_concern(request: HttpRequest, concern_id: UUID) -> HttpResponse:
    _enforce_persons_of_concern(request)
    person = queries.persons_of_concern(request.staff).get(pk=concern_id)
    links = queries.links_of(person, request.staff)
    children = queries.children_in_register(links, request.staff)
    names = shown_identity(list(children.values()), request.staff)
    return TemplateResponse(
        request,
        "receiving/person_of_concern.html",
        {
            "person": person,
            "summary": tables.person_of_concern_summary(person),
            "links": tables.links_table(links, children, names),
            "back_link": "/files/persons-of-concern/",
            "current_section": "files",
        },
    )


def _enforce_persons_of_concern(request: HttpRequest) -> None:
    if not permissions.may_read_persons_of_concern(request.staff):
        raise Http404


def _formats_for(by: Staff) -> list[Format]:
    return [
        format
        for format in formats_sent_by(by.agency)
        if permissions.may_look_into(by, by.agency, format).allowed
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("hand_in_file")
def hand_in(request: HttpRequest) -> HttpResponse:
    choices = _formats_for(request.staff)
    if not choices:
        raise Http404
    form = HandInForm.for_formats(choices)(request.POST or None, request.FILES or None, formats=choices)
    if request.method == "POST" and form.is_valid():
        format = formats()[form.cleaned_data["format"]]
        permissions.may_look_into(request.staff, request.staff.agency, format).enforce()
        sent = form.cleaned_data["file"]
        try:
            upload = uploads.keep(
                sent,
                format=format.code,
                by=request.staff,
                collection_year=form.collection_year(),
                sheet=form.cleaned_data.get("sheet", ""),
            )
        except FileRefused as refusal:
            refused = refuse_upload(
                sent.chunks(),
                refusal,
                format=format,
                by=request.staff,
                now=request.now,
                file_name=sent.name or "file",
            )
            return redirect("receiving:receipt", file_id=refused.pk)
        except ScannerAway as away:
            form.add_error("file", str(away))
        else:
            return redirect("receiving:preview", upload_id=upload.id)
    return TemplateResponse(
        request,
        "receiving/hand_in.html",
        {"form": form, "scanned": scanner.is_set(), "back_link": "/files/", "current_section": "files"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("preview_file")
def preview(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    try:
        upload = uploads.kept(upload_id, by=request.staff)
    except FileNotFoundError as gone:
        raise Http404 from gone
    if request.method == "POST":
        if "discard" in request.POST:
            uploads.discard(upload)
            messages.info(request, "The file was not received. Nothing of it was kept.")
            return redirect("receiving:files")
        # Kept before the job begins: it may be done, and the upload gone, before the next page asks.
        same: dict[str, str | int] = {
            "format": upload.format,
            "sha256": uploads.sha256_of(upload),
            "sheet": upload.sheet,
        }
        if upload.collection_year and formats()[upload.format].statutory_rules:
            same["collection_year"] = upload.collection_year
        request.session[_session_name(upload_id)] = same
        begin_receiving(upload)
        audit.record(audit.Verb.COLLECT, "hand_in_file", acting_for=upload.agency)
        return redirect("receiving:progress", upload_id=upload.id)
    found = uploads.look_into(upload, by=request.staff, now=request.now)
    return TemplateResponse(
        request,
        "receiving/preview.html",
        {
            "upload": upload,
            "format": formats()[upload.format],
            "found": found,
            "tables": tables.preview_tables(found.rows),
            "back_link": "/files/hand-in/",
            "current_section": "files",
        },
    )


@require_safe
@staff_page("watch_file")
def progress(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """How far receiving has come; leads to the receipt when there is one."""
    same = request.session.get(_session_name(upload_id))
    if same is None:
        raise Http404
    try:
        uploads.kept(upload_id, by=request.staff)
        waiting = True
    except FileNotFoundError:
        waiting = False
    of_these_bytes = queries.receipts(request.staff).filter(**same)
    file = of_these_bytes.filter(by=request.staff).first() or of_these_bytes.first()
    if file is not None and not waiting:
        target = redirect("receiving:receipt", file_id=file.pk)
        if request.htmx:
            return HttpResponse(headers={"HX-Redirect": target.url})
        return target
    work = work_on(upload_id)
    if work == Work.STOPPED and request.htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})  # the whole page, which then asks no more
    template = "receiving/progress_part.html" if request.htmx else "receiving/progress.html"
    return TemplateResponse(
        request,
        template,
        {
            "file": file,
            "upload_id": upload_id,
            "stopped": work == Work.STOPPED,
            "again_soon": work == Work.AGAIN_SOON,
            "current_section": "files",
        },
    )


def _session_name(upload_id: UUID) -> str:
    return f"upload-{upload_id}"


@require_safe
@staff_page("read_receipt")
def receipt(request: HttpRequest, file_id: UUID) -> HttpResponse:
    file = queries.receipts(request.staff).get(pk=file_id)
    problems = queries.problems_of(file, request.staff)
    kind = request.GET.get("outcome")
    if kind in RowProblem.Outcome.values:
        problems = problems.filter(outcome=kind)
    page = Paginator(problems, 50).get_page(request.GET.get("page"))
    return TemplateResponse(
        request,
        "receiving/receipt.html",
        {
            "file": file,
            "page": page,
            "table": tables.problems_table(page),
            "summary": tables.receipt_summary(file, titles().get(file.format, file.format)),
            "outcome": kind,
            "refused": file.state == ReceivedFile.State.REFUSED,
            "back_link": "/files/",
            "current_section": "files",
        },
    )


@require_safe
@staff_page("download_rows_to_mend", step_up=True)
def rows_to_mend(request: HttpRequest, file_id: UUID) -> HttpResponse:
    file = queries.receipts(request.staff).get(pk=file_id)
    audit.record(audit.Verb.DISCLOSE, "download_rows_to_mend", acting_for=file.agency.code, asked=file.pk)
    response = HttpResponse(
        queries.problem_rows_csv(file, request.staff), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{file.format}-to-mend.csv"'
    return response

"""Agencies' systems send their files here. The answer is the receipt."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Query, Schema
from ninja.security import HttpBearer

from engage.practice.access import audit
from engage.practice.access.doors import clock
from engage.practice.access.encrypted_files import nameless, path_of
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.scanner import ScannerAway
from engage.practice.agencies.models import Staff

from .actions import receive_file, receiver
from .feeds import UnknownFormat
from .models import FeedToken, ReceivedFile
from .queries import page_of_problems, receipt
from .tokens import token_of

LARGEST_UPLOAD = 2 * 1024**3


class FeedTokenAuth(HttpBearer):
    """A token made by `./run engage token create`."""

    def authenticate(self, request: HttpRequest, token: str) -> FeedToken | None:
        return token_of(token, now=clock())


class Rows(Schema):
    received: int
    applied: int
    unchanged: int
    rejected: int
    held: int


class FlagOut(Schema):
    code: str
    sentence: str


class ProblemOut(Schema):
    row: int
    sheet: str
    column: str
    outcome: str
    reason_code: str
    sentence: str


class Refusal(Schema):
    reason_code: str
    sentence: str


class Receipt(Schema):
    """What became of each row. rows.received = applied + unchanged + rejected + held."""

    receipt_id: str
    format: str
    agency: str
    file_name: str
    sha256: str
    received_at: str
    state: str
    rows: Rows
    flags: list[FlagOut]
    problems: list[ProblemOut]
    problems_left_out: int
    not_checked: list[str]
    refusal: Refusal | None = None


class Problems(Schema):
    """One page of what is wrong with a file; the last page is number `pages`."""

    receipt_id: str
    page: int
    pages: int
    count: int
    problems: list[ProblemOut]


class Problem(Schema):
    detail: str


api = NinjaAPI(
    title="Engage feeds",
    version="1",
    description="Send the files of a feed and read their receipts. See docs/how-to/send-us-a-file.md.",
    urls_namespace="feeds_api",
    docs_url=None,  # its page loads scripts from elsewhere; docs/reference/api.md says the same
)


@api.exception_handler(audit.AuditUnavailable)
def _no_account(request: HttpRequest, _failure: audit.AuditUnavailable) -> HttpResponse:
    """Without an account nothing is received and nothing is shown; the sender tries again later."""
    return api.create_response(
        request, {"detail": "The account of this could not be written, so nothing was done."}, status=503
    )


@api.exception_handler(ScannerAway)
def _not_scanned(request: HttpRequest, away: ScannerAway) -> HttpResponse:
    return api.create_response(request, {"detail": str(away)}, status=503)


def _nothing() -> tuple[int, dict[str, str]]:
    """One answer for a format that does not exist and for one this token may not send."""
    return 404, {"detail": "There is nothing here, or nothing that this token may use."}


def _too_large() -> tuple[int, dict[str, str]]:
    return 413, {"detail": "The file is larger than 2 GiB. Send it in parts."}


@api.post(
    "/feeds/{format}/files",
    auth=FeedTokenAuth(),
    response={201: Receipt, 200: Receipt, 404: Problem, 413: Problem, 422: Receipt, 503: Problem},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                },
            },
        }
    },
)
def send_file(
    request: HttpRequest,
    format: str,
    file_name: str = "",
    year: int | None = Query(None, ge=2000, le=2100, description="Collection year of a statutory return"),
    sheet: str = Query(
        "",
        max_length=31,
        description="Sheet of a workbook, if not the first or the one that the format names",
    ),
) -> Any:
    """Send one file, as the body or as the multipart part `file`.

    201 with the receipt of a new file; 200 with the first receipt if these bytes were received before;
    422 with the receipt of a refused file, malware among them; 503 where nothing was taken and it is to be sent again,
    such as when the malware scanner does not answer.
    """
    token: FeedToken = request.auth  # type: ignore[attr-defined]
    if format not in token.formats:
        return _nothing()
    if int(request.headers.get("Content-Length") or 0) > LARGEST_UPLOAD:
        return _too_large()
    settings.RECEIVED_FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Read at once and never put aside: it has no name on the disk, and is gone when this process is.
    with nameless(settings.RECEIVED_FOLDER) as kept:
        if (request.content_type or "").startswith("multipart/"):
            sent = request.FILES.get("file")
            if sent is None:
                return 422, _no_file(format, token)
            for part in sent.chunks():
                kept.write(part)
            file_name = file_name or sent.name or ""
        else:
            while part := request.read(1024 * 1024):
                kept.write(part)
                if kept.tell() > LARGEST_UPLOAD:  # a body sent in pieces does not say its length before
                    return _too_large()
        kept.flush()
        now = clock()
        try:
            received = receive_file(
                path_of(kept),
                format_code=format,
                agency=token.agency,
                by=token.staff,
                now=now,
                file_name=file_name or f"{format} by API",
                collection_year=year,
                sheet=sheet,
            )
        except (UnknownFormat, NotPermitted):
            return _nothing()
    refused = received.file.state == ReceivedFile.State.REFUSED
    status = 422 if refused else 200 if received.already else 201
    return status, _receipt(received.file, now)


@api.get(
    "/feeds/receipts/{receipt_id}", auth=FeedTokenAuth(), response={200: Receipt, 404: Problem, 503: Problem}
)
def read_receipt(request: HttpRequest, receipt_id: str) -> Any:
    """A receipt of this token's agency, again."""
    token: FeedToken = request.auth  # type: ignore[attr-defined]
    service = receiver()
    with acting_as(service, now=clock()):
        file = _sent_with(token, receipt_id, service)
        if file is None:
            return _nothing()
        audit.record(audit.Verb.CONSULT, "read_receipt", acting_for=token.agency.code, asked=file.pk)
        return 200, receipt(file, service)


@api.get(
    "/feeds/{format}/files/{receipt_id}/problems",
    auth=FeedTokenAuth(),
    response={200: Problems, 404: Problem},
)
def read_problems(
    request: HttpRequest, format: str, receipt_id: str, page: int = Query(1, ge=1, le=1_000_000)
) -> Any:
    """All rows that were rejected, held or remarked on: a receipt names the first thousand alone."""
    token: FeedToken = request.auth  # type: ignore[attr-defined]
    service = receiver()
    with acting_as(service, now=clock()):
        file = _sent_with(token, receipt_id, service)
        if file is None or file.format != format:
            return _nothing()
        audit.record(audit.Verb.CONSULT, "read_problems", acting_for=token.agency.code, asked=file.pk)
        return 200, page_of_problems(file, service, page)


def _sent_with(token: FeedToken, receipt_id: str, service: Staff) -> ReceivedFile | None:
    """A receipt of the token's agency and formats; None for one that is not there and for any other."""
    try:
        return (
            ReceivedFile.objects.visible_to(service)
            .select_related("agency")
            .get(pk=receipt_id, agency=token.agency, format__in=token.formats)
        )
    except (ReceivedFile.DoesNotExist, ValidationError):
        return None


def _receipt(file: ReceivedFile, now) -> dict:
    service = receiver()
    with acting_as(service, now=now):
        audit.record(audit.Verb.CONSULT, "read_receipt", acting_for=file.agency.code, asked=file.pk)
        return receipt(file, service)


def _no_file(format: str, token: FeedToken) -> dict:
    return {
        "receipt_id": "",
        "format": format,
        "agency": token.agency.code,
        "file_name": "",
        "sha256": "",
        "received_at": clock().isoformat(),
        "state": "refused",
        "rows": dict.fromkeys(("received", "applied", "unchanged", "rejected", "held"), 0),
        "flags": [],
        "problems": [],
        "problems_left_out": 0,
        "not_checked": [],
        "refusal": {
            "reason_code": "no_file",
            "sentence": "Send the file as the part named “file”, or as the body.",
        },
    }

"""The installation's own registers, for its information-governance leads: on a page, printed, and as a flat file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from engage.govuk.components import Column, Row, Table

from . import audit, permissions, registers
from .doors import staff_page
from .views import _page as access_page


@require_safe
@staff_page("registers")
def article_30(request: HttpRequest) -> HttpResponse:
    permissions.may_read_registers(request.staff).enforce()
    return access_page(
        request,
        "registers",
        {
            "tables": [
                Table(
                    part.title,
                    [Column(name) for name in part.columns],
                    [Row(row) for row in part.rows],
                    "None.",
                    sentences=True,
                )
                for part in registers.article_30(request.now)
            ]
        },
    )


@require_safe
@staff_page("registers_as_file")
def article_30_as_file(request: HttpRequest) -> HttpResponse:
    permissions.may_read_registers(request.staff).enforce()
    audit.record(audit.Verb.CONSULT, "take_register_of_processing", kinds=["access.registers"])
    response = HttpResponse(
        registers.as_csv(registers.article_30(request.now)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="record-of-processing.csv"'
    return response

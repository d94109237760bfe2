"""The installation's own registers, for its information-governance leads: on a page, printed, and as a flat file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from engage.govuk.components import Column, Row, SummaryRow, Table

from . import audit, permissions, registers
from .doors import staff_page
from .registers import Part
from .views import access_page

MOST_COLUMNS = 6


@require_safe
@staff_page("registers")
def article_30(request: HttpRequest) -> HttpResponse:
    permissions.may_read_registers(request.staff).enforce()
    return access_page(
        request, "registers", {"parts": [_shown(part) for part in registers.article_30(request.now)]}
    )


def _shown(part: Part) -> Table | tuple[str, list[list[SummaryRow]]]:
    """A table; or lists, where it would be too wide for paper or is no more than names and what they are."""
    if len(part.columns) > MOST_COLUMNS:
        lists = [
            [SummaryRow(name, cell) for name, cell in zip(part.columns, row, strict=True)]
            for row in part.rows
        ]
        return part.title, lists
    if len(part.columns) == 2:
        return part.title, [[SummaryRow(row[0], row[1]) for row in part.rows]]
    return Table(
        part.title,
        [Column(name) for name in part.columns],
        [Row(row) for row in part.rows],
        "None.",
        sentences=True,
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

"""Letters from outside: the list, and one letter."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from engage.practice.access.doors import staff_page

from . import actions, permissions, queries, tables

PER_PAGE = 25


@require_safe
@staff_page("list_letters")
def letters(request: HttpRequest) -> HttpResponse:
    permissions.may_read_letters(request.staff).enforce()
    page = Paginator(queries.letters(request.staff), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    return TemplateResponse(
        request,
        "front_door/letters.html",
        {
            "page": page,
            "table": tables.letters_table(shown, queries.openers(shown)),
            "current_section": "letters",
        },
    )


@require_safe
@staff_page("read_letter")
def letter(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    letter = queries.letters(request.staff).get(pk=letter_id)
    return TemplateResponse(
        request,
        "front_door/letter.html",
        {
            "letter": letter,
            "summary": tables.letter_summary(letter, queries.openers([letter])),
            "back_link": "/letters/",
            "current_section": "letters",
        },
    )


@require_POST
@staff_page("open_letter")
def open_letter(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    actions.open_letter(letter_id, by=request.staff, now=request.now)
    messages.success(request, "Your colleagues see that you have opened this letter and see to it.")
    return redirect("front_door:letter", letter_id=letter_id)

"""The lists of Today that have no page elsewhere, whole: nobody missing is out of reach for being eleventh."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from engage.practice.access.doors import staff_page

from .reviews import reviews_list
from .roles import may_look_at_children
from .today import PARTS
from .waiting import awaiting_list, missing_list

LISTS = {"missing": missing_list, "awaiting": awaiting_list, "reviews": reviews_list}
PER_PAGE = 50


@require_safe
@staff_page("today_whole_list")
def whole_list(request: HttpRequest, name: str) -> HttpResponse:
    if name not in LISTS:
        raise Http404
    may_look_at_children(request.staff).enforce()
    part = next(part for part in PARTS if part.name == name)
    if not part.for_whom(request.staff):
        raise Http404
    table, page = LISTS[name](request.staff, request.now, number=request.GET.get("page"), per_page=PER_PAGE)
    context = {
        "current_section": "today",
        "breadcrumbs": [("Today", "/today/"), (part.title, "")],
        "part": part,
        "table": table,
        "page": page,
    }
    return TemplateResponse(request, "desk/whole_list.html", context)

"""Today: who is missing, who waits for somebody, and what waits for this reader. Each part refreshes itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.http import require_safe

from engage.govuk.components import Table
from engage.practice.access.doors import staff_page
from engage.practice.access.gate import acting
from engage.practice.agencies.models import Staff
from engage.practice.missing.permissions import may_settle
from engage.practice.sharing.permissions import may_share

from . import reviews, waiting
from .from_colleagues import colleagues_list
from .roles import WITHOUT_CHILDREN, decides_pairs, may_look_at_children, works_through_first_looks

REFRESH_SECONDS = 20


@dataclass(frozen=True)
class Part:
    name: str
    title: str
    order: str
    read: Callable[[Staff, datetime], Table]
    for_whom: Callable[[Staff], bool]
    full_list: str = ""  # its address, where there is one


@dataclass(frozen=True)
class PartShown:
    part: Part
    table: Table
    content: str = ""

    @property
    def url(self) -> str:
        return reverse("desk:today_part", args=[self.part.name])


@require_safe
@staff_page("today")
def today(request: HttpRequest) -> HttpResponse:
    shown = [_shown(part, request) for part in parts_for(request.staff)]
    return TemplateResponse(
        request,
        "desk/today.html",
        {
            "current_section": "today",
            "parts": shown,
            "now": request.now,
            "seconds": REFRESH_SECONDS,
            "nothing_here": WITHOUT_CHILDREN.get(request.staff.role, ""),
        },
    )


@require_safe
@staff_page("today_refreshed")
def today_part(request: HttpRequest, name: str) -> HttpResponse:
    """The inside of one part; 204 where it is what the page shows already.

    Nothing was shown then, so nothing is accounted for.
    """
    part = next((part for part in parts_for(request.staff) if part.name == name), None)
    if part is None:
        raise Http404
    content = _shown(part, request).content
    if constant_time_compare(request.GET.get("seen", ""), fingerprint(content, request.staff)):
        acting().shown.clear()
        acting().kinds_read.clear()
        return HttpResponse(status=204)
    return HttpResponse(_marked(content, request.staff))


def fingerprint(content: str, reader: Staff) -> str:
    """Keyed and bound to the reader: only who was shown this content can say that they have it."""
    return salted_hmac("engage.desk.today", f"{reader.pk}\n{content}", algorithm="sha256").hexdigest()[:32]


def parts_for(reader: Staff) -> list[Part]:
    return [part for part in PARTS if part.for_whom(reader)]


def _shown(part: Part, request: HttpRequest) -> PartShown:
    table = part.read(request.staff, request.now)
    shown = PartShown(part, table)
    content: str = render_to_string("desk/today_part.html", {"shown": shown})
    if request.resolver_match and request.resolver_match.url_name == "today":
        content = _marked(content, request.staff)
    return PartShown(part, table, content)


def _marked(content: str, reader: Staff) -> str:
    return render_to_string(
        "desk/today_seen.html", {"content": content, "seen": fingerprint(content, reader)}
    )


def _works_with_children(reader: Staff) -> bool:
    return bool(may_look_at_children(reader))


PARTS = (
    Part(
        "missing",
        "Missing now",
        "Graded high first, then whoever has been missing longest.",
        waiting.missing,
        _works_with_children,
        "/today/missing/all/",
    ),
    Part(
        "colleagues",
        "From colleagues, waiting for you",
        "Alarms and looks to explain first, then emergency access to review, requests to see what is held, what waits for a second"
        " person, questions by the day they are due, and what was shared with you and not opened yet.",
        colleagues_list,
        lambda reader: bool(may_share(reader)) or reader.role == "dpo_audit",
        "/sharing/",
    ),
    Part(
        "held",
        "Held reports",
        "No rule can tell to which time missing they belong: a person must say. The oldest stands first.",
        waiting.held,
        lambda reader: bool(may_settle(reader)),
        "/episodes/held/",
    ),
    Part(
        "awaiting",
        "Back and awaiting a return interview",
        "Nearest to the end of the 72 hours first, on either side of it, so that one just overdue is not lost behind"
        f" those long overdue. Today leaves those due more than {settings.AWAITING_ON_TODAY_DAYS} days ago to the whole list.",
        waiting.awaiting,
        _works_with_children,
        "/today/awaiting/all/",
    ),
    Part(
        "looks",
        "First looks to do",
        "Immediate danger first, then the nearest clock, then whoever has waited longest. No score orders this list.",
        waiting.looks,
        works_through_first_looks,
        "/first-looks/",
    ),
    Part(
        "reviews",
        reviews.TITLE,
        "The longest overdue first, then those due within seven days. A judgement goes when somebody takes the look"
        " again, or judges later.",
        lambda reader, now: reviews.reviews_list(reader, now, per_page=waiting.MOST_ROWS_LATER)[0],
        works_through_first_looks,
        "/today/reviews/all/",
    ),
    Part(
        "pairs",
        "Pairs to decide",
        "What is due first stands first; only pairs that touch a child with something open.",
        waiting.pairs,
        decides_pairs,
        "/pairs/",
    ),
    Part(
        "files",
        "Files with rows held for a person",
        "The file received last stands first.",
        waiting.files,
        lambda reader: reader.role not in ("board_analyst", "inquiry_liaison", "dpo_audit"),
        "/files/",
    ),
)

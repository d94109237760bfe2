"""First looks: the list, and one child's reasons with the judgement on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engage.practice.access.doors import staff_page
from engage.practice.access.gate import acting_as
from engage.practice.access.looking import explain
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.grouping import service
from engage.practice.people.lists import total_words
from engage.practice.people.queries import resolve_person, shown_identity
from engage.reference import districts

from . import actions, permissions, queries, tables
from .forms import JudgementForm, ListForm
from .models import FirstLook
from .queries import JudgementShown, Reason

# When each agency's files last arrived at all, nothing of any child. A later app knows: it adds its function
# of the time in AppConfig.ready, and is asked as the receiving service.
agencies_last_heard: list[Callable[[datetime], Sequence[tuple[Agency, datetime | None]]]] = []


@require_safe
@staff_page("list_first_looks")
def first_looks(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    filters = {
        "state": chosen.get("state", ""),
        "district_bits": _bits(chosen.get("district", "")),
        "with_clock": chosen.get("with_clock", False),
    }
    page = queries.first_looks(request.staff, request.now, page=request.GET.get("page"), **filters)
    return TemplateResponse(
        request,
        "screening/first_looks.html",
        {
            "list_form": form,
            "page": page,
            "count": total_words(page.paginator.count),
            "table": tables.first_looks_table(
                list(page.object_list), request.now, narrowed=any(filters.values())
            ),
            "current_section": "first_looks",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("first_look")
def first_look(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """See the reasons; decide by POST."""
    staff: Staff = request.staff
    person_id = resolve_person(person_id, staff)
    looks = queries.looks_of(person_id, staff)
    if not looks:
        raise Http404
    restricted = bool(queries.restricted_alone(looks, staff))
    may_take = permissions.may_take(staff, looks, restricted=restricted)
    if may_take and any(look.state == FirstLook.State.OPEN for look in looks):
        explain("first_look_waits")  # the team works through them: nobody is asked why
    may_decide = permissions.may_decide(staff, looks, restricted=restricted)
    form = None
    if request.method == "POST" or may_decide.allowed:
        form = JudgementForm(request.POST or None)
    if request.method == "POST" and form is not None and form.is_valid():
        actions.decide(person_id, **form.cleaned_data, by=staff, now=request.now)
        messages.success(
            request,
            "Your judgement is recorded, with the reasons that were shown. It stands on the child’s record. The first"
            " look is no longer yours: if the next step needs the child’s record, you are asked why you open it.",
        )
        return redirect("screening:first_looks")
    reasons = queries.reasons_for(person_id, staff, request.now)
    judgements = queries.judgements_of(person_id, staff)
    identity = shown_identity([person_id], staff).get(person_id)
    with acting_as(service("service_receiver"), now=request.now):
        heard = [one for ask in agencies_last_heard for one in ask(request.now)]
    return TemplateResponse(
        request,
        "screening/first_look.html",
        {
            "person_id": person_id,
            "name": identity.name if identity else "A child whose name is not shown to you",
            "identity": identity,
            "look": looks[0],
            "state": tables.state_words(looks[0], staff),
            "reasons": tables.reasons_table(reasons),
            "new_count": sum(reason.is_new_since_judgement for reason in reasons),
            "judgements": [(one, _agency_of(one, staff), _seen_of(one, reasons)) for one in judgements],
            "heard": tables.heard_table(heard),
            "can_take": looks[0].state != FirstLook.State.TAKEN and may_take.allowed,
            "is_decided": looks[0].state == FirstLook.State.DECIDED,
            "can_hand_back": permissions.may_hand_back(staff, looks).allowed,
            "why_not": may_decide.sentence if may_take.allowed else may_take.sentence,
            "form": form,
            "back_link": "/first-looks/",
            "current_section": "first_looks",
        },
    )


@require_POST
@staff_page("take_first_look")
def take(request: HttpRequest, person_id: UUID) -> HttpResponse:
    actions.take(person_id, by=request.staff, now=request.now)
    messages.success(
        request, "You have taken this first look. You now see what agencies share about this child."
    )
    return redirect("screening:first_look", person_id=person_id)


@require_POST
@staff_page("hand_back_first_look")
def hand_back(request: HttpRequest, person_id: UUID) -> HttpResponse:
    actions.hand_back(person_id, by=request.staff, now=request.now)
    messages.success(request, "The first look is back on the list for somebody else to take.")
    return redirect("screening:first_looks")


def _agency_of(judgement: JudgementShown, reader: Staff) -> str:
    agency = judgement.by.agency
    return agency.name if agency.is_named_to(reader) else "a team worker"


def _seen_of(judgement: JudgementShown, reasons: Sequence[Reason]) -> int:
    """How many of the reasons its maker had the reader sees too; how many there were is not the reader's to know."""
    seen = {str(reason.row_id) for reason in reasons}
    return sum(one["row"] in seen for one in judgement.full.reasons_seen) if judgement.full else 0


def _bits(district: str) -> int:
    if district not in districts():
        return 0
    return 1 << districts().index(district)

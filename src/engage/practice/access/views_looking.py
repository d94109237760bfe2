"""Who looked, for leads and team managers: at a child, by a colleague, at an agency; and what has to be explained.

Reading any of it stands in the account like any look.
"""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from engage.practice.agencies.models import Agency, Staff

from . import permissions, reviewing, tables_looking, who_looked
from .doors import ROLE_NAMES, staff_page
from .forms_looking import AnswerForm, CloseForm, NarrowForm, ReferenceForm, SettleForm, WhoseForm
from .gate import acting
from .looking import explain
from .looks import UnexplainedLook
from .told_to_children import told_to_child
from .views import access_page
from .who_looked import Asked, Looks

HERE = "/access/looks/"
MOST_TOLD = 1000
MOST_WAITING = 200
NAMES_NOBODY = "No child that you may ask about has this number."


def _people_asked_about(reader: Staff) -> list[Staff]:
    people = Staff.objects.filter(kind=Staff.Kind.PERSON).select_related("agency")
    return list(people if reader.role == "dpo_audit" else people.filter(agency=reader.agency))


def _agencies_asked_about(reader: Staff) -> list[Agency]:
    if reader.role != "dpo_audit":
        return [reader.agency]
    return list(Agency.objects.exclude(kind=Agency.Kind.SYSTEM))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("ask_who_looked")
def start(request: HttpRequest) -> HttpResponse:
    reader = request.staff
    permissions.may_read_looks(reader).enforce()
    whose = WhoseForm(
        request.GET or None, people=_people_asked_about(reader), agencies=_agencies_asked_about(reader)
    )
    if request.GET and whose.is_valid():
        if person := whose.cleaned_data["person"]:
            return redirect(f"{HERE}people/{person}/")
        if agency := whose.cleaned_data["agency"]:
            return redirect(f"{HERE}agencies/{agency}/")
    form = ReferenceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        child = who_looked.child_called(form.cleaned_data["reference"], reader)
        if child is not None:
            explain("looks_after_access")  # though its reader go no further
            acting().shown.add(child)
            return redirect("access:looks_at_child", child)
        form.add_error("reference", NAMES_NOBODY)
    return access_page(request, "looks_start", {"form": form, "whose": whose, "own": _own(reader)})


def _own(reader: Staff) -> str:
    """Of whom alone a manager reads."""
    return "" if reader.role == "dpo_audit" else reader.agency.name


@require_safe
@staff_page("who_looked")
def at_child(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A hidden child, a child at whom nobody looked and one who does not exist: an empty list."""
    permissions.may_read_looks(request.staff).enforce()
    narrow = NarrowForm(request.GET or None, of_one_child=True)
    since, until = narrow.between()
    asked = Asked(child=person_id, with_lists=narrow.with_lists(), since=since, until=until)
    found = _look_up(request, asked)
    return _looks_page(
        request,
        found,
        narrow,
        heading="Who looked at this child",
        empty="Nobody is known to have looked at a child with this number whom you may ask about.",
        told_url=f"{HERE}children/{person_id}/told/",
    )


@require_safe
@staff_page("who_looked_told")
def told(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The same in words that the child reads, to print."""
    permissions.may_read_looks(request.staff).enforce()
    narrow = NarrowForm(request.GET or None, of_one_child=True)
    since, until = narrow.between()
    found = _look_up(request, Asked(child=person_id, since=since, until=until), most=MOST_TOLD)
    shown = told_to_child(found.looks)
    return access_page(
        request,
        "looks_told",
        {"told": shown, "child_url": f"{HERE}children/{person_id}/", "cut_short": bool(found.older_before)},
    )


@require_safe
@staff_page("looks_of_person")
def by_person(request: HttpRequest, staff_id: UUID) -> HttpResponse:
    permissions.may_read_looks(request.staff).enforce()
    person = Staff.objects.select_related("agency").get(pk=staff_id, kind=Staff.Kind.PERSON)
    narrow = NarrowForm(request.GET or None, of_one_child=False)
    since, until = narrow.between()
    found = _look_up(request, Asked(actor=person, since=since, until=until))
    return _looks_page(
        request,
        found,
        narrow,
        heading=f"What {person.name} looked at",
        say=f"{ROLE_NAMES.get(person.role, person.role).capitalize()}, {person.agency.name}.",
        empty="No look of theirs that you may read.",
    )


@require_safe
@staff_page("looks_of_agency")
def by_agency(request: HttpRequest, agency_code: str) -> HttpResponse:
    permissions.may_read_looks(request.staff).enforce()
    agency = Agency.objects.get(code=agency_code)
    narrow = NarrowForm(request.GET or None, of_one_child=False)
    since, until = narrow.between()
    found = _look_up(request, Asked(agency=agency, since=since, until=until))
    return _looks_page(
        request,
        found,
        narrow,
        heading=f"What colleagues of {agency.name} looked at",
        empty="No look of theirs that you may read.",
    )


def _look_up(request: HttpRequest, asked: Asked, most: int = who_looked.MOST_ON_A_PAGE) -> Looks:
    """Reading it is a look at the child too: it stands in the account, and on this list the next time."""
    explain("looks_after_access")
    found = who_looked.looks(asked, reader=request.staff, before=request.GET.get("before", ""), most=most)
    acting().kinds_read.add("access.auditentry")
    if asked.child and found.looks:
        acting().shown.add(asked.child)
    return found


def _looks_page(
    request: HttpRequest,
    found: Looks,
    narrow: NarrowForm,
    *,
    heading: str,
    empty: str,
    say: str = "",
    told_url: str = "",
) -> HttpResponse:
    kept = {name: value for name, value in request.GET.items() if name != "before"}
    older = urlencode({**kept, "before": found.older_before}) if found.older_before else ""
    return access_page(
        request,
        "looks",
        {
            "breadcrumbs": [("Who looked", HERE), (heading, "")],
            "heading": heading,
            "say": say,
            "narrow": narrow,
            "table": tables_looking.looks_table("Looks, the latest first", found.looks, empty),
            "older": f"?{older}" if older else "",
            "told_url": told_url if found.looks else "",
            "manager_of": _own(request.staff),
        },
    )


@require_safe
@staff_page("looks_to_explain")
def to_explain(request: HttpRequest) -> HttpResponse:
    reader, now = request.staff, request.now
    permissions.may_read_looks(reader).enforce()
    return access_page(
        request,
        "looks_to_explain",
        {
            "looks": tables_looking.to_explain_table(
                list(reviewing.looks_to_review(reader)[:MOST_WAITING]), now
            ),
            "alarms": tables_looking.alarms_table(list(reviewing.alarms_open(reader)[:MOST_WAITING]), now),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("look_to_explain")
def one_look(request: HttpRequest, look_id: UUID) -> HttpResponse:
    """For the lead: ask, or close. For whoever looked, once they are asked: answer."""
    reader = request.staff
    look = reviewing.look_called(look_id, reader)
    may_review = permissions.may_review_look(reader, look)
    may_answer = permissions.may_answer_for_look(reader, look)
    deed = request.POST.get("deed", "")
    answer = AnswerForm(request.POST if deed == "answer" else None) if may_answer else None
    close = CloseForm(request.POST if deed == "close" else None) if may_review else None
    if request.method == "POST":
        (may_answer if look.looker_id == reader.pk else may_review).enforce()
        said = _do(request, look, deed, answer, close)
        if said:
            messages.success(request, said)
            return redirect("access:look_to_explain", look_id)
    return access_page(
        request,
        "look_to_explain",
        {
            "breadcrumbs": [("Today", "/today/"), ("A look to explain", "")],
            "look": look,
            "rows": tables_looking.look_rows(look, for_looker=look.looker_id == reader.pk),
            "may_ask": bool(may_review) and look.state == UnexplainedLook.State.OPEN,
            "answer": answer,
            "close": close,
            "person_url": f"{HERE}people/{look.looker_id}/" if permissions.may_read_looks(reader) else "",
        },
    )


def _do(
    request: HttpRequest,
    look: UnexplainedLook,
    deed: str,
    answer: AnswerForm | None,
    close: CloseForm | None,
) -> str:
    """What is said of the deed that was done; empty where its form was not complete."""
    who = {"by": request.staff, "now": request.now}
    if deed == "ask" and close is not None:
        reviewing.ask(look.pk, **who)
        return "They are asked: it stands on their Today."
    if answer is not None and answer.is_valid():
        reviewing.answer(look.pk, answer.cleaned_data["words"], **who)
        return "Your answer is kept. The lead reads it."
    if close is not None and close.is_bound and close.is_valid():
        said = close.cleaned_data
        reviewing.close(look.pk, justified=said["verdict"] == "explained", because=said["because"], **who)
        return "The review is kept."
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("reading_alarm")
def alarm(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    """Take it, then settle it."""
    reader = request.staff
    permissions.may_read_looks(reader).enforce()
    found = reviewing.alarm_called(alarm_id, reader)
    settle = None
    if permissions.may_settle_alarm(reader, found):
        settle = SettleForm(request.POST if request.POST.get("deed") == "settle" else None)
    if request.method == "POST" and request.POST.get("deed") == "take":
        reviewing.take_alarm(alarm_id, by=reader, now=request.now)
        messages.success(request, "You have taken this alarm.")
        return redirect("access:alarm", alarm_id)
    if request.method == "POST":
        permissions.may_settle_alarm(reader, found).enforce()
        if settle is not None and settle.is_valid():
            reviewing.settle_alarm(alarm_id, **settle.cleaned_data, by=reader, now=request.now)
            messages.success(request, "The alarm is settled.")
            return redirect("access:alarm", alarm_id)
    return access_page(
        request,
        "reading_alarm",
        {
            "breadcrumbs": [("Today", "/today/"), ("An alarm about reading", "")],
            "rows": tables_looking.alarm_rows(found),
            "may_take": bool(permissions.may_take_alarm(reader, found, request.now)),
            "settle": settle,
            "person_url": f"{HERE}people/{found.looker_id}/",
        },
    )

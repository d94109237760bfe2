"""Doors for people: every staff page runs inside one transaction, under both walls, and is accounted for."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from psycopg.errors import SerializationFailure

from engage.practice.agencies.first_passwords import owes_new_password
from engage.practice.agencies.models import Staff
from engage.practice.agencies.sign_in import (
    began_by_agency_again,
    confirmed_recently,
    held_factors,
    second_factor_shown,
    where_to_confirm,
)

from . import audit, looking
from .gate import NotNow, NotPermitted, acting, acting_as
from .guarded import this_request
from .permissions import may_look_after_access, may_read_looks
from .policy import PURPOSES
from .reach import CORE_TEAM_ROLES, answers_the_line

# Set in the session of a visitor to the demo who stepped in as an invented colleague.
STEPPED_IN = "stepped_in"
# Set in a session in which very many children were read: since when, and how many of each kind had been.
SIGN_IN_AGAIN = "sign_in_again"
READ_BEFORE = "read_before_signing_in_again"


STARTED = time.monotonic()


def clock() -> datetime:
    """Now in UTC. Read in doors alone. The demo may set where it starts (`--as-at`); it then runs on."""
    if not settings.AS_AT:
        return datetime.now(UTC)
    passed = time.monotonic() - STARTED if settings.AS_AT_RUNS_ON else 0
    return datetime.fromisoformat(settings.AS_AT).astimezone(UTC) + timedelta(seconds=passed)


ROLE_NAMES = {
    "police_team": "police officer",
    "police_intel": "police intelligence",
    "social_worker": "social worker",
    "team_manager": "team manager",
    "drugs_worker": "drugs worker",
    "sexual_health": "sexual-health adviser",
    "parent_support": "parent support worker",
    "helpline": "helpline worker",
    "school_lead": "school safeguarding lead",
    "hospital_ed": "hospital emergency department",
    "sister_team": "sister team",
    "board_analyst": "safeguarding board analyst",
    "inquiry_liaison": "inquiry liaison",
    "sys_admin": "administrator",
    "dpo_audit": "information-governance lead",
}


def page_context(request: HttpRequest) -> dict:
    """What the layout needs on every page."""
    user = getattr(request, "user", None)
    staff = getattr(user, "staff", None) if user and user.is_authenticated else None
    return {
        "signed_in": staff
        and {
            "name": staff.name,
            "role": ROLE_NAMES.get(staff.role, staff.role),
            "agency": staff.agency.name,
            "decides": staff.role in CORE_TEAM_ROLES | {"police_intel"},
            "answers_the_line": answers_the_line(staff),
            "shares": staff.role not in ("sys_admin", "board_analyst", "inquiry_liaison"),
            "looks_after_access": bool(may_look_after_access(staff)),
            "reads_looks": bool(may_read_looks(staff)),
        },
        "idle_seconds": settings.SESSION_COOKIE_AGE - 60,  # a session is saved once a minute
        "who": staff and who(staff),
        "demo": settings.DEMO,
        "duty_shift_hours": settings.DUTY_SHIFT_HOURS,
        "as_at": clock() if settings.DEMO and settings.AS_AT else None,
    }


def who(staff: Staff) -> str:
    """By this a page that was left open knows whether the same person is signed in again."""
    return hmac.new(settings.AUDIT_KEY, f"page of {staff.pk}".encode(), hashlib.sha256).hexdigest()[:16]


class NamedRequestMiddleware:
    """A random name for each request, by which the log and the audit can be laid beside each other."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = this_request.set(secrets.token_hex(8))
        try:
            return self.get_response(request)
        finally:
            this_request.reset(token)


class NoStoreMiddleware:
    """No page with personal data stays in a browser's cache or in one between."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not request.path.startswith(settings.STATIC_URL):
            # And no Expires: the second it would name differs between two answers that must be alike.
            response["Cache-Control"] = "no-store"
        return response


def not_found(request: HttpRequest, exception=None) -> HttpResponse:
    """One answer for what is hidden and what does not exist."""
    return render(request, "errors/not_found.html", status=404)


def _session_name(request: HttpRequest) -> str:
    key = request.session.session_key or ""
    return hmac.new(settings.AUDIT_KEY, key.encode(), hashlib.sha256).hexdigest()[:16] if key else ""


def _keep_session_alive(request: HttpRequest) -> None:
    """Work extends the session; a page that refreshes itself does not. Saved at most once a minute."""
    minute = int(time.time() // 60)
    if request.session.get("worked_at_minute") != minute:
        request.session["worked_at_minute"] = minute


@contextmanager
def _of_one_moment(request: HttpRequest) -> Iterator[None]:
    """Who looks sees the database of one moment. A right that ends meanwhile leaves the page as it was before, never
    half of it, in which what is missing would read as nothing known. Deeds go by what was committed last."""
    if request.method not in ("GET", "HEAD") or connection.in_atomic_block:  # a test's own transaction
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _anew_if_overtaken(answer: Callable[[], HttpResponse]) -> HttpResponse:
    """A look may leave a word behind (that a thing was opened). Where somebody else left it in the same moment, the page
    of one moment cannot go on: it is put together anew, from the next."""
    for _ in range(2):
        try:
            return answer()
        except OperationalError as failure:
            if not isinstance(failure.__cause__, SerializationFailure):
                raise
    return answer()


@contextmanager
def _at_work(request: HttpRequest, person_id: UUID | None) -> Iterator[None]:
    """At work for the role's usual purpose; on the pages of a child for whom another was stated on duty, for that."""
    staff, now = request.staff, request.now
    with acting_as(staff, now=now, session=_session_name(request)) as context:
        stated = context.stated.get(person_id) if person_id else None
        if stated in (None, context.purpose):
            yield
        else:
            with acting_as(staff, now=now, purpose=stated):
                yield


def _back(request: HttpRequest) -> str:
    """After a form they come back to the page it stood on: the form's own address may open for nothing else."""
    came_from = urlsplit(request.headers.get("Referer", "")).path or "/"
    return request.path if request.method in ("GET", "HEAD") else came_from


def _typed(request: HttpRequest) -> list[str]:
    """Sentences that somebody has just sent. Numbers, names and choices are quickly entered again."""
    return [
        value
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
        if " " in value.strip()
    ]


def _not_sent(request: HttpRequest, first: HttpResponse, because: str) -> HttpResponse:
    """Instead of being led away from what they typed: it stands on the page, to be copied, and `first` opens beside it.
    Nothing of it is kept here or in the browser."""
    typed = _typed(request) if request.method == "POST" else []
    if not typed:
        return first
    context = {
        "typed": typed,
        "first": first["Location"],
        "because": because,
        "back": _back(request),
        "files": bool(request.FILES),
    }
    return render(request, "errors/not_sent.html", context, status=403)


def _signed_out(request: HttpRequest) -> HttpResponse:
    """Who sent a form after their session had ended comes back to the page it stood on."""
    to_look = request.method in ("GET", "HEAD")
    sign_in = redirect_to_login(request.get_full_path() if to_look else _back(request))
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return sign_in
    return _not_sent(request, sign_in, "You had been signed out before it was sent.")


def _colleague(request: HttpRequest) -> Staff | None:
    """Who is signed in, with agency and team, of which every page asks: one statement instead of three."""
    staff = Staff.objects.select_related("agency", "team").filter(user=request.user.pk).first()
    if staff is not None:
        request.user.staff = staff  # type: ignore[union-attr]  # only who is signed in has one
    return staff


def to_choose_a_password(request: HttpRequest) -> HttpResponse:
    return redirect(f"{reverse('account_change_password')}?{urlencode({'next': _back(request)})}")


def _owed_first(request: HttpRequest) -> HttpResponse | None:
    """A password alone opens nothing (security R15), nor does a session begun before a second factor was set up. And
    one that somebody else gave opens nothing but choosing one's own."""
    if request.session.get(STEPPED_IN):
        return None
    shown = second_factor_shown(request)
    if not shown and held_factors(request.user):
        return where_to_confirm(request, _back(request))
    if owes_new_password(request):
        return to_choose_a_password(request)
    return None if shown else redirect("mfa_index")


def _asked_again(request: HttpRequest) -> HttpResponse | None:
    """Before what cannot be undone the person shows again that it is they: by passkey or code, not longer ago than
    ACCOUNT_REAUTHENTICATION_TIMEOUT.
    """
    if request.session.get(STEPPED_IN) or confirmed_recently(request):
        return None
    return _not_sent(
        request,
        where_to_confirm(request, _back(request)),
        "You are first asked again to show that it is you.",
    )


def _signs_in_again_first(request: HttpRequest) -> HttpResponse | None:
    """Where very many were read, the person shows that it is they before another child opens."""
    told = request.session.get(SIGN_IN_AGAIN)
    if told is None:
        return None
    records = get_authentication_records(request, request.user)
    if any(one.get("reauthenticated") and one["at"] > told["since"] for one in records):
        request.session[READ_BEFORE] = {**request.session.get(READ_BEFORE, {}), told["kind"]: told["counted"]}
        del request.session[SIGN_IN_AGAIN]
        return None
    if request.session.get(STEPPED_IN):  # nobody of the demo has a code: they step in again
        return redirect("/step-in/")
    return where_to_confirm(request, request.path if request.method in ("GET", "HEAD") else "/")


def _contain(request: HttpRequest, read_lately: tuple[str, int, bool] | None) -> None:
    """Counted from what had been read when they last signed in: signing in again buys as many once more."""
    if read_lately is None:
        return
    kind, counted, far_too_many = read_lately
    read_before = request.session.get(READ_BEFORE, {})
    if kind not in read_before and (request.session.get(STEPPED_IN) or began_by_agency_again(request)):
        # Signing in again there, and stepping in again, begin a session that knows nothing of the one that was stopped.
        request.session[READ_BEFORE] = {**read_before, kind: counted - 1}
    before = request.session.get(READ_BEFORE, {}).get(kind, 0)
    if counted < before:
        request.session[READ_BEFORE] = {**request.session[READ_BEFORE], kind: counted}
    elif far_too_many and counted - before > looking.second_threshold(kind):
        request.session[SIGN_IN_AGAIN] = {"since": time.time(), "kind": kind, "counted": counted}


class _PurposeNeeded(Exception):
    """The page was put together and not shown: its reader says first why they look at this child."""

    def __init__(self, person_id: UUID):
        self.person_id = person_id


def _refuse_until_explained(request: HttpRequest, response: HttpResponse) -> None:
    """Of pages alone: a form that was filled in is not lost, and the look waits for the lead if nothing explains it."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and acting().page == "child":
        person_id = looking.must_say_why(acting())
        if person_id:
            raise _PurposeNeeded(person_id)


def _ask_for_the_purpose(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Nothing of the child stands on this page. What had been read is not shown, so it is no look."""
    acting().shown, acting().kinds_read = set(), set()
    offered = [(purpose, PURPOSES[purpose]) for purpose in looking.purposes_offered(request.staff)]
    return render(
        request,
        "access/why.html",
        {
            "person_id": person_id,
            "purposes": offered,
            "next": request.get_full_path(),
            "duty_shift_hours": settings.DUTY_SHIFT_HOURS,
        },
    )


def staff_page(action: str, *, step_up: bool = False):
    """Make a view a staff page.

    `step_up`: before sharing, emergency access and the like the person signs in a second time.

    `action` names the look in the audit. The view gets `request.staff` and `request.now`;
    it may raise DoesNotExist or Http404 (the page that tells nothing) and NotPermitted
    (the sentence is shown). It may return a TemplateResponse: it is rendered inside.
    """

    def decorate(view):
        @functools.wraps(view)
        def door(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _signed_out(request)
            staff = _colleague(request)
            if staff is None or not staff.is_active or staff.kind != Staff.Kind.PERSON:
                return render(request, "errors/no_staff.html", status=403)
            if owed := _owed_first(request):
                return owed
            if step_up and (again := _asked_again(request)):
                return again
            page = looking.kind_of_page(kwargs)
            if page == "child" and (first := _signs_in_again_first(request)):
                return first
            request.staff, request.now = staff, clock()
            asked = next((v for v in kwargs.values() if isinstance(v, UUID)), None)
            if not request.headers.get("X-Engage-Poll"):
                _keep_session_alive(request)

            def answer() -> HttpResponse:
                with _of_one_moment(request), _at_work(request, kwargs.get("person_id")):
                    acting().page, acting().about = page, kwargs.get("person_id")
                    try:
                        with transaction.atomic():
                            response = view(request, *args, **kwargs)
                            if isinstance(response, TemplateResponse) and not response.is_rendered:
                                response.render()
                            _refuse_until_explained(request, response)
                    except _PurposeNeeded as needed:
                        audit.record(
                            audit.Verb.CONSULT, action, decision="purpose_asked", asked=needed.person_id
                        )
                        return _ask_for_the_purpose(request, needed.person_id)
                    except (ObjectDoesNotExist, Http404):
                        audit.record(audit.Verb.CONSULT, action, decision="nothing_found", asked=asked)
                        return not_found(request)
                    except NotPermitted as refusal:
                        audit.record(audit.Verb.CONSULT, action, decision="not_permitted", asked=asked)
                        return render(
                            request, "errors/not_permitted.html", {"sentence": str(refusal)}, status=403
                        )
                    if response.status_code != 200:
                        acting().page = "list"  # led on to another page, which is the look
                    audit.record_look(action, asked=acting().about or asked)
                    _contain(request, acting().read_lately)
                    return response

            try:
                return _anew_if_overtaken(answer)
            except audit.AuditUnavailable:
                return render(request, "errors/no_audit.html", status=503)
            except NotNow as lacking:
                return render(request, "errors/not_now.html", {"sentence": str(lacking)}, status=503)

        door.staff_page = action
        return door

    return decorate


__all__ = ["NamedRequestMiddleware", "NoStoreMiddleware", "clock", "not_found", "page_context", "staff_page"]

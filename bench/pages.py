"""How long pages take at county size: `./run bench pages [--people N] [--users 16] [--seconds 60] [--think 1]`.

The same pages of the same children for two principals: a council's social worker with a circle of thirty,
and one for whom every compartment is open of any child. They take turns, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import socket
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import django
import requests

from bench import county, figure

CIRCLE = 30
CHILDREN = 160  # whose records are opened and saved; the same for both principals
TURNS = 2
# What one user does in a round, in this order: as many opens as the rest together.
ROUND = ("list", "open", "search", "open", "save", "open")
PRINCIPALS = {"social worker": "ewan", "every compartment": "bench_all"}


@dataclass
class Plan:
    children: list[UUID]
    terms: list[str]
    sessions: dict[str, list[str]]


@dataclass
class Measured:
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=100_000)
    arguments.add_argument("--received", type=int, default=5_000)
    arguments.add_argument("--users", type=int, default=16)
    arguments.add_argument("--seconds", type=float, default=60, help="For each principal")
    arguments.add_argument(
        "--think", type=float, default=1.0, help="Mean seconds between a user's answers and next ask"
    )
    chosen = arguments.parse_args()
    django.setup()
    county.prepare(chosen.people, min(chosen.received, chosen.people))
    plan = prepare(chosen.users)

    from engage.demo.serving import start_processes, stop, wait_for_page

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    # Sixteen users with one account open children faster than anybody reads: counted as ever, and nobody is stopped.
    # Nor are alarms raised: all sixteen would go on counting in one row, which sixteen people never do.
    for limit in ("OPENED_SIGN_IN_AGAIN", "LISTED_SIGN_IN_AGAIN", "OPENED_ALARM", "LISTED_ALARM"):
        os.environ[f"ENGAGE_{limit}"] = "1000000"
    processes = start_processes(host="127.0.0.1", port=port, as_at=county.AS_AT)
    measured = {name: Measured() for name in PRINCIPALS}
    try:
        wait_for_page(address)
        for name in PRINCIPALS:  # both workers load templates, and PostgreSQL its pages
            put_load(address, plan, name, Measured(), seconds=8, think=0.2)
        for _ in range(TURNS):
            for name in PRINCIPALS:
                put_load(address, plan, name, measured[name], chosen.seconds / TURNS, chosen.think)
    finally:
        stop(processes)
    say(measured, chosen)


def prepare(users: int) -> Plan:
    """The two principals, the children and words they ask for, and a session for each user."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

    from engage.practice.access.doors import STEPPED_IN
    from engage.practice.access.gate import acting_as
    from engage.practice.access.models import CircleMember
    from engage.practice.agencies.models import Staff
    from engage.practice.agencies.sessions import SessionStore
    from engage.practice.agencies.sign_in import SIGNED_IN
    from engage.practice.people.models import Record
    from engage.practice.receiving.actions import receiver
    from engage.practice.screening.models import FirstLook

    ewan = Staff.objects.select_related("agency", "team").get(code="ewan")
    everything = _principal_with_everything(ewan)
    choose = random.Random(county.SEED)
    service = receiver()
    with acting_as(service, now=county.AS_AT):
        # Also those that a run before this one had just taken: the same children each time.
        waiting = [FirstLook.State.OPEN, FirstLook.State.TAKEN]
        looked_at = FirstLook.objects.visible_to(service).filter(state__in=waiting)
        in_area = (
            Record.objects.visible_to(service)
            .filter(person_id__in=looked_at.values("person_id"), bridges=True, restricted=False)
            .filter(area__overlaps=ewan.team.district_bits)
            .exclude(surname="")
            .order_by("person_id", "received_no")
            .distinct("person_id")
            .values_list("person_id", "pk", "forenames", "surname")
        )
        found = choose.sample(list(in_area), CHILDREN)
        for staff in (ewan, everything):
            _work_with(staff, found[:CIRCLE], service, CircleMember.Kind.LEAD)
            # Of the others they said this shift why they look: the page is measured, not the question at its door.
            _work_with(staff, found[CIRCLE:], service, CircleMember.Kind.STATED)
    sessions: dict[str, list[str]] = {}
    for staff in (ewan, everything):
        user = get_user_model().objects.get(pk=staff.user_id)
        sessions[staff.code] = []
        for _ in range(users):
            session = SessionStore()
            session[SESSION_KEY] = str(user.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            session[STEPPED_IN] = True
            session[SIGNED_IN] = {"id": str(uuid4()), "at": time.time(), "device": "Bench"}
            session.set_expiry(timedelta(hours=2))
            session.create()
            sessions[staff.code].append(session.session_key)
    terms = [f"{forenames.split()[0]} {surname}" for _, _, forenames, surname in found if forenames]
    return Plan([person for person, *_ in found], terms, sessions)


def _principal_with_everything(like):
    """Of the same role and team as `like`, at an agency of its own whose reach is every compartment."""
    from django.contrib.auth import get_user_model

    from engage.practice.access.models import Compartment, Reach
    from engage.practice.access.reach import compile_reach
    from engage.practice.agencies.models import Agency, Staff

    agency, _ = Agency.objects.get_or_create(code="BENCH", defaults={"name": "Bench", "kind": "team"})
    user, _ = get_user_model().objects.get_or_create(username="bench_all")
    staff, made = Staff.objects.get_or_create(
        code="bench_all",
        defaults={"name": "Bench", "user": user, "agency": agency, "team": like.team, "role": like.role},
    )
    if made:
        compile_reach()
    every = sorted(Compartment.objects.values_list("pk", flat=True))
    Reach.objects.filter(role=like.role, agency=agency).update(
        any_child=every, in_area=[], in_circle=[], named_child=[], may_add=every
    )
    return Staff.objects.select_related("agency", "team").get(pk=staff.pk)


def _work_with(staff, children, service, kind) -> None:
    from engage.practice.access.models import CircleMember

    already = set(
        CircleMember.objects.visible_to(service)
        .filter(staff=staff, kind=kind)
        .values_list("person_id", flat=True)
    )
    CircleMember.objects.bulk_create(
        [
            CircleMember(
                record_id=record,
                person_id=person,
                staff=staff,
                kind=kind,
                reason="protect_this_child",
                starts_at=county.AS_AT - timedelta(days=14),
                added_by=service,
            )
            for person, record, *_ in children
            if person not in already
        ]
    )


def put_load(address: str, plan: Plan, name: str, measured: Measured, seconds: float, think: float) -> None:
    """All users at once, until the time is over."""
    end = time.monotonic() + seconds
    sessions = plan.sessions[PRINCIPALS[name]]
    users = [
        threading.Thread(
            target=work, args=(address, plan, number, session, len(sessions), measured, end, think)
        )
        for number, session in enumerate(sessions)
    ]
    for user in users:
        user.start()
    for user in users:
        user.join()


def work(
    address: str,
    plan: Plan,
    number: int,
    session: str,
    users: int,
    measured: Measured,
    end: float,
    think: float,
) -> None:
    """One user: the list, a record, a search, a save; each user saves children of their own."""
    from django.conf import settings

    choose = random.Random(number)
    browser = requests.Session()
    browser.cookies.set(settings.SESSION_COOKIE_NAME, session)
    own = plan.children[number::users]
    first = browser.get(f"{address}/search/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', first)
    if token is None:
        measured.wrong.append("the search page shows no form")
        return
    form = {"csrfmiddlewaretoken": token.group(1)}
    time.sleep(choose.uniform(0, think))
    while True:
        for what in (
            *ROUND[number % len(ROUND) :],
            *ROUND[: number % len(ROUND)],
        ):  # not all the list at once
            if time.monotonic() > end:
                return
            started = time.perf_counter()
            if what == "list":
                answer = browser.get(f"{address}/today/")
            elif what == "open":
                answer = browser.get(f"{address}/children/{choose.choice(plan.children)}/")
            elif what == "search":
                answer = browser.post(f"{address}/search/", data=form | {"q": choose.choice(plan.terms)})
            else:
                child = choose.choice(own)
                answer = browser.post(
                    f"{address}/first-looks/{child}/take/", data=form, allow_redirects=False
                )
            measured.seconds[what].append(time.perf_counter() - started)
            if answer.status_code != (302 if what == "save" else 200):
                measured.wrong.append(f"{what}: {answer.status_code}")
            if what == "save":  # given back, so that it can be taken again; not measured
                browser.post(f"{address}/first-looks/{child}/hand-back/", data=form, allow_redirects=False)
            time.sleep(choose.uniform(0.5, 1.5) * think)


def say(measured: dict[str, Measured], chosen: argparse.Namespace) -> None:
    load = {"users": chosen.users, "think_seconds": chosen.think, "people": chosen.people}
    for what in ("list", "search", "open", "save"):
        p95 = {}
        for name, one in measured.items():
            times = sorted(one.seconds[what])
            p95[name] = percentile(times, 0.95)
            figure("pages", f"{what} p50, {name}", round(percentile(times, 0.5) * 1000), "ms", **load)
            figure("pages", f"{what} p95, {name}", round(p95[name] * 1000), "ms", answers=len(times))
        worker, everything = (p95[name] for name in PRINCIPALS)
        figure("pages", f"{what} ratio of p95", round(worker / everything, 2), "times")
    wrong = [text for one in measured.values() for text in one.wrong]
    figure("pages", "wrong answers", len(wrong), "answers")
    if wrong:
        raise SystemExit("Wrong answers, so the figures mean little: " + ", ".join(sorted(set(wrong))))


def percentile(times: list[float], share: float) -> float:
    if not times:
        raise SystemExit("Nothing was measured.")
    return times[min(len(times) - 1, int(len(times) * share))]


if __name__ == "__main__":
    main()

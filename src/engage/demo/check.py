"""`./run demo --check`: a fresh demo, held to its promises. One `name: value` a line; what fails is named."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Q
from rich.console import Console

from engage.practice.access.gate import acting_as
from engage.practice.front_door.models import Referral
from engage.practice.missing.models import MissingReport
from engage.practice.people.models import Fact
from engage.practice.receiving.actions import receiver
from engage.practice.screening.models import FirstLook

from . import asking_freedom, probing
from .at_hand import staff_called
from .building import SEED, build_demo, demo_folder
from .identity_promises import identity_figures
from .linkage_truth import measure_linkage
from .looking import NOT_MEASURED, look_everywhere
from .meeting import fetched_by_freedom, freedom_asks_much, meet, start_making_ours
from .one_thing_more import noninterference
from .proofs import Figure, ledger_figures, sharing_figures
from .serving import in_the_demo, start_processes, start_site, stop, wait_for_page
from .sister import Sister
from .two_walls import by_the_database_alone, compare_walls
from .walking import LOOKERS
from .witnesses import start_witnesses

SIX_MONTHS = timedelta(days=183)
INDICATORS_OF_EXPLOITATION = [f"CE{n:02d}" for n in range(1, 32)]


class Promises:
    """Prints figures as they come and remembers which promise failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def say(self, name: str, value: object, kept: bool = True) -> None:
        print(f"{name}: {value}", flush=True)
        if not kept or value == NOT_MEASURED:
            self.failed.append(name)


def check_promises(
    *, seed: int, as_at: datetime, children: int, others: int, started: float, port: int
) -> int:
    settings.DEMO, settings.ALLOWED_HOSTS, settings.SISTER_QUERIES = True, ["*"], True
    # The clock stands still: two answers to compare must not differ by the minute they show.
    settings.AS_AT, settings.AS_AT_RUNS_ON = as_at.isoformat(), False
    os.environ["ENGAGE_LOG_LEVEL"] = "ERROR"
    promises = Promises()
    sister = Sister()
    built = build_demo(
        seed=seed, as_at=as_at, children=children, others=others, console=Console(stderr=True), sister=sister
    )
    partners = start_witnesses()
    processes = start_processes(host="127.0.0.1", port=port, as_at=as_at)
    engage_at, freedom_at = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    log = sister.kept_in / "pages.log"
    partners.append(start_freedom(sister, port + 1, as_at, log))
    try:
        wait_for_page(engage_at)
        wait_for_page(freedom_at)
        promises.say("demo_ready_seconds", round(time.monotonic() - started, 1))
        freedom, sisters_token = meet(sister, engage_at=engage_at, freedom_at=freedom_at, now=as_at)
        partners.append(making := start_making_ours(as_at))
        rows = built.rows
        for kind in ("received", "applied", "unchanged", "rejected", "held"):
            promises.say(f"rows_{kind}", rows[kind], bool(rows[kind]))
        adds_up = rows["received"] > 0 and rows["received"] == sum(
            rows[k] for k in ("applied", "unchanged", "rejected", "held")
        )
        promises.say(
            "receipts_add_up", "yes" if adds_up and not built.refused else "no", adds_up and not built.refused
        )
        missing = _children_reported_missing(as_at)
        usual = seed == SEED and children == 400
        promises.say("children_reported_missing", missing, 350 <= missing <= 480 if usual else missing > 0)
        folder = demo_folder(seed, as_at, children, others)
        _say_linkage(promises, folder, as_at)
        for figure in identity_figures(as_at):
            promises.say(*figure)
        promises.say("first_looks_missing", *_first_looks_missing(as_at))
        # Beside the making of our filter, which shows on leads' pages alone; they are not asked here.
        promises.say("noninterference_differences", *noninterference(as_at))
        making.wait()  # from here on nobody else may write: two answers to compare must not differ by it
        promises.say("rls_tables", *_walls())
        fetched_by_freedom(sister)
        freedom_asks_much(freedom, now=as_at)
        for figure in asking_freedom.figures(
            freedom, sister, port=port + 1, folder=folder, log=log, now=as_at
        ):
            promises.say(*figure)
        # Before the walls are compared: every table with a rule in both holds something when a judgement is there.
        promises.say("main_job", *_main_job(as_at))
        looked, (walls, shared) = look_everywhere(
            engage_at, sisters_token, as_at, beside=[partial(_walls_agree, as_at), partial(_shared, as_at)]
        )
        promises.say("hidden_equals_absent", *looked.hidden_equals_absent)
        promises.say("axe_violations", *looked.accessible)
        walked = looked.walked
        promises.say("pages_and_routes_looked_at", walked.looked, walked.looked > 0)
        promises.say("unaudited_reads", walked.unaudited, walked.read > 0 and walked.unaudited == 0)
        for name, never in (
            ("routes_never_opened", walked.never_opened),
            ("deeds_never_done", walked.never_done),
        ):
            promises.say(name, len(never), not never)
            for route in never:
                print(f"  never: /{route}", flush=True)
        promises.say("walls_agree", *walls)
        for figure in (*shared, *ledger_figures(as_at)):
            promises.say(*figure)
    finally:
        stop([*processes, *partners])
    if promises.failed:
        print(f"failed: {', '.join(promises.failed)}")
        return 1
    return 0


def start_freedom(sister: Sister, port: int, as_at: datetime, log: Path) -> subprocess.Popen:
    """Its page server writes down all that it ever would, each request too: what it wrote is searched."""
    environment = in_the_demo(sister.environment(), as_at) | {"ENGAGE_LOG_LEVEL": "INFO"}
    with log.open("wb") as file:
        return start_site("127.0.0.1", port, environment, workers=1, log=file)


def _children_reported_missing(now: datetime) -> int:
    service = receiver()
    with acting_as(service, now=now):
        return (
            MissingReport.objects.visible_to(service)
            .filter(current=True, told_by=MissingReport.Told.POLICE, starts_at__gt=now - SIX_MONTHS)
            .exclude(outcome__in=[MissingReport.Outcome.CANCELLED, MissingReport.Outcome.DUPLICATE])
            .values("person_id")
            .distinct()
            .count()
        )


def _say_linkage(promises: Promises, folder: Path, now: datetime) -> None:
    figures = measure_linkage(folder, now=now)
    promises.say("linkage_precision", round(figures.precision, 4), figures.precision >= 0.995)
    promises.say("linkage_recall", round(figures.recall, 4), figures.recall >= 0.88)
    offered = figures.recall_with_offered
    promises.say("linkage_recall_with_offered", round(offered, 4), offered >= 0.97)
    promises.say("linkage_recall_with_shown", round(figures.recall_with_shown, 4))
    wrongly = figures.same_household_joined_wrongly
    promises.say(
        "same_household_joined_wrongly", wrongly, not wrongly and figures.same_household_could_be > 0
    )
    for one, other in figures.siblings_joined:
        print(f"  joined: {one} and {other}", flush=True)


def _first_looks_missing(now: datetime) -> tuple[int, bool]:
    """Children who must have a first look and have none; counted apart from the code that opens them."""
    service = receiver()
    with acting_as(service, now=now):
        missing = (
            MissingReport.objects.visible_to(service)
            .filter(current=True)
            .exclude(outcome__in=[MissingReport.Outcome.CANCELLED, MissingReport.Outcome.DUPLICATE])
        )
        worried = Referral.objects.visible_to(service).filter(
            current=True, indicators__overlap=INDICATORS_OF_EXPLOITATION
        )
        flagged = Fact.objects.visible_to(service).filter(
            Q(kind__in=["cse_flag", "cce_flag"], text="yes") | Q(kind="people_of_concern"), current=True
        )
        for_each_cause = [
            set(rows.values_list("person_id", flat=True).distinct()) for rows in (missing, worried, flagged)
        ]
        looked = set(FirstLook.objects.visible_to(service).values_list("person_id", flat=True))
    without = len(set().union(*for_each_cause) - looked)
    return without, not without and all(for_each_cause)


def _walls() -> tuple[str, bool]:
    tables = {model._meta.db_table for model in probing.guarded_models()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname = ANY(%s) AND relrowsecurity AND relforcerowsecurity",
            [sorted(tables)],
        )
        (walled,) = cursor.fetchone()
    return f"{walled} of {len(tables)}", walled == len(tables)


def _walls_agree(now: datetime) -> tuple[str, bool]:
    found = compare_walls(LOOKERS, now)
    print(f"  compared: {', '.join(sorted(found.shown))}")
    print(f"  not compared, the database alone has a rule: {', '.join(by_the_database_alone())}", flush=True)
    for said, ones in (("differs", found.differences), ("not tried", found.not_tried)):
        for one in ones:
            print(f"  {said}: {one}", flush=True)
    agree = not found.differences and not found.not_tried
    return ("yes" if agree else "no"), agree


def _shared(now: datetime) -> list[Figure]:
    return list(sharing_figures(now))


def _main_job(now: datetime) -> tuple[str, bool]:
    """As a social worker: find the child missing longest, read why, take the first look and decide."""
    from engage.practice.missing.queries import missing_now
    from engage.practice.screening.actions import decide, take
    from engage.practice.screening.queries import reasons_for

    reader = staff_called("ewan")
    with acting_as(reader, now=now):
        longest = next(iter(missing_now(reader, now)), None)
        if longest is None:
            return "nobody is missing now", False
        person = longest.person_id
        take(person, by=reader, now=now)
        reasons = reasons_for(person, reader, now)
        judgement = decide(
            person,
            level="possible",
            reason="Reasons read in the check.",
            next_step="Speak with the officer in the case.",
            review_on=now.date() + timedelta(days=14),
            by=reader,
            now=now,
        )
    return ("done" if reasons and judgement else "no reasons shown"), bool(reasons and judgement)

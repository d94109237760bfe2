"""`./run demo`: a working demo from nothing, and `./run demo --check`, which holds it to its promises."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from engage.practice.access.keys import make_root_key

from .building import SEED, build_demo, demo_is_built, fresh_database
from .check import check_promises
from .real_work import RealWork, refuse_real_work
from .serving import console, serve
from .sister import Sister


def demo(
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Build a fresh demo, try the main job and the pages, print the figures, and stop"
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed invents other people")] = SEED,
    as_at: Annotated[
        str | None, typer.Option(help="Set the demo's clock, for example 2026-11-02T09:00")
    ] = None,
    children: Annotated[int, typer.Option(help="Children reported missing in six months")] = 400,
    others: Annotated[int, typer.Option(help="Other children whom agencies know")] = 10_000,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Throw the demo's database away and begin again")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the page")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; the usual one is this machine alone")
    ] = "127.0.0.1",
    stay: Annotated[bool, typer.Option(help="Stay up after building")] = True,
) -> None:
    """Invent East Lancashire, receive its agencies' files, and open Engage in a browser."""
    started = time.monotonic()
    # Told to end, it ends as by Ctrl-C: the site, the worker and the witnesses with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    now = _moment(as_at)
    # Before anything is dropped, migrated or marked.
    try:
        if check:
            fresh_database("engage_check")
        elif fresh:
            fresh_database(settings.DATABASES["default"]["NAME"])
        else:
            with connections["owner"].cursor() as cursor:
                refuse_real_work(cursor)
        sister = Sister()
        possible = sister.may_be_made()
        if possible:
            sister.refuse_real_work()
    except RealWork as problem:
        raise typer.BadParameter(str(problem)) from problem
    if check:
        raise typer.Exit(
            check_promises(
                seed=seed, as_at=now, children=children, others=others, started=started, port=port + 500
            )
        )
    _prepare_tables()
    if not demo_is_built():
        if not possible:
            console.print("The sister team Freedom is left out: the owner role may not make its database.")
        beside = sister if possible else None
        build_demo(seed=seed, as_at=now, children=children, others=others, console=console, sister=beside)
    elif sister.is_built():
        sister.bring_up_to_date()
    if stay:
        serve(host=host, port=port, as_at=now if as_at else None, started=started)


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC).replace(second=0, microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("Write the moment as 2026-11-02T09:00.", param_hint="--as-at") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _prepare_tables() -> None:
    with console.status("Bringing the tables up to date"):
        make_root_key()  # a demo of an earlier release has none, and its addresses in clear
        call_command("migrate", database="owner", verbosity=0)

"""`./run demo`: a working demo from nothing, and `./run demo --check`, which holds it to its promises."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.request import urlopen

import typer
from django.conf import settings
from django.core.management import call_command
from rich.console import Console

from engage.practice.agencies.models import Installation

from .building import build_demo, demo_is_built, fresh_database

SEED = 20261102
console = Console(stderr=True)


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
    now = _moment(as_at)
    if check:
        from .check import check_promises

        fresh_database("engage_check")
        raise typer.Exit(
            check_promises(
                seed=seed, as_at=now, children=children, others=others, started=started, port=port + 500
            )
        )
    if fresh:
        fresh_database(settings.DATABASES["default"]["NAME"])
    _prepare_tables()
    if Installation.objects.filter(kind=Installation.Kind.REAL).exists():
        raise typer.BadParameter("This database is in real use. Give the demo one of its own (DATABASE_URL).")
    if not demo_is_built():
        build_demo(seed=seed, as_at=now, children=children, others=others, console=console)
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
        call_command("migrate", database="owner", verbosity=0)


def server_environment(as_at: datetime | None) -> dict[str, str]:
    return {
        **os.environ,
        "ENGAGE_DEMO": "1",
        **({"ENGAGE_AS_AT": as_at.isoformat()} if as_at else {}),
    }


def start_processes(*, host: str, port: int, as_at: datetime | None) -> list[subprocess.Popen]:
    """The page server and the worker for jobs."""
    environment = server_environment(as_at)
    granian = Path(sys.executable).with_name("granian")
    site = subprocess.Popen(
        [
            sys.executable, str(granian), "--interface", "wsgi", "--host", host, "--port", str(port),
            "--workers", "2", "--blocking-threads", "8", "--log-level", "warning", "--no-ws",
            "engage.config.wsgi:application",
        ],
        env=environment,
    )  # fmt: skip
    worker = subprocess.Popen(
        [sys.executable, "-m", "django", "procrastinate", "worker", "--concurrency", "1"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return [site, worker]


def wait_for_page(address: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def stop(processes: list[subprocess.Popen]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def serve(*, host: str, port: int, as_at: datetime | None, started: float) -> None:
    address = f"http://{host}:{port}/"
    processes = start_processes(host=host, port=port, as_at=as_at)
    try:
        wait_for_page(address)
        console.print(
            f"\nEngage is at [bold]{address}[/bold] (ready after {time.monotonic() - started:.0f} s)"
        )
        console.print("Step in as one of the team. Everybody in it is invented. Ctrl-C stops it.")
        if sys.stdout.isatty() and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            webbrowser.open(address)
        processes[0].wait()
    except KeyboardInterrupt:
        pass
    finally:
        stop(processes)

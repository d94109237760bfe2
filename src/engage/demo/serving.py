"""The demo's processes: the page server and the worker for jobs, and the page server of the sister team."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.request import urlopen

import typer
from rich.console import Console

from engage.demo.sister import Sister
from engage.demo.witnesses import start_witnesses, tell_other_terminals

console = Console(stderr=True)
MOST_RESTARTS = 3


def server_environment(as_at: datetime | None) -> dict[str, str]:
    return in_the_demo(dict(os.environ), as_at)


def in_the_demo(environment: dict[str, str], as_at: datetime | None) -> dict[str, str]:
    return {
        **environment,
        "ENGAGE_DEMO": "1",
        **({"ENGAGE_AS_AT": as_at.isoformat()} if as_at else {}),
    }


def start_processes(*, host: str, port: int, as_at: datetime | None) -> list[subprocess.Popen]:
    """The site and the worker for jobs, in this order."""
    return [start_site(host, port, server_environment(as_at)), start_worker(as_at)]


def start_site(
    host: str, port: int, environment: dict[str, str], *, workers: int = 2, log: IO[bytes] | None = None
) -> subprocess.Popen:
    """`log`: where everything that it says goes, each request among it."""
    granian = Path(sys.executable).with_name("granian")
    return subprocess.Popen(
        [
            sys.executable, str(granian), "--interface", "wsgi", "--host", host, "--port", str(port),
            "--workers", str(workers), "--blocking-threads", str(threads()), "--backpressure", str(CONNECTIONS_AT_ONCE),
            *(("--access-log",) if log else ("--log-level", "warning")),
            "--no-ws", "engage.config.wsgi:application",
        ],
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,  # one group with its workers, which must not outlive it
    )  # fmt: skip


# Granian counts open connections here, not requests: one beyond it waits until another closes, and a browser keeps up
# to six open when it asks for nothing. So not near the number of threads, which the name suggests; what is asked at
# once is limited by them.
CONNECTIONS_AT_ONCE = 256


def threads() -> int:
    """Of each of the two workers: eight wait for the database at once, on a small machine fewer.

    More than twice the processors and one, and granian warns that they are in each other's way.
    """
    return min(8, 2 * (os.cpu_count() or 1) + 1)


def start_worker(as_at: datetime | None) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "django", "procrastinate", "worker", "--concurrency", "1"],
        env=server_environment(as_at),
        stdout=subprocess.DEVNULL,  # how it is getting on; what goes wrong comes on the other
        start_new_session=True,
    )


def wait_for_page(address: str, seconds: float = 120) -> None:
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
            os.killpg(process.pid, signal.SIGKILL)  # each was started as a group of its own


def keep_up(
    processes: list[subprocess.Popen],
    restart_worker: Callable[[], subprocess.Popen],
    *,
    pause_seconds: float = 5,
) -> str:
    """Wait while site and worker are up, and say in the end which of them is not.

    A worker that ends is started again a few times: without it a file that is handed in waits for ever. The new one
    takes its place in `processes`.
    """
    restarts = 0
    while True:
        site, worker = processes
        if site.poll() is not None:
            return f"The site ended by itself (code {site.returncode})."
        if worker.poll() is not None:
            if restarts == MOST_RESTARTS:
                return (
                    f"The worker for jobs ended {restarts + 1} times (code {worker.returncode}), so files that are "
                    "handed in would not be received."
                )
            restarts += 1
            console.print(f"The worker for jobs ended (code {worker.returncode}); it is started again.")
            time.sleep(pause_seconds)
            processes[1] = restart_worker()
        time.sleep(min(1, pause_seconds))


def start_meeting(host: str, port: int, as_at: datetime | None) -> subprocess.Popen:
    """Engage and Freedom are told of one another, and fetch one another's filters, while their pages answer already."""
    here = "127.0.0.1" if host == "0.0.0.0" else host
    return subprocess.Popen(
        [sys.executable, "-m", "engage.demo.meeting", f"http://{here}:{port}", f"http://{here}:{port + 1}"],
        env=server_environment(as_at),
        start_new_session=True,
    )


def other_name(host: str) -> str:
    """For Freedom's pages: a browser has one sign-in for all ports of a name."""
    return "localhost" if host == "127.0.0.1" else host


def serve(*, host: str, port: int, as_at: datetime | None, started: float) -> None:
    address = f"http://{host}:{port}/"
    partners = start_witnesses()  # before the worker, which asks them
    tell_other_terminals()
    processes = start_processes(host=host, port=port, as_at=as_at)
    sister = Sister()
    if built := sister.is_built():
        partners.append(start_site(host, port + 1, in_the_demo(sister.environment(), as_at), workers=1))
        partners.append(start_meeting(host, port, as_at))
    try:
        wait_for_page(address)
        console.print(
            f"\nEngage is at [bold]{address}[/bold] (ready after {time.monotonic() - started:.0f} s)"
        )
        console.print(
            f"The sister team Freedom has its own at [bold]http://{other_name(host)}:{port + 1}/[/bold]"
            if built
            else "The sister team Freedom was not built with this demo: ./run demo --fresh builds both."
        )
        console.print("Step in as one of the team. Everybody in it is invented. Ctrl-C stops it.")
        if sys.stdout.isatty() and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            webbrowser.open(address)
        ended = keep_up(processes, lambda: start_worker(as_at))
        console.print(f"{ended} Everything is stopped; what it said is above.")
        raise typer.Exit(1)
    except KeyboardInterrupt:
        pass
    finally:
        stop([*processes, *partners])

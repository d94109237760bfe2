"""The demo's processes: the page server and the worker for jobs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import webbrowser
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

from rich.console import Console

console = Console(stderr=True)


def server_environment(as_at: datetime | None) -> dict[str, str]:
    return {
        **os.environ,
        "ENGAGE_DEMO": "1",
        **({"ENGAGE_AS_AT": as_at.isoformat()} if as_at else {}),
    }


def start_processes(*, host: str, port: int, as_at: datetime | None) -> list[subprocess.Popen]:
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

"""A file of 200 MB as a health service might send it: 100,000 rows of invented clients with long notes.

Run by itself: `python -m tests.integration.receiving.large_file FILE` receives it and prints what it took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

ROWS = 100_000
NOTE = "An invented note that says nothing about anybody. " * 39


def write(path: Path, rows: int = ROWS) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("client_ref,service,contact_on,summary_for_team,clinical_note,concern\r\n")
        for n in range(rows):
            file.write(f"K{n:06},substance_misuse,{n % 28 + 1:02}/09/2026,,{NOTE}{n},N\r\n")


def receive(path: Path) -> dict:
    import django

    django.setup()

    from datetime import UTC, datetime

    from engage.practice.access.gate import acting_as
    from engage.practice.agencies.models import Agency
    from engage.practice.receiving.actions import receive_file, receiver
    from engage.practice.receiving.queries import receipt

    now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    told: list[tuple[int, int | None]] = []
    began = time.monotonic()
    received = receive_file(
        path,
        format_code="health-contacts",
        agency=Agency.objects.get(code="ELDA"),
        by=receiver(),
        now=now,
        file_name=path.name,
        progress=lambda done, total: told.append((done, total)),
    )
    with acting_as(receiver(), now=now):
        found = receipt(received.file, receiver())
    return {
        "seconds": round(time.monotonic() - began, 1),
        "megabytes": peak_megabytes(),
        "progress": told,
        "rows": found["rows"],
    }


def peak_megabytes() -> int:
    """Of this program alone: ru_maxrss would count the test worker that started it."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024


if __name__ == "__main__":
    print(json.dumps(receive(Path(sys.argv[1]))))

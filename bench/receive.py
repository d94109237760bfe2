"""How quickly files are received, and in how much memory: `./run bench receive [--rows N] [--format …]`.

Each file goes through `receive_file`, in a process and a database of its own, so that peak memory is its own.
Linking counts: the time ends when first looks stand.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import figure

AS_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SEED = 20261102
# People of the invented county for each row wanted, by format: enough, then the file is cut.
PEOPLE_A_ROW = {"police-missing": 1.3, "social-care-people": 1.9}
SENDERS = {"police-missing": "LANCS-POL", "social-care-people": "LCC-CSC"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--format", choices=sorted(SENDERS), action="append")
    arguments.add_argument("--only-receive", metavar="FILE", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.only_receive:
        receive_one(Path(chosen.only_receive), chosen.format[0])
        return
    with tempfile.TemporaryDirectory(prefix="engage-bench-") as folder:
        for code in chosen.format or sorted(SENDERS):
            path = write_rows(Path(folder), code, chosen.rows)
            subprocess.run(
                [sys.executable, "-m", "bench.receive", "--only-receive", str(path), "--format", code],
                check=True,
                env=os.environ,
            )


def write_rows(folder: Path, code: str, rows: int) -> Path:
    """A file of exactly `rows` rows: the invented county's, cut. It is an error if the county has too few."""
    import django

    django.setup()
    from engage.demo import write_county_files

    people = round(rows * PEOPLE_A_ROW[code])
    files = write_county_files(folder / code, seed=SEED, as_at=AS_AT, people=people)
    (whole,) = (file for file in files if file.format == code and file.agency == SENDERS[code])
    cut = folder / f"{code}.csv"
    with whole.path.open("rb") as source, cut.open("wb") as target:
        written, quotes = -1, 0  # the heading is no row; an odd quotation mark says that the row goes on
        for line in source:
            target.write(line)
            quotes += line.count(b'"')
            written += quotes % 2 == 0
            if written == rows:
                return cut
    raise SystemExit(f"{people} invented people gave only {written} rows of {code}.")


def receive_one(path: Path, code: str) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from engage.demo.building import fresh_database
    from engage.demo.team import set_up_team
    from engage.practice.agencies.models import Agency
    from engage.practice.receiving.actions import receive_file, receiver

    fresh_database("engage_bench_receive")
    call_command("migrate", database="owner", verbosity=0)
    set_up_team(now=AS_AT)
    kept_up_to: list[float] = []  # when each chunk was kept; linking follows the last
    started = time.monotonic()
    file = receive_file(
        path,
        format_code=code,
        agency=Agency.objects.get(code=SENDERS[code]),
        by=receiver(),
        now=AS_AT,
        file_name=path.name,
        progress=lambda _done, _total: kept_up_to.append(time.monotonic()),
    ).file
    ended = time.monotonic()
    if file.refusal:
        raise SystemExit(f"The file was refused: {file.refusal}")
    adds_up = file.rows_received == (
        file.rows_applied + file.rows_unchanged + file.rows_rejected + file.rows_held
    )
    if not adds_up:
        raise SystemExit("The receipt does not add up.")
    bench = f"receive {code}"
    figure(bench, "rows", file.rows_received, "rows")
    figure(bench, "rows applied", file.rows_applied, "rows")
    figure(
        bench,
        "rows per second, linked and looked at",
        round(file.rows_received / (ended - started)),
        "rows/s",
    )
    figure(bench, "seconds to keep the rows", round(kept_up_to[-1] - started, 1), "s")
    figure(bench, "seconds to link them", round(ended - kept_up_to[-1], 1), "s")
    figure(bench, "peak memory", round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "MB")


if __name__ == "__main__":
    main()

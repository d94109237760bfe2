"""Benchmarks: each one command, `./run bench NAME`, printing one JSON line a figure.

With `--keep` the figures of a run that came to its end are kept in bench/results/NAME.json, from which
docs/reference/proofs.md is written.
"""

from __future__ import annotations

import atexit
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

told: list[dict[str, float | int | str]] = []


def figure(bench: str, name: str, value: float | int | str, unit: str, **more: float | int | str) -> None:
    told.append({"bench": bench, "figure": name, "value": value, "unit": unit, **more})
    print(json.dumps(told[-1]), flush=True)


def met(yes: bool) -> str:
    """For a figure that has a goal (`wanted`): whether it was met."""
    return "yes" if yes else "no"


def keep(path: Path) -> None:
    # Python keeps the last error that ended a program, and none where it came to its end or said exit.
    if not told or hasattr(sys, "last_value"):
        print(f"Not kept in {path}: the run did not come to its end.", file=sys.stderr)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "command": os.environ.get("ENGAGE_BENCH_COMMAND", ""),
        "on": f"{datetime.now(UTC):%-d %B %Y}",
        "machine": machine(),
        "figures": told,
    }
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [f"{os.cpu_count()} cores", f"{memory:.0f} GiB of memory", f"Python {platform.python_version()}"]
    if "django" in sys.modules:
        from django.db import connection

        version = connection.pg_version
        parts.append(f"PostgreSQL {version // 10000}.{version % 10000}")
    return ", ".join(parts)


if os.environ.get("ENGAGE_BENCH_KEPT_IN"):
    atexit.register(keep, Path(os.environ["ENGAGE_BENCH_KEPT_IN"]))

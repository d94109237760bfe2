"""Benchmarks: each one command, `./run bench NAME`, printing one JSON line a figure."""

from __future__ import annotations

import json


def figure(bench: str, name: str, value: float | int | str, unit: str, **more: float | int | str) -> None:
    print(json.dumps({"bench": bench, "figure": name, "value": value, "unit": unit, **more}), flush=True)

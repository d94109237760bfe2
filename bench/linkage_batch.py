"""Whole files: `./run bench linkage-batch [--records 1000000]`, ours against Splink 5 as its own users write it.

The people of `bench._many_people`, with families and six agencies' errors; each engine in a process of its own, one
after another. With a saved model: read the file, find candidate pairs, weigh, decide, group; Splink: load, predict,
cluster at 0.95. Then training by itself. Ratios of one run count, not seconds;
wall and memory are medians of a few rounds in turn. No database of the application is used.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django
import polars as pl

from bench import figure, met
from bench._many_people import SEED, many_people

BENCH = "linkage-batch"
ORDER = ("splink-trains", "splink", "ours", "ours-trains", "ours-trained")
MOST_TIMES = 1.5
MOST_TRAINING = 0.5
LEAST_F1_OFF = 0.002
RECALL_WITHIN = 0.02
MOST_OF_HOUSEHOLD = 0.2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument(
        "--rounds", type=int, default=3, help="of both in turn; what is told is the median"
    )
    chosen = arguments.parse_args()
    django.setup()
    from engage.practice.people.actions.pairs import WALLS

    told: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="engage-linkage-batch-") as name:
        folder, started = Path(name), time.monotonic()
        people = many_people(chosen.records, chosen.seed)
        people.records.write_parquet(folder / "records.parquet")
        (folder / "walls.json").write_text(json.dumps(sorted(WALLS)))
        truth = people.truth
        del people
        figure(
            BENCH, "records", chosen.records, "records", people=truth["person"].n_unique(),
            households=truth["household"].n_unique(), seed=chosen.seed, seconds=round(time.monotonic() - started, 1),
        )  # fmt: skip
        for engine in ORDER:
            told[engine] = run(engine, folder)
            if (folder / "clusters.parquet").exists():
                told[engine] |= accuracy(folder, truth)
                (folder / "clusters.parquet").unlink()
            tell(engine, told[engine])
        against = {engine: [told[engine]] for engine in ("splink", "ours")}
        for _ in range(chosen.rounds - 1):  # in turn, so that the machine's hour falls on both
            for engine, runs in against.items():
                runs.append(run(engine, folder))
    for engine, runs in against.items():
        told[engine] |= {
            name: statistics.median(one[name] for one in runs) for name in ("wall", "cpu", "peak_mb")
        }
    compare(told, chosen.rounds)


def run(engine: str, folder: Path) -> dict[str, Any]:
    alone = {name: value for name, value in os.environ.items() if name != "ENGAGE_BENCH_KEPT_IN"}
    done = subprocess.run(
        [sys.executable, "-m", "bench._whole_files", engine, str(folder)],
        env=alone,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{engine} did not come to its end:\n{done.stderr[-3000:]}")
    for left in folder.glob("*.duckdb*"):
        left.unlink()
    return json.loads(done.stdout.splitlines()[-1])


def accuracy(folder: Path, truth: pl.DataFrame) -> dict[str, float]:
    """Pairwise: of the pairs that are linked, and of all pairs within one cluster."""
    clusters = pl.read_parquet(folder / "clusters.parquet").join(truth, on="id")
    person = dict(zip(truth["id"], truth["person"], strict=True))
    joins = pl.read_parquet(folder / "joins.parquet")
    right = sum(person[a] == person[b] for a, b in joins.iter_rows())
    true = pairs_within(clusters, "person")
    found, both = pairs_within(clusters, "cluster"), pairs_within(clusters, "cluster", "person")
    precision, recall = both / max(found, 1), both / true
    return {
        "edge precision": right / max(joins.height, 1),
        "edge recall": right / true,
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-9),
        "of one household": pairs_within(clusters, "cluster", "household") - both,
        "false": found - both,
        "largest": clusters.group_by("cluster").len()["len"].max(),
    }  # type: ignore[return-value]


def pairs_within(table: pl.DataFrame, *columns: str) -> int:
    sizes = table.group_by(columns).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def tell(engine: str, told: dict[str, Any]) -> None:
    more = {name: told[name] for name in ("pairs", "asked", "capped") if name in told}
    figure(BENCH, f"{engine}: wall", round(told["wall"], 1), "s", cpu_seconds=round(told["cpu"], 1), **told["steps"], **more)  # fmt: skip
    figure(BENCH, f"{engine}: peak memory", round(told["peak_mb"]), "MB")
    if "f1" in told:
        figure(
            BENCH, f"{engine}: clusters F1", round(told["f1"], 4), "",
            **{name.replace(" ", "_"): round(told[name], 4) for name in ("precision", "recall", "edge precision", "edge recall")},
            false_pairs=told["false"], of_one_household=told["of one household"], largest=told["largest"],
        )  # fmt: skip


def compare(told: dict[str, dict[str, Any]], rounds: int) -> None:
    ours, splink = told["ours"], told["splink"]
    for name, what in (("wall", "wall"), ("peak_mb", "peak memory")):
        times = ours[name] / splink[name]
        wanted = {"wanted": f"<= {MOST_TIMES}", "met": met(times <= MOST_TIMES)}
        figure(
            BENCH, f"{what}, ours against Splink", round(times, 2), "times",
            ours=round(ours[name], 1), splink=round(splink[name], 1), median_of=rounds, **wanted,
        )  # fmt: skip
    figure(BENCH, "CPU, ours against Splink", round(ours["cpu"] / splink["cpu"], 2), "times")
    share = ours["of one household"] / max(splink["of one household"], 1)
    figure(
        BENCH, "false pairs of one household, ours against Splink", round(share, 3), "times",
        wanted=f"<= {MOST_OF_HOUSEHOLD}", met=met(share <= MOST_OF_HOUSEHOLD),
    )  # fmt: skip
    less = splink["recall"] - ours["recall"]
    figure(
        BENCH, "recall of clusters, ours less Splink's", round(-less, 4), "",
        wanted=f">= -{RECALL_WITHIN}", met=met(less <= RECALL_WITHIN),
    )  # fmt: skip
    times = told["ours-trains"]["wall"] / told["splink-trains"]["wall"]
    figure(
        BENCH, "training, ours against Splink", round(times, 2), "times", wanted=f"<= {MOST_TRAINING}",
        met=met(times <= MOST_TRAINING),
    )  # fmt: skip
    off = splink["f1"] - told["ours-trained"]["f1"]
    figure(
        BENCH, "F1 by our training, less Splink's", round(-off, 4), "", wanted=f">= -{LEAST_F1_OFF}",
        met=met(off <= LEAST_F1_OFF),
    )  # fmt: skip


if __name__ == "__main__":
    main()

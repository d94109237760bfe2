"""docs/reference/proofs.md, from the figures that `./run bench NAME --keep` left in bench/results."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .markdown import code, table, written

BENCHES = Path(__file__).resolve().parents[4] / "bench"
RESULTS = BENCHES / "results"
FROM = "bench/results (`./run bench NAME --keep`)"
# Why a goal is missed: bench, figure, why. By hand, beside the figures; a test wants a row for each miss.
WHY_MISSED = "why-missed.csv"

INTRODUCTION = """What is compared, how often, and what differed. Each proof is one command; `./run test` runs a small part of it every
time, `--nightly` more than is kept here. Zero differences in *n* trials do not say "never": they bound the rate at about 3 in
*n* (95 %). So each proof also shows its **power**: faults put in on purpose, one after another, that it must notice."""


@dataclass(frozen=True)
class Proof:
    bench: str
    title: str
    compares: str
    in_tests: str
    nightly: str


PROOFS = (
    Proof(
        "access-oracle",
        "Five answers are one",
        "Who sees which row, by Cedar, by the stored sets, by the filter in each query, by row-level security, and by an oracle"
        " written from the prose that shares no line with Engage; on worlds with agreements, people, rows and moments drawn at"
        " random, ends to the second among them.",
        "60 worlds, 60,000 decisions",
        "5,000 worlds, 5,000,000 decisions",
    ),
    Proof(
        "noninterference",
        "A hidden thing changes no byte",
        "A small world, and the same world with one hidden thing more: a record, a field, a link, a file, an agency, a pair to"
        " decide, an entry in the account and others. Every address, reading and doing, by readers of five kinds; status,"
        " headers, cookies, body, redirects and files, with clock and ids standing still.",
        "300 pairs",
        "50,000 pairs",
    ),
    Proof(
        "access-time",
        "The time of an answer tells nothing",
        "How long an answer takes about what is hidden and about what is not there, at ten addresses, asked in turns. Ratio of"
        " the medians, and how well an attacker with one time of each could tell them apart (AUC, where 0.5 is chance).",
        "not run",
        "2,000 pairs at each of ten addresses",
    ),
    Proof(
        "fail-closed",
        "Everything fails closed",
        "A right that ends on one connection while another reads, before its next request and in the middle of one; agreements"
        " and stated purposes at 23:59:59 and 00:00:00; nobody at work; a connection used again; a streamed answer; a"
        " background job; SQL past the program.",
        "500 trials",
        "20,000 trials",
    ),
    Proof(
        "policy-mutants",
        "A slip in the rules is noticed",
        "Slips made one at a time in the policy, in the queries and in both walls: a condition left out, and for or, an expiry"
        " forgotten, a filter skipped. Each must be noticed by the tests; those that change no answer are explained.",
        "6 slips",
        "300 slips",
    ),
    Proof(
        "ledger",
        "The account cannot be rewritten",
        "Changes of the account by four attackers, each stronger than the one before, and forged checkpoints: refused by the"
        " database, named by the verifier, or contradicted by a witness. And what the account costs.",
        "each kind of change",
        "60,000 mutations",
    ),
)  # fmt: skip


def page() -> str:
    return written("Proofs", FROM, INTRODUCTION, *account_of(PROOFS))


def account_of(proofs: Sequence[Proof]) -> Iterator[str]:
    """All in short, the goals that are missed and why, and then each with its figures."""
    yield table(
        ["Proof", "Last run", "Differences", "Faults caught", "Goals missed"],
        [
            (f"[{one.title}](#{_anchor(one.title)})", *_in_short(result(one.bench), one.bench))
            for one in proofs
        ],
    )
    yield "## Goals that are missed"
    yield _misses(proofs)
    for one in proofs:
        yield from _proof(one)


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def result(bench: str, folder: Path = RESULTS) -> dict[str, Any] | None:
    """What was kept of the last run; None where none was."""
    path = folder / f"{bench}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _in_short(kept: dict[str, Any] | None, bench: str) -> tuple[object, ...]:
    if kept is None:
        return ("no run is kept", "", "", "")
    power = next((one for one in kept["figures"] if one["figure"] in ("killed", "detected")), None)
    counted = [one["differences"] for one in kept["figures"] if "differences" in one]
    faults = [one for one in kept["figures"] if one["figure"].startswith("fault: ")]
    caught = [one for one in faults if one["value"] == "caught"]
    return (
        kept["on"],
        max(counted) if counted else "not counted",
        f"{len(caught)} of {len(faults)}"
        if faults
        else f"{power['value']:,} of {power['of']:,}"
        if power
        else "",
        len(missed(kept)),
    )


def missed(kept: dict[str, Any]) -> list[str]:
    """Figures whose goal was not met: one said to be missed, any difference, any fault that nobody noticed."""
    return [
        one["figure"]
        for one in kept["figures"]
        if one.get("met") == "no"
        or one.get("differences")
        or (one["figure"].startswith("fault: ") and one["value"] != "caught")
    ]


def reasons(folder: Path = RESULTS) -> dict[tuple[str, str], str]:
    path = folder / WHY_MISSED
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return {(row["bench"], row["figure"]): row["why"] for row in csv.DictReader(text.splitlines())}


def _misses(proofs: Sequence[Proof]) -> str:
    rows = [
        (code(f"./run bench {one.bench}"), name, reasons().get((one.bench, name), "not explained"))
        for one in proofs
        for name in missed(result(one.bench) or {"figures": []})
    ]
    return table(["Proof", "Figure", "Why"], rows) if rows else "None of those that were run."


def _proof(one: Proof) -> Iterator[str]:
    yield f"## {one.title}"
    yield one.compares
    if one.in_tests:
        yield f"In `./run test`: {one.in_tests}. With `--nightly`: {one.nightly}."
    kept = result(one.bench)
    if kept is None:
        yield f"```\n./run bench {one.bench} --keep\n```\n\nNo run is kept yet."
        return
    yield f"```\n{kept['command']}\n```\n\n{kept['on']}; {kept['machine']}."
    faults = [f for f in kept["figures"] if f["figure"].startswith("fault: ")]
    yield table(
        ["Figure", "Value", "More"],
        [(f["figure"], _value(f), _more(f)) for f in kept["figures"] if f not in faults],
    )
    if faults:
        yield "Faults put in, one at a time:"
        yield table(["Fault", ""], [(f["figure"].removeprefix("fault: "), f["value"]) for f in faults])


def _value(figure: dict[str, Any]) -> str:
    value = figure["value"]
    shown = f"{value:,}" if isinstance(value, int) else str(value)
    return f"{shown} {figure['unit']}".strip()


def _more(figure: dict[str, Any]) -> str:
    words = {"met": "goal met", "wanted": "goal"}
    return "; ".join(
        f"{words.get(name, name.replace('_', ' '))}: {value}"
        for name, value in figure.items()
        if name not in ("bench", "figure", "value", "unit")
    )

"""The page of proofs is written from kept runs, and says of each goal that is missed why."""

import json
import os
import subprocess
import sys

import pytest
from bench import fail_closed, noninterference

from engage.config.documents import linkage, proofs
from engage.config.documents.proofs import BENCHES, PROOFS, missed, reasons, result


def test_every_proof_is_a_bench():
    benches = {path.stem.replace("_", "-") for path in BENCHES.glob("[a-z]*.py")}
    assert {one.bench for one in (*PROOFS, *linkage.MEASURED)} <= benches


@pytest.mark.parametrize("bench", [one.bench for one in (*PROOFS, *linkage.MEASURED)])
def test_each_goal_that_is_missed_is_explained(bench):
    kept = result(bench)
    if kept is None:
        pytest.skip("no run is kept yet")
    assert [name for name in missed(kept) if not reasons().get((bench, name))] == []
    assert kept["command"].startswith(f"./run bench {bench}") and kept["on"] and kept["machine"]


def test_an_explanation_is_of_something_that_is_missed():
    assert [one for one in reasons() if one[1] not in missed(result(one[0]) or {"figures": []})] == []


def test_a_difference_a_fault_unnoticed_and_a_goal_missed_all_count_as_missed(tmp_path):
    figures = [
        {"figure": "pairs", "value": 9, "unit": "pairs", "differences": 0},
        {"figure": "trials", "value": 9, "unit": "trials", "differences": 1},
        {"figure": "fault: a leak", "value": "not caught", "unit": ""},
        {"figure": "fault: another", "value": "caught", "unit": ""},
        {"figure": "search", "value": 1.3, "unit": "times", "wanted": "0.9 to 1.1", "met": "no"},
    ]
    (tmp_path / "ledger.json").write_text(json.dumps({"figures": figures}))
    kept = result("ledger", tmp_path)
    assert missed(kept) == ["trials", "fault: a leak", "search"]
    assert result("access-time", tmp_path) is None


def test_the_page_names_each_command_and_each_fault_that_was_kept():
    page = proofs.page()
    measured = linkage.page()
    assert [one.bench for one in linkage.MEASURED if f"./run bench {one.bench}" not in measured] == []
    assert [one.bench for one in PROOFS if f"./run bench {one.bench}" not in page] == []
    for one in (fail_closed, noninterference):
        kept = result(one.__name__.removeprefix("bench.").replace("_", "-"))
        assert not kept or [name for name in one.FAULTS if name not in page] == []


@pytest.mark.parametrize(
    ("ending", "kept"), [("", True), ("raise SystemExit(1)", True), ("raise KeyError('x')", False)]
)
def test_a_run_is_kept_if_it_came_to_its_end_whatever_it_found(ending, kept, tmp_path):
    path = tmp_path / "results" / "invented.json"
    told = {"ENGAGE_BENCH_KEPT_IN": str(path), "ENGAGE_BENCH_COMMAND": "./run bench invented --pairs 3"}
    program = f"from bench import figure\nfigure('invented', 'pairs', 3, 'pairs', differences=1)\n{ending}"
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=BENCHES.parent,
        env=os.environ | told,
        capture_output=True,
        check=False,
    )
    assert path.exists() == kept
    if kept:
        written = json.loads(path.read_text())
        assert written["command"] == told["ENGAGE_BENCH_COMMAND"] and "cores" in written["machine"]
        assert missed(written) == ["pairs"]

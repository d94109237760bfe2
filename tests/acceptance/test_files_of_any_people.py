"""`linkage run` on a public file that nobody tuned it for: FEBRL 3, 5,000 records of invented people of Australia."""

import json
import subprocess
import sys

import pytest
from bench import linkage_files
from bench._febrl import fetched


@pytest.fixture(scope="module")
def febrl3(tmp_path_factory):
    try:
        folder = fetched()
    except SystemExit:
        pytest.skip("FEBRL could not be fetched")
    return linkage_files.febrl(folder, 3, tmp_path_factory.mktemp("febrl"))


def f1(febrl3, tmp_path, *more):
    file, truth = febrl3
    called = [sys.executable, "-m", "engage.linkage_files"]
    out = tmp_path / "clusters.parquet"
    fields = ["--fields", linkage_files.NUMBER, "--id", "id", "--out", out]
    subprocess.run([*called, "run", file, *fields, *more], check=True, capture_output=True)
    said = subprocess.run(
        [*called, "evaluate", out, truth, "--json"], check=True, capture_output=True, text=True
    )
    found = {line["figure"]: line["value"] for line in map(json.loads, said.stdout.splitlines())}
    return found["pairwise F1"]


def test_where_nobody_has_a_brother_or_sister_nearly_all_pairs_are_found(febrl3, tmp_path):
    assert f1(febrl3, tmp_path, "--no-families") >= 0.999


def test_given_names_that_differ_go_to_a_person_and_cost_little(febrl3, tmp_path):
    # One record in fifty has another given name whole. Twins look like that: they are asked, not joined.
    assert f1(febrl3, tmp_path) >= 0.985

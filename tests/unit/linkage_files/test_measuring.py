"""`linkage evaluate` on files small enough to count by hand."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engage.linkage_files.command_line import linkage

CLUSTERS = "record_id,cluster_id\na,1\nb,1\nc,1\nd,2\ne,3\nf,3\n"
TRUTH = "record_id,entity,household_id,sex\na,A,h1,F\nb,A,h1,F\nc,B,h1,M\nd,B,h2,M\ne,C,,F\nf,C,,F\n"


def evaluate(folder: Path, clusters: str, truth: str, *more: str) -> Result:
    (folder / "clusters.csv").write_text(clusters)
    (folder / "truth.csv").write_text(truth)
    return CliRunner().invoke(
        linkage, ["evaluate", str(folder / "clusters.csv"), str(folder / "truth.csv"), *more]
    )


def test_figures_are_those_counted_by_hand(tmp_path: Path) -> None:
    result = evaluate(tmp_path, CLUSTERS, TRUTH, "--json")
    assert result.exit_code == 0, result.output
    said = [json.loads(line) for line in result.stdout.splitlines()]
    found = {(figure["group"], figure["figure"]): figure["value"] for figure in said}
    # Joined: ab, ac, bc, ef. True: ab, cd, ef. Both: ab, ef.
    assert found["all", "pairwise precision"] == pytest.approx(2 / 4)
    assert found["all", "pairwise recall"] == pytest.approx(2 / 3)
    assert found["all", "pairwise F1"] == pytest.approx(4 / 7)
    # a 2/3, b 2/3, c 1/3, d 1, e 1, f 1; and c 1/2, d 1/2, the others whole.
    assert found["all", "B-cubed precision"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 3) / 6)
    assert found["all", "B-cubed recall"] == pytest.approx(5 / 6)
    assert found["all", "largest cluster"] == 3
    assert found["all", "false pairs inside households"] == 2
    assert found["sex: F", "pairwise precision"] == 1
    assert found["sex: M", "pairwise recall"] == 0
    assert found["sex: M", "pairwise precision"] is None


def test_without_json_a_table_is_read_by_people(tmp_path: Path) -> None:
    result = evaluate(tmp_path, CLUSTERS, TRUTH)
    assert result.exit_code == 0
    assert "0.5714" in result.stdout


@pytest.mark.parametrize(
    ("clusters", "truth", "sentence"),
    [
        (CLUSTERS.replace("cluster_id", "group"), TRUTH, "no column “cluster_id”"),
        (CLUSTERS, TRUTH.replace("f,C", "g,C"), "1 records of the truth are in no cluster; 1 are not in"),
        (CLUSTERS + "a,9\n", TRUTH, "the id in row 2 of column “record_id” stands again in row 8"),
        (CLUSTERS, TRUTH.replace("d,B", "d,"), "row 5: nothing in column “entity”"),
        ("", TRUTH, "is empty"),
    ],
)
def test_what_cannot_be_measured_is_said(tmp_path: Path, clusters: str, truth: str, sentence: str) -> None:
    result = evaluate(tmp_path, clusters, truth)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not result.stdout

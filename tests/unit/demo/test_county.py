"""County size is the same invention in parts, so a small county must hang together."""

from collections import Counter
from pathlib import Path

from tests.unit.demo.conftest import AS_AT
from tests.unit.demo.reading_back import rows_of

from engage.demo import write_county_files


def test_references_and_numbers_stay_unique_across_the_parts_of_a_county(tmp_path: Path) -> None:
    files = write_county_files(tmp_path, seed=3, as_at=AS_AT, people=5_400)
    rows = {file.path.stem: rows_of(file.path) for file in files}
    for name, column in (
        ("police-missing", "report_ref"),
        ("bridge-interviews", "interview_ref"),
        ("engage-referrals", "referral_ref"),
        ("lantern-calls", "call_ref"),
        ("bwd-903-header", "CHILD"),
    ):
        assert Counter(row[column] for row in rows[name]).most_common(1)[0][1] == 1, name
    truth = rows_of(tmp_path / "truth.csv")
    child_of = {}
    for row in truth:
        key = (row["format"], row["agency"], row["reference"])
        assert child_of.setdefault(key, row["child_id"]) == row["child_id"]
    assert len({row["child_id"] for row in truth}) > 5_200
    assert len(rows["police-missing"]) > 1_000
    assert len(rows["elht-contacts"]) > 800

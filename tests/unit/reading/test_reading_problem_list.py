import csv
import io

import pytest
from tests.unit.reading.making_files import REPORT, read_rows, write_csv

from engage.practice.receiving.reading import Problem, write_problem_rows
from engage.practice.receiving.reading.problems import guard_against_formula, without_guard


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\0="])
def test_a_cell_a_spreadsheet_would_run_is_guarded_and_comes_back_as_it_was(start):
    guarded = guard_against_formula(start + "1+1")
    assert guarded == "'" + start + "1+1"
    assert without_guard(guarded) == start + "1+1"


@pytest.mark.parametrize("text", ["", "Ashworth", "'tis", "O'Neill", "1+1"])
def test_other_cells_are_left_alone(text):
    assert guard_against_formula(text) == text == without_guard(text)


def test_the_list_holds_the_rejected_and_held_rows_with_their_reasons_and_can_be_mended_and_sent(tmp_path):
    sent = [
        {**REPORT, "report_ref": "MP-1"},
        {**REPORT, "report_ref": "MP-2", "dob": "31/02/2011", "vehicle": "+grey van"},
        {**REPORT, "report_ref": "MP-3", "last_seen_at": "25/10/2026 01:30"},
    ]
    _, rows = read_rows(write_csv(tmp_path / "f.csv", "police-missing", sent), "police-missing")
    text = write_problem_rows(rows, [problem for row in rows for problem in row.problems])
    listed = list(csv.DictReader(io.StringIO(text)))
    assert [(line["engage_row"], line["engage_outcome"]) for line in listed] == [
        ("3", "rejected"),
        ("4", "held"),
    ]
    assert listed[0]["engage_reason"].startswith("dob: ")
    assert listed[0]["vehicle"] == "'+grey van"

    mended = tmp_path / "mended.csv"
    mended.write_text(
        text.replace("31/02/2011", "14/02/2011").replace("25/10/2026 01:30", "25/10/2026 03:30"), newline=""
    )
    reading, again = read_rows(mended, "police-missing")
    assert [(row.reference, row.outcome) for row in again] == [("MP-2", "apply"), ("MP-3", "apply")]
    assert again[0].values["vehicle"] == again[0].as_sent["vehicle"] == "+grey van"
    assert reading.unknown_columns == []


def test_a_flag_alone_puts_no_row_on_the_list(tmp_path):
    _, rows = read_rows(
        write_csv(tmp_path / "f.csv", "police-missing", [{**REPORT, "grade": "urgent"}]), "police-missing"
    )
    flagged: list[Problem] = [problem for row in rows for problem in row.problems]
    assert flagged
    assert write_problem_rows(rows, flagged).count("\n") == 1

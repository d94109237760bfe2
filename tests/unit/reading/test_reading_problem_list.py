import csv
import io

import pytest
from tests.unit.reading.making_files import REPORT, format_of, read_rows, write_csv, write_xlsx

from engage.practice.receiving.reading import FileRefused, Problem, write_problem_rows
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


CONTACT = {"client_ref": "S1", "service": "sexual_health", "contact_on": "01/10/2026", "surname": "Brook"}


def to_mend(path, code):
    """What the list of a file's rows to mend says, and the rows themselves."""
    _, rows = read_rows(path, code)
    columns = [column.name for sheet in format_of(code).sheets for column in sheet.columns]
    return write_problem_rows(rows, [problem for row in rows for problem in row.problems], columns), rows


def test_the_second_contact_of_a_day_is_still_the_second_when_it_comes_mended_and_alone(tmp_path):
    sent = [CONTACT, CONTACT | {"dob": "31/02/2011"}]
    text, rows = to_mend(write_csv(tmp_path / "f.csv", "health-contacts", sent), "health-contacts")
    assert [row.reference for row in rows] == [
        "S1|sexual_health|2026-10-01|1",
        "S1|sexual_health|2026-10-01|2",
    ]
    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("31/02/2011", "28/02/2011"), newline="")
    (row,) = read_rows(mended, "health-contacts")[1]
    assert (row.reference, row.outcome) == ("S1|sexual_health|2026-10-01|2", "apply")


def test_a_contact_whose_day_is_mended_does_not_pass_for_the_first_of_that_day(tmp_path):
    sent = [CONTACT, CONTACT | {"contact_on": "31/09/2026"}]
    text, rows = to_mend(write_csv(tmp_path / "f.csv", "health-contacts", sent), "health-contacts")
    assert rows[1].reference is None
    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("31/09/2026", "01/10/2026"), newline="")
    again = [read_rows(mended, "health-contacts")[1][0].reference for _ in range(2)]
    assert again == ["S1|sexual_health|2026-10-01|mended3"] * 2


def test_a_reference_in_the_list_that_is_not_of_the_row_is_not_believed(tmp_path):
    sent = [CONTACT | {"dob": "31/02/2011"}]
    text, _ = to_mend(write_csv(tmp_path / "f.csv", "health-contacts", sent), "health-contacts")
    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("S1|sexual_health", "S2|sexual_health"), newline="")
    (row,) = read_rows(mended, "health-contacts")[1]
    assert row.reference == "S1|sexual_health|2026-10-01|mended2"


def test_the_columns_of_the_list_stand_in_the_order_of_the_format(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("own_note,dob,surname,report_ref\nx,31/02/2011,Ashworth,MP-1\n")
    text, _ = to_mend(path, "police-missing")
    header = next(csv.reader(io.StringIO(text)))
    assert header[5:] == ["report_ref", "surname", "dob", "own_note"]


def register(tmp_path, *, closed):
    return write_xlsx(
        tmp_path / "register.xlsx",
        {
            "Children": [["op_ref", "name", "closed", "Seen by"], ["C1", "BROOK, Ada", closed, "Kit"]],
            "Nominals": [["nom_ref", "name", "notes"], ["N1", "Invented Man", "Told"]],
        },
    )


def test_the_mended_list_of_a_workbook_is_a_csv_and_goes_to_the_sheets_its_rows_came_from(tmp_path):
    text, rows = to_mend(register(tmp_path, closed="31/02/2004"), "legacy-register")
    assert [(row.sheet, row.outcome) for row in rows] == [("Children", "rejected"), ("Nominals", "held")]
    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("31/02/2004", "28/02/2004"), newline="")
    reading, again = read_rows(mended, "legacy-register")
    assert [(row.sheet, row.reference, row.outcome) for row in again] == [
        ("Children", "C1", "apply"), ("Nominals", "N1", "held"),
    ]  # fmt: skip
    assert reading.row_count == 2
    # Its own columns, and one that no sheet knows.
    told = [{name: cell for name, cell in row.as_sent.items() if cell} for row in again]
    assert told == [{**rows[0].as_sent, "closed": "28/02/2004"}, rows[1].as_sent]
    assert "nom_ref" not in again[0].as_sent


@pytest.mark.parametrize("spoiled", ["Childen", ""])
def test_a_mended_row_that_does_not_say_its_sheet_refuses_the_list_in_words(tmp_path, spoiled):
    text, _ = to_mend(register(tmp_path, closed="31/02/2004"), "legacy-register")
    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("Children", spoiled), newline="")
    with pytest.raises(FileRefused) as refused:
        read_rows(mended, "legacy-register")
    assert refused.value.reason_code == "sheet_not_said" and "engage_sheet" in refused.value.sentence


def test_any_other_csv_is_still_no_workbook(tmp_path):
    path = tmp_path / "children.csv"
    path.write_text("op_ref,name\nC1,Brook\n")
    with pytest.raises(FileRefused) as refused:
        read_rows(path, "legacy-register")
    assert refused.value.reason_code == "wrong_file_type"


def test_a_flag_alone_puts_no_row_on_the_list(tmp_path):
    _, rows = read_rows(
        write_csv(tmp_path / "f.csv", "police-missing", [{**REPORT, "grade": "urgent"}]), "police-missing"
    )
    flagged: list[Problem] = [problem for row in rows for problem in row.problems]
    assert flagged
    assert write_problem_rows(rows, flagged).count("\n") == 1

"""What a good file becomes: encodings, separators, typed values, references, sheets."""

from datetime import UTC, date, datetime

import pytest
from tests.unit.reading.making_files import (
    REPORT,
    columns_of,
    csv_text,
    format_of,
    read_report,
    read_rows,
    told,
    write_csv,
    write_xlsx,
    xlsx_of,
)

from engage.methods.births import Birth
from engage.methods.names import LegacyName
from engage.practice.receiving.reading import preview, read_file, shipped_formats, sniff


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8 with byte order mark"), ("cp1252", "windows-1252")],
)
def test_an_accented_name_comes_through_in_every_encoding(tmp_path, encoding, said):
    path = write_csv(tmp_path / "f.csv", "police-missing", [{**REPORT, "forenames": "Zoë"}], encoding)
    reading, (row,) = read_rows(path, "police-missing")
    assert (reading.encoding, row.values["forenames"], row.reference) == (said, "Zoë", "MP-1")
    assert ("windows_1252" in {flag.code for flag in reading.flags}) == (encoding == "cp1252")


def test_a_windows_1252_file_that_ends_in_an_accented_letter_is_not_taken_for_a_cut_one(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes("report_ref,found_by\r\nMP-1,René".encode("cp1252"))
    reading, (row,) = read_rows(path, "police-missing")
    assert (reading.encoding, row.values["found_by"]) == ("windows-1252", "René")


@pytest.mark.parametrize(("separator", "said"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
def test_the_separator_is_found_by_looking(tmp_path, separator, said):
    path = tmp_path / "f.csv"
    text = csv_text(columns_of("police-missing"), [{**REPORT, "circumstances": "a, b; c\td"}], separator)
    path.write_text(text, encoding="utf-8", newline="")
    reading, (row,) = read_rows(path, "police-missing")
    assert (reading.separator, row.values["circumstances"]) == (said, "a, b; c\td")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path, end):
    path = tmp_path / "f.csv"
    path.write_bytes(f"report_ref,surname{end}MP-1,Ashworth{end}{end}MP-2,Holt".encode())
    rows = read_rows(path, "police-missing")[1]
    assert [(row.number, row.reference) for row in rows] == [(2, "MP-1"), (4, "MP-2")]


def test_header_names_match_without_regard_to_case_spaces_or_underscores(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("Report Ref,SURNAME,home post code,LastSeenAt\nMP-1,Ashworth,bb11aa,05/01/2026 21:30\n")
    (row,) = read_rows(path, "police-missing")[1]
    assert row.values["home_postcode"] == "BB1 1AA"
    assert row.as_sent["home post code"] == "bb11aa"
    assert row.values["last_seen_at"] == datetime(2026, 1, 5, 21, 30, tzinfo=UTC)


def test_a_stray_quotation_mark_inside_a_cell_spoils_nothing(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text('report_ref,vehicle\nMP-1,wheels 19" wide\nMP-2,blue\n')
    assert [row.values["vehicle"] for row in read_rows(path, "police-missing")[1]] == [
        'wheels 19" wide',
        "blue",
    ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_report_is_typed_column_by_column(tmp_path, kind):
    changed = {
        "companions": "Amelia Holt; Kit;",
        "phone": "07700 900123",
        "outcome": "Duplicate_of: MP-9",
        "returned_at": "07/07/2026 10:00",
        "located_at": "2026-07-07T10:00:00+02:00",
        "cce_flag": "n",
    }
    row = read_report(tmp_path, kind, **changed)
    assert row.problems == ()
    assert row.outcome == "apply"
    assert row.identity == row.reference == "MP-1"
    expected = {
        "dob": date(2011, 2, 14),
        "cse_flag": True,
        "cce_flag": False,
        "companions": ("Amelia Holt", "Kit"),
        "phone": "+447700900123",
        "outcome": "duplicate_of:MP-9",
        "returned_at": datetime(2026, 7, 7, 9, 0, tzinfo=UTC),
        "located_at": datetime(2026, 7, 7, 8, 0, tzinfo=UTC),
        "circumstances": None,
    }
    assert {name: row.values[name] for name in expected} == expected


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_return_known_by_its_day_alone_gets_no_hour(tmp_path, kind):
    row = read_report(tmp_path, kind, returned_at="07/07/2026")
    assert row.values["returned_at"] == date(2026, 7, 7)
    assert not isinstance(row.values["returned_at"], datetime)
    assert told(row) == {("returned_at", "flag", "no_hour")}


def test_date_cells_and_day_numbers_of_a_workbook_are_read(tmp_path):
    changed = {
        "dob": date(2011, 2, 14),
        "last_seen_at": 46027.5,  # 5 January 2026, noon, in a cell without a date format
        "phone": 7700900123,
        "report_ref": 4711,
    }
    row = read_report(tmp_path, "xlsx", **changed)
    assert row.values["dob"] == date(2011, 2, 14)
    assert row.values["last_seen_at"] == datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
    assert row.reference == "4711"
    assert row.outcome == "apply"


def test_a_withdrawn_row_says_so_in_any_format(tmp_path):
    rows = [{**REPORT, "withdrawn": "Y"}, {**REPORT, "report_ref": "MP-2"}]
    path = write_csv(tmp_path / "f.csv", "police-missing", rows, extra=("withdrawn",))
    reading, read = read_rows(path, "police-missing")
    assert [row.withdrawn for row in read] == [True, False]
    assert reading.unknown_columns == []


def test_one_person_with_two_addresses_is_two_records_of_one_identity(tmp_path):
    rows = [
        {"person_id": "P1", "address_from": "01/02/2020"},
        {"person_id": "P1", "address_from": "2024-03-04"},
        {"person_id": "P1"},
    ]
    read = read_rows(write_csv(tmp_path / "f.csv", "social-care-people", rows), "social-care-people")[1]
    assert [row.reference for row in read] == ["P1|2020-02-01", "P1|2024-03-04", "P1|"]
    assert {row.identity for row in read} == {"P1"}


def test_two_contacts_of_one_day_are_told_apart_by_their_order(tmp_path):
    contact = {"client_ref": "C1", "service": "sexual_health", "contact_on": "05/01/2026"}
    rows = [contact, contact, {**contact, "contact_on": "06/01/2026"}]
    reading = read_file(write_csv(tmp_path / "f.csv", "health-contacts", rows), format_of("health-contacts"))
    for _ in range(2):  # asked twice, the same answer
        assert [row.reference.split("|", 2)[2] for row in reading.rows()] == [
            "2026-01-05|1",
            "2026-01-05|2",
            "2026-01-06|1",
        ]


@pytest.mark.parametrize(
    ("service", "category"),
    [
        ("sexual_health", "C10"),
        ("substance_misuse", "C11"),
        ("emergency_department", "C09"),
        ("mental_health", "C12"),
        ("other", "C10"),
    ],
)
def test_what_a_health_service_sends_is_in_its_own_compartment_but_for_the_summary(
    tmp_path, service, category
):
    row = {
        "client_ref": "C1",
        "service": service,
        "contact_on": "05/01/2026",
        "clinical_note": "n",
        "summary_for_team": "s",
    }
    (read,) = read_rows(write_csv(tmp_path / "f.csv", "health-contacts", [row]), "health-contacts")[1]
    sheet = format_of("health-contacts").sheets[0]
    of = {column.name: sheet.category_of(column, read.values) for column in sheet.columns}
    assert sheet.category_of_row(read.values) == category
    assert {name for name, found in of.items() if found == "C26"} == {"summary_for_team", "concern"}
    assert set(of.values()) == {category, "C26"}
    (month,) = sheet.column("contact_on").derived
    assert (month.of(read.values["contact_on"]), month.category) == ("2026-01", "C26")


def test_overlapping_rows_of_one_child_are_held_and_rules_that_need_other_files_are_named(tmp_path):
    dates = [("02/06/2025", "04/06/2025"), ("03/06/2025", "09/06/2025")]
    rows = [
        {"CHILD": "333", "MISSING": "M", "MIS_START": start, "MIS_END": end, "DOB": "01/02/2011"}
        for start, end in dates
    ]
    reading, read = read_rows(write_csv(tmp_path / "f.csv", "ssda903-missing", rows), "ssda903-missing")
    assert [row.outcome for row in read] == ["apply", "held"]
    assert told(read[1]) == {("MIS_END", "held", "rule_574")}
    assert reading.collection_year == 2026
    assert [line.split(":")[0] for line in reading.not_checked] == [
        "575",
        "576",
        "577",
        "578",
        "580",
        "581",
        "1012",
    ]


def test_a_collection_year_given_with_the_file_is_the_one_checked(tmp_path):
    row = {
        "CHILD": "333",
        "MISSING": "M",
        "MIS_START": "02/06/2025",
        "MIS_END": "04/06/2025",
        "DOB": "01/02/2011",
    }
    path = write_csv(tmp_path / "f.csv", "ssda903-missing", [row])
    assert read_rows(path, "ssda903-missing")[1][0].outcome == "apply"
    (held,) = read_rows(path, "ssda903-missing", collection_year=2025)[1]
    assert {problem.reason_code for problem in held.problems} == {"rule_570", "rule_571"}


LEGACY = {
    "Children": [
        ["op_ref", "name", "dob", "address", "notes", "status", "opened", "closed"],
        ["OP1", 'ASHWORTH, Katherine "Kate"', "12/3/97", "", "", "open", date(2011, 6, 1), ""],
        ["OP2", "Amelia Holt", "c. 1997", "", "", "", "", ""],
        ["OP3", "Noor Patel", "14 yrs", "", "", "", "01/06/2011", ""],
        ["OP4", "Idris Kay", date(1998, 5, 6), "", "", "", "", ""],
    ],
    "Nominals": [["nom_ref", "name", "phone"], ["N1", "Nobody Known", "07700 900124"]],
    "Links": [["op_ref", "nom_ref", "how", "date"], ["OP1", "N1", "seen together", "02/06/2011"]],
}


def test_an_older_register_gives_children_and_keeps_its_nominals_for_intelligence(tmp_path):
    reading, rows = read_rows(write_xlsx(tmp_path / "f.xlsx", LEGACY), "legacy-register")
    children = [row for row in rows if row.sheet == "Children"]
    assert [row.outcome for row in children] == ["apply"] * 4
    assert children[0].values["name"] == LegacyName("ASHWORTH", "Katherine", "Kate")
    births = [row.values["dob"] for row in children]
    assert births[0] == Birth(date(1997, 3, 12), date(1997, 3, 12), "day", "12/3/97")
    assert (births[1].earliest.year, births[1].precision) == (1997, "about")
    assert (births[2].earliest, births[2].latest) == (date(1996, 6, 2), date(1997, 6, 1))
    assert births[3].earliest == births[3].latest == date(1998, 5, 6)
    assert children[1].as_sent["dob"] == "c. 1997"
    nominal, link = (row for row in rows if row.sheet != "Children")
    assert (nominal.outcome, link.outcome) == ("held", "held")
    assert nominal.problems[-1].reason_code == "awaiting_intelligence"
    assert "unverified" in nominal.problems[-1].sentence
    assert (nominal.reference, link.reference) == ("N1", "OP1|N1|2011-06-02")
    assert reading.row_count == len(rows) == 6
    assert reading.sheets == ["Children", "Nominals", "Links"]


def test_a_first_name_alone_does_not_hold_up_a_call_to_the_helpline(tmp_path):
    rows = [
        {"call_ref": "H1", "child_name": "Katherine", "immediate_danger": "Y"},
        {"call_ref": "H2", "child_name": "not known"},
    ]
    one, none = read_rows(write_csv(tmp_path / "f.csv", "helpline-calls", rows), "helpline-calls")[1]
    assert (one.outcome, one.values["child_name"]) == ("apply", LegacyName("", "Katherine", None))
    assert (none.outcome, none.values["child_name"]) == ("apply", None)


def test_the_sheet_named_is_read_and_the_others_are_listed(tmp_path):
    names = columns_of("police-missing")
    book = {
        "Cover": [["About this file"]],
        "January": [names, [REPORT.get(name) for name in names]],
    }
    path = write_xlsx(tmp_path / "f.xlsx", book)
    reading, rows = read_rows(path, "police-missing", sheet="january")
    assert [row.reference for row in rows] == ["MP-1"]
    assert any(flag.code == "sheet_not_read" and "Cover" in flag.sentence for flag in reading.flags)


@pytest.mark.parametrize("code", sorted(shipped_formats()))
def test_a_file_with_the_columns_of_a_feed_is_recognised(tmp_path, code):
    found = format_of(code)
    if "csv" in found.file_types:
        path = write_csv(tmp_path / "f", code, [{columns_of(code)[0]: "X1"}])
    else:
        path = write_xlsx(tmp_path / "f", LEGACY)
    assert sniff(path).code == code
    assert code not in {"ssda903-missing"} or read_file(path, found).row_count == 1


def test_a_shopping_list_is_nobodys_feed(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("item,price\nbread,2\n")
    assert sniff(path) is None


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_preview_shows_the_first_rows_as_they_would_be_read(tmp_path, kind):
    rows = [{**REPORT, "report_ref": f"MP-{n}"} for n in range(30)]
    path = (write_csv if kind == "csv" else xlsx_of)(tmp_path / f"f.{kind}", "police-missing", rows)
    _, shown = preview(path, format_of("police-missing"), rows=3)
    assert [row.reference for row in shown] == ["MP-0", "MP-1", "MP-2"]

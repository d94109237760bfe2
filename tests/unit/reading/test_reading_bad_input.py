"""Each line of the table "What becomes of bad input" in the feeds' description, for CSV and where it applies XLSX."""

import zipfile
from datetime import UTC, datetime

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

from engage.practice.receiving.reading import FileRefused, Limits, read_file

BOTH = pytest.mark.parametrize("kind", ["csv", "xlsx"])


def refusal(path, code="police-missing", **options) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read_file(path, format_of(code), **options)
    return refused.value


def make(kind, path, rows, code="police-missing"):
    return (write_csv if kind == "csv" else xlsx_of)(path / f"file.{kind}", code, rows)


# Whole file refused


@BOTH
def test_a_file_of_another_feed_is_refused_and_named(tmp_path, kind):
    path = make(kind, tmp_path, [{"person_id": "P1", "surname": "Ashworth"}], "social-care-people")
    refused = refusal(path)
    assert refused.reason_code == "another_feed"
    assert "social-care-people" in refused.sentence


def test_the_header_file_sent_as_the_missing_file_is_refused(tmp_path):
    path = write_csv(
        tmp_path / "f.csv", "ssda903-header", [{"CHILD": "AB12", "SEX": "2", "DOB": "01/02/2011"}]
    )
    assert refusal(path, "ssda903-missing").reason_code == "another_feed"
    path = write_csv(tmp_path / "g.csv", "ssda903-missing", [{"CHILD": "AB12", "MIS_START": "01/06/2025"}])
    assert refusal(path, "ssda903-header").reason_code == "another_feed"


@BOTH
def test_a_file_without_the_reference_column_is_not_the_format_named(tmp_path, kind):
    names = [name for name in columns_of("police-missing") if name != "report_ref"]
    path = tmp_path / f"f.{kind}"
    if kind == "csv":
        path.write_text(csv_text(names, [REPORT]), encoding="utf-8")
    else:
        write_xlsx(path, {"S": [names, [REPORT.get(name) for name in names]]})
    refused = refusal(path)
    assert refused.reason_code == "not_this_format"
    assert "report_ref" in refused.sentence


@BOTH
def test_a_file_without_a_header_is_refused(tmp_path, kind):
    names = columns_of("police-missing")
    path = tmp_path / f"f.{kind}"
    if kind == "csv":
        path.write_text("".join(csv_text(names, [REPORT]).splitlines(True)[1:]), encoding="utf-8")
    else:
        write_xlsx(path, {"S": [[REPORT.get(name) for name in names]]})
    assert refusal(path).reason_code == "no_header"


@BOTH
def test_two_columns_of_the_same_name_are_refused(tmp_path, kind):
    names = [*columns_of("police-missing"), "Report Ref"]
    path = tmp_path / f"f.{kind}"
    if kind == "csv":
        path.write_text(csv_text(names, [REPORT]), encoding="utf-8")
    else:
        write_xlsx(path, {"S": [names, [REPORT.get(name) for name in names]]})
    assert refusal(path).reason_code == "doubled_header"


@BOTH
def test_a_header_that_comes_again_between_the_rows_is_refused(tmp_path, kind):
    names = columns_of("police-missing")
    again = dict(zip(names, names, strict=True))
    path = make(kind, tmp_path, [REPORT, again, {**REPORT, "report_ref": "MP-2"}])
    assert refusal(path).reason_code == "doubled_header"


def test_a_file_cut_inside_quotation_marks_is_refused(tmp_path):
    path = write_csv(
        tmp_path / "f.csv", "police-missing", [{**REPORT, "circumstances": "left\nby bus, " * 5}]
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"by bus") + 3])
    assert refusal(path).reason_code == "cut_in_the_middle"


def test_a_file_whose_last_line_is_short_is_refused(tmp_path):
    path = write_csv(tmp_path / "f.csv", "police-missing", [REPORT, {**REPORT, "report_ref": "MP-2"}])
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"MP-2") + 12])
    assert refusal(path).reason_code == "cut_in_the_middle"


def test_a_file_cut_inside_a_character_is_refused(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(
        csv_text(columns_of("police-missing"), [{**REPORT, "surname": "Żółć"}]).encode() + "ż".encode()[:1]
    )
    assert refusal(path).reason_code == "cut_in_the_middle"


def test_a_workbook_cut_in_the_middle_is_refused(tmp_path):
    path = xlsx_of(tmp_path / "f.xlsx", "police-missing", [REPORT])
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path).reason_code == "not_readable"


def test_a_workbook_damaged_inside_is_refused(tmp_path):
    path = xlsx_of(tmp_path / "f.xlsx", "police-missing", [REPORT] * 200)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as book:
        at = book.getinfo("xl/worksheets/sheet1.xml").header_offset + 300
    content[at : at + 40] = bytes(40)
    path.write_bytes(content)
    assert refusal(path).reason_code == "not_readable"


@BOTH
def test_a_file_with_no_rows_is_refused(tmp_path, kind):
    assert refusal(make(kind, tmp_path, [])).reason_code == "zero_rows"


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"")
    assert refusal(path).reason_code == "zero_rows"


def test_a_zip_bomb_is_refused(tmp_path):
    path = xlsx_of(tmp_path / "f.xlsx", "police-missing", [REPORT])
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book,
        book.open("xl/media/picture.bin", "w", force_zip64=True) as entry,
    ):
        for _ in range(300):
            entry.write(bytes(1 << 20))
    assert path.stat().st_size < 2 << 20
    assert refusal(path).reason_code == "zip_bomb"


def with_xml(path, change, part="xl/worksheets/sheet1.xml"):
    """The same workbook with one part of its XML changed."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def test_an_entity_bomb_is_refused(tmp_path):
    entities = b'<!ENTITY a0 "aaaaaaaaaa">' + b"".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'.encode() for n in range(1, 12)
    )
    path = with_xml(
        xlsx_of(tmp_path / "f.xlsx", "police-missing", [REPORT]),
        lambda xml: xml.replace(b"?>\n", b"?>\n<!DOCTYPE worksheet [" + entities + b"]>", 1),
    )
    assert refusal(path).reason_code == "entity_bomb"


def test_an_outside_entity_is_not_fetched(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read")
    declared = f'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file://{secret}">]>'.encode()
    path = with_xml(
        xlsx_of(tmp_path / "f.xlsx", "police-missing", [REPORT]),
        lambda xml: xml.replace(b"?>\n", b"?>\n" + declared, 1),
    )
    assert refusal(path).reason_code == "entity_bomb"


def test_a_workbook_that_takes_too_much_memory_to_read_is_refused(tmp_path):
    rows = [{**REPORT, "circumstances": f"{n} " + "x" * 20_000} for n in range(6000)]
    path = xlsx_of(tmp_path / "f.xlsx", "police-missing", rows)
    assert refusal(path, limits=Limits(xlsx_memory=80 << 20)).reason_code in {"too_large", "not_readable"}
    assert read_file(path, format_of("police-missing")).row_count == 6000


def test_a_workbook_that_takes_too_long_to_read_is_refused(tmp_path):
    path = with_xml(
        xlsx_of(tmp_path / "f.xlsx", "police-missing", [REPORT]),
        lambda xml: xml.replace(b'<row r="2"', b'<row r="900000000"'),
    )
    assert refusal(path, limits=Limits(xlsx_cpu_seconds=1)).reason_code == "too_large"


def test_a_csv_over_the_size_limit_is_refused(tmp_path):
    path = write_csv(tmp_path / "f.csv", "police-missing", [REPORT] * 10)
    assert refusal(path, limits=Limits(csv=1000)).reason_code == "too_large"


def test_a_workbook_over_the_unpacked_limit_is_refused(tmp_path):
    path = xlsx_of(tmp_path / "f.xlsx", "police-missing", [REPORT] * 100)
    assert refusal(path, limits=Limits(xlsx_unpacked=20_000)).reason_code in {"zip_bomb", "too_large"}


def test_a_file_in_utf_16_is_refused(tmp_path):
    for encoding in ("utf-16", "utf-16-le"):
        path = write_csv(tmp_path / "f.csv", "police-missing", [REPORT], encoding=encoding)
        assert refusal(path).reason_code == "wrong_encoding"


def test_a_picture_is_refused(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(bytes(range(256)) * 50)
    assert refusal(path).reason_code == "wrong_encoding"


def test_a_workbook_locked_with_a_password_is_refused(tmp_path):
    path = tmp_path / "f.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000))
    assert refusal(path).reason_code == "encrypted"


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "f.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("letter.txt", "hello")
    assert refusal(path).reason_code == "not_a_workbook"


def test_a_workbook_for_a_feed_that_comes_as_csv_is_refused(tmp_path):
    path = xlsx_of(tmp_path / "f.xlsx", "health-contacts", [{"client_ref": "C1"}])
    assert refusal(path, "health-contacts").reason_code == "wrong_file_type"


# Row rejected


@BOTH
def test_a_row_without_its_reference_is_rejected(tmp_path, kind):
    row = read_report(tmp_path, kind, report_ref="")
    assert row.outcome == "rejected"
    assert ("report_ref", "rejected", "reference_missing") in told(row)
    assert row.reference is None


@BOTH
@pytest.mark.parametrize("date", ["31/02/2011", "2011-02-30", "00/01/2011"])
def test_a_row_with_a_date_that_does_not_exist_is_rejected(tmp_path, kind, date):
    row = read_report(tmp_path, kind, dob=date)
    assert row.outcome == "rejected"
    assert told(row) == {("dob", "rejected", "date_does_not_exist")}


@BOTH
def test_a_row_with_a_text_where_a_date_must_be_is_rejected(tmp_path, kind):
    assert told(read_report(tmp_path, kind, last_seen_at="yesterday evening")) == {
        ("last_seen_at", "rejected", "not_a_date")
    }


@BOTH
def test_a_row_with_a_text_where_a_number_must_be_is_rejected(tmp_path, kind):
    path = make(
        kind,
        tmp_path,
        [{"referral_ref": "R1", "child_age": "twelve"}, {"referral_ref": "R2", "child_age": "12"}],
        "referrals",
    )
    bad, good = read_rows(path, "referrals")[1]
    assert told(bad) == {("child_age", "rejected", "not_a_number")}
    assert (good.outcome, good.values["child_age"]) == ("apply", 12)


def test_a_row_with_a_cell_over_one_mebibyte_is_rejected_and_the_next_is_read(tmp_path):
    rows = [{**REPORT, "circumstances": "x" * ((1 << 20) + 1)}, {**REPORT, "circumstances": "y" * (1 << 20)}]
    long, fits = read_rows(write_csv(tmp_path / "f.csv", "police-missing", rows), "police-missing")[1]
    assert told(long) == {("circumstances", "rejected", "cell_too_long")}
    assert len(long.as_sent["circumstances"]) < 100
    assert fits.outcome == "apply"


def test_a_cell_is_measured_in_bytes(tmp_path):
    rows = [{**REPORT, "circumstances": "é" * ((1 << 19) + 1)}]
    (row,) = read_rows(write_csv(tmp_path / "f.csv", "police-missing", rows), "police-missing")[1]
    assert row.outcome == "rejected"


def test_a_cell_of_a_workbook_over_one_mebibyte_is_rejected(tmp_path):
    path = with_xml(
        xlsx_of(tmp_path / "f.xlsx", "police-missing", [REPORT]),
        lambda xml: xml.replace(b"Katherine", b"K" * ((1 << 20) + 1)),
        part="xl/sharedStrings.xml",
    )
    (row,) = read_rows(path, "police-missing")[1]
    assert told(row) == {("forenames", "rejected", "cell_too_long")}


def test_a_row_with_too_few_or_too_many_cells_in_the_middle_is_rejected(tmp_path):
    path = tmp_path / "f.csv"
    lines = csv_text(columns_of("police-missing"), [REPORT] * 3).splitlines(True)
    lines[1] = "MP-7,short\r\n"
    lines[2] = lines[2].rstrip() + ",beyond\r\n"
    path.write_text("".join(lines), encoding="utf-8", newline="")
    short, long, good = read_rows(path, "police-missing")[1]
    assert (short.outcome, long.outcome, good.outcome) == ("rejected", "rejected", "apply")
    assert short.number == 2


# Row held for a person


@pytest.mark.parametrize(
    ("start", "rule"), [("", "rule_564"), ("2025-06-01", "rule_1004"), ("01/04/2030", None)]
)
def test_a_row_that_fails_a_statutory_rule_is_held_with_the_rule_and_its_words(tmp_path, start, rule):
    row = {"CHILD": "AB12", "DOB": "01/02/2011", "MISSING": "M", "MIS_START": start, "MIS_END": "02/06/2025"}
    (read,) = read_rows(write_csv(tmp_path / "f.csv", "ssda903-missing", [row]), "ssda903-missing")[1]
    assert read.outcome == "held"
    if rule:
        assert rule in {problem.reason_code for problem in read.problems}
    assert all(problem.sentence.startswith("Rule ") for problem in read.problems)


@BOTH
@pytest.mark.parametrize("moment", ["25/10/2026 01:30", "2026-10-25T01:30", "29/03/2026 01:30"])
def test_an_hour_that_comes_twice_or_never_is_held(tmp_path, kind, moment):
    row = read_report(tmp_path, kind, last_seen_at=moment)
    assert row.outcome == "held"
    assert told(row) == {("last_seen_at", "held", "hour_needs_a_person")}


def test_the_same_hour_with_its_offset_is_certain(tmp_path):
    row = read_report(tmp_path, last_seen_at="2026-10-25T01:30+01:00")
    assert row.values["last_seen_at"] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def legacy_child(tmp_path, **changed):
    child = {
        "op_ref": "OP1",
        "name": "ASHWORTH, Katherine",
        "dob": "12/3/97",
        "opened": "01/06/2011",
    } | changed
    sheets = {"Children": [list(child), list(child.values())]}
    path = write_xlsx(tmp_path / "f.xlsx", sheets)
    (row,) = read_rows(path, "legacy-register")[1]
    return row


@pytest.mark.parametrize("birth", ["14 or 15", "young"])
def test_a_birth_text_that_needs_judgement_is_held(tmp_path, birth):
    assert told(legacy_child(tmp_path, dob=birth)) == {("dob", "held", "birth_needs_judgement")}


def test_an_age_without_the_day_it_counts_from_is_held(tmp_path):
    assert told(legacy_child(tmp_path, dob="14 yrs", opened="")) == {("dob", "held", "birth_needs_judgement")}


@pytest.mark.parametrize("name", ["Ashworth", "Katherine and Amelia", "Anne Marie Ashworth Smith"])
def test_a_name_that_cannot_be_split_is_held(tmp_path, name):
    assert told(legacy_child(tmp_path, name=name)) == {("name", "held", "name_cannot_be_split")}


# Row applied and flagged


@BOTH
def test_a_bad_check_digit_is_applied_as_sent_and_flagged(tmp_path, kind):
    rows = [{"person_id": "P1", "nhs_number": "999 000 0019", "upn": "R247962919251"}]
    (row,) = read_rows(make(kind, tmp_path, rows, "social-care-people"), "social-care-people")[1]
    assert row.outcome == "apply"
    assert told(row) == {("nhs_number", "flag", "bad_check_digit"), ("upn", "flag", "bad_check_digit")}
    assert row.values["nhs_number"] == row.as_sent["nhs_number"] == "999 000 0019"


def test_a_council_child_identifier_with_punctuation_is_applied_as_sent_and_flagged(tmp_path):
    rows = [{"CHILD": "AB-12", "SEX": "2", "DOB": "01/02/2011"}, {"CHILD": "AB12", "SEX": "1", "UPN": "UN4"}]
    path = write_csv(tmp_path / "f.csv", "ssda903-header", rows)
    bad, good = read_rows(path, "ssda903-header")[1]
    assert told(bad) == {("CHILD", "flag", "identifier_form")}
    assert (bad.outcome, bad.reference, bad.values["SEX"]) == ("apply", "AB-12", "F")
    assert (good.problems, good.values["SEX"]) == ((), "M")


@BOTH
def test_an_unknown_code_is_applied_as_sent_and_flagged(tmp_path, kind):
    row = read_report(tmp_path, kind, grade="urgent", ethnicity="ZZ", cse_flag="perhaps")
    assert row.outcome == "apply"
    assert told(row) == {(name, "flag", "unknown_code") for name in ("grade", "ethnicity", "cse_flag")}
    assert row.values["grade"] == "urgent"
    assert row.values["cse_flag"] is None  # never read as No
    assert row.as_sent["cse_flag"] == "perhaps"


@BOTH
def test_a_postcode_that_does_not_parse_is_applied_as_sent_and_flagged(tmp_path, kind):
    row = read_report(tmp_path, kind, home_postcode="near the canal")
    assert row.outcome == "apply"
    assert told(row) == {("home_postcode", "flag", "postcode_not_readable")}
    assert row.values["home_postcode"] == "near the canal"


@BOTH
def test_bidi_and_control_characters_are_removed_and_flagged(tmp_path, kind):
    row = read_report(
        tmp_path,
        kind,
        surname="Ash\u202eworth",
        forenames="Kath\x07erine" if kind == "csv" else "Kath\u200berine",
    )
    assert row.outcome == "apply"
    assert told(row) == {(name, "flag", "hidden_characters") for name in ("surname", "forenames")}
    assert (row.values["surname"], row.values["forenames"]) == ("Ashworth", "Katherine")


def test_nul_bytes_and_lone_surrogates_and_a_byte_order_mark_in_the_middle_are_removed_and_flagged(tmp_path):
    path = tmp_path / "f.csv"
    text = csv_text(
        columns_of("police-missing"),
        [{**REPORT, "surname": "Ash\0worth", "forenames": "Kath\ud800erine", "known_as": "Ka\ufeffte"}],
    )
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    reading, (row,) = read_rows(path, "police-missing")
    assert reading.encoding == "utf-8"
    assert [row.values[name] for name in ("surname", "forenames", "known_as")] == [
        "Ashworth",
        "Katherine",
        "Kate",
    ]
    assert {column for column, *_ in told(row)} == {"surname", "forenames", "known_as"}
    assert "\0" not in row.as_sent["surname"]
    row.as_sent["forenames"].encode("utf-8")  # a database can hold it


@BOTH
def test_an_unknown_column_is_kept_with_the_row_and_listed(tmp_path, kind):
    path = tmp_path / f"f.{kind}"
    names = [*columns_of("police-missing"), "shoe size"]
    if kind == "csv":
        path.write_text(csv_text(names, [{**REPORT, "shoe size": "5"}]), encoding="utf-8")
    else:
        write_xlsx(path, {"S": [names, [{**REPORT, "shoe size": 5}.get(name) for name in names]]})
    reading, (row,) = read_rows(path, "police-missing")
    assert reading.unknown_columns == ["shoe size"]
    assert row.as_sent["shoe size"] == "5"
    assert row.outcome == "apply"
    assert "unknown_column" in {flag.code for flag in reading.flags}


@BOTH
def test_a_formula_is_kept_as_text_and_never_worked_out(tmp_path, kind):
    row = read_report(tmp_path, kind, circumstances="=1+1", dob="=TODAY()")
    assert row.outcome == "apply"
    assert told(row) == {("circumstances", "flag", "formula"), ("dob", "flag", "formula")}
    assert row.values["circumstances"] == row.as_sent["circumstances"] == "=1+1"
    assert row.values["dob"] is None


# Not read, named


def test_a_hidden_sheet_is_not_read_and_is_named(tmp_path):
    names = columns_of("police-missing")
    line = [REPORT.get(name) for name in names]
    path = write_xlsx(
        tmp_path / "f.xlsx", {"Reports": [names, line], "Old list": [names, line]}, hidden_sheets=["Old list"]
    )
    reading, rows = read_rows(path, "police-missing")
    assert len(rows) == 1
    assert any(flag.code == "hidden_sheet" and "Old list" in flag.sentence for flag in reading.flags)
    assert refusal(path, sheet="Old list").reason_code == "sheet_missing"


def test_a_hidden_column_is_not_read_and_is_named(tmp_path):
    place = columns_of("police-missing").index("circumstances")
    path = xlsx_of(
        tmp_path / "f.xlsx",
        "police-missing",
        [{**REPORT, "circumstances": "not for others", "vehicle": "=A1"}],
        hidden_columns={"Sheet1": [place]},
    )
    reading, (row,) = read_rows(path, "police-missing")
    assert any(flag.code == "hidden_column" and "circumstances" in flag.sentence for flag in reading.flags)
    assert "not for others" not in str(row)
    assert told(row) == {("vehicle", "flag", "formula")}  # its neighbours are still where they were
    assert row.values["outcome"] == "open"


def test_no_sentence_holds_the_value(tmp_path):
    row = read_report(
        tmp_path, dob="31/02/2011", last_seen_at="teatime", home_postcode="QQQQ", grade="urgent"
    )
    assert len(row.problems) == 4
    for problem in row.problems:
        assert not any(value in repr(problem) for value in ("31/02/2011", "teatime", "QQQQ", "urgent"))

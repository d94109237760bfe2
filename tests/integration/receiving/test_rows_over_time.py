"""The same row again, a new version, a withdrawal, a row held and released; and rows that cannot be kept."""

import pytest
from django.db import IntegrityError
from tests.integration.receiving.conftest import as_csv, as_workbook

from engage.practice.access.gate import acting_as
from engage.practice.missing.models import MissingReport, ReturnInterview
from engage.practice.people.models import Address, Fact, Record, SourceRecord
from engage.practice.receiving.actions import FileNotFinished
from engage.practice.receiving.models import AddedFormat, ReceivedFile, RowProblem, SetAsideRow
from engage.practice.receiving.queries import problem_rows_csv

pytestmark = pytest.mark.django_db

REPORT = {
    "report_ref": "LP/1", "surname": "Brook", "forenames": "Ada", "dob": "04/05/2011", "home_district": "Hyndburn",
    "reported_at": "30/10/2026 22:00", "grade": "high", "cse_flag": "Y", "outcome": "open",
}  # fmt: skip


VISITS = """
code = "visits"
title = "Visits of a school nurse"
sender_kinds = ["school"]
kind = "increment"
file_types = ["csv"]
row_reference = ["visit_ref"]
identity_reference = ["visit_ref"]
raw_category = "C13"
column = [
  { name = "visit_ref", type = "reference", required = true, to = "identity.reference", category = "C01" },
  { name = "surname", type = "name", to = "identity.surname", category = "C01" },
  { name = "what", type = "text", to = "fact.visit", category = "C13" },
]
"""


def missing(child="C1", start="10/10/2026", end="12/10/2026", **more):
    return {"CHILD": child, "DOB": "04/05/2011", "MISSING": "M", "MIS_START": start, "MIS_END": end, **more}


def header(child="C1", dob="04/05/2011"):
    return {"CHILD": child, "SEX": "2", "DOB": dob, "ETHNIC": "WBRI", "UPN": "", "MOTHER": "", "MC_DOB": ""}


def listed(feeds, receipt):
    """The list of rows to mend that belongs to a receipt."""
    with acting_as(feeds.receiver, now=feeds.now):
        file = ReceivedFile.objects.visible_to(feeds.receiver).get(pk=receipt["receipt_id"])
        return problem_rows_csv(file, feeds.receiver)


def reasons(receipt):
    return [(p["row"], p["column"], p["outcome"], p["reason_code"]) for p in receipt["problems"]]


def test_the_same_bytes_again_give_the_first_receipt_and_change_nothing(feeds):
    first = feeds.send("police-missing", "LANCS-POL", [REPORT])
    again = feeds.send("police-missing", "LANCS-POL", [REPORT])
    assert again["already"] and not first["already"]
    assert again["receipt_id"] == first["receipt_id"] and again["rows"] == first["rows"]
    assert len(feeds.rows(SourceRecord)) == len(feeds.rows(ReceivedFile)) == 1


def test_the_same_rows_in_another_file_are_unchanged(feeds):
    feeds.send("police-missing", "LANCS-POL", [REPORT])
    receipt = feeds.send("police-missing", "LANCS-POL", [REPORT, REPORT | {"report_ref": "LP/2"}])
    assert receipt["rows"] == {"received": 2, "applied": 1, "unchanged": 1, "rejected": 0, "held": 0}


def test_another_agency_may_send_the_same_bytes(feeds):
    first = feeds.send("ssda903-header", "BWD-CSC", [header()])
    other = feeds.send("ssda903-header", "LCC-CSC", [header()])
    assert first["receipt_id"] != other["receipt_id"] and other["rows"]["applied"] == 1
    assert len(feeds.rows(Record)) == 2


def test_a_known_reference_is_a_new_version_and_what_the_old_one_said_stands_no_longer(feeds, facts):
    feeds.send("police-missing", "LANCS-POL", [REPORT])
    receipt = feeds.send(
        "police-missing", "LANCS-POL", [REPORT | {"cse_flag": "N", "grade_reason": "Told more"}]
    )
    assert receipt["rows"]["applied"] == 1
    assert sorted(source.version for source in feeds.rows(SourceRecord)) == [1, 2]
    assert {kind: text for kind, (text, *_) in facts("LANCS-POL").items()} == {
        "cse_flag": "no", "grade_reason": "Told more",
    }  # fmt: skip
    assert len(feeds.rows(MissingReport, current=True)) == 1 and len(feeds.rows(Record)) == 1


def test_two_versions_in_one_file_end_as_the_later(feeds, facts):
    receipt = feeds.send("police-missing", "LANCS-POL", [REPORT, REPORT | {"grade": "low", "cse_flag": ""}])
    assert receipt["rows"]["applied"] == 2
    (report,) = feeds.rows(MissingReport, current=True)
    assert report.grade == "low" and facts("LANCS-POL") == {}


def test_a_withdrawn_row_stays_marked_and_leaves_lists(feeds, facts):
    feeds.send("police-missing", "LANCS-POL", [REPORT])
    receipt = feeds.send("police-missing", "LANCS-POL", [{"report_ref": "LP/1", "withdrawn": "Y"}])
    assert receipt["rows"]["applied"] == 1
    (record,) = feeds.rows(Record)
    assert record.withdrawn and record.surname == "Brook"
    assert feeds.rows(MissingReport, current=True) == [] and facts("LANCS-POL") == {}
    assert len(feeds.rows(SourceRecord)) == 2
    feeds.send("police-missing", "LANCS-POL", [REPORT | {"grade": "low"}])
    (record,) = feeds.rows(Record)
    assert not record.withdrawn and len(feeds.rows(MissingReport, current=True)) == 1


def test_withdrawing_one_of_a_person_s_rows_leaves_the_person(feeds):
    person = {"person_id": "P1", "surname": "Brook", "forenames": "Ada", "dob": "04/05/2011"}
    rows = [person | {"address": f"{n} Sample Row", "address_from": f"0{n}/01/2026"} for n in (1, 2)]
    feeds.send("social-care-people", "BWD-CSC", rows)
    feeds.send("social-care-people", "BWD-CSC", [rows[0] | {"withdrawn": "Y"}])
    (record,) = feeds.rows(Record)
    assert not record.withdrawn and record.surname == "Brook"
    assert [address.address for address in feeds.rows(Address, current=True)] == ["2 Sample Row"]
    feeds.send("social-care-people", "BWD-CSC", [{"person_id": "P1", "address_from": "02/01/2026", "withdrawn": "Y"}])  # fmt: skip
    (record,) = feeds.rows(Record)
    assert record.withdrawn and record.surname == "Brook"


def test_an_interview_without_a_child_reference_does_not_join_the_child_of_the_same_number(feeds):
    ada = {
        "interview_ref": "7",
        "child_ref": "12",
        "surname": "Brook",
        "forenames": "Ada",
        "dob": "04/05/2011",
    }
    unnamed = {
        "interview_ref": "12",
        "child_ref": "",
        "surname": "Field",
        "forenames": "Bea",
        "dob": "03/02/2010",
    }
    feeds.send("return-interviews", "BRIDGE", [ada, unnamed])
    assert {(record.reference, record.surname) for record in feeds.rows(Record)} == {
        ("12", "Brook"), ("12", "Field"),
    }  # fmt: skip
    told = {interview.reference: interview.record_id for interview in feeds.rows(ReturnInterview)}
    assert told["7"] != told["12"]
    again = feeds.send("return-interviews", "BRIDGE", [unnamed | {"wishes": "To be heard"}])
    assert again["rows"]["applied"] == 1 and len(feeds.rows(Record)) == 2


def test_withdrawing_a_time_missing_leaves_the_child_of_the_return(feeds):
    feeds.send("ssda903-header", "BWD-CSC", [header()])
    feeds.send("ssda903-missing", "BWD-CSC", [missing()])
    feeds.send("ssda903-missing", "BWD-CSC", [missing(withdrawn="Y")])
    (record,) = feeds.rows(Record)
    assert not record.withdrawn
    assert feeds.rows(MissingReport, current=True) == []


def test_a_missing_row_waits_for_its_header_and_is_released_when_it_comes(feeds):
    receipt = feeds.send("ssda903-missing", "BWD-CSC", [missing(), missing("C2")])
    assert receipt["rows"]["held"] == 2
    assert reasons(receipt) == [(2, "CHILD", "held", "rule_INT04"), (3, "CHILD", "held", "rule_INT04")]
    assert feeds.rows(MissingReport) == [] and feeds.rows(Record) == []
    feeds.send("ssda903-header", "LCC-CSC", [header()])  # another council's child of the same number
    assert feeds.rows(MissingReport) == []
    feeds.send("ssda903-header", "BWD-CSC", [header()])
    (report,) = feeds.rows(MissingReport)
    assert report.reference == "C1|2026-10-10" and report.episode_id == report.pk
    states = {row.reference: row.state for row in feeds.rows(SetAsideRow)}
    assert states == {"C1|2026-10-10": "released", "C2|2026-10-10": "held"}
    (source,) = feeds.rows(SourceRecord, format="ssda903-missing")
    assert str(source.file_id) == receipt["receipt_id"]


def test_a_date_of_birth_that_differs_from_the_header_is_held_until_one_of_them_is_mended(feeds):
    feeds.send("ssda903-header", "BWD-CSC", [header(dob="05/05/2011")])
    receipt = feeds.send("ssda903-missing", "BWD-CSC", [missing()])
    assert reasons(receipt) == [(2, "DOB", "held", "rule_INT13")]
    feeds.send("ssda903-header", "BWD-CSC", [header()])
    assert len(feeds.rows(MissingReport, current=True)) == 1


def test_a_row_released_into_another_rule_is_held_by_that_rule(feeds):
    receipt = feeds.send("ssda903-missing", "BWD-CSC", [missing()])
    feeds.send("ssda903-header", "BWD-CSC", [header(dob="05/05/2011")])
    (row,) = feeds.rows(SetAsideRow)
    assert (row.state, row.reason_code) == ("held", "rule_INT13")
    problems = feeds.rows(RowProblem, file_id=receipt["receipt_id"])
    assert {problem.reason_code for problem in problems} == {"rule_INT04", "rule_INT13"}


def test_a_row_of_the_return_that_fails_a_rule_is_held_with_its_code(feeds):
    feeds.send("ssda903-header", "BWD-CSC", [header()])
    receipt = feeds.send("ssda903-missing", "BWD-CSC", [missing() | {"MISSING": "Q"}])
    assert receipt["rows"]["held"] == 1
    assert (2, "MISSING", "held", "rule_1006") in reasons(receipt)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("report_ref", "R" * 201, "reference_too_long"), ("surname", "B" * (1 << 20) + "B", "cell_too_long")],
)
def test_a_value_too_long_to_keep_is_rejected_in_words_and_the_rest_applied(feeds, column, value, reason):
    receipt = feeds.send(
        "police-missing", "LANCS-POL", [REPORT, REPORT | {"report_ref": "LP/2", column: value}]
    )
    assert receipt["rows"]["applied"] == receipt["rows"]["rejected"] == 1
    assert reasons(receipt) == [(3, column, "rejected", reason)]
    assert value[:50] not in receipt["problems"][0]["sentence"]


def test_long_text_is_kept_whole_as_sent_and_the_row_applied(feeds):
    long = {name: "Long " * 200 for name in ("surname", "known_as", "home_address", "last_seen_place", "vehicle", "reported_by", "found_by", "phone", "officer_ref", "placement_name", "circumstances", "grade", "ethnicity", "sex", "care_status")}  # fmt: skip
    receipt = feeds.send("police-missing", "LANCS-POL", [REPORT | long])
    assert receipt["rows"]["applied"] == 1
    (source,) = feeds.rows(SourceRecord)
    assert source.content["surname"] == long["surname"]
    told = {fact.kind: fact.text for fact in feeds.rows(Fact)}
    assert told["grade_as_sent"].startswith("Long Long") and feeds.rows(MissingReport)[0].grade == ""


@pytest.mark.parametrize(
    ("format_code", "agency", "row"),
    [
        ("helpline-calls", "LANTERN", {"call_ref": "K1", "started_at": "01/11/2026 20:00"}),
        ("referrals", "ENGAGE", {"referral_ref": "R1", "referred_at": "01/11/2026 20:00"}),
        ("return-interviews", "BRIDGE", {"interview_ref": "I1", "child_ref": "B1"}),
        ("social-care-people", "BWD-CSC", {"person_id": "P1", "address_from": "01/01/2026"}),
        (
            "health-contacts",
            "ELSH",
            {"client_ref": "S1", "service": "sexual_health", "contact_on": "01/10/2026"},
        ),
    ],
)
def test_long_text_in_any_column_is_applied(feeds, format_code, agency, row):
    from engage.practice.receiving.feeds import format_called

    typed = {
        "text",
        "name",
        "code",
        "codes",
        "names",
        "sex",
        "district",
        "postcode",
        "phone",
        "upn",
        "nhs_number",
    }
    text = {
        column.name: "Long; text; " * 60
        for sheet in format_called(format_code).sheets
        for column in sheet.columns
        if column.type in typed
    }
    receipt = feeds.send(format_code, agency, [text | row])
    assert receipt["rows"]["applied"] + receipt["rows"]["held"] == 1, receipt["problems"]
    assert receipt["rows"]["rejected"] == 0


def test_a_row_that_a_table_refuses_is_rejected_alone(feeds, now, people_at_work):
    # A format kept before its types were checked: it sends text to where only yes or no can stand.
    toml = VISITS.replace("fact.visit", "referral.immediate_danger").replace(
        'to = "identity.reference"', 'to = "referral.referral_ref"'
    )
    AddedFormat.objects.create(code="visits", added_at=now, added_by=people_at_work["max"], toml=toml)
    rows = [{"visit_ref": f"V{n}", "surname": "Brook", "what": "Told" if n == 4 else ""} for n in range(9)]
    receipt = feeds.send("visits", "SCHOOLS", rows)
    assert receipt["rows"] == {"received": 9, "applied": 8, "unchanged": 0, "rejected": 1, "held": 0}
    assert reasons(receipt) == [(6, "", "rejected", "not_keepable")]
    (aside,) = feeds.rows(SetAsideRow)
    assert aside.content == rows[4] and aside.state == "rejected"
    assert len(feeds.rows(Record)) == 8 and len(feeds.rows(SourceRecord)) == 8


def faulty(monkeypatch, failure, times):
    """The next so many attempts to write rows fail, as by a mistake in our own code."""
    from engage.practice.receiving.actions import chunks

    whole, left = chunks.apply_rows, [None] * times

    def apply_rows(*arguments):
        if arguments[0] and left:
            left.pop()
            raise failure
        return whole(*arguments)

    monkeypatch.setattr(chunks, "apply_rows", apply_rows)


@pytest.mark.parametrize(
    ("failure", "times"),
    [(ValueError("not a Brook"), 1), (TypeError("not a Brook"), 1), (IntegrityError("a Brook"), 99)],
)
def test_a_fault_of_ours_stops_the_file_and_blames_no_row(feeds, monkeypatch, failure, times):
    rows = [REPORT | {"report_ref": f"LP/{n}"} for n in range(6)]
    with monkeypatch.context() as patched:
        faulty(patched, failure, times)
        with pytest.raises(FileNotFinished, match="Nothing is lost") as stopped:
            feeds.send("police-missing", "LANCS-POL", rows)
    assert "Brook" not in str(stopped.value) and type(failure).__name__ in str(stopped.value)
    (file,) = feeds.rows(ReceivedFile)
    assert (file.state, file.rows_received, feeds.rows(SetAsideRow)) == ("receiving", 0, [])
    again = feeds.send("police-missing", "LANCS-POL", rows)
    assert again["receipt_id"] == str(file.pk) and again["rows"]["applied"] == 6


def test_an_age_nobody_can_have_is_held_for_a_person(feeds):
    receipt = feeds.send(
        "helpline-calls", "LANTERN", [{"call_ref": "K1", "child_age": "999", "child_name": "Ada"}]
    )
    assert (2, "child_age", "held", "age_needs_judgement") in reasons(receipt)


def test_a_refused_file_leaves_its_receipt_and_nothing_else(feeds):
    bad = as_csv([REPORT]) + b'"LP/2","Bro'  # cut in the middle
    first = feeds.send("police-missing", "LANCS-POL", bad)
    assert first["state"] == "refused" and first["refusal"]["sentence"]
    assert feeds.rows(SourceRecord) == [] and feeds.rows(Record) == []
    again = feeds.send("police-missing", "LANCS-POL", bad)
    assert again["receipt_id"] == first["receipt_id"]


@pytest.mark.parametrize(
    ("setting", "content"),
    [
        ("LARGEST_CSV_MIB", as_csv([REPORT])),
        ("LARGEST_XLSX_MIB", as_workbook({"Reports": [list(REPORT), list(REPORT.values())]})),
    ],
)
def test_the_largest_file_that_is_received_is_a_setting(feeds, settings, setting, content):
    setattr(settings, setting, 0)
    refused = feeds.send("police-missing", "LANCS-POL", content)
    assert refused["refusal"]["reason_code"] == "too_large"
    setattr(settings, setting, 1)
    assert feeds.send("police-missing", "LANCS-POL", content)["rows"]["applied"] == 1


@pytest.mark.parametrize(("by", "agency"), [("ewan", "LANCS-POL"), ("amir", "BWD-CSC"), ("iris", "ENGAGE")])
def test_nobody_hands_in_files_for_another_agency(feeds, people_at_work, by, agency):
    from engage.practice.access.gate import NotPermitted

    formats = {"LANCS-POL": "police-missing", "BWD-CSC": "social-care-people", "ENGAGE": "referrals"}
    with pytest.raises(NotPermitted, match="you cannot hand in files for"):
        feeds.send(formats[agency], agency, [REPORT], by=people_at_work[by])
    assert feeds.rows(ReceivedFile) == []


def test_the_information_governance_lead_hands_in_nothing(feeds, people_at_work):
    from engage.practice.access.gate import NotPermitted

    with pytest.raises(NotPermitted, match="does not hand in files"):
        feeds.send("social-care-people", "BWD-CSC", [REPORT], by=people_at_work["lena"])


def test_an_agency_sends_only_what_its_kind_sends(feeds, people_at_work):
    from engage.practice.access.gate import NotPermitted

    with pytest.raises(NotPermitted, match="does not send"):
        feeds.send("police-missing", "BWD-CSC", [REPORT], by=people_at_work["ewan"])

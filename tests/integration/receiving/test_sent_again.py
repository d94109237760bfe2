"""What is sent again: for another year, of another sheet, mended."""

import pytest
from tests.integration.receiving.conftest import as_workbook
from tests.integration.receiving.test_rows_over_time import REPORT, header, listed, missing

from engage.practice.missing.models import MissingReport
from engage.practice.people.models import Fact, Record, SourceRecord
from engage.practice.receiving.models import ReceivedFile, SetAsideRow

pytestmark = pytest.mark.django_db


def test_the_same_bytes_for_another_collection_year_are_another_file(feeds):
    feeds.send("ssda903-header", "BWD-CSC", [header()])
    wrong = feeds.send("ssda903-missing", "BWD-CSC", [missing()], collection_year=2025)
    assert wrong["rows"]["held"] == 1  # after the end of that year
    right = feeds.send("ssda903-missing", "BWD-CSC", [missing()], collection_year=2027)
    assert right["receipt_id"] != wrong["receipt_id"] and right["rows"]["applied"] == 1
    assert [row.state for row in feeds.rows(SetAsideRow)] == ["replaced"]
    for year, receipt in ((2025, wrong), (2027, right), (None, right)):
        again = feeds.send("ssda903-missing", "BWD-CSC", [missing()], collection_year=year)
        assert again["already"] and again["receipt_id"] == receipt["receipt_id"]
    assert len(feeds.rows(ReceivedFile, format="ssda903-missing")) == 2


def test_another_sheet_of_the_same_workbook_is_another_file(feeds):
    rows = {name: [list(REPORT), list((REPORT | {"report_ref": name}).values())] for name in ("May", "June")}
    book = as_workbook(rows)
    first = feeds.send("police-missing", "LANCS-POL", book)
    second = feeds.send("police-missing", "LANCS-POL", book, sheet="June")
    assert first["receipt_id"] != second["receipt_id"] and second["rows"]["applied"] == 1
    assert {source.reference for source in feeds.rows(SourceRecord)} == {"May", "June"}
    assert feeds.send("police-missing", "LANCS-POL", book, sheet="June")["receipt_id"] == second["receipt_id"]


def test_a_year_given_with_a_format_that_has_none_makes_no_other_file(feeds):
    first = feeds.send("police-missing", "LANCS-POL", [REPORT])
    again = feeds.send("police-missing", "LANCS-POL", [REPORT], collection_year=2025)
    assert again["already"] and again["receipt_id"] == first["receipt_id"]


def test_a_held_row_that_comes_mended_waits_no_longer(feeds):
    held = feeds.send("police-missing", "LANCS-POL", [REPORT | {"last_seen_at": "25/10/2026 01:30"}])
    assert held["rows"]["held"] == 1  # that hour came twice
    feeds.send("police-missing", "LANCS-POL", [REPORT | {"last_seen_at": "2026-10-25T01:30:00+01:00"}])
    (row,) = feeds.rows(SetAsideRow)
    assert row.state == "replaced" and len(feeds.rows(MissingReport)) == 1


def test_a_row_held_twice_waits_once(feeds):
    nominal = ["N1", "Invented Man"]
    for note in ("first", "second"):
        book = as_workbook({"Nominals": [["nom_ref", "name", "notes"], [*nominal, note]]})
        feeds.send("legacy-register", "LANCS-POL", book)
    states = {row.content["notes"]: row.state for row in feeds.rows(SetAsideRow)}
    assert states == {"first": "replaced", "second": "held"}


def test_a_mended_row_list_is_received_as_the_file_it_came_from(feeds):
    receipt = feeds.send("police-missing", "LANCS-POL", [REPORT, REPORT | {"report_ref": "LP/2", "dob": "31/02/2011"}])  # fmt: skip
    assert receipt["rows"]["rejected"] == 1
    to_mend = listed(feeds, receipt)
    assert "31/02/2011" in to_mend and "LP/1" not in to_mend
    mended = feeds.send("police-missing", "LANCS-POL", to_mend.replace("31/02/2011", "28/02/2011").encode())
    assert mended["rows"]["applied"] == mended["rows"]["received"] == 1


def test_the_second_contact_of_a_day_comes_mended_beside_the_first(feeds):
    contact = {"client_ref": "S1", "surname": "Brook", "service": "sexual_health", "contact_on": "01/10/2026"}
    rows = [
        contact | {"clinical_note": "Morning"},
        contact | {"clinical_note": "Evening", "dob": "31/02/2011"},
    ]
    to_mend = listed(feeds, feeds.send("health-contacts", "ELSH", rows))
    mended = feeds.send("health-contacts", "ELSH", to_mend.replace("31/02/2011", "28/02/2011").encode())
    assert mended["rows"]["applied"] == 1
    notes = [fact.text for fact in feeds.rows(Fact, kind="clinical_note", current=True)]
    assert sorted(notes) == ["Evening", "Morning"]


def test_the_mended_row_of_an_older_register_is_received(feeds):
    sheets = {"Children": [["op_ref", "name", "closed"], ["C1", "BROOK, Ada", "31/02/2004"]]}
    to_mend = listed(feeds, feeds.send("legacy-register", "LANCS-POL", as_workbook(sheets)))
    mended = feeds.send("legacy-register", "LANCS-POL", to_mend.replace("31/02", "28/02").encode())
    assert mended["rows"]["applied"] == 1
    (record,) = feeds.rows(Record)
    assert (record.register, record.reference) == ("legacy-register/Children", "C1")

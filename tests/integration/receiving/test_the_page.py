"""Handing in a file on the page: look, receive, read the receipt, mend, send again."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.integration.receiving.conftest import as_csv, as_workbook, masked

from engage.practice.people.models import SourceRecord
from engage.practice.receiving import uploads
from engage.practice.receiving.jobs import receive_upload
from engage.practice.receiving.models import ReceivedFile, SetAsideRow

pytestmark = pytest.mark.django_db

GOOD = {"report_ref": "LP/1", "surname": "Brook", "forenames": "Ada", "dob": "04/05/2011", "reported_at": "30/10/2026 22:00"}  # fmt: skip
BAD = GOOD | {"report_ref": "LP/2", "dob": "31/02/2011"}
UNSURE = GOOD | {"report_ref": "LP/3", "reported_at": "25/10/2026 01:30"}


def hand_in(client, content, format_code="police-missing", name="reports.csv", **more):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else as_csv(content))
    return client.post("/files/hand-in/", {"format": format_code, "file": file} | more)


def unclocked(answer):
    return {name: value for name, value in answer.headers.items() if name != "Expires"}


def received(client, content, **more):
    """Hand in, receive as the worker would, and give the page of the receipt's address."""
    looked = hand_in(client, content, **more)["Location"]
    progress = client.post(looked)["Location"]
    client.get(progress)
    job = ProcrastinateJob.objects.latest("id")
    assert list(job.args) == ["upload_id"]  # ids alone, never what a file says
    receive_upload(**job.args)
    return client.get(progress)["Location"]


def test_a_file_is_looked_into_received_mended_and_sent_again(browser, feeds):
    amir = browser("amir")
    looked = hand_in(amir, [GOOD, BAD, UNSURE])
    assert looked.status_code == 302
    page = amir.get(looked["Location"]).content.decode()
    for told in ("1 new row", "1 to be held", "1 to be rejected", "Brook"):
        assert told in page
    assert feeds.rows(ReceivedFile) == []  # nothing is kept before somebody says so

    progress = amir.post(looked["Location"])["Location"]
    assert "Waiting to begin" in amir.get(progress).content.decode()
    receive_upload(**ProcrastinateJob.objects.latest("id").args)
    receipt = amir.get(progress)["Location"]
    page = amir.get(receipt).content.decode()
    assert "There is no such day" in page and "Held for a person" in page
    assert "31/02/2011" not in page  # sentences, never values

    answer = amir.get(f"{receipt}rows-to-mend.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    to_mend = answer.content.decode()
    assert "LP/2" in to_mend and "LP/3" in to_mend and "LP/1" not in to_mend
    mended = to_mend.replace("31/02/2011", "28/02/2011").replace("25/10/2026 01:30", "25/10/2026 03:30")
    page = amir.get(received(amir, mended.encode())).content.decode()
    assert "Every row was applied" in page
    assert {row.state for row in feeds.rows(SetAsideRow)} == {"rejected", "replaced"}
    assert len(feeds.rows(SourceRecord)) == 3


def test_the_preview_tells_what_is_unchanged_and_what_is_a_new_version(browser):
    amir = browser("amir")
    received(amir, [GOOD, GOOD | {"report_ref": "LP/4"}])
    looked = hand_in(amir, [GOOD, GOOD | {"report_ref": "LP/4", "surname": "Field"}])["Location"]
    page = amir.get(looked).content.decode()
    assert "0 new rows" in page and "1 row with a new version" in page and "1 unchanged" in page


def test_the_preview_counts_for_somebody_who_may_not_read_the_rows(browser):
    iris = browser("iris")  # a school lead never sees people of concern, whom a referral may name
    row = {"referral_ref": "R1", "child_surname": "Brook", "people_of_concern": "X"}
    received(iris, [row], format_code="referrals")
    looked = hand_in(iris, [row, row | {"referral_ref": "R2"}], format_code="referrals")["Location"]
    page = iris.get(looked).content.decode()
    assert "1 new row<" in page and "1 unchanged" in page


def test_a_file_that_is_refused_says_why_before_and_after(browser):
    amir = browser("amir")
    looked = hand_in(amir, b"nothing,of,this\n1,2,3\n")["Location"]
    page = amir.get(looked).content.decode()
    assert "This file cannot be received" in page and "column names" in page
    assert amir.post(looked, {"discard": "1"})["Location"] == "/files/"
    assert amir.get(looked).status_code == 404


def test_a_file_of_old_bytes_leads_to_the_first_receipt(browser):
    amir = browser("amir")
    assert received(amir, [GOOD]) == received(amir, [GOOD])


def test_the_collection_year_is_asked_where_it_counts_and_reaches_the_receipt(browser, feeds):
    ada = {"CHILD": "C1", "DOB": "04/05/2011"}
    feeds.send("ssda903-header", "BWD-CSC", [ada | {"SEX": "2", "ETHNIC": "WBRI", "UPN": ""}])
    row = ada | {"MISSING": "M", "MIS_START": "10/05/2026", "MIS_END": "12/05/2026"}
    ewan, year = browser("ewan"), "year-ssda903-missing"
    assert year in ewan.get("/files/hand-in/").content.decode()
    assert "Collection year" not in browser("amir").get("/files/hand-in/").content.decode()
    assert "must be 2000 or more" in hand_in(ewan, [row], "ssda903-missing", **{year: "26"}).content.decode()
    wrong = received(ewan, [row], format_code="ssda903-missing", **{year: "2026"})
    assert "ends in 2026" in ewan.get(wrong).content.decode()
    right = received(ewan, [row], format_code="ssda903-missing", **{year: "2027"})
    assert right != wrong and "ends in 2027" in ewan.get(right).content.decode()
    assert received(ewan, [row], format_code="ssda903-missing", **{year: "2026"}) == wrong


def two_sheets():
    return as_workbook({
        "Notes": [["about"], ["Nothing to receive"]],
        "Reports": [list(GOOD), list(GOOD.values())],
    })  # fmt: skip


def test_a_sheet_that_is_not_the_first_is_named_on_the_page(browser):
    amir = browser("amir")
    page = amir.get(hand_in(amir, two_sheets(), name="book.xlsx")["Location"]).content.decode()
    assert "This file cannot be received" in page
    page = amir.get(
        hand_in(amir, two_sheets(), name="book.xlsx", sheet="Absent")["Location"]
    ).content.decode()
    assert "There is no sheet of that name" in page
    looked = hand_in(amir, two_sheets(), name="book.xlsx", sheet="Reports")["Location"]
    assert "1 new row" in amir.get(looked).content.decode()
    receipt = received(amir, two_sheets(), name="book.xlsx", sheet="Reports")
    assert "Reports" in amir.get(receipt).content.decode()


def test_the_preview_of_a_workbook_has_a_table_for_each_sheet(browser):
    sheets = {
        "Children": [["op_ref", "name"], ["C1", "BROOK, Ada"]],
        "Nominals": [["nom_ref", "alias"], ["N1", "Invented Alias"]],
    }
    amir = browser("amir")
    looked = hand_in(amir, as_workbook(sheets), "legacy-register", "register.xlsx")["Location"]
    page = amir.get(looked).content.decode()
    for told in ("sheet “Children”", "sheet “Nominals”", "nom_ref", "Invented Alias", "BROOK, Ada"):
        assert told in page


def test_another_person_s_upload_is_not_there(browser):
    looked = hand_in(browser("amir"), [GOOD])["Location"]
    absent = browser("beth").get(f"/files/hand-in/{uuid4()}/")
    for other in ("beth", "ewan", "max"):
        answer = browser(other).get(looked)
        assert answer.status_code == 404
        if other == "beth":
            assert masked(answer.content) == masked(absent.content)


@pytest.mark.parametrize("reader", ["ewan", "grace", "nia", "kit", "max", "lena"])
def test_another_agency_s_receipt_is_as_one_that_does_not_exist(browser, reader):
    receipt = received(browser("amir"), [GOOD, BAD])
    other = browser(reader)
    for ending in ("", "rows-to-mend.csv"):
        hidden, absent = other.get(receipt + ending), other.get(f"/files/{uuid4()}/{ending}")
        assert hidden.status_code == absent.status_code == 404
        assert masked(hidden.content) == masked(absent.content)
        assert unclocked(hidden) == unclocked(absent)
    assert receipt not in other.get("/files/").content.decode()
    assert browser("beth").get(receipt).status_code == 200  # a colleague of the agency that sent it


def test_only_who_sends_files_is_offered_the_door(browser):
    assert browser("max").get("/files/hand-in/").status_code == 404
    assert browser("kit").get("/files/hand-in/").status_code == 404
    page = browser("amir").get("/files/hand-in/").content.decode()
    assert "police-missing" in page and "social-care-people" not in page
    assert "There is a problem" in hand_in(browser("amir"), [GOOD], "social-care-people").content.decode()


def test_the_preview_tells_nothing_of_another_agency_s_rows(browser, feeds):
    row = {"referral_ref": "R1", "child_surname": "Brook", "referred_at": "01/11/2026 20:00"}
    for agency in ("ENGAGE", "LANCS-POL", "LCC-CSC", "LANTERN"):
        feeds.send("referrals", agency, [row])
    looked = hand_in(browser("iris"), [row], format_code="referrals")["Location"]
    page = browser("iris").get(looked).content.decode()
    assert "1 new row<" in page and "0 unchanged" in page


@pytest.mark.parametrize("oversight", ["lena", "max", "kit"])
def test_who_only_looks_at_records_cannot_try_which_are_known(browser, feeds, people_at_work, now, oversight):
    row = {"referral_ref": "R1", "child_surname": "Brook"}
    feeds.send("referrals", "BWD-CSC", [row])
    other = browser(oversight)
    assert other.get("/files/hand-in/").status_code == 404
    assert hand_in(other, [row], format_code="referrals").status_code == 404
    assert "Hand in a file" not in other.get("/files/").content.decode()
    # Nor with an upload made before the role was changed.
    sent = SimpleUploadedFile("x.csv", as_csv([row]))
    upload = uploads.keep(sent, format="referrals", by=people_at_work[oversight])
    page = other.get(f"/files/hand-in/{upload.id}/")
    assert page.status_code in (403, 404) and "unchanged" not in page.content.decode()


def test_an_agency_s_own_staff_see_held_rows_and_why(browser):
    receipt = received(browser("amir"), [GOOD, UNSURE])
    page = browser("beth").get("/files/held/").content.decode()
    assert receipt in page and "reported_at" in page and "twice" in page
    assert receipt in browser("beth").get("/files/?held=1").content.decode()
    for other in ("ewan", "grace", "max"):
        assert receipt not in browser(other).get("/files/held/").content.decode()


def test_persons_of_concern_wait_for_intelligence_and_are_not_for_mending(browser):
    amir = browser("amir")
    book = as_workbook({"Nominals": [["nom_ref", "name"], ["N1", "Invented Man"]]})
    receipt = received(amir, book, format_code="legacy-register", name="register.xlsx")
    assert "held until intelligence work" in amir.get(receipt).content.decode()
    assert "Invented Man" not in amir.get(f"{receipt}rows-to-mend.csv").content.decode()
    assert receipt not in amir.get("/files/held/").content.decode()


def test_an_upload_forgotten_for_a_day_is_thrown_away(people_at_work, site):
    sent = SimpleUploadedFile("x.csv", as_csv([GOOD]))
    upload = uploads.keep(sent, format="police-missing", by=people_at_work["amir"])
    now = datetime.now(UTC)
    assert uploads.discard_older_than(uploads.KEPT_FOR, now=now) == 0
    assert uploads.discard_older_than(uploads.KEPT_FOR, now=now + timedelta(hours=25)) == 2
    assert not upload.path.exists()


def test_each_kind_of_file_says_what_it_comes_as(browser):
    page = browser("amir").get("/files/hand-in/").content.decode()
    assert "Missing reports from the police (CSV or XLSX)" in page
    assert "Register of an older operation (XLSX)" in page

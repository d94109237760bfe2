"""`./run engage receive`, `token` and `formats` as an administrator types them."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.integration.receiving.conftest import as_csv, as_workbook

from engage.practice.agencies.models import Staff
from engage.practice.people.models import Fact
from engage.practice.receiving import uploads
from engage.practice.receiving.feeds import formats_sent_by
from engage.practice.receiving.jobs import receive_upload
from engage.practice.receiving.models import ReceivedFile

GOOD = {"report_ref": "LP/1", "surname": "Brook", "dob": "04/05/2011", "reported_at": "30/10/2026 22:00"}
BAD = GOOD | {"report_ref": "LP/2", "dob": "31/02/2011"}
SENT_BY = ("--agency", "LANCS-POL", "--by", "amir")
VISITS = """
code = "visits"
title = "Visits of a school nurse"
sender_kinds = ["school"]
kind = "increment"
file_types = ["csv"]
row_reference = ["visit_ref"]
identity_reference = ["child"]
raw_category = "C13"
column = [
  { name = "visit_ref", type = "reference", required = true, to = "fact.visit_number", category = "C13" },
  { name = "child", type = "text", to = "identity.reference", category = "C01" },
  { name = "surname", type = "name", to = "identity.surname", category = "C01" },
  { name = "seen_on", type = "date", to = "fact.seen_on", category = "C13" },
]
"""


@pytest.fixture
def engage(own_database):
    return lambda *words: own_database.run("engage", *words)


@pytest.fixture
def reports(tmp_path):
    path = tmp_path / "reports.csv"
    path.write_bytes(as_csv([GOOD, BAD]))
    return str(path)


def test_a_file_is_received_and_its_receipt_printed_for_people_and_machines(engage, reports, own_database):
    told = engage("receive", "police-missing", reports, *SENT_BY)
    assert told.returncode == 0, told.stderr
    assert (
        "received 2" in told.stdout and "applied 1" in told.stdout and "There is no such day" in told.stdout
    )
    assert "31/02/2011" not in told.stdout + told.stderr
    again = engage("receive", "police-missing", reports, *SENT_BY, "--json")
    receipt = json.loads(again.stdout)
    assert again.returncode == 0 and receipt["receipt_id"] in told.stdout
    assert receipt["rows"] == {"received": 2, "applied": 1, "unchanged": 0, "rejected": 1, "held": 0}
    assert len(own_database.audit("receive_file")) == 1
    assert [entry["counts"]["rows"] for entry in own_database.audit("receive_rows")] == [2]


def test_a_refused_file_ends_with_1_and_says_why(engage, tmp_path, own_database):
    path = tmp_path / "empty.csv"
    path.write_text("report_ref\n")
    told = engage("receive", "police-missing", str(path), *SENT_BY, "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["refusal"]["reason_code"] == "zero_rows"
    assert [entry["decision"] for entry in own_database.audit("refuse_file")] == ["refused"]


def test_a_sheet_is_named_on_the_command_line(engage, tmp_path):
    path = tmp_path / "book.xlsx"
    rows = [list(GOOD), list((GOOD | {"report_ref": "LP/55"}).values())]
    path.write_bytes(as_workbook({"Notes": [["about"], ["x"]], "Reports": rows}))
    told = engage("receive", "police-missing", str(path), *SENT_BY, "--sheet", "Reports", "--json")
    assert json.loads(told.stdout)["rows"]["applied"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("police-missing", "{file}", "--agency", "NOBODY", "--by", "amir"), "There is no agency “NOBODY”"),
        (
            ("police-missing", "{file}", "--agency", "LANCS-POL", "--by", "nobody"),
            "There is no staff “nobody”",
        ),
        (("no-such", "{file}", "--agency", "LANCS-POL", "--by", "amir"), "There is no format “no-such”"),
        (("police-missing", "{file}", "--agency", "LANCS-POL", "--by", "ewan"), "you cannot hand in files"),
        (("police-missing", "{file}", "--agency", "BWD-CSC", "--by", "ewan"), "does not send"),
        (("police-missing", "/no/such/file.csv", "--agency", "LANCS-POL", "--by", "amir"), "does not exist"),
    ],
)
def test_wrong_words_end_with_2_and_say_what_is_wrong(engage, reports, words, said):
    told = engage("receive", *(word.format(file=reports) for word in words))
    assert told.returncode == 2 and "Traceback" not in told.stderr
    assert said in " ".join(told.stderr.replace("│", " ").split())


def test_a_format_that_an_administrator_adds_is_received_by_every_door(engage, tmp_path, own_database):
    path = tmp_path / "visits.toml"
    path.write_text(VISITS)
    refused = engage("formats", "add", str(path), "--by", "ewan")
    assert refused.returncode == 2 and "Only an administrator" in refused.stderr
    added = engage("formats", "add", str(path), "--by", "max")
    assert (added.returncode, added.stdout) == (0, "Added visits.\n"), added.stderr
    assert "visits" in engage("formats", "list").stdout
    path.write_text(VISITS.replace('code = "visits"', 'code = "referrals"'))
    shipped = engage("formats", "add", str(path), "--by", "max")
    assert shipped.returncode == 2 and "choose another code" in shipped.stderr
    path.write_text(VISITS.replace('type = "name"', 'type = "flag"'))
    assert engage("formats", "add", str(path), "--by", "max").returncode == 2

    sheet = tmp_path / "visits.csv"
    sheet.write_bytes(
        as_csv([{"visit_ref": "V1", "child": "S1", "surname": "Brook", "seen_on": "01/10/2026"}])
    )
    told = engage("receive", "visits", str(sheet), "--agency", "SCHOOLS", "--by", "iris", "--json")
    assert json.loads(told.stdout)["rows"]["applied"] == 1

    secret = engage("token", "create", "--agency", "SCHOOLS", "--formats", "visits").stdout.strip()
    assert "SCHOOLS" in engage("token", "list").stdout
    assert secret not in engage("token", "list").stdout
    with own_database.inside():
        kinds = {fact.kind: fact.text for fact in Fact.objects.all()}
        assert kinds["seen_on"] == "2026-10-01" and kinds["visit_number"] == "V1"
        choices = formats_sent_by(Staff.objects.select_related("agency").get(code="iris").agency)
        assert "visits" in [format.code for format in choices]
    with own_database.doors_open():
        answer = Client().post(
            "/api/feeds/visits/files",
            as_csv([{"visit_ref": "V2", "child": "S1", "surname": "Brook", "seen_on": "02/10/2026"}]),
            content_type="text/csv",
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert (answer.status_code, answer.json()["rows"]["applied"]) == (201, 1)
    assert len(own_database.audit("create_token")) == 1


def test_a_file_handed_in_on_the_page_is_received_by_the_worker(own_database):
    content = as_csv([GOOD | {"report_ref": "LP/77"}])
    with own_database.doors_open():
        by = Staff.objects.select_related("agency").get(code="amir")
        upload = uploads.keep(SimpleUploadedFile("page.csv", content), format="police-missing", by=by)
        receive_upload.defer(upload_id=upload.id)
        kept = upload.path
        assert kept.exists()
    done = own_database.run("django", "procrastinate", "worker", "--one-shot", "--queues", "receiving")
    assert done.returncode == 0, done.stderr
    assert not kept.exists()
    with own_database.inside():
        file = ReceivedFile.objects.get(file_name="page.csv")
        assert (file.state, file.rows_applied) == ("received", 1)

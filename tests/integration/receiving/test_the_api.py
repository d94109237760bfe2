"""Agencies' systems send with a token of their own agency and formats."""

import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.integration.receiving.conftest import as_csv, as_workbook

from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Agency
from engage.practice.people.models import SourceRecord
from engage.practice.receiving import queries
from engage.practice.receiving.api import api
from engage.practice.receiving.feeds import UnknownFormat
from engage.practice.receiving.tokens import revoke_token

pytestmark = pytest.mark.django_db

GOOD = {"report_ref": "LP/1", "surname": "Brook", "dob": "04/05/2011", "reported_at": "30/10/2026 22:00"}
BAD = GOOD | {"report_ref": "LP/2", "dob": "31/02/2011"}
PROMISED = {
    "receipt_id", "format", "agency", "file_name", "sha256", "received_at", "rows", "flags", "problems",
    "not_checked",
}  # fmt: skip


def send(secret, content, format_code="police-missing", **more):
    return Client().post(
        f"/api/feeds/{format_code}/files{more.pop('query', '')}",
        content,
        **{"content_type": "text/csv", "headers": {"Authorization": f"Bearer {secret}"}} | more,
    )


def test_a_body_is_received_once_and_the_second_time_answered_with_the_first_receipt(police, feeds):
    _, secret = police
    answer = send(secret, as_csv([GOOD, BAD]), query="?file_name=reports.csv")
    assert answer.status_code == 201
    receipt = answer.json()
    assert set(receipt) >= PROMISED
    assert receipt["rows"] == {"received": 2, "applied": 1, "unchanged": 0, "rejected": 1, "held": 0}
    (problem,) = receipt["problems"]
    assert {"row", "column", "outcome", "reason_code", "sentence"} <= set(problem)
    assert (problem["row"], problem["column"], problem["outcome"]) == (3, "dob", "rejected")
    assert (receipt["agency"], receipt["file_name"]) == ("LANCS-POL", "reports.csv")
    assert "31/02/2011" not in answer.content.decode()
    assert problem["sentence"].endswith("(Sent: digits and signs, 10 characters.)")
    again = send(secret, as_csv([GOOD, BAD]))
    assert again.status_code == 200 and again.json() == receipt
    assert len(feeds.rows(SourceRecord)) == 1
    address = f"/api/feeds/receipts/{receipt['receipt_id']}"
    read = Client().get(address, headers={"Authorization": f"Bearer {secret}"})
    assert read.status_code == 200 and read.json() == receipt


def test_a_part_of_a_form_is_received(police):
    _, secret = police
    file = SimpleUploadedFile("reports.csv", as_csv([GOOD]))
    answer = Client().post(
        "/api/feeds/police-missing/files", {"file": file}, headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 201 and answer.json()["file_name"] == "reports.csv"


def test_a_form_without_the_part_is_told_so(police):
    _, secret = police
    answer = Client().post(
        "/api/feeds/police-missing/files", {"x": "y"}, headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 422 and answer.json()["refusal"]["reason_code"] == "no_file"


@pytest.mark.parametrize("content", [b"", b"report_ref\n", b"a,b\n1,2\n", as_csv([GOOD]) + b'"LP/2","Bro'])
def test_a_refused_file_is_422_with_its_receipt(police, content):
    _, secret = police
    answer = send(secret, content)
    assert answer.status_code == 422
    receipt = answer.json()
    assert receipt["state"] == "refused" and receipt["refusal"]["sentence"] and receipt["receipt_id"]
    again = send(secret, content)
    assert (again.status_code, again.json()["receipt_id"]) == (422, receipt["receipt_id"])


def test_without_a_good_token_it_is_401(police, now):
    token, secret = police
    assert (
        Client().post("/api/feeds/police-missing/files", as_csv([GOOD]), content_type="text/csv").status_code
        == 401
    )
    assert send("engage_wrong", as_csv([GOOD])).status_code == 401
    assert revoke_token(token.pk, now=now) and not revoke_token(token.pk, now=now)
    assert send(secret, as_csv([GOOD])).status_code == 401
    Agency.objects.filter(code="LANCS-POL").update(is_active=False)
    token.revoked_at = None
    token.save()
    assert send(secret, as_csv([GOOD])).status_code == 401


def test_a_format_the_token_may_not_send_is_as_one_that_does_not_exist(police):
    _, secret = police
    hidden = send(secret, as_csv([GOOD]), "legacy-register")
    absent = send(secret, as_csv([GOOD]), "no-such-format")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content and dict(hidden.headers) == dict(absent.headers)


def test_another_agency_s_receipt_is_as_one_that_does_not_exist(police, token):
    _, secret = police
    receipt = send(secret, as_csv([GOOD])).json()["receipt_id"]
    _, other = token("BWD-CSC", "social-care-people")
    _, same_agency = token("LANCS-POL", "legacy-register")
    for stranger in (other, same_agency):
        answers = [
            Client().get(f"/api/feeds/receipts/{which}", headers={"Authorization": f"Bearer {stranger}"})
            for which in (receipt, uuid4(), "nonsense")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1


def problems(secret, receipt, format_code="police-missing", **query):
    return Client().get(
        f"/api/feeds/{format_code}/files/{receipt}/problems",
        query,
        headers={"Authorization": f"Bearer {secret}"},
    )


def test_problems_that_a_receipt_leaves_out_are_given_page_by_page(police, monkeypatch):
    monkeypatch.setattr(queries, "MOST_PROBLEMS_SHOWN", 2)
    _, secret = police
    bad = [BAD | {"report_ref": f"LP/{n}"} for n in range(5)]
    receipt = send(secret, as_csv(bad)).json()
    assert (len(receipt["problems"]), receipt["problems_left_out"]) == (2, 3)
    pages = [problems(secret, receipt["receipt_id"], page=n).json() for n in (1, 2, 3, 4)]
    assert [[one["row"] for one in page["problems"]] for page in pages] == [[2, 3], [4, 5], [6], []]
    assert {(page["pages"], page["count"]) for page in pages} == {(3, 5)}
    assert pages[0]["problems"] == receipt["problems"]
    assert problems(secret, receipt["receipt_id"], page=0).status_code == 422


def test_problems_of_another_agency_or_format_are_as_those_that_do_not_exist(police, token):
    _, secret = police
    receipt = send(secret, as_csv([BAD])).json()["receipt_id"]
    _, other = token("BWD-CSC", "social-care-people")
    _, both = token("LANCS-POL", "police-missing", "legacy-register")
    answers = [
        problems(secret, uuid4()),
        problems(secret, "nonsense"),
        problems(other, receipt),
        problems(other, receipt, "social-care-people"),
        problems(both, receipt, "legacy-register"),
        problems(both, receipt, "no-such-format"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert problems("engage_wrong", receipt).status_code == 401
    assert "/feeds/{format}/files/{receipt_id}/problems" in str(api.get_openapi_schema()["paths"])


def test_a_collection_year_that_is_none_is_told_so(token, feeds):
    feeds.send("ssda903-header", "BWD-CSC", [{"CHILD": "C1", "SEX": "2", "DOB": "04/05/2011", "ETHNIC": "WBRI", "UPN": ""}])  # fmt: skip
    _, secret = token("BWD-CSC", "ssda903-missing")
    row = {
        "CHILD": "C1",
        "DOB": "04/05/2011",
        "MISSING": "M",
        "MIS_START": "10/05/2026",
        "MIS_END": "12/05/2026",
    }
    assert send(secret, as_csv([row]), "ssda903-missing", query="?year=99999").status_code == 422
    answer = send(secret, as_csv([row]), "ssda903-missing", query="?year=2027")
    assert (answer.status_code, answer.json()["rows"]["applied"]) == (201, 1)


def test_a_sheet_is_named_in_the_address(police):
    _, secret = police
    sheets = {"Notes": [["about"], ["x"]], "Reports": [list(GOOD), list(GOOD.values())]}
    assert send(secret, as_workbook(sheets)).status_code == 422
    answer = send(secret, as_workbook(sheets), query="?sheet=Reports")
    assert (answer.status_code, answer.json()["rows"]["applied"]) == (201, 1)


def test_a_token_is_made_only_for_what_its_agency_sends(token):
    with pytest.raises(NotPermitted, match="does not send"):
        token("BWD-CSC", "police-missing")
    with pytest.raises(UnknownFormat):
        token("BWD-CSC", "no-such-format")
    with pytest.raises(NotPermitted, match="at least one"):
        token("BWD-CSC")


def test_only_a_hash_of_the_token_is_kept(police):
    token, secret = police
    assert secret not in json.dumps({k: str(v) for k, v in vars(token).items()})
    assert len(bytes(token.token_hash)) == 32

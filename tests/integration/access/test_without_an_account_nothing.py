"""The audit really broken: nothing is shown and nothing is done, on pages and for machines."""

import pytest
from django.test import Client
from tests.conftest import NOW, owner_connection
from tests.integration.receiving.own_database import OwnDatabase, a_database_of_its_own

from engage.demo.probing import signed_in
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import Record
from engage.practice.receiving.models import ReceivedFile
from engage.practice.receiving.tokens import make_token

FILE = b"report_ref,surname,forenames,dob,last_seen_at,reported_at,home_district\n" \
    b"LP/1,Brook,Ada,12/05/2011,01/11/2026 20:00,01/11/2026 21:00,Blackburn with Darwen\n"  # fmt: skip
OTHER = FILE.replace(b"LP/1,Brook,Ada", b"LP/2,Stone,Mia")
BREAKS = {
    "no right to write": "REVOKE INSERT ON access_auditentry FROM engage_app",
    "refused by the table": "ALTER TABLE access_auditentry ADD CONSTRAINT full_up CHECK (false) NOT VALID",
    "gone": "ALTER TABLE access_auditentry RENAME TO somewhere_else",
}


@pytest.fixture
def database(template_database, tmp_path, django_db_blocker, django_db_setup):
    with a_database_of_its_own(template_database, tmp_path, django_db_blocker.unblock) as made:
        yield made


def send(secret: str, content: bytes):
    return Client(raise_request_exception=False).post(
        "/api/feeds/police-missing/files",
        content,
        content_type="text/csv",
        headers={"Authorization": f"Bearer {secret}"},
    )


def break_the_audit(database: OwnDatabase, how: str) -> None:
    with owner_connection(database.name) as owner:
        owner.execute(BREAKS[how])


@pytest.mark.parametrize("how", BREAKS)
def test_pages_and_machines_get_503_and_no_word_of_any_child(database, how):
    with database.doors_open():
        _, secret = make_token(
            agency=Agency.objects.get(code="LANCS-POL"), formats=["police-missing"], now=NOW
        )
        first = send(secret, FILE)
        assert first.status_code == 201
        receipt = first.json()["receipt_id"]
        ewan = signed_in(Staff.objects.get(code="ewan"))
        assert "Ada Brook" in ewan.get("/today/").content.decode()

        break_the_audit(database, how)
        machine = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})
        for answer in (
            ewan.get("/today/"),
            ewan.post("/search/", {"q": "Brook"}),
            ewan.get("/files/"),
            # What is not there is accounted for as well.
            ewan.get("/children/8e7c1d3e-0000-4000-8000-000000000001/"),
            machine.get(f"/api/feeds/receipts/{receipt}"),
            send(secret, FILE),
            send(secret, OTHER),
        ):
            assert answer.status_code == 503
            said = answer.content.decode()
            assert not [word for word in ("Brook", "Ada", "Stone", "LP/1", receipt, "sha256") if word in said]
    with database.inside():
        records = Record.objects.all()
        assert {record.surname for record in records} == {"Brook"}
        assert ReceivedFile.objects.filter(state="received").count() == 1

"""Sessions: how long they last, who sees and ends them, and what becomes of a form that comes too late."""

import time

import pytest
from django.db import connection
from django.test import Client
from tests.integration.agencies.test_signing_in import AGAIN, PASSWORD, code_now, send_code, sign_in

from engage.demo.probing import signed_in
from engage.practice.access import audit
from engage.practice.access.models import SignOut
from engage.practice.agencies.models import Agency, Session, Staff

pytestmark = pytest.mark.django_db
HERE = "/access/signed-in/"


@pytest.fixture
def ewan(people_at_work):
    return people_at_work["ewan"]


def accounts_of(monkeypatch) -> list[str]:
    """Names of the deeds accounted for from now on: the application cannot read its own account."""
    written: list[str] = []
    record = audit.record

    def noted(verb, action, **said):
        written.append(action)
        return record(verb, action, **said)

    monkeypatch.setattr(audit, "record", noted)
    return written


def is_in(client: Client) -> bool:
    return client.get("/help/").status_code == 200


def earlier(client: Client, hours: float) -> None:
    session = client.session
    session["signed_in"] = {**session["signed_in"], "at": time.time() - hours * 3600}
    session.save()


def test_after_ten_hours_one_signs_in_again_and_comes_back(client, ewan):
    client = signed_in(ewan)
    earlier(client, 9.99)
    assert is_in(client)
    earlier(client, 10.01)
    assert client.get("/episodes/held/?page=2")["Location"] == (
        "/accounts/login/?next=/episodes/held/%3Fpage%3D2"
    )
    assert not Session.objects.filter(user=ewan.user).exists()


def test_people_see_where_they_are_signed_in_and_end_one_or_all_others(ewan, people_at_work, monkeypatch):
    here, laptop, phone = (signed_in(ewan) for _ in range(3))
    stranger = signed_in(people_at_work["amir"])
    written = accounts_of(monkeypatch)
    page = here.get(HERE).content.decode()
    assert page.count("Signed in ") == 3 and page.count("(this one)") == 1
    other = laptop.session["signed_in"]["id"]
    assert stranger.post(f"{HERE}{other}/end/").status_code == 404
    assert is_in(laptop)
    assert here.post(f"{HERE}{other}/end/").status_code == 302
    assert (is_in(here), is_in(laptop), is_in(phone)) == (True, False, True)
    here.post(f"{HERE}others/end/")
    assert (is_in(here), is_in(phone), is_in(stranger)) == (True, False, True)
    assert {"end_own_session", "end_own_sessions"} <= set(written)


def test_no_address_of_a_network_is_kept(ewan):
    client = Client(
        headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"}, REMOTE_ADDR="192.0.2.9"
    )
    ewan.user.set_password(PASSWORD)
    ewan.user.save()
    sign_in(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM agencies_session WHERE user_id = %s", [ewan.user.pk])
        row = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
    assert row["device"] == "Firefox on Windows"
    said = {**client.session}
    assert "192.0.2.9" not in f"{row} {said}" and "140.0" not in f"{row} {said}"


def test_in_an_incident_a_colleague_or_a_whole_agency_is_signed_out_with_a_reason(
    ewan, people_at_work, monkeypatch
):
    lead = next(one for one in people_at_work.values() if one.role == "dpo_audit")
    by, one, another, elsewhere = (signed_in(who) for who in (lead, ewan, ewan, people_at_work["amir"]))
    written = accounts_of(monkeypatch)
    asked = {"whom": "colleague", "colleague": str(ewan.pk), "reason": "A laptop was lost"}
    refused = elsewhere.post("/access/sign-outs/", asked)
    assert refused.status_code == 403 and "sign other people out" in refused.content.decode()
    assert by.post("/access/sign-outs/", {**asked, "reason": ""}).status_code == 200 and is_in(one)
    assert by.post("/access/sign-outs/", asked).status_code == 302
    assert (is_in(one), is_in(another), is_in(elsewhere), is_in(by)) == (False, False, True, True)
    assert [(made.sessions, made.reason, made.by) for made in SignOut.objects.all()] == [
        (2, "A laptop was lost", lead)
    ]
    by.post("/access/sign-outs/", {"whom": "agency", "agency": "LANCS-POL", "reason": "Broken into"})
    assert not is_in(elsewhere)
    assert {"sign_out_colleague", "sign_out_agency"} <= set(written)
    assert "Broken into" in by.get("/access/sign-outs/").content.decode()


@pytest.mark.parametrize("status", [Staff.Status.SUSPENDED, Staff.Status.LEFT])
def test_who_is_suspended_or_leaves_is_signed_out_in_the_same_transaction(ewan, people_at_work, status):
    client, colleague = signed_in(ewan), signed_in(people_at_work["amir"])
    Staff.objects.filter(pk=ewan.pk).update(status=status)
    assert not Session.objects.filter(user=ewan.user).exists()
    assert not is_in(client) and is_in(colleague)


def test_when_an_agency_leaves_all_of_it_are_signed_out(ewan, people_at_work):
    client, colleague = signed_in(ewan), signed_in(people_at_work["amir"])
    Agency.objects.filter(pk=people_at_work["amir"].agency_id).update(is_active=False)
    assert is_in(client) and not is_in(colleague)


def test_signing_others_out_asks_again_who_does_it(people_at_work, secret_of):
    lead = next(one for one in people_at_work.values() if one.role == "dpo_audit")
    client = secret_of(lead)
    assert client.get("/access/sign-outs/")["Location"].startswith(AGAIN)


@pytest.fixture
def secret_of():
    """`secret_of(colleague)`: a browser in which they signed in with password and code."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    def sign_in_fully(colleague: Staff) -> Client:
        secret, client = generate_totp_secret(), Client()
        colleague.user.set_password(PASSWORD)
        colleague.user.save()
        TOTP.activate(colleague.user, secret)
        client.post("/accounts/login/", {"login": colleague.user.username, "password": PASSWORD})
        send_code(client, code_now(secret))
        return client

    return sign_in_fully


TYPED = "She said that she would ring again on Friday."


def test_a_form_that_comes_after_the_session_ended_gives_back_what_was_typed(ewan):
    client = signed_in(ewan)
    Session.objects.filter(user=ewan.user).delete()
    late = client.post(
        "/children/new/",
        {"forenames": "Invented", "new_because": TYPED},
        headers={"Referer": "http://testserver/children/new/"},
    )
    shown = late.content.decode()
    assert late.status_code == 403 and "Not sent yet" in shown and TYPED in shown
    assert 'href="/accounts/login/?next=/children/new/" target="_blank"' in shown
    assert late["Cache-Control"] == "no-store"
    # Nothing worth copying: straight on.
    assert client.post("/children/new/", {"forenames": "Invented"}).status_code == 302
    # And who was never signed in gets no page that says so.
    assert Client().post("/children/new/", {"new_because": TYPED}).status_code == 302


def test_what_was_typed_is_given_back_when_one_is_asked_again_first(ewan, secret_of):
    client = secret_of(ewan)
    asked = client.post("/emergency/", {"number": "9990000999", "reason": TYPED})
    assert asked.status_code == 403 and TYPED in asked.content.decode()
    assert f'href="{AGAIN}?next=' in asked.content.decode()


def test_a_page_left_open_learns_whether_the_same_person_is_signed_in(ewan, people_at_work):
    client = signed_in(ewan)
    page = client.get("/help/").content.decode()
    mine = page.split('data-who="')[1][:16]
    assert f'data-who="{mine}"' in client.get(f"{HERE}who/").content.decode()
    assert mine not in signed_in(people_at_work["amir"]).get(f"{HERE}who/").content.decode()
    assert client.post(f"{HERE}stay/").status_code == 200
    assert Client().get(f"{HERE}who/").status_code == 302

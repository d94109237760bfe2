"""What somebody needs who wants to read: a password, a code of their telephone, and not too many wrong tries."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import is_mfa_enabled
from axes.models import AccessAttempt
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.test import Client

from engage.practice.agencies.models import Installation

pytestmark = pytest.mark.django_db

PASSWORD = "a long invented sentence"
TRIES = 6


@pytest.fixture
def ewan(people_at_work):
    user = people_at_work["ewan"].user
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def secret(ewan):
    secret = generate_totp_secret()
    TOTP.activate(ewan, secret)
    return secret


def code_now(secret: str) -> str:
    if time.time() % 30 > 20:  # it must still hold when a slow machine has got round to it
        time.sleep(30 - time.time() % 30)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def wrong_code(secret: str) -> str:
    near = {format_hotp_value(hotp_value(secret, int(time.time()) // 30 + n)) for n in range(-2, 3)}
    return next(
        code for code in ("123456", "234567", "345678", "456789", "567890", "678901") if code not in near
    )


def sign_in(client: Client, password: str = PASSWORD):
    return client.post("/accounts/login/", {"login": "ewan", "password": password})


def send_code(client: Client, code: str):
    return client.post("/accounts/2fa/authenticate/", {"code": code})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_password_and_a_code_open_today(client, secret):
    assert sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert not signed_in(client)
    assert send_code(client, code_now(secret))["Location"] == "/today/"
    assert client.get("/today/").status_code == 200


def test_six_wrong_passwords_lock_the_account_wherever_the_right_one_comes_from(client, ewan):
    for _ in range(TRIES - 1):
        assert sign_in(client, "wrong").status_code == 200
    for attempt in (sign_in(client, "wrong"), sign_in(client), sign_in(Client(REMOTE_ADDR="192.0.2.7"))):
        assert attempt.status_code == 429
        assert "locked for 15 minutes" in attempt.content.decode()
    for _ in range(12):  # however long somebody goes on, the page says what happened
        assert "locked for 15 minutes" in sign_in(client, "wrong").content.decode()
    assert not signed_in(client)
    assert AccessAttempt.objects.filter(username="ewan").exists()


def test_wrong_passwords_of_one_colleague_lock_nobody_else_in_the_office(client, ewan, people_at_work):
    grace = people_at_work["grace"].user
    grace.set_password(PASSWORD)
    grace.save()
    for _ in range(TRIES):
        sign_in(client, "wrong")
    assert client.post("/accounts/login/", {"login": "grace", "password": PASSWORD}).status_code == 302
    assert signed_in(client)


def test_after_six_wrong_codes_the_right_one_is_refused_too(client, secret):
    sign_in(client)
    for _ in range(TRIES):
        assert "Incorrect code" in send_code(client, wrong_code(secret)).content.decode()
    refused = send_code(client, code_now(secret))
    assert "Too many failed" in refused.content.decode()
    assert not signed_in(client)


def test_signing_in_anew_gives_no_further_codes_to_guess(secret):
    for number in range(TRIES):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        sign_in(client)
        assert "Incorrect code" in send_code(client, wrong_code(secret)).content.decode()
    client = Client(REMOTE_ADDR="192.0.2.200")
    assert sign_in(client).status_code == 302
    assert "Too many failed" in send_code(client, code_now(secret)).content.decode()
    assert not signed_in(client)


def test_one_code_opens_one_session(secret):
    code = code_now(secret)
    first, second = Client(), Client()
    sign_in(first), sign_in(second)
    assert send_code(first, code).status_code == 302
    send_code(second, code)
    assert signed_in(first) and not signed_in(second)


def test_codes_are_counted_for_all_processes_together():
    assert isinstance(caches["default"], DatabaseCache)


def test_with_real_data_nobody_steps_in_whatever_the_environment_says(client, settings, people_at_work):
    settings.DEMO = True
    Installation.objects.update(kind=Installation.Kind.REAL)
    for answer in (client.get("/step-in/"), client.post("/step-in/", {"colleague": "ewan"})):
        assert answer.status_code == 404
    assert not signed_in(client)
    assert client.get("/today/")["Location"].startswith("/accounts/login/")


AGAIN = "/accounts/2fa/reauthenticate/"


def test_before_emergency_access_the_code_is_asked_again_and_leads_back(client, secret):
    sign_in(client)
    send_code(client, code_now(secret))
    asked = client.get("/emergency/")
    assert asked["Location"] == f"{AGAIN}?next=%2Femergency%2F"
    # Nothing is done meanwhile, whatever is sent.
    sent = client.post("/emergency/", {"number": "9990000999", "reason": "Invented"})
    assert sent["Location"].startswith(AGAIN)
    caches["default"].clear()  # a code is good for one use, and the test does not wait for the next
    shown = client.get(asked["Location"])
    assert shown.status_code == 200
    confirmed = client.post(AGAIN, {"code": code_now(secret), "next": "/emergency/"})
    assert confirmed["Location"] == "/emergency/"
    assert client.get("/emergency/").status_code == 200


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver/sharing/register/", "/sharing/register/"),
        ("http://elsewhere.example/evil/", "/evil/"),  # the path alone: nobody is led to another site
        ("", "/"),
    ],
)
def test_after_a_form_one_comes_back_to_its_page_and_to_no_other_site(client, secret, came_from, back):
    sign_in(client)
    send_code(client, code_now(secret))
    headers = {"Referer": came_from} if came_from else {}
    answer = client.post(
        "/sharing/00000000-0000-4000-8000-000000000001/second/", {"decision": "approve"}, headers=headers
    )
    assert parse_qs(urlsplit(answer["Location"]).query) == {"next": [back]}


def test_every_page_from_which_something_leaves_or_the_policy_changes_asks_again(client, secret):
    sign_in(client)
    send_code(client, code_now(secret))
    some = "00000000-0000-4000-8000-000000000001"
    assert client.get(f"/children/{some}/share/")["Location"].startswith(AGAIN)
    assert client.get(f"/sharing/{some}/shared.xlsx")["Location"].startswith(AGAIN)
    assert client.get("/access/proposals/new/")["Location"].startswith(AGAIN)
    for change in ("new-version", "end"):
        assert client.get(f"/access/agreements/SOME/{change}/")["Location"].startswith(AGAIN)
    for deed in ("approve", "refuse", "withdraw"):
        assert client.post(f"/access/proposals/{some}/{deed}/")["Location"].startswith(AGAIN)
    assert client.get(f"/files/{some}/rows-to-mend.csv")["Location"].startswith(AGAIN)
    assert client.get("/accounts/2fa/webauthn/add/")["Location"].startswith(AGAIN)
    assert client.get("/accounts/2fa/totp/activate/")["Location"].startswith(AGAIN)
    assert client.post("/accounts/password/change/")["Location"].startswith(AGAIN)


def test_the_password_is_no_second_factor_and_confirms_nothing(client, secret):
    sign_in(client)
    send_code(client, code_now(secret))
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 404
    assert client.get("/emergency/")["Location"].startswith(AGAIN)


def test_the_last_second_factor_cannot_be_removed(client, secret, ewan):
    sign_in(client)
    send_code(client, code_now(secret))
    caches["default"].clear()
    client.post(AGAIN, {"code": code_now(secret), "next": "/today/"})
    refused = client.post("/accounts/2fa/totp/deactivate/")
    assert refused.status_code == 403 and "only second factor" in refused.content.decode()
    assert is_mfa_enabled(ewan)

"""Passwords and sessions as the security standard asks of them (docs/reference/asvs.md, V6 and V7)."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from engage.demo.probing import signed_in

pytestmark = pytest.mark.django_db

PASSWORD = "a long invented sentence"
CHANGE = "/accounts/password/change/"


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


@pytest.fixture
def confirmed(ewan):
    """A session in which the second factor was shown just now, as the page asks it."""
    client, secret = Client(), generate_totp_secret()
    client.post("/accounts/login/", {"login": "ewan", "password": PASSWORD})
    TOTP.activate(ewan, secret)
    client.post("/accounts/2fa/reauthenticate/", {"code": code_now(secret)})
    return client


def code_now(secret: str) -> str:
    if time.time() % 30 > 20:  # it must still hold when a slow machine has got round to it
        time.sleep(30 - time.time() % 30)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def opens(client: Client) -> bool:
    return client.get("/help/").status_code == 200


def test_a_password_is_changed_with_the_one_before_and_ends_every_other_session(confirmed, people_at_work):
    here, elsewhere = confirmed, signed_in(people_at_work["ewan"])
    assert opens(here) and opens(elsewhere)
    new = {"password1": "quite another sentence", "password2": "quite another sentence"}
    assert here.post(CHANGE, {"oldpassword": "wrong", **new}).status_code == 200  # the form again
    assert opens(elsewhere)
    weak = {"oldpassword": PASSWORD, "password1": "Ewan-Pickup-2026", "password2": "Ewan-Pickup-2026"}
    assert "words of the work" in here.post(CHANGE, weak).content.decode()
    assert here.post(CHANGE, {"oldpassword": PASSWORD, **new}).status_code == 302
    assert opens(here) and not opens(elsewhere)


def test_password_fields_hide_and_let_paste(client, confirmed):
    for page in (client.get("/accounts/login/"), confirmed.get(CHANGE)):
        fields = re.findall(r"<input[^>]*password[^>]*>", page.content.decode())
        assert fields and all('type="password"' in one for one in fields)
        assert not [
            one for one in fields if 'autocomplete="off"' in one or "onpaste" in one or "maxlength" in one
        ]


def test_a_password_counts_to_its_last_character(client, people_at_work):
    user = people_at_work["ewan"].user
    long = "An invented sentence that goes on, and on, and on, and on, and on, to here."
    user.set_password(long)
    user.save()
    for wrong in (long[:-1], long.lower(), long + " "):
        assert client.post("/accounts/login/", {"login": "ewan", "password": wrong}).status_code == 200
    assert client.post("/accounts/login/", {"login": "ewan", "password": long}).status_code == 302


def test_signing_in_gives_a_new_session_and_signing_out_ends_it(secret):
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "ewan", "password": PASSWORD})
    before = client.cookies["sessionid"].value
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    after = client.cookies["sessionid"].value
    assert before != after and opens(client)
    client.post("/accounts/logout/")
    for kept in (before, after):
        again = Client()
        again.cookies["sessionid"] = kept
        assert not opens(again)

"""A password that an administrator hands over opens nothing but choosing one's own, and ends by itself."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from axes.models import AccessAttempt
from django.test import Client
from tests.integration.agencies.test_r15_second_factor import OPEN_TO_ALL, address, every_pattern
from tests.integration.agencies.test_signing_in import code_now, send_code, sign_in, signed_in
from typer.testing import CliRunner

from engage.config import commands
from engage.demo.probing import signed_in as stepped_in
from engage.practice.access import audit
from engage.practice.access.account_pages import SIGNING_IN
from engage.practice.agencies.models import Session, Staff

pytestmark = pytest.mark.django_db

CHANGE = "/accounts/password/change/"
OWN = "quite another sentence"


def told(*arguments: str) -> str:
    ran = CliRunner().invoke(commands.staff, arguments)
    assert ran.exit_code == 0, ran.output
    return ran.stdout.strip()


@pytest.fixture
def first(db) -> str:
    """What the command printed for somebody new."""
    return told(
        "add", "--code", "oona", "--name", "Oona Ash", "--agency", "BWD-CSC", "--role", "social_worker"
    )


def enter(client: Client, password: str):
    return client.post("/accounts/login/", {"login": "oona", "password": password})


def change(client: Client, old: str, new: str = OWN, **more: str):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new, **more})


def ended(code: str) -> None:
    Staff.objects.filter(code=code).update(first_password_ends_at=datetime.now(UTC) - timedelta(seconds=1))


def test_a_first_password_is_random_and_ends_after_a_day_or_as_the_setting_says(first, settings):
    ends_at = Staff.objects.get(code="oona").first_password_ends_at
    assert timedelta(hours=23.9) < ends_at - datetime.now(UTC) < timedelta(hours=24)
    assert len(first) == 24
    settings.FIRST_PASSWORD_HOURS = 2
    assert told("password", "--code", "oona") != first
    ends_at = Staff.objects.get(code="oona").first_password_ends_at
    assert timedelta(hours=1.9) < ends_at - datetime.now(UTC) < timedelta(hours=2)


def test_until_it_is_changed_every_address_leads_to_the_change_and_one_can_leave(client, first):
    assert enter(client, first).status_code == 302 and signed_in(client)
    opened, walked = [], 0
    for pattern, name in every_pattern():
        if pattern in OPEN_TO_ALL or name in SIGNING_IN | {"account_change_password"}:
            continue
        walked += 1
        asked = [client.get(address(pattern))]
        if pattern.startswith("accounts/"):
            asked.append(client.post(address(pattern)))
        for answer in asked:
            # 405: the door was not even reached. 401: the API, which knows nothing of sessions.
            if answer.status_code in (401, 404, 405) or answer.get("Location", "").startswith(CHANGE):
                continue
            opened.append((pattern, answer.status_code, answer.get("Location")))
    assert not opened and walked > 60
    assert "for your first sign-in alone" in client.get(CHANGE).content.decode()
    client.post("/step-out/")
    assert not signed_in(client)


def test_once_changed_it_leads_on_to_the_second_factor_and_the_first_one_is_worth_nothing(client, first):
    enter(client, first)
    assert client.get("/today/")["Location"] == f"{CHANGE}?next=%2Ftoday%2F"
    assert "than the present one" in change(client, first, first).content.decode()
    assert client.get("/today/")["Location"].startswith(CHANGE)
    assert change(client, first, next="/today/")["Location"] == "/today/"
    assert client.get("/today/")["Location"] == "/accounts/2fa/"
    assert Staff.objects.get(code="oona").first_password_ends_at is None
    again = Client()
    assert enter(again, first).status_code == 200 and not signed_in(again)


def test_after_its_end_it_is_refused_and_counted_like_a_wrong_one_until_a_new_one_is_given(client, first):
    wrong = enter(client, "wrong").content.decode()
    ended("oona")
    refused = enter(client, first)
    assert refused.status_code == 200 and not signed_in(client)
    assert without_tokens(refused.content.decode()) == without_tokens(wrong)
    assert AccessAttempt.objects.get(username="oona").failures_since_start == 2
    anew = told("password", "--code", "oona")
    assert enter(client, anew).status_code == 302 and signed_in(client)


def without_tokens(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


def test_a_new_one_ends_every_session_stands_in_the_account_and_keeps_the_second_factor(
    people_at_work, monkeypatch
):
    ewan, secret, written = people_at_work["ewan"], generate_totp_secret(), []
    TOTP.activate(ewan.user, secret)
    before = stepped_in(ewan)
    record = audit.record
    monkeypatch.setattr(
        audit, "record", lambda verb, deed, **said: written.append(deed) or record(verb, deed, **said)
    )
    given = told("password", "--code", "ewan")
    assert written == ["give_first_password"]
    assert before.get("/help/")["Location"].startswith("/accounts/login/")
    assert not Session.objects.filter(user=ewan.user).exists()
    client = Client()
    assert sign_in(client, given)["Location"] == "/accounts/2fa/authenticate/"
    send_code(client, code_now(secret))
    assert client.get("/today/")["Location"].startswith(CHANGE)
    change(client, given)
    assert client.get("/today/").status_code == 200


def test_who_comes_by_passkey_works_on_and_the_first_password_ends_unused(client, people_at_work):
    told("password", "--code", "ewan")
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    client.force_login(people_at_work["ewan"].user, backend=backend)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time(), "passwordless": True}]
    session["account_authentication_methods_user"] = str(people_at_work["ewan"].user.pk)
    session.save()
    assert client.get("/help/").status_code == 200


def test_nobody_who_left_is_given_one(people_at_work):
    Staff.objects.filter(code="ewan").update(status=Staff.Status.LEFT)
    ran = CliRunner().invoke(commands.staff, ["password", "--code", "ewan"])
    assert ran.exit_code == 2 and "Only somebody who is active" in ran.output

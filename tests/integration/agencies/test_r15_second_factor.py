"""R15: one account without a second factor let an intruder into a supplier's systems (2022; 79,404 people's records).

So the second factor cannot be switched off, for any path: pages, accounts, sessions already open, services, machines.
"""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.conftest import NOW
from tests.integration.agencies.test_signing_in import PASSWORD, code_now, sign_in, signed_in

from engage.config import settings as settings_module
from engage.demo.probing import with_token
from engage.practice.access.account_pages import SETTING_UP, SIGNING_IN
from engage.practice.agencies.models import Agency, Staff
from engage.practice.receiving.tokens import make_token, token_of

pytestmark = pytest.mark.django_db

SOME = "00000000-0000-4000-8000-000000000000"
SETTING_UP_A_FACTOR = "/accounts/2fa/"
# What answers everybody, with nothing about anyone, or ends a visit.
OPEN_TO_ALL = {"", "step-in/", "step-out/", "invitation/", "api/openapi.json"}


@pytest.fixture
def ewan(people_at_work):
    user = people_at_work["ewan"].user
    user.set_password(PASSWORD)
    user.save()
    return user


def every_pattern(patterns=None, prefix=""):
    for one in get_resolver().url_patterns if patterns is None else patterns:
        here = prefix + str(one.pattern).removeprefix("^").removesuffix("$")
        if isinstance(one, URLResolver):
            yield from every_pattern(one.url_patterns, here)
        elif isinstance(one, URLPattern):
            yield here, one.name


def address(pattern: str) -> str:
    """Something that the pattern matches."""
    filled = re.sub(r"\(\?P<uidb36>.*?\)-\(\?P<key>.*?\)", "1-set", pattern)
    filled = re.sub(r"\(\?P<\w+>.*?\)", "some", filled)
    filled = re.sub(r"<uuid:\w+>", SOME, filled)
    return "/" + re.sub(r"<(int:)?\w+>", "1", re.sub(r"<(str|slug):\w+>", "some", filled))


def test_r15_a_password_alone_opens_nothing_but_setting_up_a_second_factor(client, ewan):
    assert sign_in(client).status_code == 302
    assert signed_in(client)  # as far as setting up the second factor
    opened, walked = [], 0
    for pattern, name in every_pattern():
        if pattern in OPEN_TO_ALL or name in SIGNING_IN | SETTING_UP:
            continue
        walked += 1
        for answer in (client.get(address(pattern)), client.post(address(pattern))):
            # 405: the door was not even reached. 401: the API, which knows nothing of sessions.
            if answer.status_code in (401, 404, 405) or answer.get("Location") == SETTING_UP_A_FACTOR:
                continue
            opened.append((pattern, answer.status_code, answer.get("Location")))
    assert not opened
    assert walked > 60
    assert client.get("/", follow=True).redirect_chain[-1][0] == SETTING_UP_A_FACTOR
    assert client.get(SETTING_UP_A_FACTOR).status_code == 200


def test_r15_a_session_begun_with_the_password_alone_stays_shut_when_a_factor_is_set_up_elsewhere(
    client, ewan
):
    sign_in(client)
    secret = generate_totp_secret()
    TOTP.activate(ewan, secret)
    asked = client.get("/today/")["Location"]
    assert asked == "/accounts/2fa/reauthenticate/?next=%2Ftoday%2F"
    assert client.get("/accounts/2fa/webauthn/add/")["Location"].startswith("/accounts/2fa/reauthenticate/")
    client.post("/accounts/2fa/reauthenticate/", {"code": code_now(secret), "next": "/today/"})
    assert client.get("/today/").status_code == 200


def test_r15_setting_up_a_factor_is_showing_it(client, ewan, monkeypatch):
    # The library speaks of the new factor at the commit, which a test that is rolled back never comes to.
    monkeypatch.setattr(transaction, "on_commit", lambda then, **_: then())
    sign_in(client)
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    (secret,) = re.findall(r'engage-secret">([A-Z2-7]+)<', page)
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)})
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    assert client.get(done["Location"]).status_code == 200
    assert client.get("/today/").status_code == 200


def test_r15_a_service_has_no_account_to_sign_in_with(people_at_work, receiver):
    assert not Staff.objects.filter(kind=Staff.Kind.SERVICE, user__isnull=False).exists()
    with pytest.raises(IntegrityError, match="services_cannot_sign_in"), transaction.atomic():
        Staff.objects.filter(pk=receiver.pk).update(user=people_at_work["ewan"].user)


def test_r15_a_machines_token_is_bound_ends_by_itself_and_opens_no_page(db):
    police = Agency.objects.get(code="LANCS-POL")
    token, secret = make_token(agency=police, formats=["police-missing"], now=NOW, days=30)
    assert (token.agency, token.formats, token.staff.user) == (police, ["police-missing"], None)
    assert token_of(secret, now=token.expires_at - timedelta(seconds=1)) == token
    assert token_of(secret, now=token.expires_at) is None
    machine = with_token(secret)
    for pattern, _ in every_pattern():
        if pattern not in OPEN_TO_ALL and not pattern.startswith(("api/", "accounts/")):
            answer = machine.get(address(pattern))
            assert answer.status_code == 405 or answer["Location"].startswith("/accounts/login/")


WHAT_ASKS_FOR_IT = """
import json
from engage.config import settings
print(json.dumps({
    name: getattr(settings, name)
    for name in dir(settings)
    if name.startswith(("MFA_", "ACCOUNT_", "AUTH")) or name in ("MIDDLEWARE", "SESSION_ENGINE", "INSTALLED_APPS", "SESSION_HOURS")
}, default=sorted))
"""


def what_asks_for_it(**environment: str) -> dict:
    ran = subprocess.run(
        [sys.executable, "-c", WHAT_ASKS_FOR_IT],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    assert 0 < found.pop("SESSION_HOURS") <= 12
    return found


def test_r15_no_environment_variable_turns_the_second_factor_off(settings):
    source = Path(settings_module.__file__).read_text()
    read = set(re.findall(r'environ(?:\.get\(|\[)"(\w+)"', source))
    assert len(read) > 20
    numbers = ("HOURS", "DAYS", "MIB", "MINUTES")
    harmless = {
        name: "1" for name in read if "FILE" not in name and "URL" not in name and name != "ENGAGE_AS_AT"
    }
    assert any(name.endswith(numbers) for name in harmless)
    # Words by which one would try, the library's own settings among them.
    tried = {name: "0" for name in (*what_asks_for_it(), "ENGAGE_MFA", "ENGAGE_DEBUG", "DJANGO_DEBUG")}
    as_usual = what_asks_for_it()
    assert what_asks_for_it(**harmless) == as_usual
    assert what_asks_for_it(**tried, ENGAGE_SESSION_HOURS="24") == as_usual
    assert not settings.DEBUG and not getattr(settings, "MFA_TRUST_ENABLED", False)


def test_r15_nobody_is_trusted_for_the_browser_they_use(client, ewan):
    secret = generate_totp_secret()
    TOTP.activate(ewan, secret)
    again = Client()
    for one in (client, again):
        assert sign_in(one)["Location"] == "/accounts/2fa/authenticate/"
        assert not signed_in(one)

"""Signing in with an agency's account, against a real OpenID provider: another process, spoken to over HTTP."""

import socket
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth import get_user_model
from django.test import Client
from tests.conftest import NOW
from tests.integration.agencies.test_signing_in import signed_in

from engage.practice.access import bound_accounts
from engage.practice.access.bound_accounts import CannotBind, bind, invite, unbind
from engage.practice.agencies.openid.providers import NotConfigured, social_apps
from engage.practice.agencies.sign_in import SIGNED_IN

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/oidc/police/login/"
SUBJECT = "subject-4711"
BOTH = {"amr": ["pwd", "mfa"]}


@pytest.fixture(scope="module")
def provider():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 30
        while True:
            try:
                requests.get(f"{address}/.well-known/openid-configuration", timeout=5)
                break
            except requests.ConnectionError:
                assert time.monotonic() < end and process.poll() is None
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


def file_of(tmp_path, **said) -> str:
    lines = [f"{name} = {value!r}".replace("'", '"') for name, value in said.items()]
    file = tmp_path / "providers.toml"
    file.write_text("\n".join(["[[provider]]", *lines]))
    return str(file)


PROVIDER = {
    "id": "police", "name": "The police’s own", "agency": "LANCS-POL", "client_id": "engage", "secret": "invented",
    "amr": ["mfa", "hwk"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def configured(provider, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    apps = social_apps(file_of(tmp_path, issuer=provider, **PROVIDER))
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {**settings.SOCIALACCOUNT_PROVIDERS["openid_connect"], "APPS": apps}
    }


@pytest.fixture
def officer(people_at_work):
    return people_at_work["amir"]


@pytest.fixture
def bound(officer):
    bind(officer, provider="police", subject=SUBJECT, now=NOW)
    return officer


def at_the_provider(provider: str, address: str, claims: dict, subject: str = SUBJECT) -> str:
    """What somebody does on the provider's own page; answers where it sends them back to."""
    requests.put(f"{provider}/users/{subject}", json=claims, timeout=5).raise_for_status()
    back = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=5).headers["Location"]
    return back.removeprefix("http://testserver")


def sign_in(client: Client, provider: str, claims: dict, *, query: str = "", subject: str = SUBJECT):
    asked = client.get(LOGIN + query)
    return client.get(at_the_provider(provider, asked["Location"], claims, subject))


def test_an_agencys_account_opens_engage_once_an_invitation_was_used(client, provider, officer):
    # The same address for mail as the officer's, and verified: nobody is found by it.
    officer.user.email = "amir@police.example"
    officer.user.save()
    claims = {**BOTH, "email": officer.user.email, "email_verified": True, "preferred_username": "amir"}
    users = get_user_model().objects.count()
    refused = sign_in(client, provider, claims)
    assert refused.status_code == 403
    assert "not linked to anybody who works in Engage" in refused.content.decode()
    assert not signed_in(client) and get_user_model().objects.count() == users
    assert not SocialAccount.objects.exists()

    code = invite(officer, provider="police", now=bound_accounts.clock())
    assert "not valid" in client.post("/invitation/", {"code": "A" * 26}).content.decode()
    led = client.post("/invitation/", {"code": code.lower()})
    assert led["Location"] == f"{LOGIN}?again=1"
    assert sign_in(client, provider, claims, query="?again=1")["Location"] == "/today/"
    assert client.get("/today/").status_code == 200
    (account,) = SocialAccount.objects.all()
    assert account.user == officer.user
    assert SUBJECT not in account.uid and account.extra_data == {} and not SocialToken.objects.exists()
    assert "not valid" in Client().post("/invitation/", {"code": code}).content.decode()

    again = Client()
    assert sign_in(again, provider, claims, query="?next=/pairs/")["Location"] == "/pairs/"
    unbind(officer, provider="police", now=NOW)
    assert sign_in(Client(), provider, claims).status_code == 403


def test_an_invitation_is_for_whoever_signs_in_anew_with_it_in_hand(client, provider, officer):
    """On a shared desk a colleague may be signed in at the provider still, or come after somebody who turned back."""
    code = invite(officer, provider="police", now=bound_accounts.clock())
    led = client.post("/invitation/", {"code": code})
    assert parse_qs(urlsplit(client.get(led["Location"])["Location"]).query)["prompt"] == ["login"]
    assert sign_in(client, provider, BOTH, subject="colleague").status_code == 403
    assert sign_in(client, provider, BOTH, query="?again=1", subject="colleague").status_code == 403

    led = client.post("/invitation/", {"code": code})
    state = parse_qs(urlsplit(client.get(led["Location"])["Location"]).query)["state"][0]
    client.get(f"{LOGIN}callback/?error=access_denied&state={state}")
    assert bound_accounts.INVITED not in client.session
    assert sign_in(client, provider, BOTH, query="?again=1", subject="colleague").status_code == 403
    assert not SocialAccount.objects.exists()


def test_r15_what_the_agency_does_not_say_of_a_second_factor_we_ask_for(client, provider, bound):
    assert sign_in(client, provider, {"amr": ["pwd"]})["Location"] == "/today/"
    assert client.get("/today/")["Location"] == "/accounts/2fa/"
    TOTP.activate(bound.user, generate_totp_secret())
    second = Client()
    assert sign_in(second, provider, {})["Location"] == "/accounts/2fa/authenticate/"
    assert not signed_in(second)


@pytest.mark.parametrize(
    "fault",
    [
        {"iss": "https://id.elsewhere.example"},
        {"aud": "another-system"},
        {"aud": ["engage", "another-system"]},
        {"azp": "another-system"},
        {"nonce": "of another question"},
        {"exp": 1_700_000_000},
        {"auth_time": 1_700_000_000},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_an_answer_meant_for_something_else_signs_nobody_in(client, provider, bound, fault):
    refused = sign_in(client, provider, {**BOTH, **fault})
    assert refused.status_code == 401
    assert "could not be used" in refused.content.decode()
    assert not signed_in(client)


def test_an_answer_serves_one_question_of_one_browser(client, provider, bound):
    back = at_the_provider(provider, client.get(LOGIN)["Location"], BOTH)
    stolen = Client()
    assert stolen.get(back).status_code == 401 and not signed_in(stolen)
    assert client.get(back)["Location"] == "/today/"
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 401 and not signed_in(client)


def test_ten_hours_count_from_when_the_person_showed_that_it_is_they(client, provider, bound):
    """Coming by the provider anew, which lets them through without a question, begins no new ten hours."""
    nine_hours_ago = int(time.time()) - 9 * 3600
    for _ in range(2):
        assert sign_in(client, provider, {**BOTH, "auth_time": nine_hours_ago})["Location"] == "/today/"
        assert client.session[SIGNED_IN]["at"] == nine_hours_ago
    asked = client.get(LOGIN)["Location"]
    assert parse_qs(urlsplit(asked).query)["max_age"] == [str(10 * 3600)]
    too_old = {**BOTH, "auth_time": int(time.time()) - 11 * 3600}
    assert client.get(at_the_provider(provider, asked, too_old)).status_code == 401


def test_a_provider_that_says_it_is_another_is_not_asked(client, provider, settings, tmp_path):
    apps = social_apps(file_of(tmp_path, issuer=provider.replace("127.0.0.1", "localhost"), **PROVIDER))
    apps[0]["settings"]["server_url"] = provider
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = apps
    assert client.get(LOGIN).status_code == 401


def test_before_sharing_the_agency_is_asked_again(client, provider, bound):
    sign_in(client, provider, BOTH)
    asked = client.get("/emergency/")["Location"]
    assert asked == f"{LOGIN}?next=%2Femergency%2F&again=1"
    question = client.get(asked)["Location"]
    said = parse_qs(urlsplit(question).query)
    assert (said["prompt"], said["max_age"], said["scope"]) == (["login"], ["0"], ["openid"])
    old = {**BOTH, "auth_time": int(time.time()) - 600}
    assert client.get(at_the_provider(provider, question, old)).status_code == 401
    fresh = client.get(at_the_provider(provider, client.get(asked)["Location"], BOTH))
    assert fresh["Location"] == "/emergency/"
    assert client.get("/emergency/").status_code == 200


def test_no_link_connects_an_account_and_no_page_signs_anybody_up(client, provider, officer):
    client.force_login(officer.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert sign_in(client, provider, BOTH, query="?process=connect").status_code == 403
    assert not SocialAccount.objects.exists()
    for page in ("3rdparty/", "3rdparty/signup/", "signup/", "email/", "password/reset/"):
        assert client.get(f"/accounts/{page}").status_code == 404


def test_a_provider_signs_in_the_staff_of_its_own_agency_alone(people_at_work, officer):
    with pytest.raises(CannotBind, match="alone"):
        bind(people_at_work["ewan"], provider="police", subject=SUBJECT, now=NOW)
    bind(officer, provider="police", subject=SUBJECT, now=NOW)
    with pytest.raises(CannotBind, match="bound already"):
        invite(officer, provider="police", now=NOW)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"issuer": "http://id.police.example"}, "https"),
        ({"issuer": ""}, "issuer missing"),
        ({"issuer": "https://id.police.example", "secret": ""}, "secret"),
        ({"issuer": "https://id.police.example", "id": "The police"}, "small letters"),
        ({"issuer": "https://id.police.example", "longest_minutes": 2000}, "longest_minutes"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_the_start(tmp_path, said, sentence):
    with pytest.raises(NotConfigured, match=sentence):
        social_apps(file_of(tmp_path, **{**PROVIDER, **said}))

"""What a browser is told to refuse, and what another site cannot make it ask."""

import runpy

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import path, reverse

from engage.config import browser_rules
from engage.config import settings as settings_module
from engage.demo.probing import signed_in

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"


def fails(request):
    raise RuntimeError("SELECT of Katie Holden failed in /srv/engage")


urlpatterns = [path("fails/", fails)]


@pytest.fixture
def visit(people_at_work, settings, now):
    settings.DEMO, settings.AS_AT, settings.AS_AT_RUNS_ON = True, now.isoformat(), False
    return lambda code: signed_in(people_at_work[code])


@pytest.mark.parametrize("address", [SIGN_IN, "/today/", "/no/such/page/", "/static/engage/engage.js"])
def test_every_answer_carries_the_rules(client, address):
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    for rule in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy and "http" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in answer["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in answer
    assert "Server" not in answer and "X-Powered-By" not in answer


def test_the_file_asked_for_above_is_there():
    assert finders.find("engage/engage.js")


def test_pages_stay_in_no_cache(visit):
    assert visit("ewan").get("/today/")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_make_a_browser_do_a_deed(visit, site, caplog):
    ewan = visit("ewan")
    refused = ewan.post(
        "/search/", {"q": "Khan"}, headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}
    )
    assert refused.status_code == 403 and b"Khan" not in refused.content
    assert refused["Cross-Origin-Resource-Policy"] == "same-origin"
    assert [one.name for one in caplog.records] == ["engage.config.browser_rules"]
    assert ewan.post("/search/", {"q": "Khan"}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_another_site_cannot_load_a_page_as_a_picture_or_a_frame_and_a_link_still_opens(visit):
    def asked(mode, dest):
        told = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        return visit("ewan").get("/today/", headers=told).status_code

    assert asked("no-cors", "image") == asked("cors", "empty") == asked("navigate", "iframe") == 403
    assert asked("navigate", "document") == 200


def test_a_form_without_its_token_is_refused_and_logged(caplog):
    client = Client(enforce_csrf_checks=True)
    assert client.post(SIGN_IN, {"login": "ewan", "password": "x"}).status_code == 403
    assert [one.name for one in caplog.records] == ["django.security.csrf"]


def test_trace_is_refused(client):
    assert client.generic("TRACE", SIGN_IN).status_code == 405


def test_with_tls_cookies_and_browsers_come_by_nothing_else(monkeypatch, client, settings):
    monkeypatch.setenv("ENGAGE_HTTPS", "1")
    told = runpy.run_path(settings_module.__file__)
    assert (told["SESSION_COOKIE_NAME"], told["CSRF_COOKIE_NAME"]) == ("__Host-session", "__Host-csrf")
    assert told["SESSION_COOKIE_SECURE"] and told["CSRF_COOKIE_SECURE"]
    assert told["SESSION_COOKIE_HTTPONLY"] and told["CSRF_COOKIE_HTTPONLY"]
    assert "SESSION_COOKIE_DOMAIN" not in told and "SESSION_COOKIE_PATH" not in told
    monkeypatch.delenv("ENGAGE_HTTPS")
    assert "SESSION_COOKIE_NAME" not in runpy.run_path(settings_module.__file__)
    assert "Strict-Transport-Security" not in client.get(SIGN_IN)
    settings.SESSION_COOKIE_SECURE = True
    assert client.get(SIGN_IN)["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_signing_out_clears_what_the_browser_kept(client, settings):
    assert (reverse("account_logout"), reverse("desk:step_out")) == browser_rules.SIGNING_OUT
    settings.SESSION_COOKIE_SECURE = True
    assert client.post(reverse("desk:step_out"))["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in client.get(SIGN_IN)


def test_every_cookie_is_for_programs_alone_and_for_this_site(client):
    cookies = client.get(SIGN_IN).cookies
    assert cookies
    for cookie in cookies.values():
        assert cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["domain"]


def test_a_fault_says_nothing_of_itself(settings):
    settings.ROOT_URLCONF = __name__
    answer = Client(raise_request_exception=False).get("/fails/")
    assert answer.status_code == 500 and "Nothing was saved" in answer.content.decode()
    assert (
        b"Katie" not in answer.content
        and b"Traceback" not in answer.content
        and b"/srv" not in answer.content
    )


def test_the_database_can_be_reached_by_verified_tls_alone():
    address = "postgresql://engage_app:x@db.invalid/engage?sslmode=verify-full&sslrootcert=/etc/engage/ca.pem"
    told = settings_module.database(address)["OPTIONS"]
    assert (told["sslmode"], told["sslrootcert"]) == ("verify-full", "/etc/engage/ca.pem")
    assert (
        "sslmode" not in settings_module.database("postgresql://engage_app@/engage?host=/run/pg")["OPTIONS"]
    )

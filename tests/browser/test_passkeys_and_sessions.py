"""Signing in by passkey in a real browser with a virtual authenticator; and what was typed when a session ends."""

from urllib.parse import urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from tests.conftest import owner_connection

PASSWORD = "a long invented sentence"


@pytest.fixture
def ewan(demo_database):
    """With a password and no second factor yet; afterwards as before."""
    with owner_connection(demo_database) as owner:
        owner.execute("UPDATE auth_user SET password = %s WHERE username = 'ewan'", [make_password(PASSWORD)])
        yield owner
        owner.execute("DELETE FROM mfa_authenticator")
        owner.execute("UPDATE auth_user SET password = '!' WHERE username = 'ewan'")


@pytest.fixture
def page(browser, site):
    """At the name under which a browser takes passkeys without TLS, with a key that verifies its person."""
    wrong = []
    context = browser.new_context(base_url=site.address.replace("127.0.0.1", "localhost"))
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
    with_a_key(page)
    yield page
    context.close()
    assert not wrong


def with_a_key(page, *, verifies: bool = True) -> None:
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": verifies, "automaticPresenceSimulation": True,
    }  # fmt: skip
    page.key = devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    page.devices = devices


def set_up_passkey(page) -> str:
    """Answers one of the recovery codes."""
    page.goto("/accounts/login/?next=/help/")
    page.get_by_label("Username").fill("ewan")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in with a password").click()
    arrive(page, "/accounts/2fa/")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Name of this passkey").fill("Work laptop")
    page.get_by_role("button", name="Add a passkey").click()
    arrive(page, "/accounts/2fa/recovery-codes/")
    code = page.locator("main code").first.inner_text()
    page.get_by_role("button", name="Continue to Today").click()
    arrive(page, "/today/")
    return code


def sign_in_by_passkey(page, then: str) -> None:
    page.goto(f"/accounts/login/?next={then}")
    page.get_by_role("button", name="Sign in with a passkey").click()
    arrive(page, then)


def arrive(page, path: str) -> None:
    """On this very page: an address may also end with where it leads to next."""
    page.wait_for_url(lambda address: urlsplit(address).path == path)


def test_a_passkey_is_set_up_signs_in_alone_and_confirms_before_what_cannot_be_undone(page, ewan):
    set_up_passkey(page)
    page.get_by_role("button", name="Step out").click()
    sign_in_by_passkey(page, "/help/")
    page.goto("/emergency/")
    page.get_by_role("button", name="Use a passkey").click()
    arrive(page, "/emergency/")
    page.goto("/access/signed-in/")
    assert page.get_by_text("(this one)").count() == 1
    # As the second factor beside the password, too.
    page.get_by_role("button", name="Step out").click()
    page.goto("/accounts/login/?next=/help/")
    page.get_by_label("Username").fill("ewan")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in with a password").click()
    page.get_by_role("button", name="Use a passkey").click()
    arrive(page, "/help/")
    # A key that does not verify whose hand it is in opens nothing.
    page.get_by_role("button", name="Step out").click()
    page.devices.send("WebAuthn.setUserVerified", {"authenticatorId": page.key, "isUserVerified": False})
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("The passkey was not used").wait_for()


def test_what_was_typed_outlives_the_session_on_the_page_and_nowhere_else(page, ewan):
    code = set_up_passkey(page)
    page.clock.install()
    page.goto("/children/new/")
    page.get_by_label("First names").fill("Invented by a test")
    page.clock.fast_forward("12:30")
    page.get_by_role("alertdialog", name="Are you still there?").wait_for()
    page.keyboard.press("Enter")  # on the button that has the focus: stay
    page.get_by_role("alertdialog").wait_for(state="hidden")
    page.clock.fast_forward("05:00")
    assert page.get_by_role("alertdialog").count() == 0

    ewan.execute("DELETE FROM agencies_session")
    page.clock.fast_forward("10:00")
    page.get_by_role("alertdialog", name="You are signed out").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="I have signed in").click()
    page.get_by_text("You are not signed in yet.").wait_for()
    stored = page.evaluate("() => JSON.stringify({...localStorage, ...sessionStorage})")
    assert "Invented by a test" not in stored

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in (opens in a new tab)").click()
    beside = opened.value
    beside.get_by_label("Username").fill("ewan")
    beside.get_by_label("Password").fill(PASSWORD)
    beside.get_by_role("button", name="Sign in with a password").click()
    beside.get_by_label("Code").fill(code)
    beside.get_by_role("button", name="Sign in", exact=True).click()
    arrive(beside, "/access/signed-in/")
    page.get_by_role("alertdialog").wait_for(state="hidden")  # it hears of the other tab by itself
    assert page.get_by_label("First names").input_value() == "Invented by a test"
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="See who is known").click()
    assert sent.value.status == 200

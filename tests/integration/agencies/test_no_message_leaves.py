"""Engage sends no e-mail and keeps no list of addresses: one recipient, who reads behind their own sign-in."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

import engage
from engage.practice.sharing.models import Disclosure

SENDING = {"smtplib", "django.core.mail", "email.message", "email.mime", "imaplib", "aiosmtplib"}


def imported(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def test_r9_no_line_of_engage_can_send_a_message():
    source = Path(engage.__file__).parent
    sending = {path.name for path in source.rglob("*.py") if SENDING & set(imported(path))}
    assert sending == set()
    # As in use; the tests' own settings put a mailbox in its place.
    assert 'EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"' in (
        source / "config" / "settings.py"
    ).read_text(encoding="utf-8")
    assert settings.EMAIL_BACKEND.endswith("locmem.EmailBackend")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["ewan@council.invalid", "nobody@council.invalid"])
def test_r9_who_forgot_a_password_is_sent_nothing_and_neither_is_a_stranger(address):
    get_user_model().objects.filter(username="ewan").update(email="ewan@council.invalid")
    answered = Client().post("/accounts/password/reset/", {"email": address}, follow=True)
    assert answered.status_code == 404  # Engage does not offer it
    assert mail.outbox == []


def test_r9_what_is_shared_has_one_recipient():
    (recipient,) = [field for field in Disclosure._meta.get_fields() if field.name == "recipient"]
    assert recipient.many_to_one
    assert not [field.name for field in Disclosure._meta.get_fields() if field.many_to_many]

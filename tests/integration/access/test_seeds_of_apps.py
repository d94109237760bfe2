"""Who reads the database works out nobody's codes: neither when an app is set up nor afterwards."""

import re
from base64 import b64decode, b64encode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt
from django.db import connection
from django.test import Client
from tests.integration.agencies.test_signing_in import PASSWORD, code_now, send_code, sign_in, signed_in

from engage.practice.access.keys import DoesNotOpen

pytestmark = pytest.mark.django_db


@pytest.fixture
def ewan(people_at_work):
    user = people_at_work["ewan"].user
    user.set_password(PASSWORD)
    user.save()
    return user


def everything_kept() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(data::text, ' '), '') FROM mfa_authenticator")
        return cursor.fetchone()[0]


def test_a_seed_is_in_clear_on_the_page_alone_and_its_codes_sign_in(client, ewan):
    sign_in(client)
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    (secret,) = re.findall(r'engage-secret">([A-Z2-7]+)<', page)
    assert (
        client.session[SECRET_SESSION_KEY] != secret and decrypt(client.session[SECRET_SESSION_KEY]) == secret
    )
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "1"}).content.decode()
    assert f'engage-secret">{secret}<' in wrong  # the same again, and not a new one to scan
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)}).status_code == 302
    assert SECRET_SESSION_KEY not in client.session
    assert "sealed-1:" in everything_kept() and secret not in everything_kept()


def test_a_sealed_seed_signs_in_and_one_in_clear_or_altered_opens_nothing(ewan):
    secret = generate_totp_secret()
    kept = TOTP.activate(ewan, secret).instance
    client = Client()
    sign_in(client)
    send_code(client, code_now(secret))
    assert signed_in(client)
    version, root, text = kept.data["secret"].split(":")
    raw = bytearray(b64decode(text))
    raw[-1] ^= 1
    for planted in (secret, f"{version}:{root}:{b64encode(bytes(raw)).decode()}"):
        Authenticator.objects.filter(pk=kept.pk).update(data={"secret": planted})
        client = Client()
        sign_in(client)
        with pytest.raises(DoesNotOpen):
            send_code(client, code_now(secret))
        assert not signed_in(client)

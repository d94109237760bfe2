"""Recovery codes are shown once and kept as hashes: who reads the database can sign in as nobody."""

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.apps import apps
from django.db import connection
from django.test import Client
from tests.integration.agencies.test_signing_in import (
    AGAIN,
    PASSWORD,
    code_now,
    send_code,
    sign_in,
    signed_in,
)

from engage.practice.access import recovery_codes
from engage.practice.access.keys import root_key
from engage.practice.access.second_factors import seal

pytestmark = pytest.mark.django_db

PAGE = "/accounts/2fa/recovery-codes/"


@pytest.fixture
def ewan(people_at_work, monkeypatch):
    monkeypatch.setattr(recovery_codes, "CODES", 2)  # each costs a hash
    user = people_at_work["ewan"].user
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def confirmed(ewan):
    """A browser in which the app's code was shown just now."""
    client, secret = Client(), generate_totp_secret()
    sign_in(client)
    TOTP.activate(ewan, secret)
    client.post(AGAIN, {"code": code_now(secret)})
    return client


def kept(user) -> str:
    return json.dumps([one.data for one in Authenticator.objects.filter(user=user, type="recovery_codes")])


def shown(client: Client) -> list[str]:
    return re.findall(r"<code>([\d-]+)</code>", client.get(PAGE).content.decode())


def opens(code: str) -> bool:
    client = Client()
    sign_in(client)
    send_code(client, code)
    return signed_in(client)


def test_they_are_shown_once_and_kept_as_salted_hashes(confirmed, ewan):
    made = confirmed.post(f"{PAGE}generate/")
    assert made["Location"] == PAGE
    assert json.loads(kept(ewan)) == [{"migrated_codes": []}]  # no seed, and no code before it is shown
    assert confirmed.head(PAGE).status_code == 405
    codes = shown(confirmed)
    assert len(codes) == 2 and all(re.fullmatch(r"\d-\d{4}-\d{4}", code) for code in codes)
    (data,) = json.loads(kept(ewan))
    assert set(data) == {"migrated_codes", "viewed_at"}
    salts = {
        re.match(r"hashed-1:\d:argon2\$argon2id\$v=19\$[^$]+\$([^$]+)\$", one)[1]
        for one in data["migrated_codes"]
    }
    assert len(salts) == 2
    assert not [code for code in codes if code.replace("-", "")[1:] in kept(ewan)]
    assert shown(confirmed) == [] and "2 left" in confirmed.get(PAGE).content.decode()
    assert confirmed.get(f"{PAGE}download/").status_code == 404


def test_each_opens_once_and_a_new_set_ends_the_one_before(confirmed, ewan):
    confirmed.post(f"{PAGE}generate/")
    first, second = shown(confirmed)
    assert not opens(second[0] + first[1:])  # the digits of one under the number of the other
    assert opens(first.replace("-", " ")) and not opens(first)
    assert "1 left" in confirmed.get("/accounts/2fa/").content.decode()
    confirmed.post(f"{PAGE}generate/")
    assert len(shown(confirmed)) == 2 and not opens(second)


def test_codes_printed_before_this_release_go_on_being_good_and_are_hashed(confirmed, ewan):
    row = Authenticator(
        user=ewan, type="recovery_codes", data={"seed": seal("0" * 80, root_key()), "used_mask": 0}
    )
    printed = RecoveryCodes(row).generate_codes()
    row.data |= {"used_mask": 0b1111111101, "viewed_at": 1.0}  # one is left
    Authenticator.objects.bulk_create([row])  # as the release before wrote it
    with connection.schema_editor() as schema:
        recovery_codes.hash_what_was_derived(apps, schema)
    assert "seed" not in kept(ewan) and kept(ewan).count("hashed-1::argon2") == 1
    assert not opens(printed[0]) and opens(printed[1]) and not opens(printed[1])

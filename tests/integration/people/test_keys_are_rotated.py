"""Rotation, broken off by kill -9 and gone on with; another root key; a process that lacks a key says which and does not start.

In a database of its own: what another process committed must be there to be read.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import date

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import decrypt
from django.apps import apps
from django.db import connections
from django.test import override_settings
from tests.conftest import NOW, owner_connection
from tests.integration.receiving.own_database import a_database_of_its_own
from typer.testing import CliRunner

from engage.__main__ import app as command_line
from engage.practice.access import keys, rewrapping
from engage.practice.access.encrypted import encrypt_rows
from engage.practice.access.gate import acting_as
from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.access.second_factors import seal_what_lies_in_clear
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.actions import AddressInput, IdentityInput, seal, write_records
from engage.practice.people.models import Address, Identifier, Record
from engage.practice.receiving.actions import receiver
from engage.practice.sister_teams.filters import make_filter
from engage.practice.sister_teams.joining import add_sister
from engage.practice.sister_teams.models import HoldingKey
from engage.practice.sister_teams.sealing import key_of, token_of

CHILDREN = 40
KILLED_IN_THE_MIDDLE = textwrap.dedent("""
    import os, signal
    import django
    django.setup()
    from engage.practice.access import rewrapping

    def after_some(done, total):
        if done >= 30:
            os.kill(os.getpid(), signal.SIGKILL)

    rewrapping.rotate(progress=after_some, rows_at_once=10)
""")


@pytest.fixture(scope="module")
def held(template_database, tmp_path_factory, django_db_blocker, django_db_setup):
    """Forty children of the police, each with an address and a telephone, committed; a root key of its own."""
    folder = tmp_path_factory.mktemp("keys")
    with (
        pytest.MonkeyPatch.context() as environment,
        a_database_of_its_own(template_database, folder, django_db_blocker.unblock) as database,
    ):
        root = folder / "root.key"
        environment.setenv("ENGAGE_ROOT_KEY_FILE", str(root))
        database.environment["ENGAGE_ROOT_KEY_FILE"] = str(root)
        with override_settings(ROOT_KEY_FILE=root):
            keys.forget()
            keys.make_root_key()
            with database.doors_open():
                service = receiver()
                police = Agency.objects.get(code="LANCS-POL")
                with acting_as(service, now=NOW):
                    write_records(
                        [
                            IdentityInput(
                                police, "police-missing", f"R{number}", surname="Holden", phone=f"07700 900{number:03}",
                                addresses=(AddressInput(f"{number} Mill Lane", "BB1 1AA"),),
                            )
                            for number in range(CHILDREN)
                        ],
                        by=service,
                        now=NOW,
                    )  # fmt: skip
            yield database, root
        keys.forget()


def said(database) -> set[tuple[str, str]]:
    keys.forget()
    with database.inside():
        addresses = {(row.address, row.postcode) for row in Address.objects.visible_to(receiver())}
        assert {row.number for row in Identifier.objects.visible_to(receiver()).filter(type="phone")} == {
            f"07700 900{number:03}" for number in range(CHILDREN)
        }
        return addresses


def names_of_keys(database) -> list[tuple]:
    with owner_connection(database.name) as owner:
        rows = owner.execute(
            "SELECT compartment_id, version, retired_at IS NULL, emptied_at IS NOT NULL FROM access_compartmentkey ORDER BY 1, 2"
        )
        return [row[1:] for row in rows.fetchall()]


def test_a_rotation_that_is_killed_leaves_everything_readable_and_goes_on(held):
    database, _ = held
    before = said(database)
    assert len(before) == CHILDREN and names_of_keys(database) == [(1, True, False)]

    broken_off = _run(database, KILLED_IN_THE_MIDDLE)
    assert broken_off == -9
    assert names_of_keys(database) == [(1, False, False), (2, True, False)]
    assert said(database) == before
    with database.doors_open():
        found = rewrapping.check()
    assert not found.problems and 0 < found.under_earlier_keys < found.values

    went_on = command(database, "rotate")
    assert went_on.exit_code == 0 and "values are under new keys" in went_on.output
    assert names_of_keys(database) == [(1, False, True), (2, True, False)]
    assert said(database) == before
    assert len(database.audit("rotate_keys")) == 1
    with database.doors_open():
        found = rewrapping.check()
    assert (found.problems, found.under_earlier_keys) == ([], 0)
    with owner_connection(database.name) as owner, pytest.raises(Exception, match="append-only"):
        owner.execute("DELETE FROM access_compartmentkey")


def test_another_root_key_and_the_former_one_is_refused(held, tmp_path):
    database, root = held
    before, old = said(database), root.read_bytes()
    new = tmp_path / "new-root.key"
    changed = command(database, "rotate", "--root", str(new))
    assert changed.exit_code == 0 and str(new) in changed.output.replace("\n", "")
    with pytest.raises(keys.KeyProblem, match=keys.root_key(new).name):
        said(database)
    refused = database.run("django", "procrastinate", "worker", "--one-shot")
    assert refused.returncode != 0 and keys.root_key(new).name in refused.stderr

    root.write_bytes(new.read_bytes())
    assert said(database) == before
    checked = command(database, "check")
    assert checked.exit_code == 0 and "does not open" not in checked.output
    assert all(word in checked.output for word in ("ENGAGE_TOKEN_KEY", "ENGAGE_AUDIT_KEY", "Ledger", "Root"))
    (tmp_path / "old.key").write_bytes(old)
    assert command(database, "rotate", "--root", str(tmp_path / "old.key")).exit_code == 0
    root.write_bytes(old)
    assert said(database) == before


def test_what_stood_in_clear_before_this_release_is_encrypted_by_its_migration(held):
    database, _ = held
    before = said(database)
    with database.inside():
        row = Address.objects.visible_to(receiver()).first()
        clear = (row.address, row.postcode)
    with owner_connection(database.name) as owner:
        owner.execute(
            "UPDATE people_address SET address = convert_to(%s, 'UTF8'), postcode = convert_to(%s, 'UTF8')"
            " WHERE id = %s",
            [*clear, row.pk],
        )
    with database.doors_open(), connections["owner"].schema_editor() as schema:
        columns = {"address": "address", "postcode": "postcode"}
        encrypt_rows("people_address", columns, where=f"id = '{row.pk}'")(apps, schema)
    assert said(database) == before


def test_seeds_of_apps_from_before_are_sealed_and_open_under_the_next_root_key(held, tmp_path):
    database, root = held
    old, secret = root.read_bytes(), generate_totp_secret()
    with database.doors_open():
        user = Staff.objects.get(code="ewan").user
        Authenticator.objects.create(user=user, type="totp", data={"secret": secret})
        with connections["owner"].schema_editor() as schema:
            seal_what_lies_in_clear(apps, schema)
        sealed = Authenticator.objects.get(user=user)
        assert secret not in str(sealed.data) and decrypt(sealed.data["secret"]) == secret
    new = tmp_path / "new-root.key"
    assert command(database, "rotate", "--root", str(new)).exit_code == 0
    with database.doors_open():
        moved = Authenticator.objects.get(user=user)
        with pytest.raises(keys.KeyProblem, match=keys.root_key(new).name):
            decrypt(moved.data["secret"])
        root.write_bytes(new.read_bytes())
        assert decrypt(moved.data["secret"]) == secret
    assert "Seeds of authenticator apps that open: 1." in command(database, "check").output
    with database.doors_open():
        sealed.save()  # as it lay under the former key
    checked = command(database, "check")
    assert checked.exit_code == 1 and f"mfa_authenticator, row {sealed.pk}: does not open" in checked.output
    with database.doors_open():
        moved.save()
    (tmp_path / "old.key").write_bytes(old)
    assert command(database, "rotate", "--root", str(tmp_path / "old.key")).exit_code == 0
    root.write_bytes(old)
    with database.doors_open():
        assert decrypt(Authenticator.objects.get(user=user).data["secret"]) == secret
        Authenticator.objects.all().delete()


def test_what_is_shown_a_sister_team_opens_under_the_next_root_key(held, tmp_path, settings):
    database, root = held
    settings.LEDGER_KEY_FILE = tmp_path / "ledger.key"
    old, new = root.read_bytes(), tmp_path / "new-root.key"
    with database.doors_open():
        signer = signing_key_of_the_ledger()
        sister = add_sister(
            code="NEXT", name="Next door", address="https://next.example.org", telephone="01632 960111",
            ask_for="the duty worker", filter_key=str(signer.public), our_token="o" * 40, their_token="t" * 40,
            colleague=None, now=NOW,
        )  # fmt: skip
        public = bytes(make_filter(now=NOW).public)
    for following in (new, tmp_path / "old.key"):
        (tmp_path / "old.key").write_bytes(old)
        assert command(database, "rotate", "--root", str(following)).exit_code == 0
        with database.doors_open():
            sister.refresh_from_db()
            with pytest.raises(keys.KeyProblem):
                token_of(sister)
            root.write_bytes(following.read_bytes())
            assert token_of(sister) == "o" * 40 and key_of(HoldingKey.objects.get()).public == public
            assert rewrapping.check().elsewhere["Keys and tokens of sister teams"] == 2


@pytest.mark.parametrize(
    ("missing", "process"),
    [
        ("ENGAGE_TOKEN_KEY", ("engage.config.wsgi",)),
        ("ENGAGE_ROOT_KEY_FILE", ("django", "procrastinate", "worker")),
    ],
)
def test_a_process_without_one_of_its_keys_does_not_start_and_says_which(held, missing, process, tmp_path):
    database, _ = held
    kept = database.environment[missing]
    database.environment[missing] = str(tmp_path / "nowhere.key") if missing.endswith("FILE") else ""
    try:
        refused = database.run(*process)
    finally:
        database.environment[missing] = kept
    assert refused.returncode != 0 and missing in refused.stderr
    assert not (tmp_path / "nowhere.key").exists()  # nothing is made in its place


@pytest.mark.parametrize("name", ["ENGAGE_SECRET_KEY", "ENGAGE_TOKEN_KEY", "ENGAGE_AUDIT_KEY"])
def test_each_of_the_keys_in_the_environment_is_asked_for_by_its_name(settings, name):
    settings.KEYS_NOT_SET = (name,)
    with pytest.raises(keys.KeyProblem, match=name):
        keys.refuse_to_start_without_keys()


def command(database, *words: str):
    """`./run engage keys …` on that database, in this process."""
    with database.doors_open():
        return CliRunner().invoke(command_line, ["keys", *words], env={"COLUMNS": "200"})


def _run(database, program: str) -> int:
    environment = database.environment | {"DJANGO_SETTINGS_MODULE": "engage.config.settings"}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, timeout=120, check=False
    ).returncode


def test_a_sealed_text_that_was_emptied_is_named_by_the_check(held):
    database, _ = held
    with database.doors_open():
        ewan = Staff.objects.select_related("agency", "team").get(code="ewan")
        with acting_as(receiver(), now=NOW):
            child = Record.objects.visible_to(receiver()).first()
        with acting_as(ewan, now=NOW):
            item = seal(
                person_id=child.person_id, text="Invented", reason="Invented", holder=ewan, review_on=date(2026, 11, 30),
                by=ewan, now=NOW,
            )  # fmt: skip
        assert rewrapping.check().problems == []
    with owner_connection(database.name) as owner:
        owner.execute("ALTER TABLE people_sealeditem NO FORCE ROW LEVEL SECURITY")
        owner.execute("UPDATE people_sealeditem SET text = ''")
        owner.execute("ALTER TABLE people_sealeditem FORCE ROW LEVEL SECURITY")
    with database.doors_open():
        assert rewrapping.check().problems == [
            f"Table people_sealeditem, row {item.pk}, column text: emptied."
        ]

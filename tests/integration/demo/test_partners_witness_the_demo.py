"""The demo's two witnesses are processes of their own, and cosign what the demo's ledger signs."""

import os
import time

import pytest
from django.test import override_settings
from tests.conftest import NOW
from tests.integration.access.ledger_at_hand import a_ledger

from engage.demo import witnesses as of_the_demo
from engage.demo.serving import stop
from engage.practice.access.ledger_keys import witnesses
from engage.practice.access.models import Cosignature
from engage.practice.access.witnesses import Answer, ask_witnesses


@pytest.fixture
def ledger(template_database, tmp_path, django_db_blocker, django_db_setup):
    with a_ledger(template_database, tmp_path, django_db_blocker.unblock) as at_hand:
        yield at_hand


def test_two_witnesses_start_and_cosign_what_the_demo_signs(ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(of_the_demo, "memory_folder", lambda: tmp_path / "witnesses")
    monkeypatch.setenv("ENGAGE_WITNESSES", "")
    monkeypatch.setenv("PYTHONPATH", ledger.database.environment["PYTHONPATH"])
    with override_settings(WITNESSES=""):
        started = of_the_demo.start_witnesses()
        try:
            assert len(witnesses()) == 2 and os.environ["ENGAGE_WITNESSES"].count("http://") == 2
            ledger.looks(2)
            ledger.sequence()
            end = time.monotonic() + 60
            while {one.answer for one in ask_witnesses(witnesses(), now=NOW)} != {Answer.COSIGNED}:
                assert time.monotonic() < end
                time.sleep(0.2)
        finally:
            stop(started)
    assert {one.witness for one in Cosignature.objects.all()} == {
        "police.invalid/witness",
        "charity.invalid/witness",
    }


def test_each_demo_that_is_built_has_witnesses_that_saw_nothing_yet(ledger):
    assert of_the_demo.memory_folder().name.startswith(ledger.database.name)

"""A sealed bundle says itself whether it is genuine; forged, altered, stale and replayed ones are refused."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from typer.testing import CliRunner

from engage.methods.ledger import SigningKey
from engage.practice.access.gate import NotPermitted
from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.bundles import intake, releasing
from engage.practice.bundles.management.command_line import bundle
from engage.practice.bundles.sealing import FORMAT, MANIFEST, SIGNATURE
from engage.practice.bundles.verifying import verdict

pytestmark = pytest.mark.django_db
NOTICE = "INV-2026-041"


@pytest.fixture
def sealed(approved, people_at_work, at, now):
    lena = people_at_work["lena"]

    def do(request=None):
        made = approved(request, kind="inquiry", asked_by="The Invented Inquiry", notice=NOTICE)
        with at("lena"):
            releasing.release(made.pk, handed_over="By its portal", by=lena, now=now)
            return made, releasing.taken_away(made.pk, "sealed", by=lena, now=now)

    return do


@pytest.fixture
def said(now):
    def say(file, notice=NOTICE):
        found = verdict(file, notice, [signing_key_of_the_ledger().public], now=now)
        return found.word, found.sentence

    return say


def repacked(file: bytes, change: dict[str, bytes | None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(file)) as old:
        parts = {name: old.read(name) for name in old.namelist()} | change
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for name, content in parts.items():
            if content is not None:
                new.writestr(name, content)
    return made.getvalue()


def test_an_inquiry_asks_by_notice(people_at_work, at, now):
    with at("lena"), pytest.raises(NotPermitted, match="notice"):
        asked = intake.Asked("inquiry", "The Inquiry", "Katie", now.date(), "letter")
        intake.open_request(asked, by=people_at_work["lena"], now=now)


def test_what_was_sealed_is_genuine_and_lists_every_item(sealed, said):
    made, file = sealed()
    word, sentence = said(file)
    assert word == "genuine" and made.number in sentence
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        manifest = json.loads(parts.read(MANIFEST))
        assert {one["name"] for one in manifest["items"]} == set(parts.namelist()) - {MANIFEST, SIGNATURE}
        assert manifest["notice"] == NOTICE and manifest["entry"]["verb"] == "disclose"
        assert "Katie" not in json.dumps(manifest)
        everything = b"".join(parts.read(name) for name in parts.namelist())
    assert b"Tariq" not in everything and b"Ahmed" not in everything


def test_an_altered_bundle_is_refused_and_the_item_named(sealed, said):
    _, file = sealed()
    assert said(repacked(file, {"items/0001.txt": b"other"}))[1].startswith("Altered: items/0001.txt is not")
    assert said(repacked(file, {"items/0001.txt": None}))[1] == "Altered: items/0001.txt is missing."
    assert "more.txt was put in" in said(repacked(file, {"more.txt": b""}))[1]
    assert "packed again" in said(repacked(file, {}))[1]
    assert said(file[: len(file) // 2])[0] == "not genuine"


def test_a_forged_bundle_is_refused(sealed, said):
    from base64 import b64encode

    _, file = sealed()
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        manifest = parts.read(MANIFEST).replace(NOTICE.encode(), b"INV-2026-042")
    forger = SigningKey("forger", b"\x01" * 32)
    signature = b64encode(forger.sign_message(FORMAT, manifest))
    forged = repacked(file, {MANIFEST: manifest, SIGNATURE: signature})
    assert said(forged, "INV-2026-042") == (
        "not genuine",
        "Forged: its list of items was not signed here, or was altered afterwards.",
    )


def test_a_bundle_replayed_for_another_notice_is_refused(sealed, said):
    _, file = sealed()
    assert said(file, "INV-2026-099")[0] == "not for this notice"
    assert said(file, f" {NOTICE.lower()} ")[0] == "genuine"


def test_a_stale_bundle_is_refused_once_it_was_recalled_or_replaced(sealed, said, people_at_work, at, now):
    made, first = sealed()
    second_made, second = sealed(made.request)
    assert second_made.edition == 2
    word, sentence = said(first)
    assert word == "stale" and "later edition" in sentence
    assert said(second)[0] == "genuine"
    with at("lena"):
        releasing.recall(second_made.pk, because="A name was left in", by=people_at_work["lena"], now=now)
    word, sentence = said(second)
    assert word == "stale" and "recalled" in sentence


def test_the_command_refuses_in_plain_words(sealed, tmp_path, settings, now):
    settings.AS_AT = now.isoformat()
    _, content = sealed()
    file = tmp_path / "bundle.zip"
    for written, notice, words in (
        (content, "INV-2026-099", "Not for this notice. It was made for another notice."),
        (repacked(content, {"bundle.pdf": b"%PDF"}), NOTICE, "Not genuine. Altered: bundle.pdf is not what"),
    ):
        file.write_bytes(written)
        told = CliRunner().invoke(bundle, ["verify", str(file), "--notice", notice])
        assert told.exit_code == 1 and told.output.startswith(words)

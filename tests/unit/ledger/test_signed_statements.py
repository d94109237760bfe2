"""Checkpoints and cosignatures as texts: what is read, what is believed, what is refused."""

from base64 import b64decode

import pytest

from engage.methods.ledger import (
    BadNote,
    Checkpoint,
    PublicKey,
    SigningKey,
    cosigned_at,
    read_note,
    signed_by,
)
from engage.methods.ledger.notes import WITNESS

KEY = SigningKey("engage.example/lancashire", b"\x01" * 32)
STRANGER = SigningKey("engage.example/lancashire", b"\x02" * 32)
PARTNER = SigningKey("partner.example/w1", b"\x03" * 32, WITNESS)
CHECKPOINT = Checkpoint("engage.example/lancashire", 20852163, bytes(range(32)))


def test_a_checkpoint_is_written_as_three_lines_an_empty_one_and_the_signature():
    lines = KEY.sign(CHECKPOINT).split("\n")
    assert lines[:4] == [
        "engage.example/lancashire", "20852163", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "",
    ]  # fmt: skip
    assert lines[4].startswith("— engage.example/lancashire ") and lines[5:] == [""]


def test_the_published_example_of_a_signed_note_verifies():
    # From the documentation of the Go package that signed notes come from.
    key = PublicKey.read("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    assert signature[:4] == key.id
    assert key.verifies(text, signature[4:])
    assert not key.verifies(text + b"\n", signature[4:])


def test_what_was_signed_is_read_back_and_believed_of_that_key_alone():
    checkpoint, signatures = read_note(KEY.sign(CHECKPOINT))
    assert checkpoint == CHECKPOINT
    assert signed_by(checkpoint, signatures, KEY.public)
    assert not signed_by(checkpoint, signatures, STRANGER.public)
    assert not signed_by(Checkpoint(checkpoint.origin, 1, checkpoint.root), signatures, KEY.public)


def test_a_witness_signs_its_time_and_the_whole_checkpoint():
    _, signatures = read_note(KEY.sign(CHECKPOINT) + PARTNER.cosign(CHECKPOINT, 1679315147))
    assert cosigned_at(CHECKPOINT, signatures, PARTNER.public) == 1679315147
    assert signed_by(CHECKPOINT, signatures, KEY.public)
    other = Checkpoint(CHECKPOINT.origin, CHECKPOINT.size + 1, CHECKPOINT.root)
    assert cosigned_at(other, signatures, PARTNER.public) is None
    name, signature = signatures[-1]
    later = [(name, signature[:4] + (1679315148).to_bytes(8, "big") + signature[12:])]
    assert cosigned_at(CHECKPOINT, later, PARTNER.public) is None


def test_a_key_is_read_as_it_was_written_and_refused_with_another_id():
    for key in (KEY.public, PARTNER.public):
        assert PublicKey.read(str(key)) == key
    name, _, rest = str(KEY.public).split("+", 2)
    for text in (f"{name}+00000000+{rest}", name, f"{name}+{KEY.public.id.hex()}+AAAA", "", "a+b+c"):
        with pytest.raises(BadNote):
            PublicKey.read(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("20852163", "020852163"),
        lambda text: text.replace("20852163", "20_852_163"),
        lambda text: text.replace("20852163", "-1"),
        lambda text: text.replace("20852163", str(2**64)),
        lambda text: text.replace("AAEC", "AAE"),
        lambda text: text.replace("Hh8=", "Hh9="),
        lambda text: text.replace("\n\n", "\nmore\n\n"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace("engage.example/lancashire\n", "\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text + "no signature\n",
        lambda text: text + "— name not-base64!\n",
        lambda text: text + "— name AAAA\n" * 100,
        lambda text: text.replace("/AI=", "/AJ="),  # the same bytes, written otherwise
        lambda text: "",
    ],
)
def test_one_statement_has_one_writing_and_any_other_is_refused(change):
    text = change(KEY.sign(CHECKPOINT))
    with pytest.raises(BadNote):
        checkpoint, signatures = read_note(text)
        if not signed_by(checkpoint, signatures, KEY.public):
            raise BadNote("not signed")


@pytest.mark.parametrize("name", ["", "with space", "with+plus", "line\nbreak"])
def test_a_name_that_could_be_read_as_something_else_is_refused(name):
    with pytest.raises(ValueError):
        SigningKey(name, b"\x01" * 32)

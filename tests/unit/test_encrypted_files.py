"""A file on disk in chunks: whole, in order and under its own name, or not at all."""

from __future__ import annotations

import os
import random
import tracemalloc
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engage.practice.access import keys
from engage.practice.access.encrypted_files import CHUNK_BYTES, decrypted, in_clear, write_encrypted
from engage.practice.access.keys import DoesNotOpen, OpenKey

SEALED_CHUNK = CHUNK_BYTES + 16


@pytest.fixture
def key():
    made = OpenKey(uuid4(), AESGCM(os.urandom(32)))
    keys._opened[made.id] = made
    yield made
    keys.forget()


def whole(path, name="a") -> bytes:
    return b"".join(decrypted(path, name=name))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 5])
def test_a_file_of_any_length_comes_back_as_it_was(key, tmp_path, size):
    content = random.Random(size).randbytes(size)
    parts = [content[start : start + 70_000] for start in range(0, size, 70_000)]
    write_encrypted(parts, tmp_path / "f", name="a", key=key)
    assert whole(tmp_path / "f") == content
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert size < 8 or content[:40] not in (tmp_path / "f").read_bytes()


def test_a_file_that_was_cut_changed_put_together_anew_or_renamed_does_not_open(key, tmp_path):
    content = os.urandom(3 * CHUNK_BYTES)
    write_encrypted([content], tmp_path / "f", name="a", key=key)
    sealed = (tmp_path / "f").read_bytes()
    head = len(sealed) - 3 * SEALED_CHUNK
    one, two, three = (sealed[head + n * SEALED_CHUNK : head + (n + 1) * SEALED_CHUNK] for n in range(3))
    forged = {
        "cut between chunks": sealed[:head] + one + two,
        "cut in a chunk": sealed[:-9],
        "cut in its head": sealed[: head - 3],
        "nothing after the head": sealed[:head],
        "changed order": sealed[:head] + two + one + three,
        "one chunk taken out": sealed[:head] + one + three,
        "one chunk doubled": sealed[:head] + one + one + two + three,
        "something added": sealed + b"x",
        "a changed byte": sealed[:-100] + bytes([sealed[-100] ^ 1]) + sealed[-99:],
    }
    for what, content in forged.items():
        (tmp_path / "forged").write_bytes(content)
        with pytest.raises(DoesNotOpen):
            whole(tmp_path / "forged")
            pytest.fail(what)
    with pytest.raises(DoesNotOpen):
        whole(tmp_path / "f", name="b")


def test_in_clear_it_has_no_name_and_is_read_from_any_place_more_than_once(key, tmp_path):
    content = b"report_ref,surname\n" * 200_000
    write_encrypted([content], tmp_path / "f", name="a", key=key)
    with in_clear(tmp_path / "f", name="a") as path:
        assert os.listdir(tmp_path) == ["f"]
        assert path.stat().st_size == len(content)
        for _ in range(2):
            with path.open("rb") as file:
                file.seek(19)
                assert file.read(10) == content[19:29]
    with pytest.raises(DoesNotOpen), in_clear(tmp_path / "f", name="b"):
        pass


def test_nothing_is_left_where_a_file_could_not_be_written(key, tmp_path):
    def breaks_off():
        yield b"x" * CHUNK_BYTES
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        write_encrypted(breaks_off(), tmp_path / "f", name="a", key=key)
    assert os.listdir(tmp_path) == []


def test_a_large_file_is_never_in_memory(key, tmp_path):
    """64 MiB pass through in chunks; no more than a few are held."""
    part = os.urandom(CHUNK_BYTES)
    tracemalloc.start()
    write_encrypted((part for _ in range(64)), tmp_path / "f", name="a", key=key)
    for _ in decrypted(tmp_path / "f", name="a"):
        pass
    assert tracemalloc.get_traced_memory()[1] < 10 * CHUNK_BYTES
    tracemalloc.stop()

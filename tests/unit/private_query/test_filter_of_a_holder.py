"""The filter that a holder ships says yes to all that is in it, seldom to anything else, and cannot be edited."""

import json
from datetime import UTC, datetime
from hashlib import sha512

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.methods.ledger import SigningKey
from engage.methods.private_query import filter as filters
from engage.methods.private_query import oprf
from engage.methods.private_query.filter import KIND, BadFilter

KEY = oprf.derive_key(b"\x07" * 32, b"a filter of a test")
SIGNING = SigningKey("freedom.example/private-query", b"\x08" * 32)
MADE_AT = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
ABOUT = {
    "holder": "FREEDOM",
    "key_version": "2026-11-02",
    "public": KEY.public,
    "patterns": "1.1",
    "made_at": MADE_AT,
    "sign_with": SIGNING,
}


def value(number: int) -> bytes:
    """As good as random, like what the oblivious function gives, and quicker."""
    return sha512(number.to_bytes(8, "big")).digest()


def made(values, **changes) -> bytes:
    return filters.make(values, **{**ABOUT, **changes})


def read(sent: bytes, **changes):
    return filters.read(
        sent, **{"holder": "FREEDOM", "signed_by": SIGNING.public, "patterns": "1.1", **changes}
    )


def signed(text: bytes) -> bytes:
    """What a holder whose program has a fault might sign."""
    return text + SIGNING.sign_message(KIND, text)


@given(st.sets(st.integers(min_value=0, max_value=2**40), max_size=300))
@settings(max_examples=40, deadline=None)
def test_what_is_in_it_is_always_found(numbers):
    found = read(made(map(value, numbers)))
    assert all(value(number) in found for number in numbers)
    assert found.header.count == len(numbers)


def test_what_is_not_in_it_is_found_once_in_a_million_or_so():
    """By arithmetic 16 / 2^24, 0.95 in a million. Of 200,000 more than four would be a fault."""
    found = read(made(map(value, range(100_000))))
    wrong = sum(value(number) in found for number in range(10**9, 10**9 + 200_000))
    assert wrong <= 4


def test_it_takes_about_24_and_a_half_bits_a_value():
    assert 24 <= len(made(map(value, range(20_000)))) * 8 / 20_000 <= 24.8


def test_it_says_who_made_it_when_and_of_what():
    header = read(made([value(1), value(2), value(1)])).header
    assert (header.holder, header.key_version, header.patterns) == ("FREEDOM", "2026-11-02", "1.1")
    assert (header.public, header.made_at, header.count) == (KEY.public, MADE_AT, 2)


def test_an_empty_filter_holds_nothing():
    found = read(made([]))
    assert found.header.count == 0 and value(1) not in found


def test_the_order_in_which_records_came_does_not_show():
    values = list(map(value, range(500)))
    assert made(values) == made(reversed(values))


def test_with_one_bit_changed_anywhere_it_is_refused():
    sent = made(map(value, range(40)))
    for at in range(len(sent)):
        edited = bytearray(sent)
        edited[at] ^= 1
        with pytest.raises(BadFilter):
            read(bytes(edited))


def test_cut_short_or_made_longer_anywhere_it_is_refused():
    sent = made(map(value, range(40)))
    for length in range(len(sent)):
        with pytest.raises(BadFilter):
            read(sent[:length])
    for longer in (sent + b"\x00", b"\x00" + sent, sent + sent):
        with pytest.raises(BadFilter):
            read(longer)


def test_signed_by_another_or_of_another_holder_or_version_it_is_refused():
    other = SigningKey("freedom.example/private-query", b"\x09" * 32)
    with pytest.raises(BadFilter, match="not as its holder made it"):
        read(made([value(1)], sign_with=other))
    with pytest.raises(BadFilter, match="another team"):
        read(made([value(1)]), holder="ENGAGE")
    with pytest.raises(BadFilter, match=r"patterns 1\.1"):
        read(made([value(1)]), patterns="2.1")


def test_a_signature_for_something_else_does_not_pass_for_this_one():
    text = made([value(1)])[: -filters.SIGNATURE_BYTES]
    with pytest.raises(BadFilter):
        read(text + SIGNING.sign_message("bundle", text))


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 41},
        {"count": 39},
        {"count": -1},
        {"count": 10**12},
        {"count": "40"},
        {"count": 40.0},
        {"count": None},
        {"count": True},
        {"holder": ["FREEDOM"]},
        {"public": "00" * 32},
        {"public": "zz"},
        {"public": KEY.public.hex().upper()},
        {"made_at": "yesterday"},
        {"format": "engage private query filter 2"},
        {"note": "more than is asked"},
        {"holder": "F" * 3_000},
    ],
    ids=str,
)
def test_a_header_that_says_something_untrue_or_in_another_way_is_refused_though_signed(changes):
    line, _, body = made(map(value, range(40)))[: -filters.SIGNATURE_BYTES].partition(b"\n")
    with pytest.raises(BadFilter):
        read(signed(json.dumps({**json.loads(line), **changes}).encode() + b"\n" + body))


def test_what_is_no_output_is_refused():
    with pytest.raises(ValueError):
        made([b"a name"])
    with pytest.raises(ValueError):
        _ = b"a name" in read(made([]))


def test_a_filter_shows_nothing_of_itself_in_a_log():
    assert value(1)[8:11].hex() not in repr(read(made([value(1)])))
    assert "_fingerprints" not in repr(read(made([value(1)])))

"""One question between two teams, over the wire and back; nothing but a proper question or answer is read."""

import json
from datetime import UTC, date, datetime

import pytest

from engage.methods.ledger import SigningKey
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.private_query import asking, oprf
from engage.methods.private_query import filter as filters
from engage.methods.private_query.asking import BadMessage, Level, read_answer, read_question
from engage.methods.private_query.patterns import VERSION, texts_to_hold

SIGNING = SigningKey("freedom.example/private-query", b"\x08" * 32)
KEY, OTHER_KEY = (oprf.derive_key(bytes([seed]) * 32, b"a key of a test") for seed in (1, 2))
WHO = {
    "id": "0f1e2d3c",
    "asker": "ENGAGE",
    "asked_by": "5d41402abc4b2a76",
    "purpose": "protect_this_child",
    "case": "ENG/2026/00017",
}


def child(**known):
    told = {"forenames": "Elizabeth", "surname": "Ashworth", "dob": date(2010, 5, 3), **known}
    return standardise(IdentityRecord(id="1", source="COUNCIL", **told))


def filter_of(*people, key=KEY, key_version="2026-11-02"):
    values = [oprf.output(key, text) for text in texts_to_hold([one] for one in people)]
    sent = filters.make(
        values, holder="FREEDOM", key_version=key_version, public=key.public, patterns=VERSION,
        made_at=datetime(2026, 11, 2, 6, 30, tzinfo=UTC), sign_with=SIGNING,
    )  # fmt: skip
    return filters.read(sent, holder="FREEDOM", signed_by=SIGNING.public, patterns=VERSION)


def told(held, record, key=KEY) -> Level:
    mine = asking.ask([record], held, **WHO)
    over_the_wire = read_question(mine.question.text())
    reply = asking.answer(over_the_wire, key, key_version="2026-11-02").text()
    return mine.conclude(read_answer(reply), held)


def test_the_asker_learns_the_level_and_no_more():
    held = filter_of(child(), child(forenames="Aisha", surname="Khan", dob=date(2009, 1, 2)))
    assert told(held, child(forenames="Beth")) is Level.KNOWN
    assert told(held, child(dob=date(2010, 8, 3))) is Level.POSSIBLY_KNOWN
    assert told(held, child(forenames="Jack")) is Level.NOTHING_FOUND


def test_a_protected_child_is_told_of_as_one_who_is_not_there():
    assert told(filter_of(child(restricted=True)), child()) is Level.NOTHING_FOUND


def test_what_is_sent_holds_no_name_and_is_another_each_time():
    held = filter_of(child())
    one, other = (asking.ask([child()], held, **WHO).question for _ in range(2))
    assert not set(one.points) & set(other.points)
    assert set(json.loads(one.text())) == {"format", *WHO, "key_version", "patterns", "points"}
    assert b"shworth" not in one.text().lower() and b"2010" not in one.text()
    assert "Ashworth" not in repr(asking.ask([child()], held, **WHO)) and "ashworth" not in repr(one)


def test_an_answer_with_another_key_is_refused_and_never_taken_for_nothing_found():
    held = filter_of(child())
    with pytest.raises(BadMessage, match="did not answer with the key"):
        told(held, child(), key=OTHER_KEY)


def test_an_answer_to_another_question_or_of_another_filter_is_refused():
    held = filter_of(child())
    mine = asking.ask([child()], held, **WHO)
    reply = asking.answer(mine.question, KEY, key_version="2026-11-02")
    with pytest.raises(BadMessage, match="another question"):
        asking.ask([child()], held, **{**WHO, "id": "another"}).conclude(reply, held)
    with pytest.raises(BadMessage, match="another key"):
        mine.conclude(reply, filter_of(child(), key=OTHER_KEY, key_version="2026-11-09"))
    with pytest.raises(BadMessage):  # the same id, other blinds
        asking.ask([child()], held, **WHO).conclude(reply, held)


def test_a_question_to_an_old_filter_or_of_other_patterns_is_not_answered():
    question = asking.ask([child()], filter_of(child()), **WHO).question
    with pytest.raises(BadMessage, match="no longer in force"):
        asking.answer(question, KEY, key_version="2026-11-09")
    other = asking.Question(**{**vars(question), "patterns": "9.9"})
    with pytest.raises(BadMessage, match="patterns"):
        asking.answer(other, KEY, key_version="2026-11-02")


def test_who_says_too_little_is_not_asked_about_and_who_has_many_names_is_asked_by_the_strongest():
    held = filter_of(child())
    with pytest.raises(BadMessage, match="Too little"):
        asking.ask([child(dob=None)], held, **WHO)
    many = tuple(f"{first}{second}lin" for first in "bcdfgh" for second in "aeiou")
    mine = asking.ask([child(former_surnames=many, nhs_number="999 000 0018")], held, **WHO)
    assert len(mine.question.points) == asking.MOST_POINTS and mine.left_out > 0
    reply = asking.answer(mine.question, KEY, key_version="2026-11-02")
    assert mine.conclude(reply, held) is Level.KNOWN


def sent_question(**changes) -> bytes:
    question = asking.ask([child()], filter_of(child()), **WHO).question
    return json.dumps({**json.loads(question.text()), **changes}, separators=(",", ":")).encode()


def sent_answer(**changes) -> bytes:
    question = asking.ask([child()], filter_of(child()), **WHO).question
    reply = asking.answer(question, KEY, key_version="2026-11-02")
    return json.dumps({**json.loads(reply.text()), **changes}, separators=(",", ":")).encode()


def test_a_question_and_an_answer_unchanged_are_read():
    assert read_question(sent_question()).case == "ENG/2026/00017"
    assert read_answer(sent_answer()).question == "0f1e2d3c"


POINT = oprf.blind(b"x").element.hex()
SPOILED = {
    "points": [
        [],
        None,
        "a1",
        {},
        [POINT] * 65,
        ["00" * 32],
        ["ff" * 32],
        [POINT.upper()],
        [POINT[:-2]],
        [7],
        [None],
    ],
    "key_version": ["", None, 7, "a" * 81, "two\nlines", ["x"], "ümlaut"],
    "format": ["engage private query question 2", None],
    "more": ["than is asked"],
}


# Named by their place: a point is another each time.
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, one, id=f"{name}-{place}")
        for name, all_of in SPOILED.items()
        for place, one in enumerate(all_of)
    ],
)
def test_a_message_with_a_field_that_is_none_is_refused(name, value):
    for reads, sent in ((read_question, sent_question), (read_answer, sent_answer)):
        with pytest.raises(BadMessage):
            reads(sent(**{name: value}))


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"\xff\xfe",
        b"[" * 7_000,
        b'{"format":' * 700,
        b" " + sent_question(),
        sent_question() + b"\n",
        sent_question()[:-1],
        sent_question().replace(b'{"format"', b'{"id":"a","format"'),  # a field twice
        sent_question().replace(b'"case":"ENG', b'"case":"\\u0045NG'),
        sent_question() + b" " * 8_000,
        sent_answer(),
    ],
    ids=range(14),
)
def test_what_is_no_question_is_refused(sent):
    with pytest.raises(BadMessage):
        read_question(sent)


def test_a_proof_that_is_none_is_refused():
    for proof in ("", "00", "zz" * 64, None, "00" * 63, "00" * 65):
        with pytest.raises(BadMessage):
            read_answer(sent_answer(proof=proof))
    zeros = read_answer(sent_answer(proof="00" * 64))  # of the right length, and proves nothing
    held = filter_of(child())
    with pytest.raises(BadMessage):
        asking.ask([child()], held, **WHO).conclude(zeros, held)

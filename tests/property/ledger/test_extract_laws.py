"""Laws of the extract: nothing in it can be altered, taken out, put in or moved without its being said."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ledger import naive_tree

from engage.methods.ledger import Checkpoint, SigningKey
from engage.methods.ledger.notes import WITNESS
from engage.methods.ledger.verify_file import CannotRead, verify_lines
from engage.practice.access.audit import canonical

ORIGIN = "engage.test/ledger"
KEY, STRANGER = SigningKey(ORIGIN, b"\x01" * 32), SigningKey(ORIGIN, b"\x02" * 32)
PARTNER = SigningKey("partner.test/w", b"\x03" * 32, WITNESS)
SIZES = (4, 5, 11)
BODIES = [
    {"id": f"entry-{n}", "action": "look", "counts": {"rows": n}, "subjects": ["ä’", "b"]}
    for n in range(SIZES[-1])
]


def signed(size: int, key=KEY, bodies=BODIES) -> dict:
    checkpoint = Checkpoint(ORIGIN, size, naive_tree.mth([canonical(one) for one in bodies[:size]]))
    cosigned = [PARTNER.cosign(checkpoint, 1_700_000_000)]
    return {"kind": "checkpoint", "text": key.sign(checkpoint), "cosignatures": cosigned}


def extract() -> list[dict]:
    header = {"kind": "ledger", "format": "engage-ledger/1", "origin": ORIGIN}
    said = [header | {"keys": [str(KEY.public)], "witnesses": [str(PARTNER.public)]}]
    for index, body in enumerate(BODIES):
        leaf = naive_tree.mth([canonical(body)]).hex()
        said.append({"kind": "place", "index": index, "leaf": leaf, "body": deepcopy(body)})
        if index + 1 in SIZES:
            said.append(signed(index + 1))
    return [*said, {"kind": "end", "size": len(BODIES), "waiting": 0}]


def verify(said: list[dict]):
    given_keys = [str(KEY.public)], [str(PARTNER.public)]
    return verify_lines([json.dumps(one, ensure_ascii=False) for one in said], *given_keys)


def is_noticed(said: list[dict]) -> bool:
    try:
        return bool(verify(said).problems)
    except CannotRead:
        return True


PLACES = [at for at, one in enumerate(extract()) if one["kind"] == "place"]
CHECKPOINTS = [at for at, one in enumerate(extract()) if one["kind"] == "checkpoint"]
LINES = range(1, len(extract()))


def test_as_it_was_made_it_holds():
    found = verify(extract())
    assert (found.problems, found.size, found.vouched_for, found.checkpoints) == ([], 11, 11, 3)
    assert found.cosigned == {"partner.test/w": 11}


@given(st.sampled_from(PLACES), st.sampled_from(["id", "action", "counts", "subjects", "new"]), st.data())
def test_an_altered_body_is_named(at, name, data):
    said = extract()
    value = data.draw(
        st.one_of(
            st.text(max_size=3), st.integers(), st.none(), st.booleans(), st.lists(st.integers(), max_size=2)
        )
    )
    said[at]["body"][name] = value
    (problem, *_) = sorted(verify(said).problems, key=lambda one: one.first)
    assert problem.first == problem.last == said[at]["index"]


@given(st.sampled_from(PLACES), st.binary(min_size=32, max_size=32))
def test_an_altered_hash_is_named_and_one_that_fits_its_body_is_not_what_was_signed(at, hash_):
    said = extract()
    said[at]["leaf"] = hash_.hex()
    assert verify(said).first_problem().first == said[at]["index"]
    said[at]["body"]["action"] = "nothing"
    said[at]["leaf"] = naive_tree.mth([canonical(said[at]["body"])]).hex()
    first = verify(said).first_problem()
    assert first.first <= said[at]["index"] <= first.last


@given(st.sampled_from(LINES))
def test_r13_no_line_can_be_taken_out_of_an_extract(at):
    said = extract()
    if at in CHECKPOINTS[:-1]:
        return  # an earlier statement among others; what it said stands in the later ones too
    del said[at]
    assert is_noticed(said)


@given(st.sampled_from(LINES), st.sampled_from(LINES))
def test_no_line_can_be_put_in_a_second_time_or_moved(at, to):
    said = extract()
    line = said[at]
    again = [*said[:to], line, *said[to:]]
    if again == said or (at in CHECKPOINTS and to in (at, at + 1)):
        return  # the same statement twice in a row says nothing new
    assert is_noticed(again)
    moved = [one for one in said if one is not line]
    moved.insert(to, line)
    if moved != said:
        assert is_noticed(moved)


@given(st.integers(0, len(BODIES) - 1), st.integers(0, len(BODIES) - 1))
def test_two_entries_cannot_change_places(one, other):
    said = extract()
    a, b = said[PLACES[one]], said[PLACES[other]]
    a["body"], b["body"], a["leaf"], b["leaf"] = b["body"], a["body"], b["leaf"], a["leaf"]
    assert is_noticed(said) == (one != other)


@given(st.integers(1, len(extract()) - 1))
def test_r13_no_end_can_be_cut_off_an_extract(keep):
    assert is_noticed(extract()[:keep])


@pytest.mark.parametrize("at", CHECKPOINTS)
def test_a_statement_of_another_key_or_on_another_tree_is_refused(at):
    for forged in (
        signed(SIZES[CHECKPOINTS.index(at)], STRANGER),
        signed(SIZES[CHECKPOINTS.index(at)], KEY, BODIES[::-1]),
        signed(1),
        {"kind": "checkpoint", "text": "", "cosignatures": []},
        {
            "kind": "checkpoint",
            "text": extract()[at]["text"].replace("engage", "elsewhere"),
            "cosignatures": [],
        },
    ):
        said = extract()
        said[at] = forged
        assert is_noticed(said)


def test_a_cosignature_of_something_else_is_told_and_one_of_a_stranger_counts_for_nothing():
    said = extract()
    said[CHECKPOINTS[0]]["cosignatures"] = extract()[CHECKPOINTS[1]]["cosignatures"]
    assert [one.sentence for one in verify(said).problems] == [
        "what partner.test/w cosigned at size 4 is something else"
    ]
    said = extract()
    stranger = SigningKey("stranger.test/w", b"\x09" * 32, WITNESS)
    for at, size in zip(CHECKPOINTS, SIZES, strict=True):
        root = naive_tree.mth([canonical(one) for one in BODIES[:size]])
        said[at]["cosignatures"] = [stranger.cosign(Checkpoint(ORIGIN, size, root), 1)]
    found = verify(said)
    assert (found.problems, found.cosigned, found.unknown) == ([], {}, {"stranger.test/w"})


@given(
    st.sampled_from(LINES),
    st.one_of(st.text(max_size=20), st.sampled_from(["{}", "[]", "null", '{"kind":1}'])),
)
def test_what_is_no_line_of_an_extract_is_said_to_be_none(at, text):
    lines = [json.dumps(one) for one in extract()]
    lines[at] = text
    with pytest.raises(CannotRead):
        verify_lines(lines)


@pytest.mark.parametrize("lines", [[], ["{}"], ["["], ["[" * 100_000], ['{"kind":"end","size":0}']])
def test_what_is_no_extract_is_said_to_be_none(lines):
    with pytest.raises(CannotRead):
        verify_lines(lines)

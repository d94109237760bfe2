"""Whom a text names beside whom it is about, and what is burned out of it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.methods.redaction import burned, third_parties, word_ranges

KNOWN = [("Anne Holden", "named"), ("Beth Park", "staff")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Katie Holden went out", []),
        ("Katie said Anne rang", [("named", "Anne")]),
        ("anne holden rang", [("named", "anne holden")]),
        ("seen in the park with Beth", []),  # a colleague's single name is a word as well
        ("told Beth Park", [("staff", "Beth Park")]),
        ("seen with Tariq Ahmed", [("looks_like_a_name", "Tariq Ahmed")]),
        ("seen with Żaneta O’Neill-Şahin", [("looks_like_a_name", "Żaneta O’Neill-Şahin")]),
        ("told Mrs Iqbal", [("title", "Mrs Iqbal")]),
        ("at Invented High School", []),
        ("ring 07700 900123 or +44 7700 900123", [("phone", "07700 900123"), ("phone", "+44 7700 900123")]),
        ("12 Mill Lane, BB1 1AA", [("address", "12 Mill Lane"), ("address", "BB1 1AA")]),
        ("a.b@example.org", [("email", "a.b@example.org")]),
    ],
)
def test_others_are_pointed_out_and_the_child_is_not(text, found):
    suggested = third_parties(text, own=["Katie", "Holden"], known=KNOWN)
    assert [(one.why, text[one.start : one.end]) for one in suggested] == found


def test_two_neighbours_make_one_gap():
    assert burned("with Tariq Ahmed there", [(5, 10), (11, 16)]) == ["with ", None, " there"]


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6))
def test_nothing_burned_is_left_and_nothing_else_is_gone(text, ranges):
    ranges = [(min(one), max(one)) for one in ranges]
    gone = {at for start, end in ranges for at in range(start, min(end, len(text)))}
    kept = "".join(part for part in burned(text, ranges) if part is not None)
    assert "".join(kept.split()) == "".join(
        "".join(letter for at, letter in enumerate(text) if at not in gone).split()
    )


@given(st.text(max_size=60))
def test_words_lie_apart_and_in_order(text):
    ranges = word_ranges(text)
    assert [text[start:end] for start, end in ranges] == text.split() or any(c.isspace() for c in text)
    assert all(one[1] <= other[0] for one, other in pairwise(ranges))


def test_somebody_known_who_is_called_as_the_child_is_is_pointed_out():
    found = third_parties("Katie Holden rang", own=["Katie", "Holden"], known=[("Katie Holden", "named")])
    assert [one.why for one in found] == ["named"]

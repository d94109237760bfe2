"""Records that two teams keep of one child agree in some pattern, and those of two children in none that says known."""

from datetime import date
from hashlib import sha256

import pytest

from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.private_query import patterns
from engage.methods.private_query.patterns import PATTERNS, VERSION, Level, texts_of, texts_to_hold

ELLIE = {
    "forenames": "Elizabeth",
    "surname": "Ashworth",
    "dob": date(2010, 5, 3),
    "postcodes": ("BB1 1AA",),
    "nhs_number": "999 000 0018",
}


def known(**changes):
    return standardise(IdentityRecord(id="1", source="COUNCIL", **{**ELLIE, **changes}))


def level(one, other) -> Level:
    """What a team that keeps `one` tells one that asks for `other`."""
    held = texts_of([one])
    return max(
        (told for text, told in texts_of([other]).items() if text in held), default=Level.NOTHING_FOUND
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Level.KNOWN),
        ({"forenames": "Beth", "nhs_number": None}, Level.KNOWN),
        ({"forenames": "Elisabeth", "surname": "Ashwerth", "nhs_number": None}, Level.KNOWN),
        ({"dob": date(2010, 3, 5), "nhs_number": None}, Level.KNOWN),  # day and month swapped
        ({"forenames": "Ashworth", "surname": "Elizabeth", "nhs_number": None}, Level.KNOWN),
        ({"surname": "Holden", "former_surnames": ("Ashworth",), "nhs_number": None}, Level.KNOWN),
        ({"surname": "Ashworth-Holden", "nhs_number": None, "postcodes": ()}, Level.KNOWN),
        ({"forenames": "Maria", "known_as": "Beth", "nhs_number": None, "postcodes": ()}, Level.KNOWN),
        ({"forenames": "Maria", "surname": "Holden", "dob": None, "postcodes": ()}, Level.KNOWN),  # by the number
        ({"dob": date(2010, 8, 3), "nhs_number": None, "postcodes": ()}, Level.POSSIBLY_KNOWN),
        ({"dob": date(2011, 5, 3), "nhs_number": None, "postcodes": ()}, Level.POSSIBLY_KNOWN),
        ({"dob": None, "nhs_number": None}, Level.POSSIBLY_KNOWN),
        ({"forenames": "Maria", "surname": "Holden", "nhs_number": None}, Level.POSSIBLY_KNOWN),  # or a twin
        ({"dob": date(2010, 5, 19), "surname": "Holden", "nhs_number": None}, Level.POSSIBLY_KNOWN),
        ({"dob": None, "postcodes": (), "nhs_number": None}, Level.NOTHING_FOUND),  # a name alone
        ({"forenames": "Jack", "dob": date(2013, 9, 1), "nhs_number": None}, Level.NOTHING_FOUND),  # a brother
    ],
)  # fmt: skip
def test_what_is_told_of_a_child_whose_record_differs_in(changes, expected):
    assert level(known(), known(**changes)) == level(known(**changes), known()) == expected


def test_a_number_with_a_wrong_check_digit_is_in_no_text():
    assert not any(b"nhs number" in text for text in texts_of([known(nhs_number="999 000 0019")]))


def test_a_name_in_another_alphabet_meets_itself():
    anna = {"forenames": "Анна", "surname": "Иванова", "nhs_number": None, "postcodes": ()}
    assert level(known(**anna), known(**anna)) == Level.KNOWN
    assert level(known(**anna), known(**{**anna, "forenames": "Ольга"})) == Level.NOTHING_FOUND


def test_a_record_that_says_little_is_in_no_text():
    assert texts_of([known(forenames="", surname="", dob=None, nhs_number=None)]) == {}
    assert texts_of([known(dob=None, nhs_number=None, postcodes=())]) == {}
    assert texts_of([]) == {}


def test_texts_of_two_patterns_never_meet():
    texts = texts_of([known()])
    assert len({text.split(b"\n")[1] for text in texts}) == len(PATTERNS) == 11
    assert all(text.count(b"\n") == 2 for text in texts)


def test_a_person_with_one_restricted_record_is_left_out_with_all_of_their_records():
    seen, hidden = known(), known(forenames="Maria", surname="Holden", restricted=True)
    other = known(forenames="Aisha", surname="Khan", nhs_number=None)
    assert texts_to_hold([[seen, hidden]]) == texts_to_hold([[hidden]]) == set()
    assert texts_to_hold([[seen, hidden], [other]]) == texts_of([other]).keys()


def test_texts_change_only_with_their_version():
    """Where this fails, a text changed: raise the version, then write the new digest here.

    Filters and questions of two versions would never meet, and nobody would notice but by the version.
    """
    people = [
        known(),
        known(forenames="Mohammed Hamza", surname="al-Khan", known_as="Mo", former_surnames=("Iqbal",)),
        known(forenames="Siobhán", surname="O’Brien", postcodes=("BB11 3AA", "BL1 2BB")),
    ]
    digest = sha256(b"\n\n".join(texts_of(people))).hexdigest()[:16]
    assert (VERSION, digest) == ("1.1", "1e3f26a751374bff")


def test_names_of_patterns_are_unique_and_two_levels_are_used():
    assert len({one.name for one in PATTERNS}) == len(PATTERNS)
    assert {one.level for one in PATTERNS} == {Level.KNOWN, Level.POSSIBLY_KNOWN}
    assert patterns.VERSION.count(".") == 1

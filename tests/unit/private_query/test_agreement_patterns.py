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
}
NUMBERS = {"nhs_number": "999 000 0018", "upn": "H889201200001", "phone": "07700 900123"}
NOWHERE = {"postcodes": (), "dob": None}


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
        ({"forenames": "Beth"}, Level.KNOWN),
        ({"forenames": "Elisabeth", "surname": "Ashwerth"}, Level.KNOWN),
        ({"dob": date(2010, 3, 5)}, Level.KNOWN),  # day and month swapped
        ({"forenames": "Ashworth", "surname": "Elizabeth"}, Level.KNOWN),
        ({"surname": "Holden", "former_surnames": ("Ashworth",)}, Level.KNOWN),
        ({"surname": "Ashworth-Holden", "postcodes": ()}, Level.KNOWN),
        ({"forenames": "Maria", "known_as": "Beth", "postcodes": ()}, Level.KNOWN),
        ({"forenames": "Maria", "surname": "Holden", **NOWHERE, "nhs_number": "9990000018"}, Level.KNOWN),
        ({"forenames": "Maria", "surname": "Holden", **NOWHERE, "upn": "h8892 0120 0001"}, Level.KNOWN),
        ({"surname": "Holden", **NOWHERE, "phone": "+44 7700 900123"}, Level.POSSIBLY_KNOWN),
        ({"dob": date(2010, 8, 3), "postcodes": ()}, Level.POSSIBLY_KNOWN),
        ({"dob": date(2011, 5, 3)}, Level.POSSIBLY_KNOWN),
        ({"dob": None}, Level.POSSIBLY_KNOWN),
        ({"forenames": "Maria", "surname": "Holden"}, Level.POSSIBLY_KNOWN),  # or a twin
        ({"dob": date(2010, 5, 19), "surname": "Holden"}, Level.NOTHING_FOUND),
        ({**NOWHERE}, Level.NOTHING_FOUND),  # a name alone
        ({"dob": date(2011, 5, 3), "postcodes": ()}, Level.NOTHING_FOUND),
        # Brother and mother in the same household, with one telephone.
        ({"forenames": "Jack", "dob": date(2013, 9, 1), "phone": "07700 900123"}, Level.NOTHING_FOUND),
        ({"forenames": "Sarah", "dob": date(1984, 1, 9), "phone": "07700 900123"}, Level.NOTHING_FOUND),
    ],
)
def test_what_is_told_of_a_child_whose_record_differs_in(changes, expected):
    held, asked = known(**NUMBERS), known(**changes)
    assert level(held, asked) == level(asked, held) == expected


def test_a_number_with_a_wrong_check_digit_is_in_no_text():
    wrong = known(nhs_number="999 000 0019", upn="A889201200001")
    assert texts_of([wrong]) == texts_of([known()])


def test_a_name_in_another_alphabet_meets_itself():
    anna = {"forenames": "Анна", "surname": "Иванова", "postcodes": ()}
    assert level(known(**anna), known(**anna)) == Level.KNOWN
    assert level(known(**anna), known(**{**anna, "forenames": "Ольга"})) == Level.NOTHING_FOUND


def test_a_record_that_says_little_is_in_no_text():
    assert texts_of([known(forenames="", surname="", dob=None)]) == {}
    assert texts_of([known(**NOWHERE)]) == {}
    assert texts_of([]) == {}


def test_texts_of_two_patterns_never_meet():
    texts = texts_of([known(**NUMBERS)])
    assert len({text.split(b"\n")[1] for text in texts}) == len(PATTERNS) == 8
    assert all(text.count(b"\n") == 2 for text in texts)


def test_a_person_with_one_restricted_record_is_left_out_with_all_of_their_records():
    seen, hidden = known(), known(forenames="Maria", surname="Holden", restricted=True)
    other = known(forenames="Aisha", surname="Khan")
    assert texts_to_hold([[seen, hidden]]) == texts_to_hold([[hidden]]) == set()
    assert texts_to_hold([[seen, hidden], [other]]) == texts_of([other]).keys()


def test_a_record_that_may_not_join_two_is_left_out_and_the_others_of_that_person_stay():
    clinic = known(forenames="Lizzie", surname="Holden", bridges=False)
    assert texts_to_hold([[clinic]]) == set()
    assert texts_to_hold([[known(), clinic]]) == texts_of([known()]).keys()


def test_texts_change_only_with_their_version():
    """Where this fails, a text changed: raise the version, then write the new digest here.

    Filters and questions of two versions would never meet, and nobody would notice but by the version.
    """
    people = [
        known(**NUMBERS),
        known(forenames="Mohammed Hamza", surname="al-Khan", known_as="Mo", former_surnames=("Iqbal",)),
        known(forenames="Siobhán", surname="O’Brien", postcodes=("BB11 3AA", "BL1 2BB")),
    ]
    digest = sha256(b"\n\n".join(texts_of(people))).hexdigest()[:16]
    assert (VERSION, digest) == ("1.1", "c87158f0fcbcb5a3")


def test_names_of_patterns_are_unique_and_two_levels_are_used():
    assert len({one.name for one in PATTERNS}) == len(PATTERNS)
    assert {one.level for one in PATTERNS} == {Level.KNOWN, Level.POSSIBLY_KNOWN}
    assert patterns.VERSION.count(".") == 1

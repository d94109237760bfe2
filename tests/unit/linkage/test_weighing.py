"""What a reviewer reads of a sum must be the sum: every bit said once, and rarity as the model counted it."""

import math
from dataclasses import replace
from datetime import date

import pytest

from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.linkage.scorer import score
from engage.methods.linkage.weighing import bits_words, how_often, weighing

MODEL = load_model()
KATHERINE = IdentityRecord(
    id="council", source="COUNCIL", register="social-care-people", forenames="Katherine", surname="Holden",
    dob=date(2010, 5, 17), sex="F", postcodes=("BB1 5LF",), district="Blackburn with Darwen", nhs_number="9990000018",
)  # fmt: skip
POLICE = replace(KATHERINE, id="police", source="POLICE", register="police-missing", nhs_number=None)


def between(a, b):
    return weighing(standardise(a), standardise(b), MODEL)


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.9999, "nearly all"),
        (0.8859, "89 in 100"),
        (0.01, "1 in 100"),
        (0.000217698, "1 in 4,600"),
        (4.6558e-05, "1 in 21,000"),
        (3.815e-06, "fewer than 1 in 260,000"),
    ],
)
def test_a_chance_is_said_as_people_count(chance, words):
    assert how_often(chance) == words


@pytest.mark.parametrize(
    ("bits", "words"), [(12.04, "12.0 for"), (-6.58, "6.6 against"), (-0.04, "nothing either way")]
)
def test_bits_say_for_whom_they_speak(bits, words):
    assert bits_words(bits) == words


def test_each_field_says_what_agreed_how_rare_that_is_and_what_it_weighs():
    found = between(KATHERINE, replace(POLICE, forenames="Kate", sex="M"))
    said = {one.field: one for one in found.fields}
    birth, sex = said["date of birth"], said["sex"]
    assert birth.words == "same date of birth"
    assert birth.how_rare == "1 in 4,600 pairs of strangers agree so, and 89 in 100 pairs of one person"
    assert birth.bits_words == "12.0 for"
    assert sex.how_rare == "1 in 100 pairs of one person are so, and 50 in 100 pairs of strangers"
    assert sex.bits_words == "5.6 against"
    assert [one.bits for one in found.fields] == sorted((one.bits for one in found.fields), reverse=True)


def test_the_sum_is_that_of_the_fields_and_of_the_scorer_and_what_is_missing_is_named():
    other = replace(POLICE, forenames="Kate")
    found = between(KATHERINE, other)
    assert found.sum_bits == pytest.approx(sum(one.bits for one in found.fields))
    assert found.sum_bits == score(standardise(KATHERINE), standardise(other), MODEL).weight_bits
    assert {"NHS number", "UPN", "phone"} <= set(found.not_compared)
    assert set(found.not_compared) | {one.field for one in found.fields} == set(MODEL.comparisons)
    assert found.join_bits == MODEL.join_bits
    assert 2**-found.to_be_even_bits == pytest.approx(MODEL.prior / (1 - MODEL.prior))


def test_a_veto_says_whether_it_speaks_against_the_pair_or_only_against_a_program_deciding():
    (twins,) = (
        one
        for one in between(KATHERINE, replace(POLICE, forenames="Megan")).stops
        if "given names" in one[:11]
    )
    assert "speaks against it" in twins
    (restricted,) = between(KATHERINE, replace(POLICE, restricted=True)).stops
    assert "says nothing against it" in restricted


def test_every_level_of_the_model_can_be_said():
    for levels in MODEL.comparisons.values():
        for level in levels:
            assert how_often(level.u) and how_often(level.m) and math.isfinite(level.bits)

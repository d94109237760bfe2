"""What a file says of itself: how many of its pairs are true, and how two records of one person agree."""

import duckdb
import pytest
from bench._many_people import many_people

from engage.methods.linkage.agreement import pairs
from engage.methods.linkage.batch import candidate_pairs, load
from engage.methods.linkage.blocking import WIDER_RULES
from engage.methods.linkage.fitting import fit, lifted, starting_model
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.linkage.vetoes import VETOES, Veto

RECORDS = 6_000
FIELDS = ("given name", "surname", "date of birth", "place", "sex")


@pytest.fixture(scope="module")
def fitted():
    people = many_people(RECORDS)
    with duckdb.connect() as connection:
        load(connection, people.records)
        candidate_pairs(connection, wider=WIDER_RULES, wider_cap=100)
        before = starting_model(FIELDS, tuple(VETOES), RECORDS)
        yield before, fit(connection, RECORDS, before), people.truth


def test_the_share_of_true_pairs_is_found_though_nobody_told_it(fitted):
    _, model, truth = fitted
    expected = model.prior * RECORDS * (RECORDS - 1) / 2
    assert expected == pytest.approx(pairs(truth["person"].to_list()), rel=0.15)


def test_a_file_full_of_true_pairs_is_joined_by_less(fitted):
    before, model, _ = fitted
    assert model.join_bits < before.join_bits
    assert model.ask_bits < model.ask_contradicted_bits < model.join_bits


def test_weights_are_those_of_the_pairs_that_are_true(fitted):
    _, model, truth = fitted
    people = many_people(RECORDS).records.join(truth, on="id")
    both = people.join(people, on="person", suffix="_other")
    both = both.filter(
        (both["id"] < both["id_other"]) & both["dob"].is_not_null() & both["dob_other"].is_not_null()
    )
    same = (both["dob"] == both["dob_other"]).mean()
    learned = {level.name: level.m for level in model.comparisons["date of birth"]}
    assert learned["same_dob"] == pytest.approx(same, abs=0.04)


def test_no_weight_is_learned_from_brothers_and_sisters(fitted):
    before, model, _ = fitted
    differs = [
        next(level.m for level in one.comparisons["given name"] if level.name == "given_differs")
        for one in (before, model)
    ]
    assert differs[0] == differs[1]


def person(**said) -> IdentityRecord:
    return IdentityRecord(id="x", source="X", **said)


@pytest.mark.parametrize(
    ("code", "one", "other", "by_a_slip"),
    [
        ("given_names_differ", {"forenames": "Thomas"}, {"forenames": "Thoams"}, True),
        ("given_names_differ", {"forenames": "Thomas"}, {"forenames": "T"}, True),
        ("given_names_differ", {"forenames": "Thomas"}, {"forenames": "Amelia"}, False),
        ("given_names_differ", {"forenames": "Amy"}, {"forenames": "Ami"}, False),  # too short to bear a slip
        ("birth_years_apart", {"forenames": "Jack"}, {"forenames": "Jack"}, False),  # a father and his son
    ],
)
def test_a_slip_lifts_what_keeps_brothers_and_sisters_apart(code, one, other, by_a_slip):
    a, b = (standardise(person(surname="Holden", **said)) for said in (one, other))
    assert lifted(Veto(code, ""), a, b) is by_a_slip
    assert lifted(Veto(code, ""), a, b, families=False)


def test_two_numbers_keep_apart_whoever_has_no_family():
    a = standardise(person(forenames="Jack", surname="Holden"))
    assert not lifted(Veto("different_nhs_numbers", ""), a, a, families=False)

"""The invented people that linkage is measured on."""

import re

import pytest
from bench._many_people import many_people

from engage.methods.identifiers import nhs_number_is_valid, read_postcode, upn_is_valid
from engage.methods.linkage.batch import as_records


@pytest.fixture(scope="module")
def people():
    return many_people(5_000)


def test_the_same_seed_gives_the_same_people_and_another_gives_others(people):
    again = many_people(5_000)
    assert again.records.equals(people.records) and again.truth.equals(people.truth)
    assert not many_people(5_000, seed=1).records.equals(people.records)


def test_every_number_is_of_a_range_that_is_never_issued(people):
    records = list(as_records(people.records))
    assert len({record.id for record in records}) == 5_000
    assert all(one.nhs_number.startswith("999") for one in records if one.nhs_number)
    assert all(re.fullmatch(r"(07700 900|01632 960)\d{3}", one.phone) for one in records if one.phone)
    valid = [nhs_number_is_valid(one.nhs_number) for one in records if one.nhs_number]
    assert sum(valid) / len(valid) > 0.99
    assert all(upn_is_valid(one.upn) for one in records if one.upn)
    assert all(read_postcode(code).unit for one in records for code in one.postcodes)


def test_households_hold_several_people_and_people_several_records(people):
    truth = people.truth
    assert 1.9 < truth.height / truth["person"].n_unique() < 2.7
    assert 2.0 < truth["person"].n_unique() / truth["household"].n_unique() < 3.5
    assert truth.join(people.records, on="id")["source"].n_unique() == 6

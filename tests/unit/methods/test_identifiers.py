import csv
from pathlib import Path

import pytest

from engage.methods import identifiers

with (Path(__file__).parent / "identifier-test-vectors.csv").open(newline="", encoding="utf-8") as lines:
    VECTORS = list(csv.DictReader(lines))

CHECKS = {
    "UPN": identifiers.upn_is_valid,
    "NHS number": identifiers.nhs_number_is_valid,
    "UPN temporary": lambda text: identifiers.upn_kind(text) == "temporary",
    "GSS": identifiers.gss_code_is_valid,
    "SSDA903 CHILD": identifiers.ssda903_child_id_is_valid,
    "Ofsted URN": identifiers.ofsted_urn_is_valid,
}


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{v['identifier']} {v['value']}" for v in VECTORS])
def test_published_vector(vector):
    assert CHECKS[vector["identifier"]](vector["value"]) is (vector["expected"] != "invalid")


def test_the_vectors_are_all_there():
    assert len(VECTORS) == 28


def test_an_nhs_number_is_read_with_its_spaces_and_hyphens():
    assert identifiers.normalise_nhs_number(" 999 000-0018 ") == "9990000018"
    assert identifiers.nhs_number_is_valid("999 000 0018")


@pytest.mark.parametrize("text", ["", "999000001", "99900000180", "999000001O", "٩٩٩٠٠٠٠٠١٨"])
def test_what_is_not_ten_digits_is_no_nhs_number(text):
    assert identifiers.normalise_nhs_number(text) is None
    assert not identifiers.nhs_number_is_valid(text)


@pytest.mark.parametrize("digit", "0123456789")
def test_ten_times_the_same_digit_is_refused(digit):
    assert not identifiers.nhs_number_is_valid(digit * 10)


def test_the_five_reasons_for_having_no_upn_are_not_upns():
    for number in range(1, 6):
        assert identifiers.upn_kind(f"un{number}") == "reason_unknown"
        assert not identifiers.upn_is_valid(f"UN{number}")
    assert identifiers.upn_kind("UN6") is None


def test_a_upn_is_read_in_lower_case_and_with_spaces():
    assert identifiers.upn_is_valid(" h889 2012 00001 ")
    assert identifiers.upn_kind("H889201200001") == "permanent"


@pytest.mark.parametrize(
    ("text", "unit", "district"),
    [
        ("bb11aa", "BB1 1AA", "BB1"),
        ("BB12 7EE", "BB12 7EE", "BB12"),
        (" bb1  1aa ", "BB1 1AA", "BB1"),
        ("BB1", None, "BB1"),
        ("bb11", None, "BB11"),
        ("EC1A 1BB", "EC1A 1BB", "EC1A"),
        ("M1 1AE", "M1 1AE", "M1"),
    ],
)
def test_a_postcode_is_read_with_its_district(text, unit, district):
    postcode = identifiers.read_postcode(text)
    assert (postcode.unit, postcode.district) == (unit, district)
    assert identifiers.normalise_postcode(text) == unit


@pytest.mark.parametrize("text", ["", "Blackburn", "BB1 1A", "BB1 1CC", "1BB 1AA", "BB1 1AA BB1 1AB"])
def test_what_does_not_parse_is_no_postcode(text):
    assert identifiers.read_postcode(text) is None


def test_the_code_for_no_fixed_abode_names_no_place():
    assert not identifiers.read_postcode("ZZ99 3VZ").names_a_place
    assert identifiers.read_postcode("BB1 1AA").names_a_place


@pytest.mark.parametrize(
    "text",
    [
        "07700 900123",
        "+447700900123",
        "0044 7700 900123",
        "+44 (0)7700 900123",
        "07700-900-123",
        "7700900123",
        "07700900123 ext 4",
    ],
)
def test_a_british_mobile_number_is_one_number_however_written(text):
    assert identifiers.normalise_phone(text) == "+447700900123"


def test_a_landline_and_a_number_abroad():
    assert identifiers.normalise_phone("01632 960 123") == "+441632960123"
    assert identifiers.normalise_phone("+33 1 99 00 12 34") == "+33199001234"


@pytest.mark.parametrize("text", ["", "999", "ask the carer", "960123", "07700 900123 or 07700 900456"])
def test_what_nobody_could_ring_from_elsewhere_is_no_number(text):
    assert identifiers.normalise_phone(text) is None

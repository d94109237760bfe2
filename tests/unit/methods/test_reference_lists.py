import re

import pytest

from engage import reference


def test_the_sources_that_rows_name_are_all_listed():
    listed = {row["id"] for row in reference._rows("sources.csv")}
    named = {
        source
        for rows in (
            reference.indicators().values(),
            reference.process_deadlines().values(),
            reference.glossary(),
            reference.retention_periods(),
        )
        for row in rows
        for source in row.source_ids
    }
    assert named
    assert named <= listed


def test_every_deadline_trigger_and_period_says_how_far_it_was_checked():
    for row in (
        *reference.process_deadlines().values(),
        *reference.repeat_triggers(),
        *reference.retention_periods(),
    ):
        assert re.match(r"[VPN]\b", row.verification)


def test_every_code_of_every_list_has_a_label():
    assert "contact_or_referral_source" in reference.code_list_names()
    for name in reference.code_list_names():
        assert all(code and label for code, label in reference.code_list(name).items())
    assert reference.code_list("contact_or_referral_source")["1C"] == "Individual: self"
    assert len(reference.code_list("contact_or_referral_source")) == 22


def test_a_list_that_is_not_there_is_an_error_and_not_an_empty_list():
    with pytest.raises(KeyError):
        reference.code_list("no_such_list")


def test_the_matrix_has_a_letter_for_every_role_and_category():
    matrix = reference.sharing_matrix()
    assert len(reference.roles()) == 15
    assert len(reference.categories()) == 28
    assert set(matrix) == {
        (role, category) for role in reference.roles() for category in reference.categories()
    }
    assert set(matrix.values()) == set("FSRAN")


@pytest.mark.parametrize(("finer", "whole"), [("C01L", "C01"), ("C03P", "C03")])
def test_a_finer_category_has_the_letters_of_the_whole_but_no_summary(finer, whole):
    for role in reference.roles():
        letter = reference.sharing_matrix()[role, whole]
        assert reference.sharing_matrix()[role, finer] == ("N" if letter == "S" else letter)


def test_the_numbers_of_the_districts_never_change():
    assert reference.districts() == (
        "Blackburn with Darwen",
        "Hyndburn",
        "Ribble Valley",
        "Burnley",
        "Pendle",
        "Rossendale",
        "elsewhere",
    )


def test_a_district_is_known_by_the_names_people_use_and_any_other_is_elsewhere():
    assert reference.district_number("DARWEN") == reference.district_number("Blackburn with  Darwen") == 0
    assert reference.district_number("Leeds") == reference.district_number("") == 6


def test_a_mistyped_district_of_a_team_is_an_error():
    assert reference.district_bits(["Blackburn", "Darwen", "Hyndburn", "Ribble Valley"]) == 0b111
    with pytest.raises(KeyError):
        reference.district_bits(["Hyndbrun"])


def test_every_ward_lies_in_a_known_district():
    assert len(reference.wards()) == 98
    assert {ward.district for ward in reference.wards().values()} == set(reference.districts()[:-1])
    assert sum(not ward.current for ward in reference.wards().values()) == 2


def test_the_ethnicity_crosswalk_leads_from_every_dfe_code_to_a_police_code():
    crosswalk = reference.police_ethnicity_of_dfe()
    assert set(crosswalk) == set(reference.code_list("dfe_ethnicity"))
    assert set(crosswalk.values()) <= set(reference.code_list("police_sde_18plus1"))


def test_what_is_loaded_cannot_be_changed():
    with pytest.raises(TypeError):
        reference.indicators()["CE01"] = None

from dataclasses import replace
from datetime import date

import pytest

from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.linkage.scorer import decide, explain, score

MODEL = load_model()
KATHERINE = IdentityRecord(
    id="council",
    source="COUNCIL",
    register="social-care-people",
    forenames="Katherine",
    surname="Holden",
    dob=date(2010, 5, 17),
    sex="F",
    postcodes=("BB1 5LF",),
    district="Blackburn with Darwen",
    nhs_number="9990000018",
)
POLICE = replace(KATHERINE, id="police", source="POLICE", register="police-missing", nhs_number=None)


def between(a, b):
    left, right = standardise(a), standardise(b)
    found = score(left, right, MODEL)
    return found, decide(found, left, right, MODEL)


def codes(found):
    return {veto.code for veto in found.vetoes}


def test_the_same_name_and_birth_date_are_joined():
    found, decision = between(KATHERINE, replace(POLICE, postcodes=(), district=None))
    assert decision == "join" and found.vetoes == ()


def test_the_reasons_are_said_in_words_a_practitioner_reads():
    found, _ = between(
        KATHERINE, replace(POLICE, forenames="Kate", postcodes=("BB5 1AA",), district="Hyndburn")
    )
    assert explain(found) == (
        "same date of birth; Kate is a form of Katherine; same surname; postcode differs"
    )


def test_the_weight_is_the_sum_of_the_reasons():
    found, _ = between(KATHERINE, replace(POLICE, forenames="Kate"))
    assert found.weight_bits == pytest.approx(sum(level.bits for level in found.levels))


def test_twins_are_never_joined_by_the_program_whatever_else_agrees():
    twin = replace(POLICE, forenames="Megan", phone="07700 900123")
    found, decision = between(replace(KATHERINE, phone="07700 900123"), twin)
    assert found.weight_bits > MODEL.join_bits
    assert decision == "ask" and "given_names_differ" in codes(found)


def test_twins_with_near_names_are_asked():
    found, decision = between(
        replace(KATHERINE, forenames="Marianne"), replace(POLICE, forenames="Marian Joy")
    )
    assert decision == "ask" and codes(found) == {"could_be_twins"}


def test_a_brother_with_his_sisters_nhs_number_is_asked_and_not_joined():
    brother = replace(
        POLICE, forenames="Oliver", nhs_number=KATHERINE.nhs_number, sex="M", dob=date(2012, 1, 9)
    )
    found, decision = between(KATHERINE, brother)
    assert decision != "join" and "given_names_differ" in codes(found)


def test_a_nickname_an_alias_or_a_contained_name_does_not_clearly_differ():
    for other in (
        replace(POLICE, forenames="Kate"),
        replace(POLICE, forenames="Megan", known_as="Katie"),
        replace(POLICE, forenames="Kath"),
        replace(POLICE, forenames="Katherine Rose"),
        replace(POLICE, forenames="Rose Katherine"),
    ):
        found, _ = between(KATHERINE, other)
        assert "given_names_differ" not in codes(found), other


def test_two_valid_nhs_numbers_that_differ_are_asked():
    found, decision = between(KATHERINE, replace(POLICE, nhs_number="9990000026"))
    assert decision == "ask" and "different_nhs_numbers" in codes(found)


def test_an_nhs_number_that_fails_its_check_digit_speaks_neither_for_nor_against():
    with_bad_number, _ = between(KATHERINE, replace(POLICE, nhs_number="9991111111"))
    without, _ = between(KATHERINE, POLICE)
    assert with_bad_number == without


def test_birth_years_more_than_one_apart_are_asked():
    found, decision = between(KATHERINE, replace(POLICE, dob=date(2007, 5, 17)))
    assert decision == "ask" and "birth_years_apart" in codes(found)
    found, _ = between(KATHERINE, replace(POLICE, dob=date(2011, 5, 17)))
    assert "birth_years_apart" not in codes(found)


@pytest.mark.parametrize("kept_apart", [{"restricted": True}, {"bridges": False}])
def test_a_restricted_record_and_one_that_may_not_bridge_are_never_joined_by_the_program(kept_apart):
    _, decision = between(KATHERINE, replace(POLICE, **kept_apart))
    assert decision == "ask"


def test_a_model_file_that_forgets_its_vetoes_still_joins_no_brothers_and_no_restricted_record():
    lenient = replace(MODEL, vetoes=())
    for other in (
        replace(POLICE, forenames="Oliver"),
        replace(POLICE, restricted=True),
        replace(POLICE, bridges=False),
    ):
        left, right = standardise(KATHERINE), standardise(other)
        assert decide(score(left, right, lenient), left, right, lenient) == "ask"


def test_two_rows_of_one_list_with_a_row_for_each_person_are_asked():
    _, decision = between(KATHERINE, replace(KATHERINE, id="again"))
    assert decision == "ask"


def test_a_record_without_a_given_name_is_asked_unless_an_identifier_speaks_for_it():
    nameless = replace(POLICE, forenames="")
    assert between(KATHERINE, nameless)[1] == "ask"
    assert between(KATHERINE, replace(nameless, nhs_number=KATHERINE.nhs_number))[1] == "join"


def test_child_numbers_are_compared_within_one_council_only():
    one = replace(KATHERINE, council_child_id="BD91001")
    other_council = replace(POLICE, council_child_id="BD91001", issuer="ELSEWHERE")
    same_council = replace(POLICE, council_child_id="BD91001", issuer="COUNCIL")
    assert not any(level.field == "council child number" for level in between(one, other_council)[0].levels)
    assert any(level.level == "same_council_child" for level in between(one, same_council)[0].levels)


def test_strangers_stay_apart():
    stranger = IdentityRecord(
        id="x", source="POLICE", forenames="Jakub", surname="Nowak", dob=date(2008, 1, 2), sex="M"
    )
    found, decision = between(KATHERINE, stranger)
    assert decision == "apart" and found.weight_bits < 0


def test_a_search_with_only_a_nickname_an_age_and_a_place_ranks_the_child_first():
    query = IdentityRecord(
        id="query",
        source="HELPLINE",
        forenames="Katie",
        birth_earliest=date(2009, 11, 3),
        birth_latest=date(2010, 11, 2),
        district="Blackburn with Darwen",
    )
    found, _ = between(query, KATHERINE)
    other, _ = between(query, replace(KATHERINE, forenames="Megan"))
    assert found.weight_bits > other.weight_bits
    assert "Katie is a form of Katherine" in explain(found)


def test_a_pair_with_nothing_to_compare_weighs_nothing():
    found, decision = between(IdentityRecord(id="a", source="A"), KATHERINE)
    assert (found.weight_bits, decision) == (0, "apart")
    assert explain(replace(found, vetoes=())) == "nothing that can be compared"

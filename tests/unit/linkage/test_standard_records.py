from datetime import date

import pytest

from engage.methods.linkage.given_names import forms_of
from engage.methods.linkage.records import IdentityRecord, fold, standardise


def record(**known):
    return IdentityRecord(id="1", source="COUNCIL", **known)


@pytest.mark.parametrize(
    ("sent", "folded"),
    [
        ("O’Brien", "obrien"),
        ("O'Brien", "obrien"),
        ("Wójcik", "wojcik"),
        ("Małgorzata", "malgorzata"),
        ("Smith-Jones", "smith jones"),
        ("  ANNE   Marie ", "anne marie"),
        ("Ștefan", "stefan"),
        ("Анна", "анна"),
        ("", ""),
    ],
)
def test_names_are_compared_without_accents_case_or_apostrophes(sent, folded):
    assert fold(sent) == folded


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("kate", "katherine"),
        ("mo", "mohammed"),
        ("muhammad", "mohammed"),
        ("shevaun", "siobhan"),
        ("gosia", "malgorzata"),
        ("kuba", "jakub"),
        ("beth", "elizabeth"),
        ("ayesha", "aisha"),
    ],
)
def test_a_short_form_or_another_spelling_meets_the_full_name(short, full):
    assert set(forms_of(short)) & set(forms_of(full))


@pytest.mark.parametrize(
    ("one", "other"), [("emma", "emily"), ("anna", "hannah"), ("grace", "lily"), ("mia", "maria")]
)
def test_names_that_sisters_bear_side_by_side_are_not_forms_of_one_another(one, other):
    assert not set(forms_of(one)) & set(forms_of(other))


def test_brothers_who_share_the_first_name_mohammed_are_called_by_the_second():
    hamza = standardise(record(forenames="Mohammed Hamza", surname="Khan"))
    bilal = standardise(record(forenames="Mohammed Bilal", surname="Khan"))
    assert (hamza.given, bilal.given) == ("hamza", "bilal")
    assert not set(hamza.given_forms) & set(bilal.given_forms)


def test_a_double_surname_meets_each_of_its_parts_and_a_former_surname():
    std = standardise(record(surname="Smith-Jones", former_surnames=("Wilson",)))
    assert std.surname == "smithjones"
    assert set(std.surname_forms) == {"smithjones", "smith", "jones", "wilson"}


def test_swapped_day_and_month_have_one_canonical_date():
    one, other = standardise(record(dob=date(2010, 3, 4))), standardise(record(dob=date(2010, 4, 3)))
    assert one.dob != other.dob and one.dob_canon == other.dob_canon


def test_an_age_gives_a_range_of_birth_and_no_date():
    std = standardise(record(birth_earliest=date(2011, 11, 3), birth_latest=date(2012, 11, 2)))
    assert std.dob == "" and std.birth_years == (2011, 2012)


def test_a_number_known_to_stand_for_nothing_is_no_identifier():
    std = standardise(record(upn="UN3", postcodes=("ZZ99 3VZ", "not known"), nhs_number="", sex="U"))
    assert (std.upn, std.postcodes, std.outward, std.nhs_number, std.sex) == ("", (), (), "", "")


def test_a_record_with_nothing_known_can_be_made_standard():
    std = standardise(record())
    assert std.sparse and std.given == std.surname == std.dob == ""

from datetime import date, datetime

import pytest

from engage.methods.ssda903 import NOT_CHECKED, RULES, Failure, check, collection_bounds, collection_year_of
from engage.reference import ssda903_rules

VECTORS = [
    pytest.param(rule, vector, id=f"{rule['code']}-{number}")
    for rule in ssda903_rules()
    for number, vector in enumerate(rule.get("vectors", []))
]


def _year(vector):
    for bound, later in (("collection_end", 0), ("collection_start", 1)):
        if bound in vector:
            return datetime.strptime(vector[bound], "%d/%m/%Y").year + later
    return 2026


@pytest.mark.parametrize(("rule", "vector"), VECTORS)
def test_vector_of_the_written_rule(rule, vector):
    rows = vector.get("rows") or [vector["row"]]
    failing = {f.row_number - 1 for f in check(rows, [], _year(vector)) if f.code == rule["code"]}
    assert failing == (
        set(vector["failing_rows"]) if "failing_rows" in vector else {0} if vector["fails"] else set()
    )


def test_every_written_rule_is_either_checked_or_said_not_to_be():
    assert set(RULES) | set(NOT_CHECKED) == {rule["code"] for rule in ssda903_rules()}
    assert not set(RULES) & set(NOT_CHECKED)


HEADER = [{"CHILD": "AB12", "SEX": "2", "DOB": "01/02/2011"}]
GOOD = {
    "CHILD": "AB12",
    "DOB": "01/02/2011",
    "MISSING": "M",
    "MIS_START": "01/06/2025",
    "MIS_END": "03/06/2025",
}


def _codes(**changed):
    return [failure.code for failure in check([GOOD | changed], HEADER, 2026)]


def test_a_good_row_fails_nothing():
    assert _codes() == []
    assert _codes(MIS_END="") == []
    assert _codes(MISSING="A") == []


def test_a_child_that_is_not_in_the_header_fails():
    assert _codes(CHILD="XY99") == ["INT04"]


def test_a_date_of_birth_that_differs_from_the_header_fails():
    assert _codes(DOB="02/02/2011") == ["INT13"]
    assert _codes(DOB="1/2/2011") == []
    assert _codes(DOB=None) == []


def test_each_failure_says_which_row_and_fields_and_what_is_wrong():
    assert check([GOOD, GOOD | {"MISSING": "m", "MIS_START": "01/07/2025", "MIS_END": ""}], HEADER, 2026) == [
        Failure(2, "1006", ("MISSING",), "The type must be M or A, in capitals.")
    ]


def test_several_failures_of_a_row_come_together():
    assert _codes(MISSING="", MIS_START="2025-06-01", MIS_END="soon") == ["565", "566", "1004", "1005"]


def test_two_open_episodes_of_one_child_fail_and_of_two_children_do_not():
    first, second = GOOD | {"MIS_END": ""}, GOOD | {"MIS_START": "05/06/2025", "MIS_END": ""}
    assert [(f.row_number, f.code) for f in check([first, second], HEADER, 2026)] == [(2, "574")]
    other = [*HEADER, {"CHILD": "CD34", "DOB": "01/02/2011"}]
    assert check([first, second | {"CHILD": "CD34"}], other, 2026) == []


def test_a_row_number_is_its_place_in_the_file_whatever_the_order_of_dates():
    late, early = GOOD | {"MIS_START": "02/06/2025", "MIS_END": "09/06/2025"}, GOOD
    assert [(f.row_number, f.code) for f in check([late, early], HEADER, 2026)] == [(1, "574")]


def test_a_collection_year_runs_from_april_to_march_and_bears_the_year_it_ends_in():
    assert collection_bounds(2026) == (date(2025, 4, 1), date(2026, 3, 31))
    assert collection_year_of([date(2024, 1, 1), date(2025, 4, 1)]) == 2026
    assert collection_year_of([date(2025, 3, 31)]) == 2025
    with pytest.raises(ValueError):
        collection_year_of([])

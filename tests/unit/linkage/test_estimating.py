import pytest
from hypothesis import given
from hypothesis import strategies as some

from engage.methods.linkage.estimating import Reviewed, drift, precision, recall, wilson


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [  # the first two: Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 30, 0.0, 0.1135),
        (30, 30, 0.8865, 1.0),
    ],
)
def test_the_interval_is_wilson_s(found, of, low, high):
    share = wilson(found, of)
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_under_thirty_it_is_too_few_to_say():
    assert wilson(29, 29) is None
    assert precision(Reviewed(1000, 29, 29)) is None
    assert recall(Reviewed(1000, 30, 30), Reviewed(1000, 29, 1)) is None


def test_recall_counts_each_kind_by_how_many_pairs_there_are():
    # All that was joined is right; half of what is offered is one person: 900 of 950.
    found = recall(Reviewed(900, 30, 30), Reviewed(100, 80, 40))
    assert found.value == pytest.approx(900 / 950)
    assert found.low < found.value < found.high <= 1


def test_a_larger_part_reviewed_of_one_kind_moves_the_recall_nowhere():
    few = recall(Reviewed(900, 30, 30), Reviewed(100, 40, 20))
    many = recall(Reviewed(900, 30, 30), Reviewed(100, 100, 50))
    assert few.value == many.value and few.low < many.low


@given(some.integers(30, 500), some.data())
def test_an_interval_holds_its_share_and_lies_between_nothing_and_all(of, draw):
    share = wilson(draw.draw(some.integers(0, of)), of)
    assert 0 <= share.low <= share.value <= share.high <= 1


MODEL = {
    "birth": {"same": 0.9, "near": 0.06, "differs": 0.04},
    "sex": {"same_sex": 0.99, "sex_differs": 0.01},
}


def test_a_field_moves_by_the_share_of_pairs_at_other_levels_than_the_model_s():
    pairs = [["same"]] * 60 + [["near", "same_sex"]] * 40
    birth, sex = drift(pairs, MODEL)
    assert (birth.field, birth.pairs, birth.now, birth.in_model) == ("birth", 100, 0.6, 0.9)
    assert birth.moved == pytest.approx(0.34)
    assert (sex.pairs, sex.now) == (40, 1.0)


def test_a_field_that_few_pairs_compare_is_not_told():
    assert [one.field for one in drift([["same", "same_sex"]] * 29 + [["same"]], MODEL)] == ["birth"]

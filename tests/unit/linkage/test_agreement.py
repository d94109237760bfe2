"""The measures of a linkage, on files small enough to count by hand."""

import pytest

from engage.methods.linkage import agreement

TRUTH = {"1": "a", "2": "a", "3": "b", "4": "b", "5": "c"}
# One brother too many in x; the other half of b is alone.
CLUSTERS = {"1": "x", "2": "x", "3": "x", "4": "y", "5": "z"}


def test_pairs_are_counted_as_by_hand():
    measure = agreement.pairwise(CLUSTERS, TRUTH)
    assert measure == agreement.Measure(1 / 3, 1 / 2)
    assert measure.f1 == pytest.approx(0.4)


def test_b_cubed_is_the_mean_over_records():
    measure = agreement.b_cubed(CLUSTERS, TRUTH)
    assert measure.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert measure.recall == pytest.approx((1 + 1 + 1 / 2 + 1 / 2 + 1) / 5)


def test_only_wrong_pairs_of_one_household_are_counted():
    households = {"1": "h", "2": "h", "3": "h", "4": "h", "5": ""}
    assert agreement.false_pairs_inside_households(CLUSTERS, TRUTH, households) == 2
    assert agreement.false_pairs_inside_households(CLUSTERS, TRUTH, {**households, "3": "other"}) == 0


def test_nothing_joined_has_no_precision_rather_than_a_perfect_one():
    measure = agreement.pairwise({record: record for record in TRUTH}, TRUTH)
    assert (measure.precision, measure.recall, measure.f1) == (None, 0.0, None)


def test_a_record_on_one_side_only_is_refused():
    with pytest.raises(ValueError, match="1 records of the truth are in no cluster"):
        agreement.pairwise({k: v for k, v in CLUSTERS.items() if k != "5"}, TRUTH)


def test_the_largest_cluster():
    assert agreement.largest_cluster(CLUSTERS) == 3
    assert agreement.largest_cluster({}) == 0

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engage.methods.linkage.diagnosing import Join, shapes, sizes


def join(pair: str, bits: float | None = 25.0, by_person=False) -> Join:
    return Join(pair[0], pair[1], bits, by_person)


def shape_of(*joins: Join):
    (shape,) = shapes(dict.fromkeys("abcdefgh", "a"), joins)["a"]
    return shape


def test_persons_are_counted_by_how_many_records_they_have():
    assert sizes([1, 3, 1, 2, 1]) == {1: 3, 2: 1, 3: 1}


def test_two_triangles_on_one_join_part_there():
    shape = shape_of(*map(join, ("ab", "bc", "ac", "de", "ef", "df")), join("cd", 21))
    (seam,) = shape.seams
    assert (seam.join.a, seam.join.b, seam.parts) == ("c", "d", (3, 3))
    assert (shape.records, shape.joins, shape.resting_on_one) == (6, 7, 0)
    assert shape.weakest_bits == 21


def test_a_record_on_a_triangle_by_one_join_is_a_membership_and_no_seam():
    shape = shape_of(*map(join, ("ab", "bc", "ac", "cd")))
    assert (shape.resting_on_one, shape.seams) == (1, ())


def test_of_two_records_one_membership_rests_on_one_join():
    shape = shape_of(join("ab", 22))
    assert (shape.resting_on_one, shape.density, shape.weakest_bits) == (1, 1.0, 22)


def test_the_weakest_join_counts_only_where_no_stronger_way_leads_round():
    assert shape_of(join("ab", 30), join("bc", 28), join("ac", 20)).weakest_bits == 28


def test_what_a_person_said_is_stronger_than_any_weight():
    assert shape_of(join("ab", 5.0, by_person=True), join("bc", 40)).weakest_bits == 40
    assert shape_of(join("ab", None, by_person=True)).weakest_bits is None


def test_density_is_the_share_of_pairs_that_are_joined():
    assert shape_of(*map(join, ("ab", "bc", "cd"))).density == 0.5


def test_a_join_to_what_is_not_given_or_to_another_person_is_as_if_it_were_not_there():
    joins = [join("ab"), join("ax"), join("bc")]
    found = shapes({"a": "a", "b": "a", "c": "c"}, joins)
    assert found == shapes({"a": "a", "b": "a"}, joins[:1])


def test_records_that_no_join_given_connects_are_shapes_of_their_own():
    records = [
        shape.records for shape in shapes(dict.fromkeys("abcdef", 1), map(join, ("ab", "cd", "de")))[1]
    ]
    assert records == [3, 2]


def test_a_chain_of_many_thousand_records_is_gone_through():
    joins = [Join(number, number + 1, 25.0, False) for number in range(20_000)]
    (shape,) = shapes(dict.fromkeys(range(20_001), 0), joins)[0]
    assert len(shape.only_joins) == 20_000 and shape.resting_on_one == 2


PAIRS = some.sets(
    some.tuples(some.integers(0, 6), some.integers(0, 6)).filter(lambda pair: pair[0] < pair[1]), min_size=1
)


@given(PAIRS)
def test_a_join_is_the_only_one_exactly_if_there_are_more_parts_without_it(pairs):
    joins = [Join(a, b, 25.0, False) for a, b in sorted(pairs)]
    everybody = dict.fromkeys(range(7), 0)

    def parts(of):
        reached = {record for one in joins for record in (one.a, one.b)}
        found = shapes(everybody, of).get(0, [])
        return len(found) + len(reached) - sum(shape.records for shape in found)

    only_joins = {only_join.join for shape in shapes(everybody, joins)[0] for only_join in shape.only_joins}
    assert only_joins == {one for one in joins if parts([j for j in joins if j != one]) > parts(joins)}


@given(PAIRS, some.data())
def test_without_the_joins_weaker_than_the_weakest_all_hold_together_and_without_it_too_they_do_not(
    pairs, draw
):
    joins = [Join(a, b, float(draw.draw(some.integers(1, 40))), False) for a, b in sorted(pairs)]

    def found(least: float) -> list:
        return shapes(dict.fromkeys(range(7), 0), [one for one in joins if one.bits >= least]).get(0, [])

    whole, *others = found(0)
    if not others:
        assert [shape.records for shape in found(whole.weakest_bits)] == [whole.records]
        assert [shape.records for shape in found(whole.weakest_bits + 1)] != [whole.records]


@pytest.mark.parametrize("bits", [0.0, -3.0])
def test_a_weight_of_nothing_is_still_a_weight(bits):
    assert shape_of(replace(join("ab"), bits=bits)).weakest_bits == bits

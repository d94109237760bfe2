"""Laws of the grouping: they hold for every set of judgements, in whatever order it is read."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from engage.methods.linkage.grouping import Judgement, group, standing

RECORDS = [f"r{number}" for number in range(9)]
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
PAIRS = list(combinations(RECORDS, 2))


@st.composite
def histories(draw, verdicts=("same", "same", "same", "not_same", "unsure", "undone")):
    judgements = []
    for number in range(draw(st.integers(0, 25))):
        pair = draw(st.permutations(draw(st.sampled_from(PAIRS))))
        judgements.append(
            Judgement(
                a=pair[0],
                b=pair[1],
                verdict=draw(st.sampled_from(verdicts)),
                by_person=draw(st.booleans()),
                weight_bits=draw(st.sampled_from([5.0, 20.0, 31.5])),
                at=START + timedelta(minutes=draw(st.integers(0, 5))),
                id=f"j{number:02}",
            )
        )
    return judgements


bridging_sets = st.sets(st.sampled_from(RECORDS))


@given(histories(), bridging_sets, st.randoms(use_true_random=False))
def test_the_order_in_which_judgements_are_read_does_not_matter(judgements, bridging, random):
    shuffled = judgements[:]
    random.shuffle(shuffled)
    assert group(RECORDS, bridging, judgements) == group(RECORDS, bridging, shuffled)


@given(histories(), bridging_sets)
def test_records_that_a_person_told_apart_are_never_in_one_group(judgements, bridging):
    person_of = group(RECORDS, bridging, judgements).person_of
    for judgement in standing(judgements):
        if judgement.by_person and judgement.verdict == "not_same":
            assert person_of[judgement.a] != person_of[judgement.b]


@given(histories(), bridging_sets, st.sampled_from(PAIRS), st.sampled_from(["same", "not_same"]))
def test_judging_and_taking_it_back_restores_every_id(judgements, bridging, pair, verdict):
    earlier = [j for j in judgements if not (j.by_person and j.pair == frozenset(pair))]
    before = group(RECORDS, bridging, earlier)
    said = Judgement(*pair, verdict, True, 0.0, START + timedelta(days=1), "said")
    undone = Judgement(*pair, "undone", True, 0.0, START + timedelta(days=2), "undone")
    assert group(RECORDS, bridging, [*earlier, said, undone]) == before


@given(histories(), st.sampled_from(PAIRS))
def test_joining_two_persons_and_parting_them_again_restores_every_id(judgements, pair):
    earlier = [j for j in judgements if j.pair != frozenset(pair)]
    before = group(RECORDS, RECORDS, earlier).person_of
    if before[pair[0]] == before[pair[1]]:
        return
    same = Judgement(*pair, "same", True, 0.0, START + timedelta(days=1), "same")
    apart = Judgement(*pair, "not_same", True, 0.0, START + timedelta(days=2), "apart")
    assert group(RECORDS, RECORDS, [*earlier, same, apart]).person_of == before


@given(histories(), bridging_sets)
def test_leaving_out_the_records_that_may_not_bridge_changes_nobody_elses_person(judgements, bridging):
    whole = group(RECORDS, bridging, judgements).person_of
    without = group([r for r in RECORDS if r in bridging], bridging, judgements).person_of
    assert {record: whole[record] for record in without} == without


@given(histories(), bridging_sets)
def test_each_component_can_be_grouped_on_its_own(judgements, bridging):
    whole = group(RECORDS, bridging, judgements)
    touching = {record: {record} for record in RECORDS}
    for judgement in judgements:
        together = touching[judgement.a] | touching[judgement.b]
        for record in together:
            touching[record] = together
    for component in touching.values():
        records = [record for record in RECORDS if record in component]
        alone = group(records, bridging, [j for j in judgements if j.pair <= component])
        assert alone.person_of == {record: whole.person_of[record] for record in records}


@given(histories(), bridging_sets)
def test_a_person_keeps_its_id_when_a_later_record_joins(judgements, bridging):
    before = group(RECORDS, bridging, judgements).person_of
    host = RECORDS[0]
    joins = Judgement(host, "late", "same", True, 0.0, START, "late")
    after = group([*RECORDS, "late"], {*bridging, "late", host}, [*judgements, joins]).person_of
    if host in bridging:
        assert {record: after[record] for record in RECORDS} == before


@given(histories(), bridging_sets)
def test_every_group_bears_the_id_of_one_of_its_own_records(judgements, bridging):
    person_of = group(RECORDS, bridging, judgements).person_of
    assert list(person_of) == RECORDS
    assert all(person_of[person] == person for person in person_of.values())


@given(histories(verdicts=("same",)), bridging_sets)
def test_a_record_that_may_not_bridge_shares_its_group_only_with_one_person(judgements, bridging):
    grouping = group(RECORDS, bridging, judgements)
    for record in set(RECORDS) - bridging:
        person = grouping.person_of[record]
        assert person == record or person in bridging

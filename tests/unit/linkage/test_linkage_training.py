from dataclasses import replace
from itertools import combinations

import pytest
from hard_people import hard_people

from engage.methods.linkage.changes import FEW, NOT_SHOWN, changes, in_words, moved_weights, shown
from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import standardise
from engage.methods.linkage.scorer import level_of, score
from engage.methods.linkage.training import (
    CONTRADICTIONS,
    CannotTrain,
    calibrated,
    learned,
    wilson_lower,
    workshop,
)

MODEL = load_model()


@pytest.fixture(scope="module")
def shop():
    with workshop(sorted(hard_people(), key=lambda record: record.id)) as made:
        yield made


def person(record_id: str) -> int:
    return int(record_id) // 15


def trained(shop, decided=None, seed=1):
    return learned(
        shop,
        MODEL,
        persons={record: str(person(record)) for record in shop.row_of},
        decided=decided or {},
        version="test",
        trained_on="hard people",
        sample_pairs=5_000,
        seed=seed,
    )


@pytest.fixture(scope="module")
def guessed(shop):
    """Without a word from people."""
    return trained(shop)


def decided_at(shop, level: str, same: bool):
    """Somebody's decision on every pair whose names agree at this level."""
    known = [standardise(record) for record in hard_people()]
    return {
        (a.record.id, b.record.id): same
        for a, b in combinations(known, 2)
        if (found := level_of("name", a, b, MODEL)) and found.level == level
    }


def test_the_same_records_and_seed_give_the_same_model_and_another_seed_another(shop, guessed):
    assert trained(shop).hash == guessed.hash != trained(shop, seed=2).hash


def test_without_decisions_no_contradiction_is_learned_to_be_common_in_one_person(guessed):
    for field, levels in guessed.comparisons.items():
        before = {level.name: level.m for level in MODEL.comparisons[field]}
        for level in levels:
            if level.name in CONTRADICTIONS:
                assert level.m <= max(before[level.name], MODEL.floor), level.name


def test_what_people_decided_moves_the_weight_of_what_agrees_and_does_not_settle_it(shop, guessed):
    before = guessed.bits["name"]["close_given_and_surname"]
    yes = trained(shop, decided_at(shop, "close_given_and_surname", True)).bits["name"]
    no = trained(shop, decided_at(shop, "close_given_and_surname", False)).bits["name"]
    assert no["close_given_and_surname"] < yes["close_given_and_surname"]
    assert abs(yes["close_given_and_surname"] - before) < 3


def test_records_that_wait_to_be_joined_are_no_strangers_unless_somebody_said_so(shop):
    def u_of_one_number(decided):
        model = learned(
            shop, MODEL, persons={}, decided=decided, version="test", trained_on="hard people", sample_pairs=5_000
        )  # fmt: skip
        return model.comparisons["UPN"][0].u

    all_apart = dict.fromkeys(combinations(shop.row_of, 2), False)
    assert 2 * u_of_one_number({}) < u_of_one_number(all_apart)


def test_people_alone_make_a_contradiction_cheaper(shop, guessed):
    told = decided_at(shop, "surname_same_given_differs", True)
    assert len(told) > 20
    assert (
        trained(shop, told).bits["name"]["surname_same_given_differs"]
        > guessed.bits["name"]["surname_same_given_differs"]
    )


def test_a_field_that_no_record_has_keeps_its_weights():
    records = [replace(record, nhs_number=None) for record in hard_people()]
    with workshop(records) as shop:
        assert trained(shop).bits["NHS number"] == pytest.approx(MODEL.bits["NHS number"], abs=1e-3)


def test_there_is_nothing_to_learn_from_one_record():
    with workshop(hard_people()[:1]) as shop, pytest.raises(CannotTrain, match="nothing to learn from"):
        trained(shop)


# The interval of 0 errors in n is n / (n + z²): 0.995 takes 765 decisions.
@pytest.mark.parametrize(
    ("hits", "of", "lower"), [(764, 764, 0.99499), (765, 765, 0.99500), (9, 10, 0.59585), (0, 4, 0.0)]
)
def test_the_lower_end_of_the_wilson_interval(hits, of, lower):
    assert wilson_lower(hits, of) == pytest.approx(lower, abs=1e-5)


def test_the_threshold_stays_where_too_few_were_decided(shop):
    decided = dict(list(decided_at(shop, "same_full_name", True).items())[:5])
    found = calibrated(shop, MODEL, decided)
    assert (found.join_bits, found.moved) == (MODEL.join_bits, False)


def test_the_threshold_is_the_least_weight_from_which_on_decisions_bear_it_out(shop):
    right = decided_at(shop, "same_full_name", True)
    found = calibrated(shop, MODEL, right, least=0.9)
    assert found.moved and found.above == found.same_above == found.decided
    all_wrong = calibrated(shop, MODEL, dict.fromkeys(right, False), least=0.9)
    assert (all_wrong.join_bits, all_wrong.moved) == (MODEL.join_bits, False)
    assert all_wrong.same_above == 0
    assert MODEL.ask_contradicted_bits <= found.join_bits
    assert wilson_lower(found.same_above, found.above) >= 0.9


def test_pairs_that_something_speaks_against_say_nothing_of_the_threshold(shop):
    known = [standardise(record) for record in hard_people()]
    vetoed = {
        (a.record.id, b.record.id): True for a, b in combinations(known, 2) if score(a, b, MODEL).vetoes
    }
    assert len(vetoed) > 100
    assert calibrated(shop, MODEL, vetoed, least=0.5).decided == 0


def test_a_stricter_model_turns_joins_into_questions_and_says_of_whom(shop):
    found = changes(shop, MODEL, replace(MODEL, join_bits=30.0))
    assert set(found.pairs) == {("join", "ask")}
    counted = found.of_whom["join", "ask"]
    assert (
        sum(counted["sex"].values()) == sum(counted["date of birth"].values()) == found.pairs["join", "ask"]
    )
    assert sum(counted["agency"].values()) >= found.pairs["join", "ask"]
    told = "\n".join(in_words(found)).lower()
    assert "join → ask: " in told
    assert not any(record.surname.lower() in told for record in hard_people() if record.surname)


def test_only_weights_that_moved_by_more_than_half_a_bit_are_listed():
    assert moved_weights(MODEL, MODEL) == ()
    levels = MODEL.comparisons["sex"]
    other = replace(
        MODEL, comparisons={**MODEL.comparisons, "sex": (replace(levels[0], m=levels[0].m / 2), *levels[1:])}
    )
    (moved,) = moved_weights(MODEL, other)
    assert (moved.field, moved.level, moved.before - moved.after) == ("sex", "same_sex", pytest.approx(1))


@pytest.mark.parametrize(
    ("counts", "add_up", "told"),
    [
        ({"a": 12, "b": 4}, False, {"a": "12", "b": FEW}),
        ({"a": 12, "b": 4}, True, {"a": NOT_SHOWN, "b": FEW}),
        ({"a": 12, "b": 4, "c": 7}, True, {"a": "12", "b": FEW, "c": NOT_SHOWN}),
        ({"a": 12, "b": 4, "c": 1}, True, {"a": "12", "b": FEW, "c": FEW}),
        ({"a": 1200, "b": 5}, True, {"a": "1,200", "b": "5"}),
        ({"a": 4}, True, {"a": FEW}),
    ],
)
def test_small_counts_are_not_shown_and_cannot_be_worked_out(counts, add_up, told):
    assert shown(counts, add_up=add_up) == told

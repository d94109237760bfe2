import math
from dataclasses import replace

import pytest
from hard_people import hard_people

from engage.methods.linkage.levels import COMPARISONS
from engage.methods.linkage.model import (
    CURRENT_MODEL,
    ModelNotUsable,
    load_model,
    untrained_model,
    write_model,
)
from engage.methods.linkage.train import _expectation_maximisation, train


def test_the_shipped_model_was_trained_on_another_seed_than_the_demo_shown():
    model = load_model()
    assert "seed 7" in model.trained_on and "20261102" not in model.trained_on
    assert (model.join_bits, model.ask_bits) == (20, 5)


def test_a_model_written_and_read_again_is_the_same_model(tmp_path):
    write_model(load_model(), tmp_path / "copy.toml")
    assert load_model(tmp_path / "copy.toml") == load_model()


def test_a_weight_edited_by_hand_is_refused(tmp_path):
    edited = tmp_path / "edited.toml"
    edited.write_text(CURRENT_MODEL.read_text().replace("join_bits = 20.0", "join_bits = 2.0"))
    with pytest.raises(ModelNotUsable, match="hash"):
        load_model(edited)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "other.toml").write_text("version = 3")
    with pytest.raises(ModelNotUsable):
        load_model(tmp_path / "other.toml")


def test_a_model_that_names_a_veto_this_program_does_not_know_is_refused(tmp_path):
    write_model(replace(load_model(), vetoes=("full_moon",)), tmp_path / "newer.toml")
    with pytest.raises(ModelNotUsable, match="veto"):
        load_model(tmp_path / "newer.toml")


def test_a_model_of_a_newer_program_is_told_from_an_edited_one(tmp_path):
    newer = tmp_path / "newer.toml"
    newer.write_text(CURRENT_MODEL.read_text().replace("version", 'frequencies = "names"\nversion', 1))
    with pytest.raises(ModelNotUsable, match="newer release"):
        load_model(newer)
    sounds_alike = "sounds_alike = { m = 0.1, u = 0.01 }\nsame_dob"
    newer.write_text(CURRENT_MODEL.read_text().replace("same_dob", sounds_alike, 1))
    with pytest.raises(ModelNotUsable, match="another release"):
        load_model(newer)


@pytest.mark.parametrize("said", ['m = "much"', "m = true", "m = 0", "m = nan", "m = 1.5"])
def test_a_weight_that_is_no_share_is_refused(tmp_path, said):
    (tmp_path / "odd.toml").write_text(CURRENT_MODEL.read_text().replace("m = 0.851713396", said))
    with pytest.raises(ModelNotUsable):
        load_model(tmp_path / "odd.toml")


def test_a_model_that_joins_on_less_than_it_asks_on_is_refused_though_its_hash_fits(tmp_path):
    write_model(replace(load_model(), join_bits=2.0), tmp_path / "rash.toml")
    with pytest.raises(ModelNotUsable, match="less evidence"):
        load_model(tmp_path / "rash.toml")


def test_stronger_agreement_never_weighs_less_than_weaker_in_the_shipped_model():
    bits = load_model().bits
    assert (
        bits["name"]["same_full_name"] > bits["name"]["nickname_and_surname"] > bits["name"]["name_differs"]
    )
    assert bits["date of birth"]["same_dob"] > bits["date of birth"]["dob_one_keystroke"] > 0
    assert bits["place"]["same_postcode"] > bits["place"]["same_area"] > bits["place"]["place_differs"]
    assert bits["place"]["same_postcode"] < bits["name"]["same_full_name"]
    assert bits["sex"]["same_sex"] == pytest.approx(1, abs=0.1)


def test_no_contradiction_is_proof_in_the_shipped_model():
    model = load_model()
    for field, levels in model.comparisons.items():
        assert min(level.bits for level in levels) >= math.log2(model.floor), field


def trained(records, truth=None):
    return train(
        records,
        untrained_model(),
        version="test",
        trained_on="hard people",
        truth=truth,
        sample_pairs=20_000,
    )


def test_training_with_known_pairs_counts_their_levels():
    records = hard_people()
    truth = {record.id: int(record.id) // 15 for record in records}
    model = trained(records, {record: str(person) for record, person in truth.items()})
    same = {level.name: level for level in model.comparisons["NHS number"]}
    pairs = [(a, b) for a in records for b in records if int(a.id) < int(b.id) and truth[a.id] == truth[b.id]]
    assert model.prior == pytest.approx(len(pairs) / (len(records) * (len(records) - 1) / 2))
    assert same["same_nhs"].bits > 5 > 0 > same["nhs_contradicts"].bits


def test_training_without_known_pairs_still_finds_names_and_dates_telling():
    bits = trained(hard_people()).bits
    assert bits["name"]["same_full_name"] > 2 > 0 > bits["name"]["name_differs"]
    assert bits["date of birth"]["same_dob"] > bits["date of birth"]["same_birth_year"]


def test_expectation_maximisation_recovers_the_shares_it_was_given():
    """Half of the pairs true; in these the first level of each of three fields holds with chance 0.9, 0.8, 0.7."""
    fields, m_true = ["name", "place", "sex"], (0.9, 0.8, 0.7)
    u = {field: {"agrees": 0.05, "differs": 0.95} for field in fields}
    patterns = []
    for number in range(8):
        places = [1 + (number >> bit & 1) for bit in range(3)]
        same = math.prod(m if place == 1 else 1 - m for m, place in zip(m_true, places, strict=True))
        strangers = math.prod(0.05 if place == 1 else 0.95 for place in places)
        patterns.append((*places, round(500_000 * (same + strangers))))
    found = _expectation_maximisation(patterns, fields, u, rounds=2000)
    assert [found[field]["agrees"] for field in fields] == pytest.approx(m_true, abs=0.005)


def test_every_comparison_begins_with_not_comparable_and_ends_with_a_level_that_always_holds():
    for field, levels in COMPARISONS.items():
        assert list(levels.values())[-1].sql == "TRUE", field
        assert "not_comparable" in next(iter(levels)), field


def test_the_model_file_does_not_claim_to_choose_the_blocking_keys():
    # They are fixed in blocking.py: stored search keys are made of the same rules, and a file cannot change those.
    assert "blocking" not in CURRENT_MODEL.read_text(encoding="utf-8")

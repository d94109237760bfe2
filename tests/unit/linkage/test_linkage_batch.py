from dataclasses import asdict, replace
from itertools import combinations

import polars as pl
import pytest
from hard_people import hard_people

from engage.methods.linkage import blocking
from engage.methods.linkage.batch import link
from engage.methods.linkage.blocking import blocking_keys
from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.linkage.scorer import decide, score

MODEL = load_model()


def test_the_batch_gives_every_pair_that_shares_a_key_and_weighs_enough_with_the_online_decision():
    people = [standardise(record) for record in hard_people()]
    expected = {}
    for a, b in combinations(people, 2):
        found = score(a, b, MODEL)
        decision = decide(found, a, b, MODEL)
        keys = {key for key in blocking_keys(a, online=False) if not key[0].startswith("sparse")}
        if decision != "apart" and not keys.isdisjoint(blocking_keys(b, online=False)):
            expected[a.record.id, b.record.id] = decision, found
    edges = {(edge.a_id, edge.b_id): edge for edge in link(hard_people(), MODEL)}
    assert expected.keys() <= edges.keys()
    for pair, (decision, found) in expected.items():
        edge = edges[pair]
        assert (edge.decision, edge.levels, edge.vetoes) == (decision, found.levels, found.vetoes)
        assert edge.weight_bits == pytest.approx(found.weight_bits, abs=1e-6)


def test_new_against_old_finds_what_the_whole_file_finds_except_pairs_of_two_old_records():
    everyone = hard_people()
    old, new = everyone[::2], everyone[1::2]
    old_ids = {record.id for record in old}
    whole = {
        frozenset((edge.a_id, edge.b_id)): edge.decision
        for edge in link(everyone, MODEL)
        if not {edge.a_id, edge.b_id} <= old_ids
    }
    increment = {frozenset((edge.a_id, edge.b_id)): edge.decision for edge in link(new, MODEL, against=old)}
    assert increment == whole and increment


def test_a_table_is_linked_like_the_records_it_holds():
    people = hard_people()[:30]
    table = pl.DataFrame([asdict(record) for record in people], infer_schema_length=None)
    assert list(link(table, MODEL)) == list(link(people, MODEL))


def test_no_records_and_one_record_give_no_edges():
    assert list(link([], MODEL)) == []
    assert list(link(hard_people()[:1], MODEL)) == []


def test_a_record_with_little_but_a_name_is_still_put_before_a_person():
    full = hard_people()[0]
    bare = IdentityRecord(id="bare", source="HELPLINE", forenames="Shevaun", surname="OBrien")
    (edge,) = link([full, bare], MODEL)
    assert edge.decision == "ask"


def test_a_key_that_too_many_records_share_is_left_out_and_said(monkeypatch):
    monkeypatch.setattr("engage.methods.linkage.batch.BLOCK_CAP", 5)
    crowd = [IdentityRecord(id=f"{n}", source="POLICE", surname="Khan", forenames="Ali") for n in range(6)]
    said = []
    edges = list(link(crowd, MODEL, on_capped_block=lambda rule, size: said.append((rule, size))))
    assert edges == [] and ("sparse_surname_given", 6) in said
    assert blocking.BLOCK_CAP == 2000


def test_a_block_of_200_000_equal_keys_is_left_out_and_said_and_the_rest_is_linked():
    crowd = pl.DataFrame({"id": [f"{n:06}" for n in range(200_000)]}).with_columns(
        source=pl.lit("POLICE"), forenames=pl.lit("Ali"), surname=pl.lit("Khan")
    )
    katie = next(record for record in hard_people() if record.forenames == "Katie")
    two = pl.DataFrame([asdict(replace(katie, id=name)) for name in ("one", "two")], infer_schema_length=None)
    said = {}
    found = link(pl.concat([crowd, two], how="diagonal_relaxed"), MODEL, on_capped_block=said.__setitem__)
    assert [{edge.a_id, edge.b_id} for edge in found] == [{"one", "two"}]
    assert said["sparse_surname_given"] == said["sparse_sounds"] == said["sparse_swapped"] == 200_000


def test_progress_is_told_while_reading():
    told = []
    list(link(hard_people(), MODEL, progress=lambda what, done: told.append((what, done))))
    assert ("reading", len(hard_people())) in told


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"forenames": "X", "surname": "Y", "dob": None}, "nhs_number"),
        ({"nhs_number": None, "forenames": "X"}, "surname_dob"),
        ({"nhs_number": None, "surname": "Y"}, "given_dob"),
        ({"nhs_number": None, "forenames": "Katherine", "dob": None}, "surname_given_district"),
        ({"nhs_number": None, "forenames": "X", "surname": "Y"}, "dob_postcode"),
        ({"nhs_number": None, "dob": None, "surname": "Y"}, "postcode_given"),
        ({"nhs_number": None, "forenames": "Holden", "surname": "Katie"}, "swapped_birth_year"),
        ({"nhs_number": None, "forenames": "Caty", "surname": "Holdin"}, "sounds_birth_year"),
    ],
)
def test_two_records_of_one_child_meet_by_the_rule_made_for_their_difference(change, rule):
    katie = next(record for record in hard_people() if record.forenames == "Katie")
    katie = replace(katie, upn=None, council_child_id=None, case_references=())
    keys = set(blocking_keys(standardise(katie), online=False))
    met = keys & set(blocking_keys(standardise(replace(katie, **change)), online=False))
    assert rule in {name for name, _ in met}


def test_online_keys_reach_further_than_the_batch_can_afford():
    std = standardise(IdentityRecord(id="q", source="HELPLINE", forenames="Katie", phone="07700 900123"))
    assert blocking_keys(std, online=False) == ()
    assert blocking_keys(std, online=True) == (("phone", "+447700900123"),)
    named = standardise(IdentityRecord(id="q", source="HELPLINE", forenames="Katie", surname="Holden"))
    assert ("surname_given", "holden katherine") in blocking_keys(named, online=True)
    assert all(len(key) == 2 and key[1] for key in blocking_keys(named, online=True))

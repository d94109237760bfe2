"""How the shipped model does on an invented area it was not trained on. Pairs are counted after grouping."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from demo_records import demo_people

from engage.methods.linkage.batch import link
from engage.methods.linkage.grouping import Judgement, group
from engage.methods.linkage.model import load_model

SEED = 20261102  # the demo shown; the model was trained on another
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    people = demo_people(SEED, tmp_path_factory.mktemp("demo"))
    return people, list(link(people.records, load_model()))


def pairs_within(group_of):
    members = defaultdict(list)
    for record, its_group in group_of.items():
        members[its_group].append(record)
    return {
        (a, b)
        for records in members.values()
        for n, a in enumerate(sorted(records))
        for b in sorted(records)[n + 1 :]
    }


def grouped(people, edges):
    judgements = [
        Judgement(edge.a_id, edge.b_id, "same", False, edge.weight_bits, NOW, f"{edge.a_id} {edge.b_id}")
        for edge in edges
        if edge.decision == "join"
    ]
    ids = [record.id for record in people.records]
    return pairs_within(group(ids, set(ids), judgements).person_of)


def test_automatic_joins_are_right_and_most_pairs_are_found(linked):
    people, edges = linked
    joined, true = grouped(people, edges), pairs_within(people.person_of)
    assert len(joined & true) / len(joined) >= 0.995
    assert len(joined & true) / len(true) >= 0.88
    asked = {tuple(sorted((edge.a_id, edge.b_id))) for edge in edges if edge.decision == "ask"}
    assert len((joined | asked) & true) / len(true) >= 0.97


def test_brothers_sisters_and_twins_are_hardly_ever_joined(linked):
    people, edges = linked
    wrong = grouped(people, edges) - pairs_within(people.person_of)
    assert sum(people.household_of[a] == people.household_of[b] for a, b in wrong) <= 3

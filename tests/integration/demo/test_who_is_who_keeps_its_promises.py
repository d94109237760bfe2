"""The three lines of the demo's check on who is who: kept on a small invented town, and not by what breaks them."""

from dataclasses import replace
from datetime import date

import pytest
from bench.linkage_histories import FAULTS
from bench.noninterference import clock_stands_still
from tests.integration.desk.conftest import Town

from engage.demo import identity_promises
from engage.demo.identity_promises import identity_figures, ids_changed, online_and_batch, unmerged

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(receiver, now):
    """Two sisters who wait to be judged, and two other children."""
    town = Town(receiver, now)
    eleanor = town.child("Eleanor", "Holden", "Blackburn with Darwen")
    katie = town.child(
        "Katherine", "Holden", "Blackburn with Darwen", "BWD-CSC", register="social-care-people"
    )
    for record in (eleanor, katie):
        town.missing(record)
        town.fact(record, "school", "Invented High School", "C13", agency="BWD-CSC")
    for number, name in enumerate(("Amina Sharif", "Jakub Zielinski")):
        forenames, surname = name.split()
        said = {"born_on": date(2010, 7, 10 + number), "phone": f"07700 90045{number}", "postcode": "BB1 2AB"}
        town.child(forenames, surname, "Blackburn with Darwen", **said)
    with clock_stands_still():
        yield town


def test_all_three_are_kept(town, now):
    assert list(identity_figures(now)) == [
        ("unmerge_identical", "yes", True),
        ("ids_changed_without_cause", 0, True),
        ("online_equals_batch", "yes", True),
    ]


def test_a_join_that_is_not_taken_back_leaves_traces(town, now, monkeypatch):
    monkeypatch.setattr(identity_promises, "undo", lambda **said: None)
    traces, tried = unmerged(now)
    assert tried == 1
    assert {"table people_record", "table people_fact", "table people_pair"} <= set(traces)
    assert any(trace.startswith("page") for trace in traces)


def test_an_id_that_changes_is_counted_and_an_engine_that_weighs_otherwise_is_named(town, now, monkeypatch):
    with FAULTS["a person is named after the latest record"]():
        assert ids_changed(now)[0]
    as_it_is = identity_promises.edge_of

    def a_little_heavier(a, b, model):
        edge = as_it_is(a, b, model)
        return edge and replace(edge, weight_bits=edge.weight_bits + 1e-5)

    monkeypatch.setattr(identity_promises, "edge_of", a_little_heavier)
    unequal, pairs = online_and_batch(now)
    assert pairs and unequal == [f"{pairs} pairs: weight"]


def test_where_nothing_was_tried_nothing_is_kept(now):
    with clock_stands_still():
        assert [kept for _, _, kept in list(identity_figures(now))] == [False, False, False]

"""What bench/linkage_online.py asks for is what it says."""

import pytest
from bench.linkage_online import REPORTS, Invented


@pytest.fixture(scope="module")
def invented():
    return Invented.of(2_000, 60, 7)


def test_a_report_is_held_back_and_whose_it_is_is_known_by_another_record(invented):
    held = {said.id for part in (invented.asked.known, invented.asked.without) for _, said in part}
    persons = {person for part in (invented.asked.known, invented.asked.without) for person, _ in part}
    assert len(invented.records) == 2_000
    assert held.isdisjoint(invented.records["id"])
    assert persons <= set(invented.person_of.values())


def test_nobody_knows_the_people_who_are_asked_for_as_unknown(invented):
    assert {person for person, _ in invented.asked.unknown}.isdisjoint(invented.person_of.values())


def test_reports_without_date_and_postcode_have_neither(invented):
    assert invented.asked.without
    assert all(said.dob is None and not said.postcodes for _, said in invented.asked.without)
    assert all(said.source in REPORTS for _, said in invented.asked.known)

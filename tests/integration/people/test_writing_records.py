from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engage.practice.access.gate import acting_as
from engage.practice.people.actions import (
    AddressInput,
    FactInput,
    SourceInput,
    write_facts,
    write_records,
    write_sources,
)
from engage.practice.people.models import Address, Fact, Identifier, Record, RecordDetail, Token

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(agency, receiver, now):
    def send(reference: str, content: dict, format_code: str = "police-missing"):
        given = SourceInput(agency["LANCS-POL"], format_code, reference, "C03", content)
        return write_sources([given], by=receiver, now=now)[0]

    return send


def test_the_same_row_again_changes_nothing_and_a_changed_one_is_the_next_version(receiver, now, sent):
    with acting_as(receiver, now=now):
        first = sent("R1", {"name": "a"})
        again = sent("R1", {"name": "a"})
        changed = sent("R1", {"name": "b"})
    assert (first.outcome, again.outcome, changed.outcome) == ("new", "unchanged", "new_version")
    assert again.source_id == first.source_id
    assert (changed.version, changed.previous_id) == (2, first.source_id)


def test_two_rows_of_one_reference_in_one_chunk_are_two_versions(agency, receiver, now):
    rows = [SourceInput(agency["LANCS-POL"], "police-missing", "R1", "C03", {"n": n}) for n in (1, 2, 2)]
    with acting_as(receiver, now=now):
        outcomes = write_sources(rows, by=receiver, now=now)
    assert [(o.outcome, o.version) for o in outcomes] == [("new", 1), ("new_version", 2), ("unchanged", 2)]


def test_two_address_rows_of_one_person_are_one_record_with_two_addresses(
    receiver, now, written, council_record
):
    old = council_record(
        "P1",
        addresses=(AddressInput("9 Old Row", "BB5 1AB", "Hyndburn", date(2015, 1, 1), date(2019, 1, 1)),),
    )
    first, second = written(old, council_record("P1"))
    assert first == second
    with acting_as(receiver, now=now):
        record = Record.objects.visible_to(receiver).get(pk=first)
        assert record.district == "Blackburn with Darwen"
        assert Address.objects.visible_to(receiver).filter(record=record, current=True).count() == 2
        assert Identifier.objects.visible_to(receiver).filter(record=record, current=True).count() == 1


def test_a_second_address_row_in_a_later_file_leaves_the_first_standing(
    receiver, now, written, council_record
):
    (first,) = written(council_record("P1"))
    moved = AddressInput("3 New Street", "BB5 1AB", "Hyndburn", date(2026, 1, 1))
    (second,) = written(council_record("P1", known_as="", addresses=(moved,)))
    assert first == second
    with acting_as(receiver, now=now):
        assert Address.objects.visible_to(receiver).filter(record_id=first, current=True).count() == 2
        assert Record.objects.visible_to(receiver).get(pk=first).known_as == "Katie"
        assert RecordDetail.objects.visible_to(receiver).filter(record_id=first, current=True).count() == 1


def test_a_new_version_of_a_row_replaces_what_the_old_one_said(receiver, now, sent, police_record):
    with acting_as(receiver, now=now):
        one = sent("R1", {"v": 1})
        given = police_record("P1", source_id=one.source_id, known_as="Kit")
        (record_id,) = write_records([given], by=receiver, now=now).values()
        fact = FactInput(given.agency, record_id, "cse_flag", "C06", source_id=one.source_id, codes=("Y",))
        write_facts([fact], by=receiver, now=now)
        two = sent("R1", {"v": 2})
        write_records(
            [replace(given, source_id=two.source_id, known_as="", phone="07700 900200")], by=receiver, now=now
        )
        write_facts([], by=receiver, now=now, sources=[two.source_id])
        assert Record.objects.visible_to(receiver).get(pk=record_id).known_as == ""
        phones = Identifier.objects.visible_to(receiver).filter(record_id=record_id, type="phone")
        assert {(p.number, p.current) for p in phones} == {("07700 900123", False), ("07700 900200", True)}
        assert not Fact.objects.visible_to(receiver).filter(record_id=record_id, current=True).exists()
        assert Address.objects.visible_to(receiver).filter(record_id=record_id, current=True).count() == 1


def test_a_new_record_is_a_person_by_itself_in_the_area_of_its_address(receiver, now, written, police_record):
    here, nowhere = written(police_record("P1"), police_record("P2", addresses=()))
    with acting_as(receiver, now=now):
        record = Record.objects.visible_to(receiver).get(pk=here)
        assert (record.person_id, record.area) == (here, 1)
        assert Record.objects.visible_to(receiver).get(pk=nowhere).area == 0b1111111
        rows = Token.objects.visible_to(receiver).filter(record_id=here)
        assert rows.count() > 15
        assert set(rows.values_list("person_id", "area")) == {(here, 1)}


def test_what_a_key_is_made_from_decides_who_finds_by_it(receiver, now, written, police_record):
    (record_id,) = written(police_record("P1"))
    with acting_as(receiver, now=now):
        found = Token.objects.visible_to(receiver).filter(record_id=record_id).select_related("compartment")
        labels = {(t.rule, t.compartment.category, t.compartment.label) for t in found}
    assert ("surname_given", "C01", "summary") in labels
    assert ("dob", "C01", "full") in labels
    assert ("phone", "C01L", "full") in labels
    assert {c for rule, c, _ in labels if "postcode" in rule} == {"C01L"}


def test_a_health_record_lies_whole_in_the_service_s_own_compartment(
    agency, receiver, now, people_at_work, written, police_record
):
    given = replace(police_record("H1"), agency=agency["ELSH"], register="health-contacts", category="C10")
    (record_id,) = written(given)
    with acting_as(receiver, now=now):
        record = Record.objects.visible_to(receiver).select_related("compartment").get(pk=record_id)
        assert not record.bridges
        of_record = [
            set(
                model.objects.visible_to(receiver)
                .filter(record_id=record_id)
                .values_list("compartment__category", "compartment__label")
            )
            for model in (RecordDetail, Identifier, Address, Token)
        ]
        assert of_record == [{("C10", "full")}] * 4
    for reader, sees in (("dina", 1), ("ewan", 0), ("carys", 0), ("max", 0)):
        staff = people_at_work[reader]
        with acting_as(staff, now=now):
            assert Record.objects.visible_to(staff).filter(pk=record_id).count() == sees, reader


def test_a_chunk_costs_the_same_number_of_statements_however_long_it_is(receiver, now, police_record):
    def statements(rows):
        with (
            acting_as(receiver, now=now),
            CaptureQueriesContext(
                connection,
            ) as captured,
        ):
            write_records(rows, by=receiver, now=now)
        return len(captured)

    statements([police_record("warm")])  # makes the compartments
    assert statements([police_record(f"A{n}") for n in range(300)]) == statements([police_record("B")])

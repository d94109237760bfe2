from dataclasses import replace
from datetime import date, timedelta

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember
from engage.practice.people import grouping
from engage.practice.people.actions import AddressInput, FactInput, link_records, write_facts
from engage.practice.people.models import Fact, Judgement, Pair, Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked(receiver, now, written):
    """Write records and link them, as after a file."""

    def link(*inputs):
        ids = written(*inputs)
        with acting_as(receiver, now=now):
            outcome = link_records(ids, by=receiver, now=now)
        return ids, outcome

    return link


def test_records_of_two_councils_are_one_person_named_after_the_first_received(
    linked, person_of, council_record
):
    (bwd, lcc), outcome = linked(council_record("P1"), council_record("L1", council="LCC-CSC"))
    assert outcome.joined == 1
    assert person_of(bwd, lcc) == [bwd, bwd]


def test_a_record_received_later_joins_the_person_and_leaves_its_id(
    linked, person_of, council_record, police_record
):
    (council,), _ = linked(council_record("P1"))
    (police,), outcome = linked(police_record("R1"))
    assert outcome.joined == 1
    assert person_of(council, police) == [council, council]


def test_sisters_at_one_address_are_never_joined_by_the_program(linked, person_of, council_record):
    sister = council_record("L2", council="LCC-CSC", forenames="Eleanor", known_as="", nhs_number="")
    (katie, eleanor), outcome = linked(council_record("P1"), sister)
    assert outcome.joined == 0
    assert person_of(katie, eleanor) == [katie, eleanor]


def test_two_rows_of_one_council_s_list_are_asked_about_and_never_joined(
    receiver, now, linked, person_of, council_record
):
    (one, two), outcome = linked(council_record("P1"), council_record("P2"))
    assert (outcome.joined, outcome.offered) == (0, 1)
    assert person_of(one, two) == [one, two]
    with acting_as(receiver, now=now):
        assert Pair.objects.visible_to(receiver).get().why == "veto"


def test_a_health_record_attaches_and_only_its_own_service_sees_it(
    people_at_work, now, linked, person_of, council_record, health_record
):
    (council, health), outcome = linked(council_record("P1"), health_record("H1"))
    assert (outcome.joined, outcome.attached) == (0, 1)
    assert person_of(council, health) == [council, council]
    for reader, sees in (("dina", 1), ("ewan", 0)):
        staff = people_at_work[reader]
        with acting_as(staff, now=now):
            assert Record.objects.visible_to(staff).filter(pk=health).count() == sees
            assert Judgement.objects.visible_to(staff).count() == sees


def test_a_health_record_received_first_attaches_when_the_child_becomes_known(
    linked, person_of, council_record, health_record
):
    (health,), outcome = linked(health_record("H1"))
    assert outcome.attached == 0
    (council,), outcome = linked(council_record("P1"))
    assert outcome.attached == 1
    assert person_of(health, council) == [council, council]


def test_a_hidden_record_that_fits_two_children_joins_neither_to_the_other(
    linked, person_of, council_record, health_record
):
    # The health record bears one child's number and the other's name, date and address.
    other = council_record(
        "L1", council="LCC-CSC", forenames="Amina", surname="Sharif", known_as="", nhs_number="9990000026",
        addresses=(AddressInput("8 High Street", "BB5 1AB", "Hyndburn", date(2020, 1, 1)),),
    )  # fmt: skip
    (katie, amina, _), outcome = linked(
        council_record("P1"), other, health_record("H1", nhs_number="9990000026")
    )
    assert outcome.joined == 0
    assert person_of(katie, amina) == [katie, amina]


def test_a_restricted_record_is_offered_and_never_attached(receiver, now, linked, person_of, council_record):
    restricted = council_record("L1", council="LCC-CSC", label="restricted")
    (open_one, hidden), outcome = linked(council_record("P1"), restricted)
    assert (outcome.joined, outcome.attached, outcome.offered) == (0, 0, 1)
    assert person_of(open_one, hidden) == [open_one, hidden]
    with acting_as(receiver, now=now):
        assert Pair.objects.visible_to(receiver).get().why == "restricted"


def test_linking_again_adds_nothing(receiver, now, linked, council_record, police_record, health_record):
    ids, _ = linked(council_record("P1"), police_record("R1"), health_record("H1"), council_record("P2"))
    with acting_as(receiver, now=now):
        judgements = Judgement.objects.visible_to(receiver).count()
        pairs = Pair.objects.visible_to(receiver).count()
        again = link_records(ids, by=receiver, now=now)
        assert (again.joined, again.attached) == (0, 0)
        assert Judgement.objects.visible_to(receiver).count() == judgements
        assert Pair.objects.visible_to(receiver).count() == pairs


def test_facts_and_the_circle_follow_the_record_into_the_person(
    agency, receiver, people_at_work, now, linked, council_record, police_record
):
    (police,), _ = linked(police_record("R1", district="Burnley", addresses=()))
    ewan = people_at_work["ewan"]
    with acting_as(receiver, now=now):
        write_facts(
            [FactInput(agency["LANCS-POL"], police, "cse_flag", "C06", codes=("Y",))], by=receiver, now=now
        )
        CircleMember.objects.create(
            record_id=police, person_id=police, staff=ewan, kind="lead", starts_at=now - timedelta(1),
            added_by=receiver,
        )  # fmt: skip
    (council,), outcome = linked(council_record("P1", phone="07700 900123"))
    assert outcome.persons == {police}  # received first
    with acting_as(receiver, now=now):
        fact = Fact.objects.visible_to(receiver).get(record_id=police)
        record = Record.objects.visible_to(receiver).get(pk=council)
        assert (fact.person_id, fact.area) == (police, 0b1001)  # Burnley and Blackburn with Darwen
        assert (record.person_id, record.area) == (police, 0b1001)
        assert CircleMember.objects.get(staff=ewan).person_id == police


def test_later_apps_are_told_which_persons_were_regrouped(linked, council_record, monkeypatch):
    told = []
    monkeypatch.setattr(grouping, "after_regroup", [lambda persons, now: told.append(persons)])
    (council,), _ = linked(council_record("P1"))
    assert told == [{council}]


def test_every_table_whose_rows_follow_a_record_is_regrouped():
    tables = grouping.tables_of_records()
    for table in (
        "people_fact",
        "access_circlemember",
        "access_barred",
        "access_restriction",
        "screening_firstlook",
        "missing_missingreport",
    ):
        assert table in tables


def test_whole_files_and_single_records_are_linked_alike(
    receiver, now, written, person_of, council_record, police_record, monkeypatch
):
    from engage.practice.people.actions import linking

    monkeypatch.setattr(linking, "ONLINE_UP_TO", 1)
    ids = written(
        council_record("P1"),
        police_record("R1"),
        council_record("P2", forenames="Eleanor", known_as="", nhs_number=""),
    )
    with acting_as(receiver, now=now):
        outcome = link_records(ids, by=receiver, now=now)
    assert outcome.joined == 1
    assert person_of(*ids) == [ids[0], ids[0], ids[2]]


def test_an_interview_joins_the_report_it_covers_by_the_police_s_reference(
    agency, linked, person_of, police_record
):
    report = police_record("R1", case_references=("LANCS-POL R1",))
    interview = replace(
        police_record("I1", case_references=("LANCS-POL R1",), phone="", addresses=()),
        agency=agency["BRIDGE"], register="return-interviews",
    )  # fmt: skip
    (police, bridge), outcome = linked(report, interview)
    assert outcome.joined == 1
    assert person_of(police, bridge) == [police, police]


def test_what_is_regrouped_in_parts_is_grouped_as_a_whole(
    receiver, now, written, person_of, council_record, police_record, amina, monkeypatch
):
    from engage.practice.people.actions import linking

    ids = written(council_record("P1"), amina("L1"), police_record("R1"), amina("L2"), police_record("R2"))
    for name, module in (("EDGES_AT_ONCE", linking), ("RECORDS_AT_ONCE", grouping)):
        monkeypatch.setattr(module, name, 1)
    with acting_as(receiver, now=now):
        outcome = link_records(ids, by=receiver, now=now)
    assert outcome.joined == 3
    assert person_of(*ids) == [ids[0], ids[1], ids[0], ids[3], ids[0]]

"""A record that its agency withdraws stays where it clearly belongs, and joins nobody to anybody."""

from dataclasses import replace

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.people import queries
from engage.practice.people.actions import AddressInput, judge_records, undo
from engage.practice.people.comparing import record_sides
from engage.practice.people.models import Fact, Judgement, Pair, Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_for_all(monkeypatch):
    monkeypatch.setattr(
        queries, "open_business", [lambda reader: Record.objects.visible_to(reader).values("person_id")]
    )


@pytest.fixture
def bridge(people_at_work, now, sent, council_record, amina, police_record):
    """Katie and Amina, one person through a report received before both, which a person called the same as Amina."""
    report, _ = sent(police_record("R1"), "cse_flag")
    katie, _ = sent(council_record("P1"))
    other, _ = sent(amina("L1"))
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        said = judge_records(
            record_a=report, record_b=other, verdict="same", reason="Called Amina too", by=grace, now=now
        )
    return katie, other, report, said.judgement


def test_two_children_joined_by_a_withdrawn_record_alone_are_two_again(
    receiver, now, sent, person_of, bridge, police_record
):
    katie, other, report, _ = bridge
    assert person_of(katie, other, report) == [report] * 3
    sent(replace(police_record("R1"), withdrawn=True))
    # The person's word was the stronger of its two ties.
    assert person_of(katie, other, report) == [katie, other, other]
    with acting_as(receiver, now=now):
        assert set(Fact.objects.visible_to(receiver).values_list("person_id", flat=True)) == {other}
        assert not Pair.objects.visible_to(receiver).exists()
    # Sent again, it bridges as before.
    sent(police_record("R1"))
    assert person_of(katie, other, report) == [report] * 3


def test_a_judgement_on_a_withdrawn_record_is_compared_and_taken_back(
    people_at_work, now, sent, person_of, bridge, police_record
):
    katie, other, report, said = bridge
    sent(replace(police_record("R1"), withdrawn=True))
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        sides = record_sides(report, other, grace)
        assert sides.withdrawn_by == [sides.left.agency.name]
        undo(judgement_id=said.pk, reason="Withdrawn", by=grace, now=now)
    assert person_of(katie, other, report) == [katie, other, katie]


def test_the_id_of_a_withdrawn_record_still_leads_to_the_child(
    people_at_work, now, sent, council_record, police_record
):
    report, _ = sent(police_record("R1"))
    katie, _ = sent(council_record("P1"))
    amir = people_at_work["amir"]
    with acting_as(amir, now=now):
        assert queries.resolve_person(katie, amir) == report
    sent(replace(police_record("R1"), withdrawn=True))
    with acting_as(amir, now=now):
        assert queries.resolve_person(report, amir) == katie


def test_where_a_withdrawn_record_said_the_child_lives_opens_the_child_to_nobody(
    receiver, now, sent, council_record, police_record
):
    def areas():
        with acting_as(receiver, now=now):
            return dict(Record.objects.visible_to(receiver).values_list("pk", "area"))

    katie, _ = sent(council_record("P1"))
    alone = areas()[katie]
    pendle = AddressInput("1 Mill Lane", "BB1 1AA", "Pendle")
    report, _ = sent(police_record("R1", addresses=(pendle,)))
    assert areas()[katie] != alone
    sent(replace(police_record("R1", addresses=(pendle,)), withdrawn=True))
    assert areas() == {katie: alone, report: alone}


def test_a_pair_with_a_withdrawn_record_waits_for_nobody_until_it_is_sent_again(
    people_at_work, now, sent, open_for_all, council_record, police_record
):
    sent(council_record("P1"))
    sister = police_record("R1", forenames="Eleanor")
    sent(sister)
    ewan = people_at_work["ewan"]

    def waiting():
        with acting_as(ewan, now=now):
            return queries.count_words(queries.pairs_to_decide(ewan))

    assert waiting() == "1"
    sent(replace(sister, withdrawn=True))
    assert waiting() == "0"
    sent(sister)
    assert waiting() == "1"


def test_a_health_record_attached_by_a_withdrawn_one_is_attached_by_what_is_left(
    receiver, now, sent, person_of, council_record, police_record, health_record
):
    report = police_record("R1", nhs_number="9990000018")
    police, _ = sent(report)
    health, _ = sent(health_record("H1"))
    katie, _ = sent(council_record("P1"))
    assert person_of(police, health, katie) == [police] * 3
    sent(replace(report, withdrawn=True))
    assert person_of(police, health, katie) == [katie] * 3
    with acting_as(receiver, now=now):
        assert Judgement.objects.visible_to(receiver).filter(record_a=min(health, katie), verdict="same")

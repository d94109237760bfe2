"""An agency corrects what it sent: what the program said of the record before must not outlive it."""

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.people import queries
from engage.practice.people.actions import judge_records, undo
from engage.practice.people.models import Fact, Judgement, Pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def words_of(receiver, now):
    """What was said of two records, oldest first: the verdict, and whether a person said it."""

    def read(one, other):
        a, b = sorted((one, other))
        with acting_as(receiver, now=now):
            said = Judgement.objects.visible_to(receiver).filter(record_a=a, record_b=b)
            return list(said.order_by("judged_no").values_list("verdict", "by_person"))

    return read


@pytest.fixture
def of_amina(police_record, amina):
    """The police's report with what the other council tells of Amina."""

    def make(reference: str, **changes):
        told = amina("x")
        names = ("forenames", "surname", "born_on", "addresses", "nhs_number")
        said = {name: getattr(told, name) for name in names} | {"phone": "07700 900456"}
        return police_record(reference, **(said | changes))

    return make


def test_a_report_corrected_from_one_child_to_another_leaves_two_children_and_facts_follow(
    receiver, now, sent, person_of, words_of, council_record, amina, police_record, of_amina
):
    katie, _ = sent(council_record("P1"))
    other, _ = sent(amina("L1"))
    report, _ = sent(police_record("R1"), "cse_flag")
    assert person_of(katie, other, report) == [katie, other, katie]

    again, outcome = sent(of_amina("R1"), "cse_flag")
    assert again == report
    assert (outcome.joined, outcome.taken_back) == (1, 1)
    assert person_of(katie, other, report) == [katie, other, other]
    assert words_of(katie, report) == [("same", False), ("taken_back", False)]
    with acting_as(receiver, now=now):
        facts = Fact.objects.visible_to(receiver).filter(record_id=report, kind="cse_flag")
        assert set(facts.values_list("person_id", flat=True)) == {other}


def test_a_report_corrected_to_a_sister_is_apart_from_the_child_and_asked_about(
    receiver, now, sent, person_of, council_record, police_record
):
    katie, _ = sent(council_record("P1"))
    report, _ = sent(police_record("R1"))
    assert person_of(katie, report) == [katie, katie]
    sent(police_record("R1", forenames="Eleanor"))
    assert person_of(katie, report) == [katie, report]
    with acting_as(receiver, now=now):
        assert Pair.objects.visible_to(receiver).get().why == "changed"
    # Corrected back, nothing keeps them apart and nothing is said against them.
    sent(police_record("R1", forenames="Kate"))
    assert person_of(katie, report) == [katie, katie]
    with acting_as(receiver, now=now):
        assert Pair.objects.visible_to(receiver).get().why != "changed"


def test_the_same_row_with_another_telephone_takes_nothing_back(
    sent, person_of, words_of, council_record, police_record
):
    katie, _ = sent(council_record("P1"))
    report, _ = sent(police_record("R1"))
    _, outcome = sent(police_record("R1", phone="07700 900789"))
    assert (outcome.joined, outcome.taken_back) == (0, 0)
    assert person_of(katie, report) == [katie, katie]
    assert words_of(katie, report) == [("same", False)]


def test_a_wall_of_the_program_falls_when_the_record_is_corrected(
    sent, person_of, words_of, council_record, police_record
):
    katie, _ = sent(council_record("P1"))
    report, _ = sent(police_record("R1", forenames="Eleanor"))
    assert words_of(katie, report) == [("not_same", False)]
    # Too little for the program to join, and no longer anything against it.
    sent(police_record("R1", forenames="Katie", surname="", born_on=None, addresses=()))
    assert words_of(katie, report) == [("not_same", False), ("taken_back", False)]


def test_a_person_s_word_stands_whatever_is_sent_afterwards(
    people_at_work, now, sent, person_of, words_of, council_record, police_record, of_amina
):
    katie, _ = sent(council_record("P1"))
    report, _ = sent(police_record("R1"))
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        judged = judge_records(
            record_a=katie, record_b=report, verdict="same", reason="Her officer", by=grace, now=now
        )
    sent(of_amina("R1"))
    assert person_of(katie, report) == [katie, katie]
    # Once it is taken back, the program's own old word does not stand up again.
    with acting_as(grace, now=now):
        undo(judgement_id=judged.judgement.pk, reason="Corrected", by=grace, now=now)
    assert person_of(katie, report) == [katie, report]


def test_a_report_that_a_person_joined_makes_no_bridge_when_it_is_corrected(
    receiver, people_at_work, now, sent, person_of, council_record, amina, police_record, of_amina
):
    katie, _ = sent(council_record("P1"))
    other, _ = sent(amina("L1"))
    report, _ = sent(police_record("R1", forenames="Eleanor"))
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        judge_records(record_a=katie, record_b=report, verdict="same", reason="Both names", by=grace, now=now)
    sent(of_amina("R1"))
    assert person_of(katie, other, report) == [katie, other, katie]
    with acting_as(receiver, now=now):
        (waiting,) = Pair.objects.visible_to(receiver).filter(state="open")
        assert ({waiting.record_a_id, waiting.record_b_id}, waiting.why) == ({other, report}, "conflict")


def test_a_record_that_becomes_restricted_is_joined_by_the_program_no_longer(sent, person_of, council_record):
    katie, _ = sent(council_record("P1"))
    other, _ = sent(council_record("L1", council="LCC-CSC"))
    assert person_of(katie, other) == [katie, katie]
    sent(council_record("L1", council="LCC-CSC", label="restricted"))
    assert person_of(katie, other) == [katie, other]


def test_a_health_record_corrected_to_another_child_leaves_the_first(
    sent, person_of, words_of, council_record, amina, health_record
):
    katie, _ = sent(council_record("P1"))
    other, _ = sent(amina("L1"))
    health, _ = sent(health_record("H1"))
    assert person_of(katie, other, health) == [katie, other, katie]
    told = amina("x")
    corrected = {name: getattr(told, name) for name in ("forenames", "surname", "born_on", "nhs_number", "addresses")}  # fmt: skip
    _, outcome = sent(health_record("H1", **corrected))
    assert (outcome.attached, outcome.taken_back) == (1, 1)
    assert person_of(katie, other, health) == [katie, other, other]
    assert words_of(katie, health) == [("same", False), ("taken_back", False)]


def test_a_health_record_leaves_a_report_that_was_corrected_to_another_child(
    agency, sent, person_of, police_record, of_amina, health_record
):
    report, _ = sent(police_record("R1", nhs_number="9990000018"))
    health, _ = sent(health_record("H1"))
    assert person_of(report, health) == [report, report]
    sent(of_amina("R1"))
    assert person_of(report, health) == [report, health]


def test_the_records_of_a_child_say_that_the_program_took_its_word_back(
    people_at_work, now, sent, council_record, police_record
):
    katie, _ = sent(council_record("P1"))
    sent(police_record("R1"))
    sent(police_record("R1", forenames="Eleanor"))
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        shown = queries.judgements_on(katie, ewan)
    assert [(one.judgement.verdict, one.stands) for one in shown] == [("taken_back", False), ("same", False)]

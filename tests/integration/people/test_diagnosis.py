from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engage.practice.access.gate import acting, acting_as
from engage.practice.access.models import CircleMember
from engage.practice.people import diagnosis, words_lately
from engage.practice.people.actions import AddressInput, judge_pair, judge_records, undo
from engage.practice.people.models import Judgement, Pair

pytestmark = pytest.mark.django_db

HYNDBURN = (AddressInput("1 Mill Lane", "BB1 1AA", "Hyndburn"),)
BURNLEY = (AddressInput("4 Canal Road", "BB10 1AA", "Burnley", date(2020, 1, 1)),)


@pytest.fixture
def grace(people_at_work):
    return people_at_work["grace"]


@pytest.fixture
def read(grace, now):
    """What an answer says to the team manager."""

    def ask(answer, *arguments):
        with acting_as(grace, now=now):
            return answer(*arguments, grace)

    return ask


@pytest.fixture
def everything(grace, now):
    def ask():
        with acting_as(grace, now=now):
            words = words_lately.words_lately(grace)
            return (
                diagnosis.sizes(grace),
                diagnosis.holding(grace),
                diagnosis.contradictions(grace),
                diagnosis.unfindable(grace),
                diagnosis.keys(grace),
                words_lately.changes(words, grace, now),
                words_lately.drifted(words, now),
                words_lately.decided(words, grace),
            )

    return ask


@pytest.fixture
def katie(sent, council_record, police_record):
    """Three records that the program joined, each to each: a council's, another's and a police report."""
    return [
        sent(given)[0]
        for given in (
            council_record("P1"),
            council_record("L1", council="LCC-CSC", upn="A801001000001"),
            police_record("R1"),
        )
    ]


@pytest.fixture
def joined(now, people_at_work):
    """Ewan's word that two records are one person."""

    def say(a, b, **more):
        ewan = people_at_work["ewan"]
        with acting_as(ewan, now=now):
            return judge_records(
                record_a=a, record_b=b, verdict="same", reason="Her school knows", by=ewan, now=now, **more
            )

    return say


def test_people_are_counted_by_how_many_records_they_have(read, katie, sent, amina):
    sent(amina("A1"))
    found = read(diagnosis.sizes)
    assert (found.people, found.records, found.by_size) == (2, 4, {1: 1, 3: 1})
    assert found.largest[0] == (katie[0], 3)


def test_what_joins_two_parts_of_a_child_is_a_seam(read, katie, joined, sent, amina, agency):
    first = amina("A1")
    other = [sent(given)[0] for given in (first, replace(first, agency=agency["BWD-CSC"], reference="A2"))]
    before = read(diagnosis.holding)
    assert (before.of, before.gone_through, before.seams) == (2, 2, ())
    assert (before.pairs_on_one, before.resting_on_one) == (1, 0)
    joined(katie[0], other[0])
    found = read(diagnosis.holding)
    (seam,) = found.seams
    assert (seam.person_id, seam.only_join.parts) == (katie[0], (2, 3))
    (shape,) = found.shapes
    assert (shape.records, shape.joins) == (5, 5)


def test_a_join_that_was_taken_back_holds_nobody(read, katie, joined, sent, amina, now, people_at_work):
    (other, _) = sent(amina("A1"))
    said = joined(katie[0], other)
    assert read(diagnosis.holding).resting_on_one == 1
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now + timedelta(minutes=1)):
        undo(judgement_id=said.judgement.pk, reason="Cousins", by=ewan, now=now + timedelta(minutes=1))
    found = read(diagnosis.holding)
    assert (found.resting_on_one, found.of) == (0, 1)


def test_a_person_of_very_many_records_is_listed_and_not_gone_through(read, katie, monkeypatch):
    monkeypatch.setattr(diagnosis, "MOST_PAIRS_GONE_THROUGH", 2)
    found = read(diagnosis.holding)
    assert (found.of, found.gone_through, found.shapes) == (1, 0, ())
    assert read(diagnosis.sizes).largest[0].number == 3


def test_two_nhs_numbers_in_one_child_are_told_to_whoever_sees_both(
    read, grace, now, joined, sent, council_record, amina
):
    one, other = sent(council_record("P1"))[0], sent(amina("A1"))[0]
    joined(one, other)

    def told():
        return {one.words: one.people for one in read(diagnosis.contradictions)}

    assert told()["Two valid NHS numbers"] == ()  # of another agency's child she sees the summary
    assert told()["Born more than a year apart, by date or age"] == (one,)
    with acting_as(grace, now=now):
        CircleMember.objects.create(
            record_id=one, person_id=one, staff=grace, kind="lead", starts_at=now, added_by=grace
        )
    assert told()["Two valid NHS numbers"] == (one,)
    assert told()["Two dates of birth"] == (one,)
    assert told()["Two sexes"] == ()


def test_two_rows_of_one_list_in_one_child_are_told(read, joined, sent, council_record):
    one, other = sent(council_record("P1"))[0], sent(council_record("P2"))[0]
    joined(one, other)
    told = {one.words: one.people for one in read(diagnosis.contradictions)}
    assert told["Two rows in one list that has a row for each child"] == (one,)


def test_what_the_program_found_against_a_pair_that_people_joined_is_told(
    read, sent, council_record, amina, joined
):
    one, other = sent(council_record("P1"))[0], sent(amina("A1"))[0]
    joined(one, other, weight_bits=1.0, evidence={"levels": ["nhs_contradicts", "same_sex"], "vetoes": []})
    assert read(diagnosis.holding).against == {"nhs_contradicts": frozenset([one])}


def test_a_record_without_name_and_number_cannot_be_found(read, sent, police_record, council_record):
    sent(council_record("P1"))
    sent(police_record("R9", surname="", forenames="", phone="", born_on=None, addresses=HYNDBURN))
    police, council = read(diagnosis.unfindable)
    assert (police.records, police.say_too_little, police.without_birth) == (1, 1, 1)
    assert (council.records, council.say_too_little, council.without_birth) == (1, 0, 0)


def test_a_key_that_too_many_share_is_told_by_its_rule_alone(read, katie, monkeypatch):
    monkeypatch.setattr(diagnosis, "BLOCK_CAP", 2)
    found = read(diagnosis.keys)
    by_rule = {one.rule: one for one in found.rules}
    assert found.records == 3
    assert (by_rule["surname_given"].largest, by_rule["surname_given"].over) == (3, 2)
    assert found.rules[0].largest == max(one.largest for one in found.rules)


def test_a_record_all_of_whose_keys_too_many_share_meets_nobody(read, katie, monkeypatch):
    assert read(diagnosis.keys).meet_nobody == 0
    monkeypatch.setattr(diagnosis, "BLOCK_CAP", 0)
    assert read(diagnosis.keys).meet_nobody == 3


def test_a_day_counts_what_was_joined_received_and_taken_back(grace, now, katie, sent, police_record):
    sent(
        police_record(
            "R1",
            forenames="Marcus",
            surname="Thorne",
            born_on=date(2009, 1, 1),
            sex="M",
            phone="",
            addresses=HYNDBURN,
        )
    )
    with acting_as(grace, now=now):
        (day,) = words_lately.changes(words_lately.words_lately(grace), grace, now)
    assert (day.day, day.records, day.new_people) == (date(2026, 11, 2), 3, 2)
    assert (day.joined, day.joined_by_people, day.taken_back, day.known_before) == (3, 0, 2, 0)


def test_two_people_known_before_who_become_one_are_counted_on_that_day(
    grace, now, sent, council_record, amina, people_at_work
):
    one, other = sent(council_record("P1"))[0], sent(amina("A1"))[0]
    ewan, later = people_at_work["ewan"], now + timedelta(days=1)
    with acting_as(ewan, now=later):
        judge_records(record_a=one, record_b=other, verdict="same", reason="One child", by=ewan, now=later)
    with acting_as(grace, now=later):
        latest, first = words_lately.changes(words_lately.words_lately(grace), grace, later)
    assert (latest.joined_by_people, latest.known_before, latest.records) == (1, 1, 0)
    assert (first.records, first.new_people) == (2, 1)


def test_pairs_are_counted_by_what_people_said_of_them(
    read, grace, now, katie, sent, police_record, people_at_work
):
    sent(police_record("R2", forenames="Eleanor"))
    ewan, later = people_at_work["ewan"], now + timedelta(hours=1)
    with acting_as(ewan, now=later):
        pair = Pair.objects.visible_to(ewan).get()
        judge_pair(pair_id=pair.pk, verdict="not_same", reason="Her sister", by=ewan, now=later)
        wrong = Judgement.objects.visible_to(ewan).filter(verdict="same", by_person=False)[0]
        undo(judgement_id=wrong.pk, reason="Cousins", by=ewan, now=later)
    found = words_lately_of(grace, now)
    assert (found.everything.joined.pairs, found.everything.joined.decided, found.everything.joined.same) == (
        3,
        1,
        0,
    )
    assert (
        found.everything.offered.pairs,
        found.everything.offered.decided,
        found.everything.offered.same,
    ) == (1, 1, 0)
    assert [one.words for one in found.by_sex] == ["Not told, or not to you"]
    assert [one.words for one in found.by_birth] == ["Both records tell a date of birth or an age"]
    assert sorted(one.joined.pairs for one in found.by_agency) == [
        2,
        2,
        2,
    ]  # each of the three is in two of the pairs


def words_lately_of(grace, now):
    with acting_as(grace, now=now):
        return words_lately.decided(words_lately.words_lately(grace), grace)


def test_a_word_that_was_taken_back_decides_no_pair(
    read, grace, now, sent, council_record, police_record, people_at_work
):
    sent(council_record("P1"))
    sent(police_record("R2", forenames="Eleanor"))
    ewan, later = people_at_work["ewan"], now + timedelta(hours=1)
    with acting_as(ewan, now=now):
        pair = Pair.objects.visible_to(ewan).get()
        said = judge_pair(pair_id=pair.pk, verdict="not_same", reason="Her sister", by=ewan, now=now)
    assert words_lately_of(grace, now).everything.offered.decided == 1
    with acting_as(ewan, now=later):
        undo(judgement_id=said.judgement.pk, reason="Another pair", by=ewan, now=later)
    assert words_lately_of(grace, now).everything.offered.decided == 0


def test_words_before_those_that_are_read_are_said_to_be_left_out(grace, now, katie, monkeypatch):
    with acting_as(grace, now=now):
        assert words_lately.words_lately(grace).since is None
        monkeypatch.setattr(words_lately, "MOST_WORDS", 2)
        words = words_lately.words_lately(grace)
        assert (len(words.newest_first), words.since) == (2, now)
        assert words_lately.changes(words, grace, now) == []


def test_a_hidden_record_changes_no_figure(everything, katie, sent, health_record, amina, agency):
    before = everything()
    (_, outcome) = sent(health_record("H1"))
    assert outcome.attached == 1
    elsewhere = amina("B1", addresses=BURNLEY)
    for given in (elsewhere, replace(elsewhere, agency=agency["BWD-CSC"], reference="B2")):
        sent(given)
    assert everything() == before


def test_figures_show_nobody_until_somebody_is_named(grace, now, katie, everything):
    with acting_as(grace, now=now):
        words = words_lately.words_lately(grace)
        words_lately.decided(words, grace)
        words_lately.changes(words, grace, now)
        (
            diagnosis.sizes(grace),
            diagnosis.holding(grace),
            diagnosis.contradictions(grace),
            diagnosis.keys(grace),
        )
        assert acting().shown == set() and "people.record" in acting().kinds_read


def test_as_many_statements_for_many_children_as_for_few(everything, katie, sent, amina):
    with CaptureQueriesContext(
        connection,
    ) as few:
        everything()
    for number in range(6):
        sent(amina(f"A{number}", forenames=f"Amina{number}", nhs_number=""))
    with CaptureQueriesContext(connection) as many:
        everything()
    assert len(many) == len(few) < 40

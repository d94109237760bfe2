from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import CircleMember
from engage.practice.people import queries
from engage.practice.people.actions import (
    FactInput,
    TypedIdentity,
    create_person,
    judge_pair,
    judge_records,
    link_records,
    undo,
    write_facts,
)
from engage.practice.people.comparing import pair_sides
from engage.practice.people.grouping import tables_of_records
from engage.practice.people.models import Judgement, Pair, Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def sisters(receiver, now, written, council_record, police_record, agency):
    """Two records the program will not join, each with a fact; the pair waits for somebody."""
    ids = written(
        council_record("P1"),
        police_record("R1", forenames="Eleanor"),
    )
    with acting_as(receiver, now=now):
        link_records(ids, by=receiver, now=now)
        facts = [FactInput(agency["LANCS-POL"], ids[1], "cse_flag", "C06", codes=("Y",))]
        write_facts(facts, by=receiver, now=now)
    return ids


@pytest.fixture
def everything(receiver, now):
    """Every person id and area of every table, and who works with whom."""

    def dump():
        with acting_as(receiver, now=now), connection.cursor() as cursor:
            rows = []
            cursor.execute("SELECT id, person_id, area FROM people_record ORDER BY id")
            rows.append(cursor.fetchall())
            for table in tables_of_records():
                cursor.execute(f"SELECT id, person_id, to_jsonb(t)->'area' FROM {table} t ORDER BY id")
                rows.append((table, cursor.fetchall()))
            return rows

    return dump


@pytest.fixture
def open_for_all(monkeypatch):
    def everybody(reader):
        return Record.objects.visible_to(reader).values("person_id")

    monkeypatch.setattr(queries, "open_business", [everybody])


def test_r18_undoing_what_a_person_joined_restores_every_row(people_at_work, now, sisters, everything):
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        CircleMember.objects.create(
            record_id=sisters[1], person_id=sisters[1], staff=ewan, kind="lead", starts_at=now, added_by=ewan
        )
    before = everything()
    with acting_as(ewan, now=now):
        pair = Pair.objects.visible_to(ewan).get()
        judged = judge_pair(pair_id=pair.pk, verdict="same", reason="Known by both names", by=ewan, now=now)
    assert judged.one_person
    after = everything()
    assert after != before
    with acting_as(ewan, now=now):
        assert set(Record.objects.visible_to(ewan).values_list("person_id", flat=True)) == {sisters[0]}
        back = undo(judgement_id=judged.judgement.pk, reason="Two sisters", by=ewan, now=now)
        assert not back.one_person
        assert Pair.objects.visible_to(ewan).get().state == "open"
    assert everything() == before


def test_r18_an_automatic_join_is_undone_by_a_person_and_stays_undone(
    receiver, people_at_work, now, written, everything, council_record
):
    ids = written(council_record("P1"), council_record("L1", council="LCC-CSC"))
    before = everything()
    grace = people_at_work["grace"]
    with acting_as(receiver, now=now):
        assert link_records(ids, by=receiver, now=now).joined == 1
    with acting_as(grace, now=now):
        (automatic,) = Judgement.objects.visible_to(grace)
        undo(judgement_id=automatic.pk, reason="Cousins of one name", by=grace, now=now)
    assert everything() == before
    with acting_as(receiver, now=now):
        assert link_records(ids, by=receiver, now=now).joined == 0
    assert everything() == before
    with acting_as(grace, now=now), pytest.raises(NotPermitted, match="already"):
        undo(judgement_id=automatic.pk, reason="Again", by=grace, now=now)


def test_not_same_holds_against_the_program(
    receiver, people_at_work, now, written, council_record, police_record
):
    a, b = written(council_record("P1"), council_record("L1", council="LCC-CSC"))
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        judge_records(record_a=a, record_b=b, verdict="not_same", reason="Cousins", by=grace, now=now)
    with acting_as(receiver, now=now):
        outcome = link_records([a, b], by=receiver, now=now)
    assert (outcome.joined, outcome.offered) == (0, 0)


def test_unsure_is_kept_and_leaves_the_pair_to_colleagues(people_at_work, now, sisters, open_for_all):
    ewan, amir = people_at_work["ewan"], people_at_work["amir"]
    with acting_as(ewan, now=now):
        pair = queries.pairs_to_decide(ewan).get()
        judge_pair(pair_id=pair.pk, verdict="unsure", reason="Must ask the school", by=ewan, now=now)
        assert not queries.pairs_to_decide(ewan).exists()
    with acting_as(amir, now=now):
        assert queries.pairs_to_decide(amir).get() == pair


def test_only_pairs_that_touch_something_open_are_put_before_people(
    people_at_work, now, sisters, monkeypatch
):
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        monkeypatch.setattr(
            queries,
            "open_business",
            [lambda reader: Record.objects.visible_to(reader).none().values("person_id")],
        )
        assert not queries.pairs_to_decide(ewan).exists()
        monkeypatch.setattr(
            queries,
            "open_business",
            [lambda reader: Record.objects.visible_to(reader).filter(pk=sisters[1]).values("person_id")],
        )
        assert queries.count_words(queries.pairs_to_decide(ewan)) == "1"


@pytest.mark.parametrize("reader", ["max", "kit", "nia"])
def test_for_who_does_not_see_both_records_the_pair_does_not_exist(
    people_at_work, now, sisters, receiver, reader
):
    staff = people_at_work[reader]
    with acting_as(receiver, now=now):
        pair = Pair.objects.visible_to(receiver).get()
    with acting_as(staff, now=now):
        with pytest.raises(Pair.DoesNotExist):
            judge_pair(pair_id=pair.pk, verdict="same", reason="x", by=staff, now=now)
        with pytest.raises(Record.DoesNotExist):
            judge_records(
                record_a=sisters[0], record_b=sisters[1], verdict="same", reason="x", by=staff, now=now
            )
        with pytest.raises(Record.DoesNotExist):
            pair_sides(pair, staff)


def test_who_sees_both_but_may_not_judge_is_told_so(people_at_work, now, sisters, receiver):
    lena = people_at_work["lena"]
    iris = people_at_work["iris"]
    with acting_as(receiver, now=now):
        pair = Pair.objects.visible_to(receiver).get()
        for staff in (iris, lena):
            for record in sisters:
                CircleMember.objects.create(
                    record_id=record, person_id=record, staff=staff, kind="meeting",
                    starts_at=now - timedelta(1), added_by=receiver,
                )  # fmt: skip
    with acting_as(iris, now=now), pytest.raises(NotPermitted, match="Only the team"):
        judge_pair(pair_id=pair.pk, verdict="same", reason="x", by=iris, now=now)


def test_a_judgement_needs_a_reason_and_is_never_changed(people_at_work, now, sisters):
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        pair = Pair.objects.visible_to(ewan).get()
        with pytest.raises(NotPermitted, match="why"):
            judge_pair(pair_id=pair.pk, verdict="same", reason="  ", by=ewan, now=now)
        judge_pair(pair_id=pair.pk, verdict="not_same", reason="Sisters", by=ewan, now=now)
        for change in (lambda rows: rows.update(verdict="same"), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change(Judgement.objects.visible_to(ewan))


def test_a_pair_is_compared_field_by_field(people_at_work, now, sisters):
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        sides = pair_sides(Pair.objects.visible_to(ewan).get(), ewan)
    shown = {row.field: row for row in sides.fields}
    assert shown["Name"].verdict == "different"
    assert (shown["Name"].left, shown["Name"].right) == ("Katherine Anne Holden", "Eleanor Holden")
    # The police's date of birth is not for a social worker who does not work with the child yet.
    assert shown["Date of birth"].right == "in March 2012"
    assert "Telephone" not in shown


def test_a_child_typed_as_new_is_offered_to_somebody_and_never_joined(
    people_at_work, now, written, council_record, receiver
):
    (council,) = written(council_record("P1"))
    hal = people_at_work["hal"]
    typed = TypedIdentity(
        forenames="Katie", surname="Holden", born_on=council_record("x").born_on, nhs_number="9990000018"
    )
    with acting_as(hal, now=now):
        with pytest.raises(NotPermitted, match="new"):
            create_person(identity=typed, new_because=" ", by=hal, now=now)
        record = create_person(identity=typed, new_because="Caller says another Katie", by=hal, now=now)
        assert record.person_id == record.pk
        assert queries.new_because(record, hal) == "Caller says another Katie"
    with acting_as(receiver, now=now):
        pair = Pair.objects.visible_to(receiver).get()
        assert {pair.record_a_id, pair.record_b_id} == {record.pk, council}
        assert not Judgement.objects.visible_to(receiver).filter(verdict="same").exists()


def test_the_administrator_creates_nobody(people_at_work, now):
    max_ = people_at_work["max"]
    with acting_as(max_, now=now), pytest.raises(NotPermitted):
        create_person(identity=TypedIdentity(forenames="A"), new_because="x", by=max_, now=now)

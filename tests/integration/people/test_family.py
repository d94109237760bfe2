"""Family and household: related and not the same, and no program makes one of two who are related."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from engage.demo.probing import told_apart
from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import CircleMember
from engage.practice.people.actions import AddressInput, judge_records, link_records, linking, undo
from engage.practice.people.family import family_of
from engage.practice.people.models import Judgement

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(people_at_work, settings, now):
    settings.AS_AT, settings.ASK_PURPOSE = now.isoformat(), False

    def as_(code: str) -> Client:
        client = Client()
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        client.force_login(people_at_work[code].user, backend=backend)
        session = client.session
        session[STEPPED_IN] = True
        session.save()
        return client

    return as_


@pytest.fixture
def relates(people_at_work, now):
    def say(a, b, relation, who="grace", verdict="not_same"):
        by = people_at_work[who]
        with acting_as(by, now=now):
            return judge_records(
                record_a=a,
                record_b=b,
                verdict=verdict,
                relation=relation,
                reason="The school",
                by=by,
                now=now,
            )

    return say


@pytest.fixture
def works_with(receiver, now, people_at_work):
    def add(who, *records):
        with acting_as(receiver, now=now):
            for record in records:
                CircleMember.objects.create(
                    record_id=record, person_id=record, staff=people_at_work[who], kind="lead",
                    starts_at=now, added_by=receiver,
                )  # fmt: skip

    return add


@pytest.mark.parametrize("online_up_to", [1000, 0], ids=["online", "batch"])
def test_two_who_are_recorded_as_related_are_joined_by_no_program_and_by_no_third_record(
    online_up_to, monkeypatch, receiver, now, written, relates, person_of, council_record, police_record
):
    # So alike that either engine joins them, and a report that fits both.
    monkeypatch.setattr(linking, "ONLINE_UP_TO", online_up_to)
    one, other = written(council_record("P1"), council_record("L1", council="LCC-CSC"))
    relates(one, other, "twin")
    (report,) = written(police_record("R1"))
    with acting_as(receiver, now=now):
        outcome = link_records([one, other, report], by=receiver, now=now)
    assert outcome.joined
    persons = person_of(one, other, report)
    assert persons[0] != persons[1] and persons[2] in persons[:2]


def test_a_relation_is_part_of_not_the_same_and_of_nothing_else(
    written, relates, council_record, now, people_at_work
):
    one, other = written(council_record("P1"), council_record("P2", forenames="Eleanor"))
    for verdict in ("same", "unsure"):
        with pytest.raises(NotPermitted, match="not related to each other"):
            relates(one, other, "sibling", verdict=verdict)
    with pytest.raises(NotPermitted):
        relates(one, other, "cousin-in-law")
    grace = people_at_work["grace"]
    with acting_as(grace, now=now), pytest.raises(IntegrityError), transaction.atomic():
        Judgement.objects.create(
            record_a_id=min(one, other), record_b_id=max(one, other), verdict="same", relation="twin", by=grace,
            by_person=True, role=grace.role, at=now, judged_no=10**9,
        )  # fmt: skip


def test_relations_stand_first_then_who_has_the_same_address_now(
    written, relates, works_with, people_at_work, now, council_record
):
    home = AddressInput("1 Mill Lane", "BB1 1AA", "Blackburn with Darwen", date(2020, 1, 1))
    gone = AddressInput("1 Mill Lane", "BB1 1AA", "Blackburn with Darwen", date(2019, 1, 1), date(2020, 6, 1))
    next_door = AddressInput("3 Mill Lane", "BB1 1AA", "Blackburn with Darwen", date(2020, 1, 1))
    katie, twin, aunt, moved, neighbour = written(
        council_record("P1", addresses=(home,)),
        council_record("P2", forenames="Eleanor", known_as="", nhs_number="9990000026"),
        council_record(
            "P3", forenames="Zoe", known_as="", born_on=date(1990, 1, 2), nhs_number="", addresses=()
        ),
        council_record("P4", forenames="Moira", known_as="", nhs_number="", addresses=(gone,)),
        council_record("P5", forenames="Nina", known_as="", nhs_number="", addresses=(next_door,)),
    )
    relates(katie, aunt, "family")
    works_with("ewan", katie, twin, aunt, moved, neighbour)
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        found = family_of(katie, ewan)
        assert [(one.shown.person_id, one.same_address, one.same_birthday) for one in found] == [
            (aunt, False, False),
            (twin, True, True),
        ]
        (said,) = found[0].recorded
        undo(judgement_id=said.pk, reason="Another Zoe", by=ewan, now=now)
        assert [one.shown.person_id for one in family_of(katie, ewan)] == [twin]


def test_a_relation_outlasts_a_not_the_same_that_says_none_and_ends_with_a_same(
    written, relates, people_at_work, now, council_record, amina
):
    katie, other = written(council_record("P1"), amina("L1"))
    grace = people_at_work["grace"]
    relates(katie, other, "household")
    relates(katie, other, "")
    with acting_as(grace, now=now):
        assert [one.recorded[0].relation for one in family_of(katie, grace)] == ["household"]
    relates(katie, other, "", verdict="same")
    with acting_as(grace, now=now):
        assert family_of(katie, grace) == []


def test_the_page_shows_them_as_related_records_a_relation_and_is_hidden_as_the_child_is(
    browser, written, works_with, council_record
):
    katie, twin = written(council_record("P1"), council_record("P2", forenames="Eleanor", known_as=""))
    works_with("ewan", katie, twin)
    ewan, address = browser("ewan"), f"/children/{katie}/family/"
    assert address in ewan.get(f"/children/{katie}/records/").content.decode()
    page = ewan.get(address).content.decode()
    assert "Eleanor Holden" in page and "Same address now" in page and "same date of birth" in page
    typed = {"other": str(twin), "relation": "twin", "reason": "Their birth certificates"}
    assert "There is a problem" in ewan.post(address, {**typed, "relation": ""}).content.decode()
    assert ewan.post(address, typed).status_code == 302
    page = ewan.get(address).content.decode()
    assert "Twins, or more born together; Same address now" in page and "Their birth certificates" in page
    assert "twins, or more born together" in ewan.get(f"/children/{twin}/records/").content.decode()
    for hidden in ("nia", "max"):
        reader = browser(hidden)
        for ask in (reader.get, reader.post):
            assert told_apart(lambda one, ask=ask: ask(f"/children/{one}/family/"), katie, uuid4()) == ""


def test_a_brother_or_sister_whom_the_reader_does_not_see_is_on_no_page(
    written, relates, receiver, now, people_at_work, council_record, health_record
):
    (katie, hidden) = written(council_record("P1"), health_record("H1", forenames="Eleanor"))
    with acting_as(people_at_work["ewan"], now=now):
        assert family_of(katie, people_at_work["ewan"]) == []
    with acting_as(receiver, now=now):
        assert [one.shown.person_id for one in family_of(katie, receiver)] == [hidden]


def test_of_a_child_with_nobody_beside_them_the_page_says_so(browser, written, works_with, council_record):
    (alone,) = written(council_record("P1", addresses=()))
    works_with("ewan", alone)
    page = browser("ewan").get(f"/children/{alone}/family/")
    assert page.status_code == 200
    assert "Nobody else whom you may see is recorded as related" in page.content.decode()

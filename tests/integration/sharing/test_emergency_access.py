"""Emergency access: one child, four hours, known to the child's workers at once, reviewed by a named person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import Barred, CircleMember
from engage.practice.people.actions import restrict
from engage.practice.people.models import Fact, Record
from engage.practice.sharing import emergency
from engage.practice.sharing.models import EmergencyAccess

pytestmark = pytest.mark.django_db
REASON = "Invented: she was seen getting into a car, nobody answers"


@pytest.fixture
def reference(katie, receiver, now) -> str:
    with acting_as(receiver, now=now):
        return Record.objects.visible_to(receiver).get(pk=katie).reference


@pytest.fixture
def taken(reference, people_at_work, now):
    def take(code: str = "jun", number: str = "", moment=now) -> EmergencyAccess:
        somebody = people_at_work[code]
        with acting_as(somebody, now=moment):
            return emergency.take(number or reference, reason=REASON, by=somebody, now=moment)

    return take


@pytest.fixture
def facts(katie, people_at_work, now):
    """Kinds of fact of Katie that somebody sees."""

    def seen(code: str, moment=now) -> set[str]:
        with acting_as(people_at_work[code], now=moment):
            rows = Fact.objects.visible_to(people_at_work[code]).filter(person_id=katie)
            return set(rows.values_list("kind", flat=True))

    return seen


def test_it_opens_what_somebody_sees_of_a_child_they_work_with_for_four_hours(taken, facts, now):
    assert facts("jun") == set()
    opened = taken()
    # Hospital: letter S for the safety summary, N for the school and the clinic's notes.
    assert facts("jun") == {"health_safety_summary"}
    assert opened.ends_at == now + timedelta(hours=4)
    assert facts("jun", opened.ends_at - timedelta(seconds=1))
    assert facts("jun", opened.ends_at) == set()


def test_the_manager_of_the_area_reviews_it_within_two_working_days(taken, people_at_work, now):
    opened = taken()
    assert opened.reviewer.code == "grace"
    assert (opened.review_due_on - now.date()).days == 2  # a Monday
    with acting_as(people_at_work["grace"], now=now):
        assert [
            one.pk for one in emergency.to_know_of(people_at_work["grace"], now - emergency.KNOWN_FOR)
        ] == [opened.pk]
        with pytest.raises(NotPermitted, match="whether it was justified"):
            emergency.review(opened.pk, outcome="", words="x", by=people_at_work["grace"], now=now)
        emergency.review(opened.pk, outcome="justified", words="Rightly", by=people_at_work["grace"], now=now)
    later = now + timedelta(days=2)
    with acting_as(people_at_work["grace"], now=later):
        assert not emergency.to_know_of(people_at_work["grace"], later - emergency.KNOWN_FOR).exists()


def test_not_justified_ends_it_at_once(taken, facts, people_at_work, now):
    opened = taken()
    soon = now + timedelta(minutes=10)
    with acting_as(people_at_work["lena"], now=soon):
        emergency.review(
            opened.pk, outcome="not_justified", words="No danger", by=people_at_work["lena"], now=soon
        )
    assert facts("jun", soon) == set()


def test_nobody_reviews_their_own(taken, people_at_work, now):
    opened = taken("grace")
    assert opened.reviewer.code != "grace"
    with acting_as(people_at_work["grace"], now=now), pytest.raises(NotPermitted, match="Somebody else"):
        emergency.review(opened.pk, outcome="justified", words="Mine", by=people_at_work["grace"], now=now)


def test_the_child_s_workers_know_at_once_and_others_never(taken, katie, people_at_work, receiver, now):
    with acting_as(receiver, now=now):
        CircleMember.objects.create(
            record_id=katie, person_id=katie, staff=people_at_work["ewan"], kind="lead", starts_at=now,
            added_by=receiver,
        )  # fmt: skip
    opened = taken()
    for code, knows in (("ewan", True), ("lena", True), ("amir", False), ("iris", False), ("max", False)):
        with acting_as(people_at_work[code], now=now):
            found = (
                emergency.to_know_of(people_at_work[code], now - emergency.KNOWN_FOR)
                .filter(pk=opened.pk)
                .exists()
            )
        assert found == knows, code


@pytest.mark.parametrize("case", ["no_such_number", "name", "restricted", "barred", "phone", "no_agreement"])
def test_everything_else_opens_nothing_and_is_answered_alike(
    case, taken, katie, facts, people_at_work, receiver, now
):
    number, code = "", "jun"
    match case:
        case "no_such_number":
            number = "9990000999"
        case "name":
            number = "Katie Holden"
        case "phone":
            number = "07700 900123"
        case "no_agreement":
            code = "nia"
        case "restricted":
            grace = people_at_work["grace"]
            with acting_as(grace, now=now):
                restrict(
                    person_id=katie, kind="covert_operation", reason="Invented", named=[people_at_work["ewan"]],
                    by=grace, now=now,
                )  # fmt: skip
        case "barred":
            with acting_as(receiver, now=now):
                Barred.objects.create(
                    record_id=katie,
                    person_id=katie,
                    staff=people_at_work["jun"],
                    added_at=now,
                    added_by=receiver,
                )
    with pytest.raises(NotPermitted) as refused:
        taken(code, number)
    assert str(refused.value) == emergency.OPENS_NOTHING
    assert facts(code) == set()
    with acting_as(receiver, now=now):
        assert not EmergencyAccess.objects.visible_to(receiver).exists()


@pytest.mark.parametrize("code", ["max", "kit", "lena"])
def test_roles_without_children_have_none(code, taken):
    with pytest.raises(NotPermitted, match="no emergency access"):
        taken(code)


def test_on_the_pages(browser, katie, reference, people_at_work):
    jun = browser("jun")
    assert jun.get(f"/children/{katie}/").status_code == 404
    nothing = jun.post("/emergency/", {"number": "9990000999", "reason": REASON})
    assert nothing.status_code == 200 and "Nothing was opened" in nothing.content.decode()
    opened = jun.post("/emergency/", {"number": reference, "reason": REASON})
    assert opened["Location"] == f"/children/{katie}/"
    page = browser("grace")
    listed = page.get("/emergency/").content.decode()
    assert "Jun Park" in listed and "To do" in listed
    address = listed.split('href="/emergency/')[1].split('"')[0]
    assert page.post(f"/emergency/{address}", {"outcome": "justified", "words": "Rightly"}).status_code == 302
    assert "Justified" in page.get(f"/emergency/{address}").content.decode()
    assert browser("amir").get(f"/emergency/{address}").status_code == 404


def test_it_stands_on_today_of_the_reviewer_until_it_is_reviewed(taken, browser, people_at_work, now):
    opened = taken()
    for code, shown in (("grace", True), ("lena", True), ("carys", False)):
        assert (f"/emergency/{opened.pk}/" in browser(code).get("/today/").content.decode()) == shown, code
    assert browser("grace").get("/today/colleagues/").status_code == 200


def test_what_opens_nothing_leaves_no_reason_to_work_with_the_child_behind(
    browser, katie, reference, receiver, now
):
    nothing = browser("nia").post("/emergency/", {"number": reference, "reason": REASON})
    assert "Nothing was opened" in nothing.content.decode()
    with acting_as(receiver, now=now):
        assert not EmergencyAccess.objects.visible_to(receiver).exists()
        assert not CircleMember.objects.filter(person_id=katie, kind="emergency").exists()


def test_whoever_tries_numbers_leaves_a_trace(browser, katie):
    client = browser("jun")
    with CaptureQueriesContext(connection) as caught:
        client.post("/emergency/", {"number": "9990000999", "reason": REASON})
    written = [
        one["sql"] for one in caught.captured_queries if 'INSERT INTO "access_auditentry' in one["sql"]
    ]
    assert any("nothing_found" in sql for sql in written)
    assert not any("9990000999" in sql for sql in written)


def test_a_conflict_that_is_no_more_stops_nobody(taken, katie, people_at_work, receiver, now):
    with acting_as(receiver, now=now):
        Barred.objects.create(
            record_id=katie, person_id=katie, staff=people_at_work["jun"], added_at=now, added_by=receiver,
            ended_at=now, ended_by=people_at_work["grace"],
        )  # fmt: skip
    assert taken()

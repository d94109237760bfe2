from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engage.practice.access.gate import acting_as
from engage.practice.access.models import Label
from engage.practice.people.models import Fact
from engage.practice.screening.actions import decide, open_first_looks, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge(people_at_work, town):
    """Somebody takes the look of a child and judges it, to be looked at again in so many days."""

    def judged(code, record, days, *, ago=timedelta(days=30), level="possible"):
        at = town.now - ago
        with acting_as(people_at_work[code], now=at) as context:
            person = town.person(record)
        with acting_as(people_at_work[code], now=at) as context:
            take(person, by=context.staff, now=at)
            decide(
                person,
                level=level,
                reason="As told.",
                next_step="Ewan visits.",
                review_on=(town.now + timedelta(days=days)).date(),
                by=context.staff,
                now=at,
            )
        return person

    return judged


def list_for(browser, code):
    return browser(code).get("/today/reviews/").content.decode()


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-3, "was due by 30 October 2026"),
        (0, "due by 2 November 2026"),
        (7, "due by 9 November 2026"),
        (8, None),
    ],
)
def test_a_judgement_is_listed_from_seven_days_before_its_review_day(browser, katie, judge, days, words):
    person = judge("ewan", katie, days)
    page = list_for(browser, "ewan")
    assert ("Katie Holden" in page) == (words is not None)
    if words:
        assert words in page and "Possible" in page and f"/first-looks/{person}/" in page
        assert "Judgements to look at again: 1" in page


def test_it_goes_when_the_look_is_taken_again(browser, katie, judge):
    person = judge("ewan", katie, 0)
    client = browser("ewan")
    client.post(f"/first-looks/{person}/take/")
    assert "Katie Holden" not in list_for(browser, "ewan")


def test_it_goes_when_a_later_judgement_stands_even_one_seen_as_a_summary(browser, katie, judge):
    judge("ewan", katie, 0)
    judge("farah", katie, 60, ago=timedelta(days=1))
    assert "Katie Holden" not in list_for(browser, "ewan")


def test_the_review_day_is_for_those_who_read_the_whole_judgement(browser, katie, judge):
    judge("ewan", katie, 0)
    assert "Katie Holden" in list_for(browser, "ewan")
    for code in ("farah", "amir", "beth"):
        assert "Katie Holden" not in list_for(browser, code)
    for code in ("iris", "nia"):
        assert browser(code).get("/today/reviews/").status_code == 404
        assert browser(code).get("/today/reviews/all/").status_code == 404


def test_the_whole_list_has_pages_and_costs_the_same_for_one_and_for_twenty(browser, town, judge):
    client = browser("ewan")

    def statements():
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/today/reviews/").status_code == 200
        return len(caught.captured_queries)

    names = [
        f"{first}{last}"
        for first in ("Bar", "Cor", "Dan", "El", "Fen", "Gor", "Hal")
        for last in ("a", "by", "oe")
    ]
    for number, name in enumerate(names):
        day = date(2010 + number // 4, 1 + number % 12, 1 + number)
        record = town.child(name, f"{name[::-1].title()}son", "Hyndburn", phone="", born_on=day)
        town.missing(record)
        judge("ewan", record, -number)
        if number == 1:
            few = statements()
    assert statements() <= few
    today = client.get("/today/reviews/").content.decode()
    assert "Judgements to look at again: 21" in today and today.count("Ewan visits.") == 5
    assert names[-1] in today  # the longest overdue
    whole = client.get("/today/reviews/all/").content.decode()
    assert whole.count("Ewan visits.") == 21


def test_a_child_whose_look_fell_away_stands_in_the_list_with_its_record(browser, town, judge):
    record = town.child("Ada", "Brook", "Hyndburn")
    town.fact(record, "cse_flag", "yes", "C06", label=Label.FULL)
    open_first_looks({town.person(record)}, now=town.now)
    person = judge("ewan", record, 0, level="known")
    with town.acting():
        Fact.objects.visible_to(town.receiver).filter(record_id=record).update(current=False)
    open_first_looks({person}, now=town.now)
    page = list_for(browser, "ewan")
    assert "Ada Brook" in page and f"/children/{person}/" in page

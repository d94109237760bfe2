"""What points to something hidden: an owner's signpost for the circle, and word to the holder, never to who searched."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engage.practice.access.gate import NotPermitted
from engage.practice.contact.models import SearchAsked
from engage.practice.contact.noticing import notice_searches, noticed_for
from engage.practice.contact.signposting import holds_more, may_point_to, set_signpost, take_down
from engage.practice.people.actions import restrict

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


@pytest.fixture
def restricted(katie, people_at_work, at, now):
    with at("grace"):
        restrict(
            person_id=katie, kind="high_profile", reason="Invented", named=[people_at_work["ewan"]],
            by=people_at_work["grace"], now=now,
        )  # fmt: skip
    return katie


def without_token(answer) -> str:
    return TOKEN.sub("", answer.content.decode())


def test_r1_that_a_hidden_child_was_searched_for_is_told_to_its_holder_and_never_to_the_searcher(
    restricted, browser, people_at_work, at, now
):
    searcher, seen, queries = browser("amir"), {}, {}
    searcher.post(
        "/search/", {"forenames": "Nobody", "surname": "Atall"}
    )  # the first work of a session is saved
    for surname in ("Holden", "Halden"):  # one who is hidden, and one whom nobody knows
        with CaptureQueriesContext(connection) as asked:
            seen[surname] = searcher.post("/search/", {"forenames": "Katie", "surname": surname})
        queries[surname] = len(asked)
    hidden, absent = (without_token(seen[name]).replace(name, "") for name in seen)
    assert hidden == absent and queries["Holden"] == queries["Halden"]
    assert notice_searches(now=now) == 2  # Grace and Ewan are named
    assert notice_searches(now=now) == 0
    told = browser("ewan").get("/today/").content.decode()
    assert "A restricted child was searched for" in told
    assert (
        "Speak to the safeguarding lead of Lancashire Constabulary" in told
        and "Latif" not in told.split("searched for")[1][:600]
    )
    for code in ("amir", "beth", "hal"):
        assert "was searched for" not in browser(code).get("/today/").content.decode()
    with at("service_receiver"):
        assert not SearchAsked.objects.visible_to(people_at_work["service_receiver"]).exists()


def test_a_search_by_somebody_named_or_for_a_child_whom_nobody_hides_tells_nobody(
    restricted, browser, people_at_work, at, now, town
):
    town.child("Amina", "Sharif", "Hyndburn", phone="07700 900777", postcode="BB5 1AA", born_on=None)
    browser("ewan").post("/search/", {"q": "Katie Holden"})
    browser("amir").post("/search/", {"q": "Amina Sharif"})
    browser("amir").post("/search/", {"q": "Katie"})  # a given name alone names nobody
    with at("amir"):
        assert not SearchAsked.objects.visible_to(people_at_work["amir"]).exists()
    assert notice_searches(now=now) == 0
    with at("grace"):
        assert noticed_for(people_at_work["grace"], now) == []


def test_an_owner_lets_the_circle_be_told_that_it_holds_more_and_of_some_things_never(
    katie, works_with, town, people_at_work, at, now, browser
):
    works_with(katie, "carys")
    town.fact(katie, "operation_notes", "A note of the case", "C08", agency="BWD-CSC")
    lena, carys = people_at_work["lena"], people_at_work["carys"]

    def told(code):
        with at(code):
            return [(one.about, one.ring) for one in holds_more(katie, people_at_work[code])]

    assert told("carys") == []
    with at("lena"):
        set_signpost("C08", telephone="Duty desk, 01632 960102", by=lena, now=now)
        for never in ("C10", "C11", "C12", "C16", "C17"):
            assert never not in may_point_to()
            with pytest.raises(NotPermitted, match="never a signpost"):
                set_signpost(never, telephone="01632 960102", by=lena, now=now)
    assert told("carys") == [("Social-care case notes", "Duty desk, 01632 960102")]
    assert "Duty desk, 01632 960102" in browser("carys").get(f"/children/{katie}/").content.decode()
    assert told("hal") == []  # sees the child and does not work with it
    assert told("ewan") == []  # of the agency itself
    with at("carys"), pytest.raises(NotPermitted, match="their own agency"):
        set_signpost("C08", telephone="x", by=carys, now=now)
    page = browser("lena")
    assert "Social-care case notes" in page.get("/access/signposts/").content.decode()
    assert page.post("/access/signposts/", {"take_down": "C08"}).status_code == 302
    assert told("carys") == []
    with at("lena"), pytest.raises(NotPermitted, match="no such signpost"):
        take_down("C08", by=lena, now=now)

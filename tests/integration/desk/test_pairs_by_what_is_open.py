"""Pairs are put before people by what is due for the children they touch; the others wait, and the page says so."""

import re

import pytest

from engage.practice.access.gate import acting_as
from engage.practice.people.waiting import not_asked_words, pairs_in_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_pairs(town):
    """Ada and Eve Brook, Bea and Ivy Lane, Cleo and Una Moss: each two could be one, none has anything open."""

    def two(surname: str, one: str, other: str, phone: str, postcode: str):
        same = {"phone": phone, "postcode": postcode}
        return town.child(one, surname, "Hyndburn", **same), town.child(other, surname, "Hyndburn", **same)

    return {
        "brook": two("Brook", "Ada", "Eve", "07700 900101", "BB5 1AA"),
        "lane": two("Lane", "Bea", "Ivy", "07700 900102", "BB5 1AB"),
        "moss": two("Moss", "Cleo", "Una", "07700 900103", "BB5 1AD"),
    }


def asked_of(reader, now):
    with acting_as(reader, now=now):
        return [one.words for one in pairs_in_order(reader, now)], not_asked_words(reader)


def test_what_is_due_first_stands_first_and_what_touches_nothing_open_waits_and_is_counted(
    town, three_pairs, browser, people_at_work
):
    ewan = people_at_work["ewan"]
    assert asked_of(ewan, town.now) == ([], "3")
    town.missing(three_pairs["lane"][0], hours=60, back_hours=30)
    first, waiting = asked_of(ewan, town.now)
    assert len(first) == 1 and first[0].startswith("return interview due by") and waiting == "2"
    town.missing(three_pairs["moss"][1], hours=5)
    words, waiting = asked_of(ewan, town.now)
    assert [one.split()[0] for one in words] == ["missing", "return"] and waiting == "1"
    page = browser("ewan").get("/pairs/").content.decode()
    assert page.index("Cleo Moss") < page.index("Bea Lane")
    assert "missing since" in page and "1 more pair waits and is not asked about" in page
    assert "Ada Brook" not in page
    today = browser("ewan").get("/today/").content.decode()
    assert "Pairs to decide: 2" in today and "return interview due by" in today
    pair = re.search(r"/pairs/[0-9a-f-]{36}/", page)[0]
    shown = browser("ewan").get(pair).content.decode()
    assert "Una Moss: missing since" in shown and "Una Moss: first look waits since" in shown
    assert shown.index("Una Moss: missing since") < shown.index("Una Moss: first look waits since")


def test_what_is_open_is_told_to_nobody_who_may_not_see_it(town, three_pairs, browser, people_at_work):
    town.missing(three_pairs["moss"][1], hours=5)
    for reader in ("iris", "max"):
        assert asked_of(people_at_work[reader], town.now)[0] == []

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from masking import masked

from engage.demo.team import PERSONAS

pytestmark = pytest.mark.django_db

POLLED = {"HTTP_X_ENGAGE_POLL": "1"}


def audit_entries(queries) -> int:
    return sum('INSERT INTO "access_auditentry"' in query["sql"] for query in queries)


def seen_mark(content: str, part: str) -> str:
    return re.search(rf'id="part-{part}".*?name="seen" value="([0-9a-f]+)"', content, re.DOTALL)[1]


@pytest.mark.parametrize("code", [persona[0] for persona in PERSONAS])
def test_today_opens_for_every_colleague_and_writes_at_most_one_entry(code, browser, katie, elsewhere):
    client = browser(code)
    with CaptureQueriesContext(connection) as caught:
        answer = client.get("/today/")
    assert answer.status_code == 200
    reads_nothing = code == "kit"
    assert audit_entries(caught.captured_queries) == (0 if reads_nothing else 1)


def test_the_team_sees_who_is_missing_for_how_long_and_how_it_is_graded(browser, katie):
    page = browser("ewan").get("/today/").content.decode()
    assert "Missing now: 1" in page
    assert "Katie Holden" in page and "31 hours so far" in page and "High" in page
    assert "First looks to do: 1" in page


def test_a_child_who_is_back_waits_with_the_hours_left(browser, town):
    record = town.child("Ada", "Brook", "Hyndburn")
    town.missing(record, hours=60, back_hours=30.5)
    page = browser("ewan").get("/today/").content.decode()
    assert "Back and awaiting a return interview: 1" in page
    assert "due in 41 hours" in page and "not offered yet" in page


def test_an_interview_past_its_72_hours_is_marked_overdue(browser, town):
    record = town.child("Ada", "Brook", "Hyndburn")
    town.missing(record, hours=120, back_hours=75)
    assert "3 hours overdue" in browser("ewan").get("/today/").content.decode()


def test_a_clock_known_by_its_day_is_due_by_that_day_on_today_as_on_the_list_of_first_looks(browser, town):
    """Back on 1 November, the hour not known: due by the end of the 4th, which is kept as the midnight after."""
    record = town.child("Ada", "Brook", "Hyndburn")
    town.missing(record, returned_on=date(2026, 11, 1))
    client = browser("ewan")
    looks = client.get("/today/looks/").content.decode()
    assert "due by 4 November 2026" in looks and "5 November" not in looks
    assert "due on 4 November 2026" in client.get("/first-looks/").content.decode()


def test_who_may_settle_held_reports_is_told_how_many_wait_and_where(browser, town):
    record = town.child("Ada", "Brook", "Hyndburn")
    assert "No report waits" in browser("ewan").get("/today/").content.decode()
    for hours in (200, 31):
        town.missing(record, hours=hours)
    page = browser("ewan").get("/today/").content.decode()
    assert "Held reports: 1" in page and 'href="/episodes/held/"' in page
    assert "Held reports" not in browser("hal").get("/today/").content.decode()


def test_administrator_and_analyst_are_told_what_they_can_do_and_see_no_child(browser, katie):
    for code in ("max", "kit"):
        page = browser(code).get("/today/").content.decode()
        assert "no child" in page and "Holden" not in page and "Missing now" not in page


def test_a_child_of_another_area_changes_nothing_of_the_page(browser, town, request):
    client = browser("ewan")
    before = client.get("/today/").content
    record = request.getfixturevalue("elsewhere")
    assert masked(client.get("/today/").content) == masked(before)
    assert "Quennell" not in before.decode() and record


def test_a_poll_of_what_is_shown_already_answers_nothing_and_leaves_no_entry(browser, katie):
    client = browser("ewan")
    page = client.get("/today/").content.decode()
    for part in ("missing", "held", "awaiting", "looks", "pairs", "files"):
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(f"/today/{part}/", {"seen": seen_mark(page, part)}, **POLLED)
        assert (answer.status_code, answer.content) == (204, b"")
        assert audit_entries(caught.captured_queries) == 0
        assert not any(
            "UPDATE" in q["sql"] and "agencies_session" in q["sql"] for q in caught.captured_queries
        )


def test_a_poll_after_a_change_shows_it_and_is_accounted_for(browser, katie, town):
    client = browser("ewan")
    seen = seen_mark(client.get("/today/").content.decode(), "missing")
    town.missing(town.child("Ada", "Brook", "Hyndburn"))
    with CaptureQueriesContext(connection) as caught:
        answer = client.get("/today/missing/", {"seen": seen}, **POLLED)
    assert answer.status_code == 200 and "Ada Brook" in answer.content.decode()
    assert audit_entries(caught.captured_queries) == 1
    again = re.search(r'name="seen" value="([0-9a-f]+)"', answer.content.decode())[1]
    assert client.get("/today/missing/", {"seen": again}, **POLLED).status_code == 204


def test_the_mark_of_a_colleague_s_page_spares_nobody_else_the_entry(browser, katie):
    theirs = seen_mark(browser("ewan").get("/today/").content.decode(), "missing")
    assert browser("amir").get("/today/missing/", {"seen": theirs}, **POLLED).status_code == 200


def test_parts_that_a_role_has_no_business_with_do_not_exist_for_it(browser):
    assert browser("iris").get("/today/pairs/").status_code == 404
    assert browser("ewan").get("/today/nonsense/").status_code == 404


def test_twenty_children_take_as_many_statements_as_two(browser, town):
    client = browser("ewan")

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/today/").status_code == 200
        # A session is saved once a minute, and a minute may end between the two.
        told = [one["sql"] for one in caught.captured_queries]
        return len([sql for sql in told if "agencies_session" not in sql and "SAVEPOINT" not in sql])

    for number in range(2):
        town.missing(
            town.child(f"Ada{number}", "Brook", "Hyndburn", phone="", born_on=None), hours=20 + number
        )
    few = statements()
    for number in range(18):
        town.missing(
            town.child(f"Bea{number}", "Lane", "Hyndburn", phone="", born_on=None), hours=40 + number
        )
    # With two children no pair waits, and nothing is asked of pairs, nor of what is open for their children (three
    # statements); and a short list needs no counting.
    assert statements() <= few + 6  # of the one: more than one child was read, and that is counted
    assert few <= 45

"""The page of letters, and one letter opened."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from engage.demo.probing import told_apart
from engage.practice.access import audit
from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.front_door.actions import open_letter
from engage.practice.front_door.models import ReceivedLetter

WORRY = "She has a second phone and <b>will not say</b> where it came from."


@pytest.fixture
def browse(post, client, people_at_work, settings, now):
    settings.AS_AT = now.isoformat()
    settings.AS_AT_RUNS_ON = False

    def as_somebody(code):
        client.force_login(
            people_at_work[code].user, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        session = client.session
        session[STEPPED_IN] = True
        session.save()
        return client

    return as_somebody


@pytest.fixture
def entries(monkeypatch):
    """What is written into the account while a test runs: the application cannot read it back."""
    written, record = [], audit.record

    def watched(*given, **named):
        entry = record(*given, **named)
        written.append(entry.body)
        return entry

    monkeypatch.setattr(audit, "record", watched)
    return written


def text(response):
    return response.content.decode()


def test_an_empty_letterbox_says_so(browse):
    assert "No letter has come yet." in text(browse("hal").get("/letters/"))


def test_the_newest_letter_stands_first_and_danger_is_said(browse, post, now):
    old = post(at=now - timedelta(days=2), kind="public", place="Blackburn")
    new = post(at=now, kind="child", immediate_danger=True)
    page = text(browse("hal").get("/letters/"))
    assert page.index(f"/letters/{new}/") < page.index(f"/letters/{old}/")
    assert "Child or young person" in page and "Blackburn" in page and "Nobody yet" in page
    assert "govuk-tag--red" in page


def test_letters_are_listed_by_pages_of_25(browse, post, now):
    ids = [post(at=now - timedelta(minutes=minutes)) for minutes in range(26)]
    first, second = (text(browse("hal").get(f"/letters/?page={number}")) for number in (1, 2))
    assert first.count('href="/letters/') - first.count('href="/letters/"') == 25
    assert f"/letters/{ids[25]}/" not in first and f"/letters/{ids[25]}/" in second


def test_a_letter_is_shown_as_it_was_written_and_never_as_markup(browse, post):
    page = text(browse("hal").get(f"/letters/{post(WORRY, safe_to_contact=False)}/"))
    assert "&lt;b&gt;will not say&lt;/b&gt;" in page and "<b>will" not in page
    assert "not safe to get in touch" in page


def test_who_looked_at_which_letter_is_accounted_for(browse, post, entries):
    posted = post()
    browse("hal").get("/letters/")
    browse("hal").get(f"/letters/{posted}/")
    listed, read = entries
    assert (listed["action"], listed["kinds"]) == ("list_letters", ["front_door.receivedletter"])
    assert (read["action"], read["asked"]) == ("read_letter", audit.pseudonym(posted))


def test_whoever_opens_a_letter_is_named_to_colleagues_and_the_deed_is_recorded(browse, post, entries):
    posted = post()
    answer = browse("hal").post(f"/letters/{posted}/open/")
    assert answer.status_code == 302
    deed = next(entry for entry in entries if entry["verb"] == "alter")
    assert (deed["action"], deed["asked"]) == ("open_letter", audit.pseudonym(posted))
    page = text(browse("ewan").get("/letters/"))
    assert "Hal Nuttall" in page and "Nobody yet" not in page
    assert "I have opened this letter" not in text(browse("ewan").get(f"/letters/{posted}/"))


def test_a_letter_is_opened_once(post, people_at_work, now):
    posted, later = post(), now + timedelta(hours=1)
    for _ in range(2):  # the form sent twice
        with acting_as(people_at_work["hal"], now=now):
            open_letter(posted, by=people_at_work["hal"], now=now)
    with (
        acting_as(people_at_work["ewan"], now=later),
        pytest.raises(NotPermitted, match="A colleague opened this letter"),
    ):
        open_letter(posted, by=people_at_work["ewan"], now=later)
    with acting_as(people_at_work["ewan"], now=later):
        letter = ReceivedLetter.objects.visible_to(people_at_work["ewan"]).get(pk=posted)
        assert (letter.opened_at, letter.opened_by_id) == (now, people_at_work["hal"].pk)


@pytest.mark.parametrize("code", ["nia", "max", "lena", "kit", "iris", "jun", "beth"])
@pytest.mark.parametrize("address", ["/letters/{}/", "/letters/{}/open/"])
def test_for_who_does_not_answer_the_line_a_letter_is_as_absent(browse, post, code, address):
    posted, client = post(), browse(code)
    ask = client.post if address.endswith("open/") else client.get
    assert ask(address.format(posted)).status_code == 404
    assert told_apart(lambda one: ask(address.format(one)), posted, uuid4()) == ""


@pytest.mark.parametrize("code", ["nia", "max", "lena", "kit", "beth"])
def test_the_list_tells_who_reads_letters_and_not_whether_there_are_any(browse, post, code):
    client = browse(code)
    empty = client.get("/letters/")
    post(WORRY)
    full = client.get("/letters/")
    assert (empty.status_code, full.status_code) == (403, 403)
    assert "Letters are read by colleagues of the team who answer the phone line." in text(full)
    assert "/letters/" not in text(client.get("/today/"))


def test_the_navigation_leads_to_letters(browse):
    assert 'href="/letters/"' in text(browse("hal").get("/today/"))


def test_a_letter_cannot_be_opened_in_the_name_of_nobody(post, people_at_work, now):
    post()
    with (
        acting_as(people_at_work["hal"], now=now),
        pytest.raises(Exception, match="letter_opened_by"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE publication_letter SET opened_at = now()")


def test_the_staff_site_signs_in_as_another_role_than_the_letterbox():
    assert connections["default"].settings_dict["USER"] != connections["public"].settings_dict["USER"]

"""The page “Ask the team next door”, what came of it, and what the lead sees."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.integration.desk.masking import masked

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.people.actions import restrict
from engage.practice.sister_teams.models import QuestionAsked, VolumeAlarm
from engage.practice.sister_teams.wire import readable

pytestmark = pytest.mark.django_db
FORM = {"sister": "NEXT", "purpose": "protect_this_child", "case": "CASE/17"}


def text(answer) -> str:
    return masked(answer.content)


@pytest.fixture
def ask(browser, django_capture_on_commit_callbacks):
    def ask(person_id, code="amir", **changed):
        client = browser(code)
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(f"/children/{person_id}/sister-teams/", FORM | changed)
        return client, answer

    return ask


def test_a_practitioner_asks_reads_what_came_of_it_and_asks_for_information(
    ask, katie, holding, browser, people_at_work
):
    assert "Ask the team next door" in text(browser("amir").get(f"/children/{katie}/"))
    form = text(browser("amir").get(f"/children/{katie}/sister-teams/"))
    assert "independent cryptographer" in form and "The other team sees" in form
    client, answer = ask(katie)
    assert answer.status_code == 302
    page = text(client.get(answer["Location"]))
    assert "<h1" in page and "Known</h1>" in page and "01632 960111" in page and "the duty worker" in page
    nia = people_at_work["nia"]
    assert f"/children/{katie}/ask/?owner={nia.pk}" in page
    assert f'value="{nia.pk}" selected' in text(client.get(f"/children/{katie}/ask/?owner={nia.pk}"))
    assert answer["Location"] in text(client.get(f"/children/{katie}/sister-teams/"))


def test_what_is_wrong_with_a_question_stands_on_the_form_and_nothing_is_entered(
    ask, katie, holding, people_at_work, now
):
    _, answer = ask(katie, case="Katie-17")
    assert answer.status_code == 200 and "The case number is sent as it is" in text(answer)
    with acting_as(people_at_work["amir"], now=now):
        assert not QuestionAsked.objects.visible_to(people_at_work["amir"]).exists()


def test_a_hidden_child_and_a_hidden_question_are_absent(
    ask, katie, elsewhere, holding, browser, people_at_work, now, settings
):
    _, answer = ask(katie)
    ewan, nowhere = browser("ewan"), uuid4()
    absent = ewan.get(f"/children/{nowhere}/sister-teams/")
    asked_nowhere = ewan.get(f"/children/{katie}/sister-teams/{nowhere}/")
    assert absent.status_code == asked_nowhere.status_code == 404
    assert text(ewan.get(f"/children/{elsewhere}/sister-teams/")) == text(absent)
    assert text(ewan.post(f"/children/{elsewhere}/sister-teams/", FORM)) == text(absent)
    # ewan sees that Katie is known here, and neither works with her nor asked
    assert text(ewan.get(answer["Location"])) == text(asked_nowhere)
    grace = people_at_work["grace"]
    with acting_as(grace, now=now):
        restrict(
            person_id=katie, kind="protected_address", reason="Invented", named=[people_at_work["amir"]],
            by=grace, now=now,
        )  # fmt: skip
    beth = browser("beth")
    for address in (f"/children/{katie}/sister-teams/", answer["Location"]):
        assert text(beth.get(address)) == text(beth.get(address.replace(str(katie), str(nowhere))))
    named = browser("amir").get(f"/children/{katie}/sister-teams/")
    assert named.status_code == 403 and "Speak to Grace" in text(named)
    settings.SISTER_QUERIES = False
    assert text(ewan.get(f"/children/{elsewhere}/sister-teams/")) == text(absent)


def test_the_lead_reads_counts_and_settles_an_alarm(
    ask, katie, holding, browser, settings, people_at_work, now
):
    settings.SISTER_QUESTIONS_A_DAY = 1
    ask(katie)
    lena = people_at_work["lena"]
    with acting_as(lena, now=now):
        (alarm,) = VolumeAlarm.objects.visible_to(lena)
    client = browser("lena")
    assert f"/access/sister-teams/{alarm.pk}/" in text(client.get("/today/"))
    page = text(client.get("/access/sister-teams/"))
    assert "Waits for a lead" in page and "ASKER" not in page and "Team next door" in page
    assert "Katie" not in page and str(katie) not in page
    assert client.post(f"/access/sister-teams/{alarm.pk}/", {"words": "A busy day"}).status_code == 302
    assert "A busy day" in text(client.get(f"/access/sister-teams/{alarm.pk}/"))
    assert f"/access/sister-teams/{alarm.pk}/" not in text(client.get("/today/"))
    for address in ("/access/sister-teams/", f"/access/sister-teams/{alarm.pk}/"):
        assert browser("amir").get(address).status_code == 403


def test_an_instance_is_reached_by_tls_or_is_this_machine(next_door):
    for address in (
        "https://next.example.org",
        "https://next.example.org:8443/engage",
        "http://127.0.0.1:8001",
    ):
        assert readable(address)
    for address in (
        "http://next.example.org", "https://a:b@next.example.org", "https://next.example.org/?a=1", "file:///etc",
        "https://", "http://127.0.0.1:99999", "ftp://127.0.0.1",
    ):  # fmt: skip
        assert not readable(address)
        with pytest.raises(NotPermitted, match="https"):
            next_door(address)

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import include, path

from engage.config.urls import urlpatterns as every_url
from engage.demo.probing import told_apart, watching
from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import acting_as
from engage.practice.people import queries
from engage.practice.people.actions import link_records
from engage.practice.people.models import Judgement, Pair, Record

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [path("", include("engage.practice.people.urls")), *every_url]
handler404 = "engage.practice.access.doors.not_found"


@pytest.fixture(autouse=True)
def open_for_all(monkeypatch, settings, now):
    settings.AS_AT = now.isoformat()
    monkeypatch.setattr(
        queries, "open_business", [lambda reader: Record.objects.visible_to(reader).values("person_id")]
    )


@pytest.fixture
def browser(people_at_work):
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
def waiting(receiver, now, written, council_record, police_record):
    ids = written(council_record("P1"), police_record("R1", forenames="Eleanor"))
    with acting_as(receiver, now=now):
        link_records(ids, by=receiver, now=now)
        return ids, Pair.objects.visible_to(receiver).get()


def test_a_pair_is_judged_on_its_page_and_taken_back_from_the_child_s(browser, waiting, receiver, now):
    (council, police), pair = waiting
    ewan = browser("ewan")
    assert f"/pairs/{pair.pk}/" in ewan.get("/pairs/").content.decode()
    page = ewan.get(f"/pairs/{pair.pk}/").content.decode()
    assert "Katherine Anne Holden" in page and "Eleanor Holden" in page
    answer = ewan.post(f"/pairs/{pair.pk}/", {"verdict": "same", "reason": ""})
    assert answer.status_code == 200 and "There is a problem" in answer.content.decode()
    answer = ewan.post(f"/pairs/{pair.pk}/", {"verdict": "same", "reason": "Her middle name"})
    assert (answer.status_code, answer["Location"]) == (302, "/pairs/")
    with acting_as(receiver, now=now):
        said = Judgement.objects.visible_to(receiver).get(by_person=True)
    page = ewan.get(f"/children/{police}/records/", follow=True)
    assert page.redirect_chain == [(f"/children/{council}/records/", 302)]
    assert "Her middle name" in page.content.decode()
    undo = f"/children/{council}/records/{said.pk}/undo/"
    assert ewan.get(undo).status_code == 200
    assert ewan.post(undo, {"reason": "They are sisters"}).status_code == 302
    with acting_as(receiver, now=now):
        assert Record.objects.visible_to(receiver).get(pk=police).person_id == police


def test_a_pair_that_is_hidden_answers_as_one_that_does_not_exist(browser, waiting):
    _, pair = waiting
    for address in ("/pairs/{}/", "/children/{}/records/"):
        shown_to_some = pair.pk if "pairs" in address else pair.record_a_id
        for reader in ("nia", "max"):
            client = browser(reader)
            assert client.get(address.format(shown_to_some)).status_code == 404
            for ask in (client.get, client.post):

                def asked(one, ask=ask, address=address):
                    return ask(address.format(one))

                assert told_apart(asked, shown_to_some, uuid4()) == ""


def test_the_list_of_pairs_is_for_who_may_judge(browser, waiting):
    answer = browser("max").get("/pairs/")
    assert answer.status_code == 403
    assert "Only the team" in answer.content.decode()


def test_a_child_is_found_or_created_with_a_reason(browser, waiting, receiver, now):
    (council, _), _ = waiting
    hal = browser("hal")
    assert hal.get("/children/new/").status_code == 200
    typed = {"forenames": "Kate", "surname": "Holden", "age": "14"}
    page = hal.post("/children/new/", {**typed, "do": "find"}).content.decode()
    assert f"/children/{council}/" in page and "Kate is a form of Katherine" in page
    page = hal.post("/children/new/", {**typed, "do": "create"}).content.decode()
    assert f"/children/{council}/" in page  # without a reason nothing is made, and the found stay in view
    answer = hal.post("/children/new/", {**typed, "do": "create", "new_because": "Another family"})
    assert answer.status_code == 302
    made = answer["Location"].split("/")[2]
    assert "Another family" in hal.get(f"/children/{made}/records/").content.decode()


def test_looking_for_a_child_whom_nobody_knows_is_accounted_for_before_a_new_one_is_made(browser):
    hal = browser("hal")
    with watching() as reads:
        page = hal.post("/children/new/", {"forenames": "Zebedee", "surname": "Nobody", "do": "find"})
    assert "No record that you may see fits." in page.content.decode()
    assert (reads.guarded > 0, reads.accounts) == (True, 1)

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import include, path

from engage.config.urls import urlpatterns as every_url
from engage.demo.probing import told_apart, watching
from engage.practice.access.doors import STEPPED_IN
from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember
from engage.practice.people import queries
from engage.practice.people.actions import judge_records, link_records
from engage.practice.people.models import Judgement, Pair, Record

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [path("", include("engage.practice.people.urls")), *every_url]
handler404 = "engage.practice.access.doors.not_found"


@pytest.fixture(autouse=True)
def open_for_all(monkeypatch, settings, now):
    settings.AS_AT = now.isoformat()
    settings.ASK_PURPOSE = (
        False  # what those are shown who see the summary alone; desk/test_who_looked stands at the door
    )
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


def test_a_pair_joined_before_and_contradicted_since_is_asked_about_though_the_two_are_one_person(
    browser, people_at_work, now, sent, person_of, council_record, police_record
):
    katie, _ = sent(council_record("P1"))
    lancashire, _ = sent(council_record("L1", council="LCC-CSC"))
    report, _ = sent(police_record("R1"))
    ewan = people_at_work["ewan"]
    with acting_as(ewan, now=now):
        judge_records(
            record_a=lancashire, record_b=report, verdict="same", reason="Her officer", by=ewan, now=now
        )
    sent(police_record("R1", born_on=None, phone="", addresses=()))
    assert person_of(katie, lancashire, report) == [katie, katie, katie]

    page = browser("ewan").get("/pairs/").content.decode()
    assert "what was sent since speaks against it" in page and "1 pair of records waits" in page
    with acting_as(ewan, now=now):
        pair = queries.pairs_to_decide(ewan).get()
    page = browser("ewan").get(f"/pairs/{pair.pk}/").content.decode()
    assert "what was sent since speaks against it" in page and "nothing more to decide" not in page
    browser("ewan").post(f"/pairs/{pair.pk}/", {"verdict": "same", "reason": "Still her"})
    assert "No pair waits for you" in browser("ewan").get("/pairs/").content.decode()


def test_what_was_said_of_a_withdrawn_record_is_taken_back_on_its_page(
    browser, receiver, now, sent, council_record, police_record
):
    katie, _ = sent(council_record("P1"))
    sent(police_record("R1"))
    sent(police_record("R1", withdrawn=True))
    with acting_as(receiver, now=now):
        said = Judgement.objects.visible_to(receiver).get()
    ewan = browser("ewan")
    undo = f"/children/{katie}/records/{said.pk}/undo/"
    assert undo in ewan.get(f"/children/{katie}/records/").content.decode()
    assert "has withdrawn its record" in ewan.get(undo).content.decode()
    assert ewan.post(undo, {"reason": "It was never her"}).status_code == 302


def test_a_reference_is_shown_to_who_sees_the_record_in_full_and_to_nobody_else(
    browser, receiver, people_at_work, now, sent, council_record, police_record
):
    # A council's number of the child, and the police's of their report, in the table and in the judgements.
    katie, _ = sent(council_record("BWD00431"))
    sent(police_record("MP-2026/0113"))
    records = f"/children/{katie}/records/"
    social_worker = browser("ewan").get(records).content.decode()
    police = browser("amir").get(records).content.decode()
    assert social_worker.count("BWD00431") == 2 and "MP-2026/0113" not in social_worker
    assert police.count("MP-2026/0113") == 2 and "BWD00431" not in police
    for page in (social_worker, police):
        assert "missing report" in page and "list of people" in page
    with acting_as(receiver, now=now):
        CircleMember.objects.create(
            record_id=katie, person_id=katie, staff=people_at_work["ewan"], kind="lead",
            starts_at=now - timedelta(days=1), added_by=receiver,
        )  # fmt: skip
    assert browser("ewan").get(records).content.decode().count("MP-2026/0113") == 2


def test_looking_for_a_child_whom_nobody_knows_is_accounted_for_before_a_new_one_is_made(browser):
    hal = browser("hal")
    with watching() as reads:
        page = hal.post("/children/new/", {"forenames": "Zebedee", "surname": "Nobody", "do": "find"})
    assert "No record that you may see fits." in page.content.decode()
    assert (reads.guarded > 0, reads.accounts) == (True, 1)


@pytest.fixture
def katie(sent, police_record):
    record, _ = sent(police_record("R9", forenames="Katie"))
    return record


def test_the_manager_restricts_a_child_names_anew_and_lifts_it_on_a_page(browser, katie, people_at_work):
    client = browser("grace")
    page = f"/children/{katie}/restriction/"
    assert page in client.get(f"/children/{katie}/").content.decode()
    typed = {"kind": "adoption", "reason": "Invented", "named": [str(people_at_work["ewan"].pk)]}
    assert client.post(page, typed | {"named": []}).status_code == 200  # says what is missing
    assert client.post(page, typed).status_code == 302
    shown = client.get(f"/children/{katie}/").content.decode()
    assert "Restricted." in shown and "Ewan Pickup" in shown and "Grace Whittam" in shown
    assert "Restricted." in browser("ewan").get(f"/children/{katie}/").content.decode()
    for code in ("amir", "carys", "hal"):
        reader = browser(code)
        for address in ("/children/{}/", "/children/{}/restriction/", "/children/{}/records/"):
            assert told_apart(lambda one, by=reader, at=address: by.get(at.format(one)), katie, uuid4()) == ""
            assert reader.get(address.format(katie)).status_code == 404
    again = client.get(page).content.decode()
    assert "Lift the restriction" in again and "checked" in again
    assert client.post(f"{page}lift/", {"reason": "No longer so"}).status_code == 302
    assert "Restricted." not in client.get(f"/children/{katie}/").content.decode()
    assert browser("amir").get(f"/children/{katie}/").status_code == 200
    assert client.get(f"{page}lift/").status_code == 302  # nothing to lift


def test_nobody_but_the_manager_restricts(browser, katie):
    answer = browser("ewan").get(f"/children/{katie}/restriction/")
    assert answer.status_code == 403 and "Only the team manager" in answer.content.decode()


def test_a_conflict_of_interest_is_said_on_a_page_and_ended_by_the_manager(browser, katie, people_at_work):
    amir, grace = browser("amir"), browser("grace")
    page = f"/children/{katie}/conflict/"
    assert page in amir.get(f"/children/{katie}/").content.decode()
    mine = {"whose": str(people_at_work["amir"].pk), "reason": "My sister's child"}
    assert amir.post(page, mine)["Location"] == "/today/"
    assert amir.get(f"/children/{katie}/").status_code == 404
    assert "Conflict of interest" in grace.get("/today/").content.decode()
    assert "My sister&#x27;s child" in grace.get(page).content.decode()
    assert grace.post(page, {"unbar": str(people_at_work["amir"].pk)}).status_code == 302
    assert amir.get(f"/children/{katie}/").status_code == 200


def test_a_pair_says_how_it_was_weighed_from_what_its_reader_sees_and_never_more(
    browser, people_at_work, receiver, now, waiting
):
    # The police's day of birth is hidden from a social worker who does not work with the child: only the month is weighed.
    _, pair = waiting
    ewan = browser("ewan").get(f"/pairs/{pair.pk}/").content.decode()
    assert "How this was weighed" in ewan and "One bit for it doubles" in ewan
    assert "Same date of birth" not in ewan and "Age fits" in ewan and "4.3 for" in ewan
    assert "Given names clearly differ" in ewan and "no program joins such a pair" in ewan
    assert "From 20.0 bits on a program joins by itself" in ewan
    assert "Missing on one side or on both" in ewan and "Child number of the council" in ewan
    assert f"Sum: {pair.weight_bits:.1f}" not in ewan  # the program's own sum would tell what is hidden
    with acting_as(receiver, now=now):
        for record in (pair.record_a_id, pair.record_b_id):
            CircleMember.objects.create(
                record_id=record, person_id=record, staff=people_at_work["ewan"], kind="lead",
                starts_at=now - timedelta(days=1), added_by=receiver,
            )  # fmt: skip
    in_full = browser("ewan").get(f"/pairs/{pair.pk}/").content.decode()
    assert "1 in 4,600 pairs of strangers agree so" in in_full and "12.0 for" in in_full


def test_a_second_opinion_is_asked_and_given_on_the_page_of_the_pair(browser, waiting):
    _, pair = waiting
    address = f"/pairs/{pair.pk}/"
    ewan, amir = browser("ewan"), browser("amir")
    typed = {"verdict": "same", "reason": "Her middle name", "ask_second": "on"}
    assert ewan.post(address, typed).status_code == 302
    assert "No pair waits for you" in ewan.get("/pairs/").content.decode()
    own = ewan.get(address).content.decode()
    assert "a colleague gives it" in own and "textarea" not in own
    page = amir.get(address).content.decode()
    assert "A colleague asks for a second opinion" in page and "Her middle name" not in page
    answered = amir.post(
        address, {"verdict": "sibling", "reason": "Two sisters"}, follow=True
    ).content.decode()
    assert "A colleague answered otherwise" in answered and "Needs attention" in answered
    page = amir.get(address).content.decode()
    assert "Her middle name" in page and "Two sisters" in page and "brothers or sisters" in page


def test_a_repeat_is_shown_as_a_pair_that_nobody_has_decided(browser, waiting, settings):
    _, pair = waiting
    settings.PAIRS_REPEATED_ONE_IN = 1
    address = f"/pairs/{pair.pk}/"
    browser("ewan").post(address, {"verdict": "same", "reason": "Her middle name"})
    own = browser("ewan").get(address).content.decode()
    assert "Somebody has decided this pair" in own and "nothing more to decide" in own
    for page in (
        browser("amir").get(address).content.decode(),
        browser("amir").get("/pairs/").content.decode(),
    ):
        assert "Eleanor Holden" in page
        for word in ("decided", "nothing more to decide", "Her middle name", "repeat"):
            assert word not in page
    answer = browser("amir").post(address, {"verdict": "same", "reason": "Same carer"}, follow=True)
    assert "A colleague decided this pair before" in answer.content.decode()


def test_the_agency_of_a_record_is_asked_with_both_references_as_far_as_the_reader_sees_them(
    browser, waiting, people_at_work
):
    (_, police), pair = waiting
    ewan = browser("ewan")
    page = ewan.get(f"/pairs/{pair.pk}/").content.decode()
    ask = f"/children/{police}/ask/?pair={pair.pk}&amp;record={police}"
    assert ask in page and "Lancashire" in page
    form = ewan.get(ask.replace("&amp;", "&")).content.decode()
    assert "Does your record (missing report, received" in form and "reference P1" in form
    assert "R1" not in form  # the police's own reference is not for who sees the summary alone
    assert people_at_work["amir"].name in form and people_at_work["grace"].name not in form
    for hidden in ("nia", "max"):
        assert browser(hidden).get(ask.replace("&amp;", "&")).status_code in (403, 404)
    assert ewan.get(f"/children/{police}/ask/?pair=x&record=y").status_code == 404

"""Curiosity and mass reading: why somebody looks, what follows where nothing explains it, and who reads that back."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.internal.userkit import user_id_to_str
from django.db import DatabaseError, connection, transaction
from django.test import Client
from masking import masked

from engage.demo.probing import signed_in, watching
from engage.practice.access.doors import READ_BEFORE, SIGN_IN_AGAIN, STEPPED_IN
from engage.practice.access.gate import acting, acting_as
from engage.practice.access.models import CircleMember, ReadingAlarm, UnexplainedLook
from engage.practice.access.who_looked import Asked, looks
from engage.practice.agencies.models import Staff
from engage.practice.people.actions import restrict
from engage.practice.people.models import Record

pytestmark = pytest.mark.django_db

ASKED = "Why do you open this record?"


@pytest.fixture
def person(people_at_work, settings, now):
    """A browser that answers nothing by itself."""
    settings.AS_AT, settings.AS_AT_RUNS_ON = now.isoformat(), False

    def as_(code: str) -> Client:
        client = Client()
        client.cookies = signed_in(people_at_work[code]).cookies
        return client

    return as_


@pytest.fixture
def read_back(people_at_work, now):
    """Entries about a child, or by somebody, as a lead reads them."""

    def read(reader: str = "lena", at=now, **asked):
        who = people_at_work[reader]
        with acting_as(who, now=at):
            return looks(Asked(**asked), reader=who).looks

    return read


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def different_children(town, many: int) -> list[UUID]:
    names = ("Ada Brook", "Mia Stone", "Leo Marsh", "Zoe Field", "Max Thorn", "Ivy Heath")
    return [
        town.child(
            *name.split(), "Hyndburn", born_on=date(2010, 1 + n, 5 + n), phone="", postcode=f"BB5 {n}AB"
        )
        for n, name in enumerate(names[:many])
    ]


def works_with(town, child: UUID, staff, kind: str = "lead") -> None:
    with town.acting():
        CircleMember.objects.create(
            record_id=child, person_id=town.person(child), staff=staff, kind=kind, starts_at=town.now,
            added_by=town.receiver,
        )  # fmt: skip


def test_r11_the_door_asks_once_for_each_child_and_shift_and_work_with_the_child_is_never_asked(
    person, katie, town, people_at_work, settings, read_back, now
):
    child, farah = f"/children/{katie}/", person("farah")
    for address in (child, f"{child}records/", f"{child}?print=1"):
        said = page(farah, address)
        assert ASKED in said and "Holden" not in said and "Prevent or detect crime" not in said
    (first, *_) = reversed(read_back(actor=people_at_work["farah"]))
    assert (first.body["decision"], first.body["subjects"]) == ("purpose_asked", [])
    assert "Katie Holden" in page(farah, "/today/")
    found = farah.post("/search/", {"q": "Katie Holden"}).content.decode()
    assert "Katie Holden" in found and ASKED not in found

    nothing_said = farah.post(child, {"next": child})
    assert (nothing_said.status_code, ASKED in page(farah, child)) == (302, True)
    said = farah.post(child, {"purpose": "protect_this_child", "next": f"{child}records/"})
    assert said["Location"] == f"{child}records/"
    assert (
        farah.post(child, {"purpose": "protect_this_child", "next": "https://x.invalid/"})["Location"]
        == child
    )
    assert "Katie Holden" in page(farah, child) and "Katie Holden" in page(farah, said["Location"])
    assert ("duty", "protect_this_child") in {
        (one.explained, one.body["basis"]) for one in read_back(child=katie) if one.body["action"] == "child"
    }

    works_with(town, katie, people_at_work["ewan"])
    assert "Katie Holden" in page(person("ewan"), child)
    assert {one.explained for one in read_back(child=katie, actor=people_at_work["ewan"])} == {"lead"}
    settings.AS_AT = (now + timedelta(hours=settings.DUTY_SHIFT_HOURS, minutes=1)).isoformat()
    assert ASKED in page(farah, child) and "Katie Holden" in page(person("ewan"), child)


def test_r11_no_purpose_is_asked_for_a_child_who_is_hidden_or_absent(person, elsewhere):
    farah = person("farah")
    hidden, absent = farah.get(f"/children/{elsewhere}/"), farah.get(f"/children/{uuid4()}/")
    assert hidden.status_code == absent.status_code == 404
    assert masked(hidden.content) == masked(absent.content)
    assert farah.post(f"/children/{elsewhere}/", {"purpose": "protect_this_child"}).status_code == 404


def test_r11_a_purpose_stated_outside_the_team_explains_the_look_and_opens_nothing(
    person, town, people_at_work, read_back, now
):
    child = town.child("Ada", "Brook", "Hyndburn", agency="SCHOOLS", register="school-roll")
    iris = person("iris")
    assert ASKED in page(iris, f"/children/{child}/")
    assert iris.post(f"/children/{child}/", {"purpose": "protect_this_child"}).status_code == 302
    assert "Ada Brook" in page(iris, f"/children/{child}/")
    assert read_back(child=child)[0].explained == "stated"
    with acting_as(people_at_work["iris"], now=now), connection.cursor() as cursor:
        cursor.execute("SELECT engage_people()")
        assert (acting().people, cursor.fetchone()[0]) == ((), [])


def test_r11_a_look_that_nothing_explains_waits_for_the_lead_until_it_is_reviewed(
    person, katie, people_at_work, settings, read_back, now
):
    settings.ASK_PURPOSE = False
    farah, olga, lena = person("farah"), person("olga"), person("lena")
    assert "Katie Holden" in page(farah, f"/children/{katie}/")
    page(farah, f"/children/{katie}/")
    assert [one.explained for one in read_back(child=katie)] == ["unexplained", "unexplained"]
    with acting_as(people_at_work["olga"], now=now):
        (look,) = UnexplainedLook.objects.all()
    assert (look.times, look.owner.code, look.looker.code) == (2, "olga", "farah")
    address = f"/access/looks/to-explain/{look.pk}/"
    assert "A look that nothing explains" in page(olga, "/today/")
    # The lead of another agency, and whoever looked while they are not asked, find nothing.
    assert lena.get(address).status_code == farah.get(address).status_code == 404
    assert "why you looked" not in page(farah, "/today/")

    said = page(olga, address)
    assert "Farah Iqbal" in said and "Holden" not in said
    assert olga.post(address, {"deed": "ask"}).status_code == 302
    assert "You are asked why you looked" in page(farah, "/today/")
    assert farah.post(address, {"deed": "close", "verdict": "explained", "because": "x"}).status_code == 200
    assert (
        farah.post(address, {"deed": "answer", "words": "I took the call of her school."}).status_code == 302
    )
    assert "why you looked" not in page(farah, "/today/")
    assert "I took the call of her school." in page(olga, address)
    # What was said once stays as it was said.
    assert "Say why" not in page(farah, address)
    assert farah.post(address, {"deed": "answer", "words": "Something else."}).status_code == 403
    assert "Something else." not in page(olga, address)
    incomplete = olga.post(address, {"deed": "close", "verdict": "explained", "because": ""})
    assert incomplete.status_code == 200 and "There is a problem" in incomplete.content.decode()
    olga.post(address, {"deed": "close", "verdict": "not_justified", "because": "Nobody rang that day."})
    assert "A look that nothing explains" not in page(olga, "/today/")
    with acting_as(people_at_work["olga"], now=now):
        assert UnexplainedLook.objects.get().state == "not_justified"


def test_r11_an_overdue_look_is_laid_before_the_manager_of_the_team(person, katie, settings, now):
    settings.ASK_PURPOSE = False
    page(person("farah"), f"/children/{katie}/")
    grace = person("grace")
    assert "A look that nothing explains" not in page(grace, "/today/")
    settings.AS_AT = (now + timedelta(days=12)).isoformat()
    assert "A look that nothing explains" in page(grace, "/today/")


def test_r11_who_looked_is_read_by_leads_and_by_managers_of_their_own_agency_and_by_nobody_else(
    person, browser, katie, elsewhere, town, people_at_work, now
):
    works_with(town, katie, people_at_work["ewan"])
    for code in ("ewan", "farah", "grace", "carys"):
        page(browser(code), f"/children/{katie}/")
    amir = browser("amir")
    amir.post(f"/children/{katie}/", {"purpose": "prevent_or_detect_crime"})
    page(amir, f"/children/{katie}/")
    with town.acting():
        reference = Record.objects.visible_to(town.receiver).get(pk=katie).reference

    lena, address = person("lena"), f"/access/looks/children/{katie}/"
    assert lena.post("/access/looks/", {"reference": reference})["Location"] == address
    said = page(lena, address)
    for shown in (
        "Ewan Pickup",
        "Farah Iqbal",
        "PC Amir Latif",
        "Lead worker",
        "Prevent or detect crime",
        "Purpose",
    ):
        assert shown in said
    assert "Holden" not in said
    assert "Lena Marsden" in page(lena, address)  # her own reading stands in it the next time
    grace = page(person("grace"), address)
    assert "Grace Whittam" in grace and "Farah Iqbal" not in grace and "Lena Marsden" not in grace
    assert person("ewan").get(address).status_code == 403
    with acting_as(people_at_work["ewan"], now=now), pytest.raises(DatabaseError), transaction.atomic():
        looks(Asked(actor=people_at_work["farah"]), reader=people_at_work["ewan"])

    told = page(lena, f"{address}told/")
    assert (
        "Your social worker looked at" in told
        and "because they are the worker who looks after your plan" in told
    )
    assert (
        "A health worker looked at" in told
    )  # of the drugs service: not said to whoever reads over a shoulder
    assert "Left out: " in told
    for name in ("Pickup", "Latif", "Duxbury", "Drug", "police officer"):
        assert name not in told.split("<main")[1].split("</main")[0].replace("while the police try", "")

    by_farah = page(lena, f"/access/looks/people/{people_at_work['farah'].pk}/")
    assert "The child’s record" in by_farah and "Asked" not in by_farah
    assert "Carys Duxbury" in page(lena, "/access/looks/agencies/ELDA/")
    assert "No look of theirs" in page(person("grace"), "/access/looks/agencies/ELDA/")

    # A restricted child for whom the lead is not named, one whom the manager does not see, and none at all.
    with acting_as(people_at_work["grace"], now=now):
        restrict(person_id=katie, kind="high_profile", reason="Invented", named=[people_at_work["ewan"]], by=people_at_work["grace"], now=now)  # fmt: skip
    nowhere = uuid4()

    def asked(client, child):
        return masked(client.get(f"/access/looks/children/{child}/").content).replace(str(child), "the child")

    assert asked(lena, katie) == asked(lena, nowhere)
    assert asked(person("grace"), elsewhere) == asked(person("grace"), nowhere)
    assert lena.post("/access/looks/", {"reference": reference}).status_code == 200


def test_asking_whom_a_number_names_stands_in_the_account_whether_or_not_it_names_anybody(
    person, katie, town
):
    with town.acting():
        reference = Record.objects.visible_to(town.receiver).get(pk=katie).reference
    lena = person("lena")
    for number in (reference, "LC-0000-000000"):
        with watching() as reads:
            lena.post("/access/looks/", {"reference": number})
        assert (reads.guarded > 0, reads.accounts) == (True, 1)


def test_r11_looks_are_paged_newest_first_and_narrowed_by_day(browser, katie, people_at_work, settings, now):
    settings.AS_AT_RUNS_ON = False
    ewan = browser("ewan")
    for minutes in range(5):
        settings.AS_AT = (now + timedelta(minutes=minutes)).isoformat()
        page(ewan, f"/children/{katie}/")
    later = now + timedelta(hours=1)
    with acting_as(people_at_work["lena"], now=later) as context:
        seen, before = [], ""
        while True:
            part = looks(Asked(child=katie), reader=context.staff, before=before, most=2)
            seen += [one.at for one in part.looks]
            before = part.older_before
            if not before:
                break
        # The purpose stated and the form it came by, and five looks.
        assert seen == sorted(seen, reverse=True) and len(seen) == 7
        only = looks(Asked(child=katie, since=now + timedelta(minutes=3)), reader=context.staff).looks
        assert [one.at for one in only] == [now + timedelta(minutes=4), now + timedelta(minutes=3)]


def test_r16_reading_very_many_raises_an_alarm_with_an_owner_and_stops_until_signed_in_again(
    browser, person, town, people_at_work, settings, now
):
    settings.OPENED_ALARM, settings.OPENED_SIGN_IN_AGAIN, settings.AS_AT_RUNS_ON = 2, 4, False
    children = different_children(town, 6)
    hal, lena, grace = browser("hal"), person("lena"), person("grace")

    def opened(client, child):
        return client.get(f"/children/{child}/")

    for child in children[:2]:
        assert opened(hal, child).status_code == 200
    page(hal, f"/children/{children[0]}/")  # the same child again is no other child
    assert "An alarm about reading" not in page(lena, "/today/")
    assert opened(hal, children[2]).status_code == 200
    assert "An alarm about reading" in page(lena, "/today/")
    assert "An alarm about reading" not in page(grace, "/today/")  # while the lead may still take it

    assert opened(hal, children[3]).status_code == opened(hal, children[4]).status_code == 200
    for child in (children[5], children[0], uuid4()):  # stopped, whether there is such a child or not
        assert opened(hal, child)["Location"] == "/step-in/"
    assert "Mia Stone" in hal.post("/search/", {"q": "Mia Stone"}).content.decode()
    with acting_as(people_at_work["lena"], now=now):
        (alarm,) = ReadingAlarm.objects.all()
    assert (alarm.counted, alarm.owner.code, alarm.contained_at) == (5, "lena", now)
    assert person("hal").get(f"/access/alarms/{alarm.pk}/").status_code == 403

    # Who shows again that it is they reads on, and is stopped again after as many more.
    session = hal.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "at": session[SIGN_IN_AGAIN]["since"] + 1, "reauthenticated": True}
    ]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(people_at_work["hal"].user)
    session.save()
    assert opened(hal, children[5]).status_code == 200
    assert hal.session[READ_BEFORE]["opened"] == 5 and SIGN_IN_AGAIN not in hal.session

    # So does who steps in again, or signs in anew at their agency: a session that knows nothing of the one before.
    anew, by_agency = browser("hal"), person("hal")
    session = by_agency.session
    del session[STEPPED_IN]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "agency", "at": 0, "second_factor": True, "reauthenticated": True}
    ]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(people_at_work["hal"].user)
    session.save()
    for client in (anew, by_agency):
        assert opened(client, children[0]).status_code == opened(client, children[1]).status_code == 200
        assert client.session[READ_BEFORE]["opened"] == 5

    settings.AS_AT = (now + timedelta(hours=settings.ALARM_TAKEN_WITHIN_HOURS)).isoformat()
    assert "laid before the team manager" in page(grace, "/today/")
    address = f"/access/alarms/{alarm.pk}/"
    assert lena.post(address, {"deed": "take"}).status_code == 302
    assert "An alarm about reading" not in page(grace, "/today/")
    assert "Taken, not settled" in page(lena, "/today/")
    settled = {"deed": "settle", "outcome": "justified", "words": "The helpline worked through its list."}
    assert lena.post(address, settled).status_code == 302
    assert "An alarm about reading" not in page(lena, "/today/")
    assert "The helpline worked through its list." in page(lena, address)


def test_r16_reading_very_many_on_lists_raises_an_alarm_too(browser, person, town, settings):
    settings.LISTED_ALARM = 2
    for child in different_children(town, 3):
        town.missing(child)
    page(browser("hal"), "/today/")
    said = page(person("lena"), "/access/looks/to-explain/")
    assert "Hal Nuttall" in said and "read on lists or exported" in said


def test_r16_reading_one_child_after_another_by_search_raises_an_alarm_too(browser, person, town, settings):
    settings.LISTED_ALARM = 2
    hal, lena = browser("hal"), person("lena")
    for child, name in zip(different_children(town, 3), ("Ada Brook", "Mia Stone", "Leo Marsh"), strict=True):
        assert "Hal Nuttall" not in page(lena, "/access/looks/to-explain/"), child
        assert name in hal.post("/search/", {"q": name}).content.decode()
    said = page(lena, "/access/looks/to-explain/")
    assert "Hal Nuttall" in said and "3 children read on lists or exported" in said


def test_r16_a_number_tried_stands_in_the_account_found_or_not_and_followed_or_not(
    person, katie, town, people_at_work, read_back
):
    with town.acting():
        reference = Record.objects.visible_to(town.receiver).get(pk=katie).reference
    lena = person("lena")
    assert lena.post("/access/looks/", {"reference": "999 000 0018"}).status_code == 200
    assert lena.post("/access/looks/", {"reference": reference}).status_code == 302
    tried = [one.body for one in read_back(actor=people_at_work["lena"])]
    assert sorted((one["action"], one["subjects_count"], one["explained"]) for one in tried) == [
        ("ask_who_looked", 0, ""),
        ("ask_who_looked", 1, "looks_after_access"),
    ]
    assert [one.body["action"] for one in read_back(child=katie, actor=people_at_work["lena"])] == [
        "ask_who_looked"
    ]
    assert person("grace").post("/access/looks/", {"reference": "999 000 0018"}).status_code == 200
    assert [one.body["action"] for one in read_back(actor=people_at_work["grace"])] == ["ask_who_looked"]


def test_r16_an_alarm_that_was_taken_stays_in_sight_and_another_lead_takes_it_over_where_it_is_not_settled(
    browser, person, town, people_at_work, settings, now
):
    settings.OPENED_ALARM, settings.AS_AT_RUNS_ON = 0, False
    (child,) = different_children(town, 1)
    page(browser("farah"), f"/children/{child}/")
    olga, other = person("olga"), people_at_work["lena"]
    other.agency = people_at_work["olga"].agency
    other.save(update_fields=["agency"])
    lena = person("lena")
    with acting_as(other, now=now):
        address = f"/access/alarms/{ReadingAlarm.objects.get().pk}/"
    assert olga.post(address, {"deed": "take"}).status_code == 302
    said = page(lena, "/today/")
    assert "An alarm about reading" in said and f"by {people_at_work['olga'].name}" in said
    assert lena.post(address, {"deed": "take"}).status_code == 403
    settings.AS_AT = (now + timedelta(days=12)).isoformat()
    assert "Take this alarm" not in page(olga, address)
    assert "Take this alarm" in page(lena, address)
    assert lena.post(address, {"deed": "take"}).status_code == 302
    assert olga.post(address, {"deed": "settle", "outcome": "justified", "words": "x"}).status_code == 403
    settled = {"deed": "settle", "outcome": "justified", "words": "A list that she works through."}
    assert lena.post(address, settled).status_code == 302
    assert lena.post(address, {"deed": "take"}).status_code == 403


@pytest.mark.parametrize("gone", [{"status": "suspended"}, {"role": "social_worker"}])
def test_r11_a_look_whose_lead_is_no_lead_any_more_is_seen_by_every_lead(
    gone, person, katie, people_at_work, settings
):
    settings.ASK_PURPOSE, settings.OPENED_ALARM = False, 0
    page(person("farah"), f"/children/{katie}/")
    lena, here = person("lena"), "/access/looks/to-explain/"
    assert "Farah Iqbal" not in page(lena, here)
    Staff.objects.filter(code="olga").update(**gone)
    said = page(lena, here)
    assert "A look that nothing explains" in page(lena, "/today/")
    assert said.count("Farah Iqbal") == 2  # the look and the alarm
    assert "Farah Iqbal" not in page(person("grace"), here)

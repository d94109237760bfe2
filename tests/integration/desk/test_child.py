import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from masking import masked

from engage.demo.team import PERSONAS
from engage.desk.why import IN_CIRCLE
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import Barred, CircleMember, Label
from engage.practice.agencies.models import Agency
from engage.practice.people.actions import judge_records
from engage.practice.screening.actions import open_first_looks, open_with_purpose, take

pytestmark = pytest.mark.django_db

SEES_NO_CHILD = {"max", "kit", "lena", "olga"}


def audit_entries(queries) -> int:
    return sum('INSERT INTO "access_auditentry"' in query["sql"] for query in queries)


def join_circle(town, record, staff, kind="lead", named=False):
    with town.acting():
        CircleMember.objects.create(
            record_id=record,
            person_id=town.person(record),
            staff=staff,
            kind=kind,
            named=named,
            starts_at=town.now,
            added_by=town.receiver,
        )


@pytest.mark.parametrize("code", [persona[0] for persona in PERSONAS])
def test_every_answer_about_a_child_is_accounted_for_once(code, browser, katie, settings):
    settings.ASK_PURPOSE = False  # what the door does is told of in test_who_looked
    with CaptureQueriesContext(connection) as caught:
        answer = browser(code).get(f"/children/{katie}/")
    assert answer.status_code in ((403,) if code in SEES_NO_CHILD else (200, 404))
    assert audit_entries(caught.captured_queries) == 1


def test_where_the_door_asks_nothing_the_team_sees_the_summary_and_more_after_saying_why(
    browser, katie, settings
):
    settings.ASK_PURPOSE = False
    farah = browser("farah")
    summary = farah.get(f"/children/{katie}/").content.decode()
    assert "Katie Holden" in summary and "Missing now: 31 hours" in summary
    assert "Why do you need to see more?" in summary
    for hidden in (
        "4 March 2012",
        "1 Mill Lane",
        "Invented High School",
        "a car she did not know",
        "inhaler",
    ):
        assert hidden not in summary
    refused = farah.post(f"/children/{katie}/", {})
    assert (
        refused.status_code == 302 and "4 March 2012" not in farah.get(f"/children/{katie}/").content.decode()
    )
    opened = farah.post(f"/children/{katie}/", {"purpose": "protect_this_child"})
    assert (opened.status_code, opened["Location"]) == (302, f"/children/{katie}/")
    more = farah.get(f"/children/{katie}/").content.decode()
    for shown in ("4 March 2012", "1 Mill Lane", "Invented High School", "a car she did not know", "inhaler"):
        assert shown in more
    assert "Why do you need to see more?" not in more


def test_the_purpose_stated_on_duty_is_the_purpose_of_that_child_s_pages_and_of_no_other(
    browser, katie, town, settings
):
    settings.ASK_PURPOSE = False
    other = town.child("Ada", "Brook", "Hyndburn")
    town.missing(other)
    amir = browser("amir")
    child = f"/children/{katie}/"

    def accounted(address):
        with CaptureQueriesContext(connection) as caught:
            assert amir.get(address).status_code == 200
        (entry,) = (q["sql"] for q in caught if 'INSERT INTO "access_auditentry"' in q["sql"])
        return tuple(re.search(rf'"{name}": "([a-z_]*)"', entry)[1] for name in ("purpose", "basis"))

    assert accounted(child) == ("protect_this_child", "")
    assert amir.post(child, {"purpose": "prevent_or_detect_crime"}).status_code == 302
    crime = "prevent_or_detect_crime"
    for address in (child, f"{child}records/", f"/first-looks/{katie}/"):
        assert accounted(address) == (crime, crime)
    page = amir.get(child).content.decode()
    episode = re.search(r'href="(/episodes/[^"]+/)"', page)[1]
    assert accounted(episode) == ("protect_this_child", crime)
    for address in ("/today/", f"/children/{other}/"):
        assert accounted(address) == ("protect_this_child", "")


def test_a_purpose_that_no_agreement_covers_opens_nothing_and_closes_nothing(
    browser, katie, people_at_work, now
):
    with (
        acting_as(people_at_work["farah"], now=now) as context,
        pytest.raises(NotPermitted, match="No agreement"),
    ):
        open_with_purpose(katie, purpose="answer_a_request", by=context.staff, now=now)
    assert browser("farah").get(f"/children/{katie}/").status_code == 200


def test_nobody_outside_a_health_service_learns_which_one_gave_advice(browser, katie, town, people_at_work):
    join_circle(town, katie, people_at_work["ewan"])
    page = browser("ewan").get(f"/children/{katie}/").content.decode()
    assert "Carry her inhaler." in page and "a health service" in page
    assert "note of the clinic" not in page
    # Named once, among all agencies whose files arrive at all.
    assert page.count("East Lancashire Sexual Health Service") == 1


def test_whom_to_ring_is_the_social_worker_and_the_circle_with_their_agencies_numbers(
    browser, katie, town, people_at_work
):
    join_circle(town, katie, people_at_work["ewan"])
    page = browser("ewan").get(f"/children/{katie}/").content.decode()
    assert "Social worker Sam Invented" in page and "01632 960102" in page
    assert "Ewan Pickup, social worker" in page


def test_a_colleague_of_a_health_or_drugs_service_is_a_team_worker_unless_the_service_lets_it_be_named(
    browser, katie, town, people_at_work
):
    for code in ("ewan", "amir", "carys", "dina"):
        join_circle(town, katie, people_at_work[code])

    def said_to(code):
        page = browser(code).get(f"/children/{katie}/").content.decode()
        return page.split("What you do not see")[0]  # below, all agencies whose files arrive are named

    page = said_to("ewan")
    assert "PC Amir Latif, Lancashire Constabulary" in page and "01632 960101" in page
    for name in ("Dina Okafor", "Carys Duxbury"):
        assert f"{name}, a team worker" in page
    for hint in ("Sexual Health Service", "Drug and Alcohol", "01632 960104", "01632 960105"):
        assert hint not in page
    assert "Dina Okafor, East Lancashire Sexual Health Service" in said_to("dina")
    Agency.objects.filter(code="ELDA").update(may_be_named_to_the_circle=True)
    page = said_to("ewan")
    assert "Carys Duxbury, Young People’s Drug and Alcohol Service" in page.replace("&#x27;", "’")
    assert "01632 960105" in page and "Sexual Health Service" not in page


def test_that_somebody_holds_a_look_is_told_to_those_alone_who_see_the_look(
    browser, town, people_at_work, now
):
    record = town.child("Ada", "Brook", "Hyndburn")
    town.fact(record, "cse_flag", "yes", "C06", label=Label.RESTRICTED)
    person = town.person(record)
    for code, named in (("ewan", False), ("amir", True), ("grace", True)):
        join_circle(town, record, people_at_work[code], named=named)
    open_first_looks({person}, now=now)
    with acting_as(people_at_work["amir"], now=now) as context:
        take(person, by=context.staff, now=now)
    for code, told in (("ewan", False), ("grace", True)):
        page = browser(code).get(f"/children/{person}/").content.decode().lower()
        assert ("holds the first look" in page) == told
        assert "pc amir latif" in page


def test_a_child_of_another_area_answers_as_one_who_does_not_exist(browser, elsewhere, katie):
    for code, hidden in (("ewan", elsewhere), ("nia", katie), ("iris", katie)):
        client = browser(code)
        told, absent = client.get(f"/children/{hidden}/"), client.get(f"/children/{uuid4()}/")
        assert told.status_code == absent.status_code == 404
        assert masked(told.content) == masked(absent.content)
        assert dict(told.headers) == dict(absent.headers)
        assert client.post(f"/children/{hidden}/", {"purpose": "protect_this_child"}).status_code == 404


def test_an_officer_barred_from_a_child_finds_nothing_of_it(browser, katie, town, people_at_work):
    amir = people_at_work["amir"]
    assert browser("amir").get(f"/children/{katie}/").status_code == 200
    with town.acting():
        Barred.objects.create(
            record_id=katie, person_id=katie, staff=amir, added_at=town.now, added_by=town.receiver
        )
    assert browser("amir").get(f"/children/{katie}/").status_code == 404
    assert "Holden" not in browser("amir").get("/today/").content.decode()


def test_a_hidden_health_record_changes_no_byte_of_a_colleague_s_page(browser, katie, town, people_at_work):
    join_circle(town, katie, people_at_work["ewan"])
    client = browser("ewan")
    before = client.get(f"/children/{katie}/").content
    town.fact(katie, "clinical_note", "A second invented note.", "C10", agency="ELSH")
    assert masked(client.get(f"/children/{katie}/").content) == masked(before)


def test_a_former_address_of_a_child_leads_to_the_present_one(browser, katie, town, people_at_work):
    other = town.child("Katherine", "Holden-Lane", "Blackburn with Darwen", born_on=None, phone="")
    with acting_as(people_at_work["grace"], now=town.now):
        judge_records(
            record_a=katie,
            record_b=other,
            verdict="same",
            reason="Her school says so",
            by=people_at_work["grace"],
            now=town.now,
        )
    answer = browser("ewan").get(f"/children/{other}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/children/{katie}/")


def test_the_timeline_is_drawn_without_inline_style_and_said_in_a_table(browser, katie, town):
    town.missing(katie, hours=400, back_hours=390, grade="medium")
    page = browser("ewan").get(f"/children/{katie}/").content.decode()
    assert page.count('<rect class="engage-timeline__episode') == 2
    assert "2 times missing" in page and "The timeline as a table" in page
    assert " style=" not in page and "<style" not in page


def test_the_page_says_when_files_arrived_and_that_silence_is_not_no_concern(browser, katie):
    page = browser("ewan").get(f"/children/{katie}/").content.decode()
    assert "not “no concern”" in page and "last arrived" in page and "Lantern Helpline" in page


def test_the_print_view_says_who_printed_it(browser, katie):
    page = browser("ewan").get(f"/children/{katie}/?print=1").content.decode()
    assert "Printed from Engage by Ewan Pickup" in page
    assert "Katie Holden" in page


def test_thirty_times_missing_take_as_many_statements_as_one(browser, katie, town, people_at_work):
    join_circle(town, katie, people_at_work["ewan"])
    client = browser("ewan")

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(f"/children/{katie}/").status_code == 200
        return len(caught.captured_queries)

    few = statements()
    for number in range(2, 31):
        town.missing(katie, hours=100 * number, back_hours=100 * number - 10)
        town.fact(katie, "school", f"Invented School {number}", "C13", agency="BWD-CSC")
    assert statements() <= few
    assert few <= 55


def why(page: str) -> str:
    return page.partition("Why may I see this?")[2].partition("</details>")[0]


def test_the_page_says_why_its_reader_may_see_it(browser, katie, town, people_at_work):
    join_circle(town, katie, people_at_work["ewan"])
    said = why(browser("ewan").get(f"/children/{katie}/").content.decode())
    assert "in the area of your team, Engage" in said
    assert "Engage information-sharing agreement 2026 (version 1)" in said
    assert "Purpose: protect this child" in said
    assert "You lead" in said or "You work with" in said or "on duty" in said
    outside = why(browser("farah").get(f"/children/{katie}/").content.decode())
    assert outside and "You lead" not in outside and "You work with" not in outside


@pytest.mark.parametrize("kind", CircleMember.Kind.values)
def test_every_reason_to_work_with_a_child_has_its_sentence(kind):
    assert IN_CIRCLE[kind]

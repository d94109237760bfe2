import re
from uuid import uuid4

import pytest

from engage.demo.probing import told_apart
from engage.practice.access.doors import STEPPED_IN, clock
from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember, Label
from engage.practice.agencies.models import Staff
from engage.practice.screening.actions import decide, take

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.screening.screening_urls")]

SAME_TEXT = "What cannot be seen here is not the same as no concern."


@pytest.fixture
def browse(client, people_at_work, settings, now):
    settings.AS_AT = now.isoformat()
    settings.ASK_PURPOSE = (
        False  # what those are shown who see the summary alone; desk/test_who_looked stands at the door
    )

    def as_somebody(code):
        client.force_login(
            people_at_work[code].user, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        session = client.session
        session[STEPPED_IN] = True
        session.save()
        return client

    assert clock() >= now
    return as_somebody


@pytest.fixture
def worried_about(world):
    record = world.child()
    world.report(record, grade="high")
    world.fact(record, "cse_flag")
    world.fact(record, "health_safety_summary", "Carries no phone.", "C26", "ELSH", Label.SUMMARY)
    world.open(record)
    return world.person(record)


def test_the_list_shows_the_child_and_explains_its_order(browse, worried_about):
    page = browse("ewan").get("/first-looks/").content.decode()
    assert "Katie Holden" in page and "Immediate danger" in page
    assert "Order: children in immediate danger first" in page
    assert "data-key-rows" in page
    assert "Nobody yet" in page


@pytest.mark.parametrize("query", ["?state=mine", "?district=Burnley", "?with_clock=on"])
def test_filters_leave_out_who_does_not_fit(browse, worried_about, query):
    page = browse("ewan").get(f"/first-looks/{query}").content.decode()
    assert "Katie Holden" not in page
    assert "No first look fits these choices." in page


def test_take_decide_and_see_the_judgement(browse, worried_about, world):
    client = browse("ewan")
    address = f"/first-looks/{worried_about}/"
    before = client.get(address).content.decode()
    assert SAME_TEXT in before and "flag sexual" not in before and "Take this first look before" in before
    assert client.post(f"{address}take/").status_code == 302
    taken = client.get(address).content.decode()
    assert SAME_TEXT in taken
    assert "The police flag sexual exploitation." in taken
    # Every agency is named where the page says when files last arrived, and nowhere else.
    reasons = taken.split("When each agency")[0]
    assert "Carries no phone." in reasons and "a health service" in reasons
    assert "Sexual Health Service" not in reasons
    wrong = client.post(address, {"level": "possible"}).content.decode()
    assert "Error:" in wrong and "Enter reason" in wrong
    answers = {
        "level": "possible",
        "reason": "Seen with older people.",
        "next_step": "Visit.",
        "review_on_day": "1",
        "review_on_month": "12",
        "review_on_year": "2026",
    }
    assert client.post(address, answers).status_code == 302
    assert client.post(address, answers).status_code == 302
    judged = client.get(address).content.decode()
    assert "Seen with older people." in judged and "Look again" in judged
    summary = browse("farah").get(address).content.decode()
    assert "Possible" in summary and "Seen with older people." not in summary


def test_hand_back_puts_the_child_back_on_the_list(browse, worried_about):
    client = browse("ewan")
    client.post(f"/first-looks/{worried_about}/take/")
    assert client.post(f"/first-looks/{worried_about}/hand-back/").status_code == 302
    assert "Nobody yet" in client.get("/first-looks/?state=nobody").content.decode()


@pytest.mark.parametrize("deed", ["", "take/", "hand-back/"])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("code", ["nia", "jun"])
def test_hidden_is_the_same_as_absent(browse, worried_about, deed, method, code):
    client = browse(code)

    def ask(person):
        return getattr(client, method)(f"/first-looks/{person}/{deed}")

    assert ask(worried_about).status_code in (404, 405)
    assert told_apart(ask, worried_about, uuid4()) == ""


def test_who_may_not_take_is_told_why(browse, world):
    record = world.child(agency="SCHOOLS", register="referrals")
    world.referral(record)
    world.open(record)
    client = browse("iris")
    person = world.person(record)
    assert "Only the team" in client.get(f"/first-looks/{person}/").content.decode()
    refused = client.post(f"/first-looks/{person}/take/")
    assert refused.status_code == 403
    assert "Only the team takes first looks." in refused.content.decode()


def test_how_many_reasons_a_judgement_had_tells_nobody_of_rows_hidden_from_them(
    browse, world, people_at_work, now
):
    """Ewan and Sam work for one council, so that Sam reads Ewan's judgement without working with the child."""
    ewan = people_at_work["ewan"]
    sam = Staff.objects.get(pk=people_at_work["farah"].pk)
    sam.agency, sam.team = ewan.agency, ewan.team
    sam.save()
    pages = []
    for number, hidden in enumerate((0, 2)):
        record = world.child(f"R{number}")
        world.report(record, f"P{number}")
        for _ in range(hidden):
            world.fact(record, "grade_reason", "Seen with older people.")
        world.open(record)
        person = world.person(record)
        with acting_as(ewan, now=now) as context:
            take(person, by=context.staff, now=now)
            decide(
                person,
                level="possible",
                reason="As told.",
                next_step="Visit.",
                review_on=now.date(),
                by=context.staff,
                now=now,
            )
        page = browse("farah").get(f"/first-looks/{person}/").content.decode()
        assert "As told." in page
        pages.append(re.findall(r"Looked at again on [^<]*", page))
    assert pages[0] == pages[1]


def test_a_helpline_worker_reads_on_the_page_why_a_restricted_look_is_not_theirs(
    browse, world, people_at_work
):
    record = world.child()
    world.fact(record, "cse_flag", label=Label.RESTRICTED)
    world.open(record)
    person = world.person(record)
    with world.acting():
        CircleMember.objects.create(
            record_id=record,
            person_id=person,
            staff=people_at_work["hal"],
            kind=CircleMember.Kind.LEAD,
            named=True,
            starts_at=world.now,
            added_by=world.receiver,
        )
    client = browse("hal")
    page = client.get(f"/first-looks/{person}/").content.decode()
    assert "your role writes no restricted judgement" in page and "Take this first look</button>" not in page
    assert client.post(f"/first-looks/{person}/take/").status_code == 403

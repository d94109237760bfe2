"""Where a protected child is: for those alone whom the lead names, behind both walls, through joining and un-joining."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection

from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.guarded import GuardedManager
from engage.practice.access.models import CircleMember
from engage.practice.contact import outgoing
from engage.practice.contact.leaving import Words, looked_at
from engage.practice.missing.actions.reports import PlacesInput
from engage.practice.people.actions import (
    bar,
    judge_pair,
    judge_records,
    lift_location,
    protect_location,
    restrict,
    undo,
)
from engage.practice.people.finding import SearchTerms, find
from engage.practice.people.models import Judgement, Pair
from engage.practice.people.queries import location_kept_back
from engage.practice.sharing import actions
from engage.practice.sharing.offer import offered

pytestmark = pytest.mark.django_db
SECRET = ("Mill Lane", "BB1 1AA", "900123", "Invented High", "Safe Street", "bus station", "900452")
REASON = "Her father must not find her"


@pytest.fixture
def child(town, katie, works_with, way):
    """Katie, of whom everything that says where she is is told; Ewan, Amir and Beth work with her."""
    town.missing(katie, hours=5, places=PlacesInput(last_seen_place="The bus station"))
    works_with(katie, "ewan", "amir", "beth", "grace")
    way()
    return katie


@pytest.fixture
def protect(people_at_work, at, now):
    def do(person_id, *named: str, by="grace", moment=now):
        with at(by, moment):
            protect_location(
                person_id=person_id, reason=REASON, named=[people_at_work[one] for one in named],
                by=people_at_work[by], now=moment,
            )  # fmt: skip

    return do


@pytest.fixture
def told(people_at_work, at, now):
    """Rows on where the child is that somebody sees: of every table, by the first wall and by the database alone."""

    def read(code: str, person_id) -> set:
        found: dict[str, set] = {"program": set(), "database": set()}
        reader = people_at_work[code]
        with at(code):
            for model in apps.get_models():
                if not (
                    isinstance(model._default_manager, GuardedManager) and hasattr(model, "compartment_id")
                ):
                    continue
                rows = model.objects.visible_to(reader).filter(person_id=person_id)
                rows = rows.filter(compartment__category__in=("C01L", "C03P", "C13"))
                found["program"] |= set(rows.values_list("pk", flat=True))
                with connection.cursor() as cursor:
                    cursor.execute(
                        f"SELECT t.id FROM {model._meta.db_table} t JOIN access_compartment c ON c.id = t.compartment_id"
                        " WHERE t.person_id = %s AND c.category IN ('C01L', 'C03P', 'C13')",
                        [person_id],
                    )
                    found["database"] |= {pk for (pk,) in cursor.fetchall()}
        assert found["program"] == found["database"]
        return found["program"]

    return read


def test_r3_a_protected_location_is_for_those_named_alone_behind_both_walls_and_everything_else_stays(
    child, protect, told, people_at_work, at
):
    before = {code: told(code, child) for code in ("ewan", "amir", "grace")}
    assert all(before.values())
    protect(child, "ewan")
    assert {code: told(code, child) for code in before} == before | {"amir": set()}
    with at("amir"):
        assert location_kept_back(child, people_at_work["amir"]) is None
    with at("ewan"):
        assert location_kept_back(child, people_at_work["ewan"]).reason == REASON


def test_r3_a_location_value_appears_nowhere_for_a_member_of_the_circle_who_is_not_named(
    child, protect, people_at_work, browser, at, now, town
):
    named, other = browser("ewan"), browser("amir")
    protect(child, "ewan")
    pages = [
        "/today/", "/today/missing/all/", "/today/awaiting/all/", f"/children/{child}/", f"/children/{child}/?print=1",
        f"/children/{child}/contact/", f"/children/{child}/share/", f"/children/{child}/records/", f"/first-looks/{child}/",
    ]  # fmt: skip
    with at("amir"):
        from engage.practice.missing.queries import episodes_of

        pages += [f"/episodes/{one.id}/" for one in episodes_of(child, people_at_work["amir"])]
    shown = {page: other.get(page) for page in pages}
    assert all(answer.status_code == 200 for answer in shown.values())
    found = {
        (page, word) for page, answer in shown.items() for word in SECRET if word in answer.content.decode()
    }
    assert found == set()
    seen = "".join(named.get(page).content.decode() for page in pages)
    assert [word for word in SECRET[:-1] if word not in seen] == []
    for terms in (SearchTerms(numbers=("07700 900123",)), SearchTerms(numbers=("BB1 1AA",))):
        for code, finds in (("ewan", True), ("amir", False)):
            with at(code):
                people = {one.person_id for one in find(terms, people_at_work[code], now).candidates}
                assert (child in people) is finds
    with at("amir"):  # the child itself is found as before, and the area is as before
        assert child in {
            one.person_id
            for one in find(SearchTerms("Katie", "Holden"), people_at_work["amir"], now).candidates
        }
        assert "Blackburn" in shown[f"/children/{child}/"].content.decode()


def test_r3_a_place_of_a_protected_child_leaves_to_nobody_who_is_not_named(
    child, protect, people_at_work, at, now, way
):
    protect(child, "ewan")
    ewan = people_at_work["ewan"]
    with at("ewan"):
        keys = [item.key for item in offered(child, ewan) if item.category == "C01L"]
        assert "only those whom the lead named" in " ".join(
            actions.prepare(child, keys, people_at_work["amir"], ewan).refused
        )
        assert not looked_at(
            child, [Words("Text", "She lives at 1 Mill Lane")], people_at_work["grace"], ewan, now
        )
    mother = way(whose="carer", whose_name="Her mother", value="5 Other Road, Blackburn BB2 2BB")
    with at("ewan"):
        for text in ("Come to 1  MILL-LANE, as before.", "Ring her on 07700 900-123.", "+44 7700 900123"):
            letter = {"subject": "Meeting", "text": text, "by": ewan, "now": now}
            assert outgoing.prepare_letter(child, mother, **letter).findings[0].refused, text


def test_the_strictest_wins_when_records_are_joined_and_stays_when_they_are_taken_apart(
    child, protect, told, town, works_with, people_at_work, at, now
):
    other = town.child(
        "Josephine", "Holden", "Hyndburn", phone="07700 900778", postcode="BB5 1AA", born_on=None
    )
    works_with(other, "amir", "grace")
    assert told("amir", other)
    protect(child, "ewan")
    grace = people_at_work["grace"]
    with at("grace"):
        judge_records(record_a=child, record_b=other, verdict="same", reason=REASON, by=grace, now=now)
    assert town.person(other) == town.person(child)
    assert not told("amir", town.person(child)) and told("ewan", town.person(child))
    with at("grace"):
        said = Judgement.objects.visible_to(grace).get(verdict="same", by_person=True)
        undo(judgement_id=said.pk, reason=REASON, by=grace, now=now)
    assert not told("amir", other) and not told("amir", child)
    with at("grace"):
        lift_location(person_id=other, reason="It was another child", by=grace, now=now)
    assert told("amir", other) and not told("amir", child)


def test_an_update_that_comes_with_another_file_is_protected_like_the_child_and_a_likeness_until_somebody_has_said(
    child, protect, told, town, works_with, people_at_work, at, now
):
    protect(child, "ewan")
    update = town.child(
        "Katie", "Holden", "Blackburn with Darwen", agency="BWD-CSC", register="social-care-people"
    )
    assert town.person(update) == town.person(child) and not told("amir", town.person(child))
    # Nobody knows yet whether this one is the child: it is kept back until somebody has said.
    alike = town.child(
        "Katie", "Holden", "Hyndburn", agency="LCC-CSC", register="social-care-people", phone="", postcode="BB5 1AA", born_on=None
    )  # fmt: skip
    works_with(alike, "amir", "grace", "ewan")
    assert town.person(alike) != town.person(child) and not told("amir", alike) and told("ewan", alike)
    grace = people_at_work["grace"]
    with at("grace"):
        pair = Pair.objects.visible_to(grace).get(
            record_a_id__in=[alike, child, update], record_b_id__in=[alike, child, update]
        )
        judge_pair(pair_id=pair.pk, verdict="not_same", reason=REASON, by=grace, now=now)
    assert told("amir", alike) and not told("amir", town.person(child))


def test_who_may_protect_and_who_may_change_it(
    child, protect, told, people_at_work, at, now, browser, settings
):
    settings.AS_AT_RUNS_ON = False
    with pytest.raises(NotPermitted, match="Only the team manager"):
        protect(child, "amir", by="ewan")
    page, address = browser("grace"), f"/children/{child}/contact/location/"
    ewan = str(people_at_work["ewan"].pk)
    assert page.post(address, {"named": [ewan], "reason": REASON}).status_code == 302
    assert "Ewan Pickup" in page.get(address).content.decode() and not told("amir", child)
    other = people_at_work["beth"]  # another manager, who was not named
    other.role, other.agency = "team_manager", people_at_work["grace"].agency
    other.save()
    with pytest.raises(NotPermitted, match="kept back by a colleague"):
        protect(child, "amir", by="beth")
    later = now + timedelta(minutes=1)
    with acting_as(people_at_work["grace"], now=later):
        lift_location(person_id=child, reason="He moved away", by=people_at_work["grace"], now=later)
    with acting_as(people_at_work["amir"], now=later) as context:
        assert context.kept_location == ()


def test_a_protected_address_that_hardly_anybody_is_left_to_open_is_told_to_the_lead_who_names_one_more(
    child, protect, told, people_at_work, at, now, browser, settings
):
    settings.AS_AT_RUNS_ON = False
    with pytest.raises(NotPermitted, match="at least one colleague besides yourself"):
        protect(child)
    with pytest.raises(NotPermitted, match="at least one colleague besides yourself"):
        protect(child, "lena", "max")  # who never see a child
    protect(child, "ewan")
    lead, here = browser("lena"), "/access/protected/"
    title = "A protected address with too few named"
    assert title not in lead.get("/today/").content.decode()
    assert "Name one more" not in lead.get(here).content.decode()

    with at("ewan"):
        bar(
            person_id=child,
            colleague=people_at_work["ewan"],
            reason=REASON,
            by=people_at_work["ewan"],
            now=now,
        )
    with at("grace"):
        restrict(
            person_id=child, kind="protected_address", reason=REASON, named=[people_at_work["beth"]],
            by=people_at_work["grace"], now=now,
        )  # fmt: skip
    grace = people_at_work["grace"]
    grace.status = "left"
    grace.save()
    assert title in lead.get("/today/").content.decode() and browser("beth").get(here).status_code == 403
    page = lead.get(here).content.decode()
    assert "Katie" not in page
    assert str(child) not in page
    cells = page.partition('id="few-')[2].partition("</tr>")[0]
    assert "Grace" in cells and re.search(r">\s*0\s*<", cells), cells
    location = page.split('<option value="')[1].split('"')[0]

    def name(code: str, reason="She takes over from Grace"):
        chosen = {"location": location, "colleague": str(people_at_work[code].pk), "reason": reason}
        return lead.post(here, chosen)

    assert "Enter" in name("beth", reason="").content.decode()
    for cannot in ("ewan", "amir"):  # a conflict of interest; not named for the restricted child
        assert "Choose somebody else" in name(cannot).content.decode()
    assert not told("beth", child) and name("beth").status_code == 302
    assert told("beth", child)
    assert (
        f"/children/{child}/"
        in browser("beth").get("/today/").content.decode().split("You are named for")[0][-200:]
    )
    assert title in lead.get("/today/").content.decode()  # one is fewer than two
    with at("service_receiver"):
        named = CircleMember.objects.visible_to(people_at_work["service_receiver"]).get(
            person_id=child, staff=people_at_work["beth"], kind="location"
        )
        assert (named.reason, named.added_by) == ("She takes over from Grace", people_at_work["lena"])

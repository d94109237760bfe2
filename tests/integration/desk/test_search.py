from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from masking import masked

from engage.demo.team import PERSONAS
from engage.desk.asked import understand
from engage.practice.people.finding import SearchTerms
from engage.practice.people.models import AdoptedModel

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kate holt", SearchTerms(forenames="kate", surname="holt")),
        ("holt, kate", SearchTerms(forenames="kate", surname="holt")),
        ("kate holt 12/03/2011", SearchTerms("kate", "holt", born_on=date(2011, 3, 12))),
        ("12 March 2011", SearchTerms(born_on=date(2011, 3, 12))),
        ("2011-03-12 holt", SearchTerms(forenames="holt", born_on=date(2011, 3, 12))),
        ("3.4.12", SearchTerms(born_on=date(2012, 4, 3))),
        ("14", SearchTerms(age=14)),
        ("aged 14 Kate", SearchTerms(forenames="Kate", age=14)),
        ("Katie, about 14, Darwen", SearchTerms("Katie", age=14, district="Blackburn with Darwen")),
        ("katie around 14 from darwen", SearchTerms("katie", age=14, district="Blackburn with Darwen")),
        ("Kate Holt, Hyndburn", SearchTerms("Kate", "Holt", district="Hyndburn")),
        ("darwen, katie", SearchTerms("katie", "darwen")),
        ("katie of nowhere", SearchTerms("katie of", "nowhere")),
        ("kate 07700 900123", SearchTerms(forenames="kate", numbers=("07700 900123",))),
        ("+44 7700 900123", SearchTerms(numbers=("+44 7700 900123",))),
        ("999 000 0018", SearchTerms(numbers=("999 000 0018",))),
        ("MP-2026/0113", SearchTerms(numbers=("MP-2026/0113",))),
        ("LC-2026-042427", SearchTerms(numbers=("LC-2026-042427",))),
        ("holt BB1 1AA", SearchTerms(forenames="holt", numbers=("BB1 1AA",))),
        ("   ", SearchTerms()),
    ],
)
def test_what_is_typed_is_understood_as_people_mean_it(typed, meant):
    assert understand(typed, TODAY).terms == meant


def test_a_date_that_does_not_exist_is_said_and_not_guessed():
    asked = understand("31/02/2011", TODAY)
    assert not asked.terms and "no such day" in asked.not_read


@pytest.mark.parametrize("typed", ["katie holden", "Holden", "14 katie", "07700 900123"])
def test_a_child_is_found_with_the_reason_in_words(typed, browser, katie, town, people_at_work):
    from engage.practice.access.models import CircleMember

    with town.acting():
        CircleMember.objects.create(
            record_id=katie,
            person_id=katie,
            staff=people_at_work["ewan"],
            kind="lead",
            starts_at=town.now,
            added_by=town.receiver,
        )
    answer = browser("ewan").post("/search/", {"q": typed})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'href="/children/{katie}/"' in page and "Why this one" in page


def test_a_child_hidden_from_the_reader_changes_no_byte_of_the_answer(browser, katie, request):
    client = browser("ewan")
    before = client.post("/search/", {"q": "Orla Quennell"})
    request.getfixturevalue("elsewhere")
    after = client.post("/search/", {"q": "Orla Quennell"})
    assert after.status_code == before.status_code == 200
    assert masked(after.content) == masked(before.content)
    assert "Nobody found" in after.content.decode()


def test_a_telephone_number_that_the_reader_may_not_see_finds_nobody(browser, katie):
    page = browser("ewan").post("/search/", {"q": "07700 900123"}).content.decode()
    assert "Nobody found" in page


def test_nothing_found_says_so_and_how_to_add_a_child(browser, katie):
    page = browser("ewan").post("/search/", {"q": "Zebedee Unheard"}).content.decode()
    assert "Nobody found" in page and "/children/new/" in page
    assert "/children/new/" not in browser("iris").post("/search/", {"q": "Zebedee Unheard"}).content.decode()


def test_the_search_page_asks_by_fields_and_wants_at_least_one(browser, katie):
    client = browser("ewan")
    assert "Find a child" in client.get("/search/").content.decode()
    assert "Fill in at least one field" in client.post("/search/", {"surname": ""}).content.decode()
    assert "Katie Holden" in client.post("/search/", {"surname": "Holden"}).content.decode()
    unknown = client.post("/search/", {"surname": "Holden", "place": "Atlantis"}).content.decode()
    assert "leave the place out" in unknown
    placed = client.post("/search/", {"forenames": "Katie", "place": "Darwen"}).content.decode()
    assert "in Blackburn with Darwen" in placed and "Katie Holden" in placed


def test_whoever_fits_well_ends_the_search_until_a_wider_look_is_asked_for(browser, katie):
    client, asked = browser("ewan"), {"q": "Katie Holden"}
    page = client.post("/search/", asked).content.decode()
    assert "Look wider" in page and '<input type="hidden" name="q" value="Katie Holden">' in page
    wide = client.post("/search/", asked | {"wider": "yes"}).content.decode()
    assert "Look wider" not in wide and "Katie Holden" in wide
    by_fields = client.post("/search/", {"forenames": "Katie", "surname": "Holden"}).content.decode()
    assert '<input type="hidden" name="surname" value="Holden">' in by_fields


@pytest.mark.parametrize("code", [persona[0] for persona in PERSONAS])
def test_a_search_that_shows_anybody_writes_one_entry(code, browser, katie):
    client = browser(code)
    with CaptureQueriesContext(connection) as caught:
        answer = client.post("/search/", {"q": "Katie Holden"})
    entries = sum('INSERT INTO "access_auditentry"' in query["sql"] for query in caught.captured_queries)
    assert answer.status_code == (403 if code in ("max", "kit", "lena", "olga") else 200)
    assert entries == 1
    assert len(caught.captured_queries) <= 40


def test_help_opens_for_everybody(browser):
    for code in ("ewan", "max", "kit", "iris"):
        assert "Who to ask" in browser(code).get("/help/").content.decode()


def test_a_linkage_model_that_cannot_be_read_is_said_and_every_other_page_works(browser, people_at_work, now):
    AdoptedModel.objects.create(
        version="by hand", hash="0" * 64, text="no model", reason="Put in by hand.",
        adopted_by=people_at_work["grace"], adopted_at=now,
    )  # fmt: skip
    answer = browser("ewan").post("/search/", {"q": "katie"})
    assert answer.status_code == 503
    said = answer.content.decode()
    assert "Nothing is linked until it is mended" in said and "Tell whoever runs Engage here." in said
    assert browser("ewan").get("/today/").status_code == 200

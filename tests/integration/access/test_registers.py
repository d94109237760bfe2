"""The installation's own record of processing: what it says, to whom, and as a flat file."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta

import pytest

from engage.demo.probing import signed_in, watching
from engage.practice.access import registers
from engage.practice.access.gate import acting_as
from engage.practice.access.models import SharingAgreement
from engage.practice.agencies.models import Agency
from engage.practice.retention.actions import adopt, end_schedule
from engage.reference import categories, categories_of_data, retention_periods, roles

pytestmark = pytest.mark.django_db
PAGE, FILE = "/access/registers/", "/access/registers/article-30.csv"


@pytest.fixture(autouse=True)
def clock_of_the_tests(settings, now):
    settings.DEMO, settings.AS_AT, settings.AS_AT_RUNS_ON = True, now.isoformat(), False


@pytest.fixture
def lena(people_at_work):
    return signed_in(people_at_work["lena"])


def said(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def cells(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def test_the_lead_reads_agencies_agreements_bases_and_periods_of_this_installation(lena, standing):
    Agency.objects.filter(code="ELDA").update(name="Another Invented Service")
    page = said(lena.get(PAGE))
    for words in (
        "Another Invented Service",
        f"{standing.code} version 1: {standing.title}",
        standing.lawful_basis,
        standing.signed_by,
        "DPA 2018 Part 3 s35",
        "75th anniversary of birth",
        "Who looked at what (audit)",
    ):
        assert words in page
    assert 'href="/access/registers/"' in lena.get("/access/agreements/").content.decode()


def test_agreements_stand_there_while_they_are_in_force_and_in_the_version_that_is(
    lena, standing, now, settings
):
    tomorrow = now + timedelta(days=1)
    follows = SharingAgreement.objects.get(pk=standing.pk)
    follows.pk, follows.version, follows.title, follows.starts_at = None, 2, "Its second text", tomorrow
    follows.save()
    follows.owners.set(standing.owners.all())
    SharingAgreement.objects.filter(pk=standing.pk).update(ended_at=tomorrow)
    page = said(lena.get(PAGE))
    assert f"{standing.code} version 1" in page and "Its second text" not in page
    settings.AS_AT = tomorrow.isoformat()
    page = said(lena.get(PAGE))
    assert f"{standing.code} version 2: Its second text" in page and f"{standing.code} version 1" not in page
    settings.AS_AT = standing.ends_at.isoformat()
    assert "Recipients: agreements in force None." in said(lena.get(PAGE))


def test_a_period_that_an_agency_adopted_stands_there_until_it_ends_beside_what_is_only_proposed(
    lena, people_at_work, now
):
    heading = "How long records are kept: periods that agencies adopted"
    assert f"{heading} None." in said(lena.get(PAGE))
    lead, council = people_at_work["lena"], Agency.objects.get(code="BWD-CSC")
    with acting_as(lead, now=now):
        adopted = adopt(
            council, register="social-care-people", kind="A child in need", years=22, counted_from="birth",
            legal_basis="An invented policy", verification="N", by=lead, now=now,
        )  # fmt: skip
    told = [one for one in cells(lena.get(FILE)) if one["Part"] == heading]
    assert {one["Column"]: one["Value"] for one in told} | {"Adopted": ""} == {
        "Agency": council.name,
        "Record": "A child in need (list social-care-people)",
        "Period": "22 years from the day of birth",
        "Basis": "An invented policy",
        "Mark": "N",
        "Adopted": "",
    }
    page = said(lena.get(PAGE))
    assert "22 years from the day of birth" in page
    proposals = page.partition("proposals, where an agency has adopted no period")[2]
    assert "75th anniversary of birth" in proposals and "An invented policy" not in proposals
    with acting_as(lead, now=now):
        end_schedule(adopted.pk, by=lead, now=now)
    assert f"{heading} None." in said(lena.get(PAGE))


def test_the_flat_file_holds_what_the_page_shows_and_nothing_a_spreadsheet_would_run(lena, now):
    Agency.objects.filter(code="ELDA").update(name='=HYPERLINK("x")')
    answer = lena.get(FILE)
    assert (
        answer["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in answer["Content-Disposition"]
    )
    told, page = cells(answer), said(lena.get(PAGE))
    assert [one for one in told if one["Value"].removeprefix("'") not in page] == []
    parts = registers.article_30(now)
    assert {one["Part"] for one in told} == {part.title for part in parts if part.rows}
    assert len(told) == sum(len(row) for part in parts for row in part.rows)
    assert next(one["Value"] for one in told if "HYPERLINK" in one["Value"]).startswith("'=")
    assert not [
        value for one in told for value in one.values() if value.startswith(registers.BEGINS_A_FORMULA)
    ]


@pytest.mark.parametrize("code", ["grace", "max", "ewan", "kit"])
@pytest.mark.parametrize("address", [PAGE, FILE])
def test_nobody_but_a_lead_reads_it(people_at_work, code, address):
    assert signed_in(people_at_work[code]).get(address).status_code == 403


def test_it_reads_nothing_of_any_child_and_taking_the_file_is_accounted_for(lena):
    with watching() as reads:
        lena.get(PAGE)
        assert (reads.guarded, reads.accounts) == (0, 0)
        lena.get(FILE)
    assert (reads.guarded, reads.accounts) == (0, 1)


def test_every_category_and_role_has_its_line_or_says_that_it_has_none():
    assert list(categories_of_data()) == list(categories())
    named = {one.record for one in retention_periods()}
    assert [
        one.category for one in categories_of_data().values() if one.kept_as and one.kept_as not in named
    ] == []
    without = [role for role in roles() if registers.bases_of(role)[0][0] == registers.NOT_LISTED]
    assert without == ["sys_admin"]
    articles = [basis[0] for basis in registers.bases_of("drugs_worker")]
    assert [one.split(":")[0] for one in articles] == ["if NHS", "if charity"]

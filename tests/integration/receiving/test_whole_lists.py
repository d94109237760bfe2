"""A format of kind snapshot, added by an administrator: who is not in the list any more is marked, never deleted."""

from datetime import timedelta

import pytest
from tests.integration.receiving.conftest import as_csv
from tests.integration.receiving.test_rows_over_time import listed

from engage.practice.people.models import Fact, Record
from engage.practice.receiving.actions import add_format

pytestmark = pytest.mark.django_db

PUPILS = """
code = "pupils"
title = "Pupils of the schools network"
sender_kinds = ["school"]
kind = "snapshot"
file_types = ["csv"]
row_reference = ["pupil_ref"]
identity_reference = ["pupil_ref"]
raw_category = "C13"
column = [
  { name = "pupil_ref", type = "reference", required = true, to = "identity.reference", category = "C01" },
  { name = "surname", type = "name", to = "identity.surname", category = "C01" },
  { name = "dob", type = "date", to = "identity.dob", category = "C01" },
  { name = "school", type = "text", to = "fact.school", category = "C13" },
]
"""
ADA, BEA, CY = (
    {"pupil_ref": ref, "surname": name, "dob": "04/05/2011", "school": "Invented School"}
    for ref, name in (("P1", "Brook"), ("P2", "Field"), ("P3", "Hill"))
)


@pytest.fixture(autouse=True)
def pupils(people_at_work, now):
    add_format(PUPILS, by=people_at_work["max"], now=now)


@pytest.fixture
def marked(feeds):
    return lambda: {
        row.reference: row.no_longer_sent_at for row in feeds.rows(Record) if row.no_longer_sent_at
    }


def test_who_is_not_in_the_list_is_marked_and_loses_the_mark_when_sent_again(feeds, marked, now):
    feeds.send("pupils", "SCHOOLS", [ADA, BEA, CY])
    assert marked() == {}
    later = now + timedelta(days=1)
    receipt = feeds.send("pupils", "SCHOOLS", [ADA], now=later)
    assert marked() == {"P2": later, "P3": later}
    assert len(feeds.rows(Record)) == len(feeds.rows(Fact, kind="school", current=True)) == 3
    (told,) = [flag for flag in receipt["flags"] if flag["code"] == "no_longer_sent"]
    assert told["sentence"].startswith("2 records")
    feeds.send("pupils", "SCHOOLS", [ADA, BEA], now=later + timedelta(days=1))
    assert marked() == {"P3": later}  # since the first list without it


def test_an_older_list_sent_again_counts_as_the_newest(feeds, marked, now):
    feeds.send("pupils", "SCHOOLS", [ADA, BEA])
    feeds.send("pupils", "SCHOOLS", [ADA])
    assert set(marked()) == {"P2"}
    assert feeds.send("pupils", "SCHOOLS", [ADA, BEA])["already"]
    assert marked() == {}


def test_a_row_that_is_held_or_rejected_was_sent_all_the_same(feeds, marked):
    feeds.send("pupils", "SCHOOLS", [ADA, BEA])
    feeds.send("pupils", "SCHOOLS", [ADA, BEA | {"dob": "31/02/2011"}])
    assert marked() == {}


def test_nobody_is_marked_by_a_list_with_a_row_that_nobody_can_tell(feeds, marked):
    feeds.send("pupils", "SCHOOLS", [ADA, BEA])
    feeds.send("pupils", "SCHOOLS", [ADA, BEA | {"pupil_ref": ""}])
    assert marked() == {}


def test_nobody_is_marked_by_a_mended_list(feeds, marked):
    receipt = feeds.send("pupils", "SCHOOLS", [ADA, BEA, CY | {"dob": "31/02/2011"}])
    mended = listed(feeds, receipt).replace("31/02/2011", "28/02/2011")
    assert feeds.send("pupils", "SCHOOLS", mended.encode())["rows"]["applied"] == 1
    assert marked() == {}


def test_another_format_and_another_agency_s_records_are_left_alone(feeds, marked, people_at_work, now):
    add_format(PUPILS.replace('"pupils"', '"pupils-old"'), by=people_at_work["max"], now=now)
    feeds.send("pupils-old", "SCHOOLS", [BEA])
    feeds.send("police-missing", "LANCS-POL", [{"report_ref": "LP/1", "surname": "Brook"}])
    feeds.send("pupils", "SCHOOLS", [ADA])
    assert marked() == {}


def test_the_page_of_a_child_s_records_says_since_when(feeds, browser, now):
    feeds.send("pupils", "SCHOOLS", [ADA, BEA])
    feeds.send("pupils", "SCHOOLS", as_csv([BEA]), now=now - timedelta(days=1))
    (record,) = feeds.rows(Record, reference="P1")
    page = browser("iris").get(f"/children/{record.person_id}/records/").content.decode()
    assert "no longer sent since" in page

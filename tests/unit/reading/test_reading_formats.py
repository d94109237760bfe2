import pytest

from engage.practice.receiving.reading import FormatError, parse_format, shipped_formats
from engage.practice.receiving.reading.formats import REFERENCE

GOOD = """code = "youth-work"
title = "Youth work"
sender_kinds = ["charity"]
kind = "snapshot"
file_types = ["csv"]
row_reference = ["ref"]
identity_reference = ["ref"]
raw_category = "C07"

[[column]]
name = "ref"
title = "Reference"
type = "reference"
required = true
to = "identity.reference"
category = "C01"

[[column]]
name = "seen"
type = "date"
to = "fact.youth_work_seen"
category = "C07"
"""


def test_an_administrator_can_add_a_format():
    added = parse_format(GOOD)
    assert (added.code, added.kind) == ("youth-work", "snapshot")
    assert [column.name for column in added.sheets[0].columns] == ["ref", "seen"]


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('type = "date"', 'type = "day"', "type"),
        ('category = "C07"\n', 'category = "C99"\n', "category"),
        ('to = "fact.youth_work_seen"', 'to = "identity.shoe_size"', "identity has no field shoe_size"),
        ('to = "fact.youth_work_seen"', 'to = "elsewhere.x"', "identity.FIELD"),
        ('row_reference = ["ref"]', 'row_reference = ["reff"]', "reff"),
        ("required = true", 'required = "yes"', "true or false"),
        ("required = true", "", "required = true"),
        ('kind = "snapshot"', 'kind = "all"', "kind"),
        ('code = "youth-work"', 'code = "Youth Work"', "hyphens"),
        ('name = "seen"', 'name = "REF"', "twice"),
        ('title = "Youth work"', 'titel = "Youth work"', "title"),
        ('type = "date"', 'type = "date"\ncolour = "red"', "colour"),
        ('type = "date"', 'type = "code"', "allowed or code_list"),
        ('type = "date"', 'type = "code"\ncode_list = "shoes"', "there is no code list shoes"),
        ('title = "Youth work"', "title = Youth work", "line 2"),
    ],
)
def test_a_wrong_format_is_refused_in_words_that_name_the_key_or_the_line(was, becomes, says):
    assert was in GOOD
    with pytest.raises(FormatError, match=says):
        parse_format(GOOD.replace(was, becomes, 1))


def test_a_wrong_column_is_named_with_its_line():
    with pytest.raises(FormatError, match=r"Line 19, column seen, type"):
        parse_format(GOOD.replace('type = "date"', 'type = "day"'))


def test_every_fact_of_the_shipped_formats_is_listed_with_its_category():
    import csv

    with (REFERENCE / "fact-kinds.csv").open(encoding="utf-8") as file:
        listed = {(row["kind"], row["category"]) for row in csv.DictReader(file)}
    used = {
        (place.to.removeprefix("fact."), place.category)
        for format in shipped_formats().values()
        for sheet in format.sheets
        for column in sheet.columns
        for place in (column, *column.derived)
        if place.to.startswith("fact.")
    }
    assert used <= listed  # all kinds, those of other records too: tests/acceptance/test_kinds_of_fact.py


def test_the_shipped_formats_are_the_feeds_the_design_names():
    assert set(shipped_formats()) == {
        "police-missing",
        "ssda903-missing",
        "ssda903-header",
        "social-care-people",
        "health-contacts",
        "referrals",
        "helpline-calls",
        "return-interviews",
        "legacy-register",
    }

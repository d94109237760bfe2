"""Every kind of fact that a shipped format makes has a title and a category in the reference list."""

import csv

from engage.practice.receiving.drawing import LONGEST, SUMMARY_CATEGORIES, TAKEN
from engage.practice.receiving.reading.formats import REFERENCE, shipped_formats


def kinds_that_formats_make() -> set[tuple[str, str, str]]:
    made = set()
    for format in shipped_formats().values():
        for sheet in format.sheets:
            if sheet.hold:
                continue
            for column in sheet.columns:
                for to, category in (
                    (column.to, column.category),
                    *((d.to, d.category) for d in column.derived),
                ):
                    record, _, name = to.partition(".")
                    label = "summary" if category in SUMMARY_CATEGORIES else "full"
                    if (record, name) in LONGEST:
                        made.add((f"{name}_as_sent", category, label))
                    if name == "indicators":
                        made.add(("indicator", category, label))
                    elif record != "identity" and (record, name) not in TAKEN:
                        made.add((name, category, label))
    return made


def test_each_kind_of_fact_is_listed_with_its_title_category_and_label():
    with (REFERENCE / "fact-kinds.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    listed = {(row["kind"], row["category"], row["label"]) for row in rows}
    assert kinds_that_formats_make() == listed
    assert all(row["title"].strip() for row in rows)
    assert len(listed) == len(rows)

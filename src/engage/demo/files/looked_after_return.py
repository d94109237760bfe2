"""ssda903-header and ssda903-missing: the councils' yearly return on looked-after children. Dates, no times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from engage.demo.files.sheets import Row, uk_date
from engage.demo.world import LONDON, Child, World

HEADER_COLUMNS = ["CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"]
MISSING_COLUMNS = ["CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"]
UPN_NOT_YET_KNOWN = "UN4"
UPN_NOT_OF_SCHOOL_AGE = "UN1"


def collection_year(day: date) -> int:
    """The calendar year in which the collection year of `day` ends, on 31 March."""
    return day.year + (day >= date(day.year, 4, 1))


def header_rows(world: World, agency: str, rng: Random) -> Iterator[tuple[str, Child, Row]]:
    for child in world.children:
        if child.council == agency and child.child_903_id:
            school_age = child.age_on(world.as_at.date()) >= 4
            missing_upn = UPN_NOT_YET_KNOWN if school_age else UPN_NOT_OF_SCHOOL_AGE
            mother = child.sex == "F" and child.age_on(world.as_at.date()) >= 16 and rng.random() < 0.03
            yield (
                child.child_903_id,
                child,
                {
                    "CHILD": child.child_903_id,
                    "SEX": {"M": "1", "F": "2"}.get(child.sex, "3"),
                    "DOB": uk_date(child.dob),
                    "ETHNIC": child.ethnicity,
                    "UPN": child.upn or missing_upn,
                    "MOTHER": ("1" if mother else "0") if child.sex == "F" else "",
                    "MC_DOB": uk_date(world.as_at.date().replace(month=1, day=12)) if mother else "",
                },
            )


def missing_rows(world: World, agency: str, year: int) -> Iterator[tuple[str, Child, Row]]:
    """As the council sends them for the year to 31 March `year`: an end after that day is not yet known."""
    begins, ends = date(year - 1, 4, 1), min(date(year, 3, 31), world.as_at.date())
    found = []
    for episode in world.episodes:
        child = episode.child
        if child.council != agency or not child.child_903_id or episode.reports[0].cancelled:
            continue
        start = episode.last_seen_at.astimezone(LONDON).date()
        end = episode.returned_at.astimezone(LONDON).date() if episode.returned_at else None
        if start > ends or (end is not None and end < begins):
            continue
        known_end = end if end is not None and end <= ends else None
        found.append((start, child.child_903_id, episode, known_end))
    found.sort(key=lambda row: (row[1], row[0], row[3] or date.max))
    # Two episodes that begin on one day are one row here: the return knows no times.
    last_of_day = {(child_903_id, start): (episode, end) for start, child_903_id, episode, end in found}
    for (child_903_id, start), (episode, end) in last_of_day.items():
        yield (
            child_903_id,
            episode.child,
            {
                "CHILD": child_903_id,
                "DOB": uk_date(episode.child.dob),
                "MISSING": "A" if episode.away else "M",
                "MIS_START": uk_date(start),
                "MIS_END": uk_date(end),
            },
        )

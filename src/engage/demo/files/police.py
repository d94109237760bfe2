"""police-missing: the first file is CSV from an older system, the later increment a spreadsheet."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from engage.demo import names, sentences
from engage.demo.errors import ETHNICITY_UNKNOWN_TO_POLICE, Recorded, written_down
from engage.demo.files.sheets import Habits, Row, iso_moment, uk_date, uk_moment
from engage.demo.households import police_ethnicity
from engage.demo.world import LONDON, Child, Report, World

COLUMNS = [
    "report_ref",
    "surname",
    "forenames",
    "known_as",
    "dob",
    "sex",
    "ethnicity",
    "home_address",
    "home_postcode",
    "home_district",
    "care_status",
    "placement_name",
    "phone",
    "last_seen_at",
    "last_seen_place",
    "reported_at",
    "reported_by",
    "grade",
    "grade_reason",
    "circumstances",
    "companions",
    "vehicle",
    "cse_flag",
    "cce_flag",
    "located_at",
    "located_place",
    "returned_at",
    "found_by",
    "prevention_interview_at",
    "officer_ref",
    "outcome",
]
HABITS = Habits(encoding="cp1252")
WRITTEN_AFRESH = (
    0.25  # share of reports where the officer types the person again instead of choosing them (A)
)
VEHICLES = ["small silver hatchback", "black people carrier", "white van", "grey saloon with tinted windows"]


class PoliceRecords:
    """Keeps the person as the force first wrote them, and each report's row as it stood at a moment."""

    def __init__(self, rng: Random, bad_year: bool) -> None:
        self.rng, self.bad_year = rng, bad_year
        self.person_records: dict[str, Recorded] = {}
        self.report_persons: dict[str, Recorded] = {}
        self.fixed_texts: dict[str, Row] = {}

    def person(self, report: Report) -> Recorded:
        child = report.episode.child
        if report.ref not in self.report_persons:
            known = self.person_records.get(child.child_id)
            if known is None or self.rng.random() < WRITTEN_AFRESH:
                known = written_down(self.rng, child, "police", bad_year=self.bad_year)
                self.person_records.setdefault(child.child_id, known)
            self.report_persons[report.ref] = known
        return self.report_persons[report.ref]

    def texts(self, report: Report) -> Row:
        """The parts that do not change from one sending to the next."""
        if report.ref in self.fixed_texts:
            return self.fixed_texts[report.ref]
        rng, episode, places = self.rng, report.episode, names.load("places.yaml")
        child = episode.child
        hour = episode.last_seen_at.astimezone(LONDON).hour
        part_of_day = (
            "night" if hour < 6 else "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
        )
        concern = places["concern_places"]
        found_at = rng.choice(concern if "CE31" in episode.indicators else places["public_places"])
        code = police_ethnicity()[child.ethnicity]
        row = {
            "ethnicity": "" if rng.random() < ETHNICITY_UNKNOWN_TO_POLICE else code,
            "last_seen_place": rng.choice(places["public_places"]) if rng.random() < 0.6 else "home",
            "circumstances": sentences.circumstances(rng, episode, concern, part_of_day),
            "vehicle": rng.choice(VEHICLES) if "CE05" in episode.indicators else "",
            "located_place": found_at,
            "found_by": rng.choice(["police", "came back alone", "family", "carer", "school", "public"]),
            "officer_ref": f"LP{rng.randint(1000, 1799)}",
            "care_unknown": "Y" if rng.random() < 0.04 else "",
        }
        self.fixed_texts[report.ref] = row
        return row

    def row(self, report: Report, as_at: datetime) -> Row:
        """The report as the force knew it at `as_at`; later moments are still empty."""
        episode, child, person, texts = (
            report.episode,
            report.episode.child,
            self.person(report),
            self.texts(report),
        )
        moment = clear_moment

        def known(at: datetime | None) -> str:
            return moment(at) if at and at <= as_at else ""

        returned = known(episode.returned_at)
        located = known(episode.located_at)
        first_hours = as_at < report.reported_at + timedelta(hours=12)
        if report.outcome and not first_hours:
            outcome = report.outcome
            if report.duplicate_of is not None:
                outcome = f"duplicate_of:{report.duplicate_of.ref}"
        else:
            outcome = "returned" if returned else "open"
        return {
            "report_ref": report.ref,
            "surname": person.surname,
            "forenames": person.forenames,
            "known_as": person.known_as,
            "dob": uk_date(person.dob),
            "sex": child.sex,
            "ethnicity": texts["ethnicity"],
            "home_address": person.address.lines,
            "home_postcode": person.postcode,
            "home_district": person.address.district,
            "care_status": "unknown" if texts["care_unknown"] else "care" if child.looked_after else "home",
            "placement_name": child.placement if child.looked_after and not texts["care_unknown"] else "",
            "phone": person.phone,
            "last_seen_at": moment(episode.last_seen_at),
            "last_seen_place": texts["last_seen_place"],
            "reported_at": moment(report.reported_at),
            "reported_by": report.reported_by,
            "grade": report.grade_at_first if first_hours else report.grade,
            "grade_reason": grade_reason(report, child),
            "circumstances": texts["circumstances"],
            "companions": ";".join(episode.companions),
            "vehicle": texts["vehicle"],
            "cse_flag": "Y" if episode.cse else "N",
            "cce_flag": "Y" if episode.cce else "N",
            "located_at": located,
            "located_place": texts["located_place"] if located else "",
            "returned_at": returned,
            "found_by": texts["found_by"] if returned else "",
            "prevention_interview_at": known(report.prevention_interview_at),
            "officer_ref": texts["officer_ref"],
            "outcome": outcome,
        }


def clear_moment(at: datetime | None) -> str:
    """London wall time; in the hour that comes twice each autumn, with its offset."""
    if at is None:
        return ""
    local = at.astimezone(LONDON)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return iso_moment(at) if twice else uk_moment(at)


def grade_reason(report: Report, child: Child) -> str:
    if report.grade == "high":
        return "Serious harm is likely: signs that others may be exploiting the child."
    if report.grade == "medium":
        return f"Age {child.age_on(report.reported_at.date())}; harm is likely but not serious."
    return "No particular risk known; review time set."


def first_and_later(world: World, increment_at: datetime) -> tuple[list[Report], list[Report]]:
    """Reports in the first file, and those in the increment: new ones and ones that changed since."""
    ordered = sorted(world.reports, key=lambda r: r.ref)
    first = [r for r in ordered if r.reported_at <= increment_at]
    later = [
        r
        for r in ordered
        if r.reported_at > increment_at
        or any(
            moment and increment_at < moment <= world.as_at
            for moment in (r.episode.located_at, r.episode.returned_at, r.prevention_interview_at)
        )
        or increment_at < r.reported_at + timedelta(hours=12)
    ]
    return first, later

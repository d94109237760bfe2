"""What one row of a file says, as inputs for the apps that keep it. Columns say where they go (`to`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from engage.methods.births import Birth, age_on, birth_from_age
from engage.methods.moments import london_date, start_of_day
from engage.methods.names import LegacyName
from engage.practice.access.models import Label
from engage.practice.agencies.models import Agency
from engage.practice.front_door.actions import CallInput, ReferralInput
from engage.practice.front_door.models import Call
from engage.practice.missing.actions import InterviewInput, PlacesInput, ReportInput
from engage.practice.missing.models import MissingReport, ReturnInterview
from engage.practice.people.actions import AddressInput, FactInput, IdentityInput
from engage.practice.people.models import Fact, Record, RecordDetail

from .reading import Format, Row
from .reading.formats import Derived, Sheet

ADULT_AT = 18  # Children Act 1989 s105
# Records of one person in one list of an agency: two formats may tell of the same list.
REGISTERS = {"ssda903-header": "ssda903", "ssda903-missing": "ssda903"}
# Of rows that name no person their record is that of the row: its number must not pass for a person's.
UNNAMED = "/row"
# Short facts about safety that everybody in the circle sees are rows of their own.
SUMMARY_CATEGORIES = {"C26"}
ETHNICITY_LISTS = {"police": "police_sde_18plus1"}
PLACES = {
    "last_seen_place", "located_place", "found_by", "reported_by", "companions", "vehicle", "circumstances",
}  # fmt: skip
REPORT_MOMENTS = {"last_seen_at", "reported_at", "located_at", "returned_at", "prevention_interview_at"}
INTERVIEW_FIELDS = {
    "offer_method", "offer_outcome", "decline_reason", "interviewer", "independent", "place_kind",
}  # fmt: skip
# The source and whatever else tells of the referrer are facts of their own (C02), beside the referral (C06).
REFERRAL_FIELDS = {"immediate_danger", "what_happened", "when_where"}
CALL_FIELDS = {
    "concern", "safe_to_call_back", "safe_contact", "immediate_danger", "outcome", "caller_kind", "caller_name",
    "worker_ref",
}  # fmt: skip
RECORDS = ("identity", "missing", "interview", "referral", "call", "fact")
# What became a column of a record and so is no fact of its own.
TAKEN = {
    *(
        ("missing", name)
        for name in (*PLACES, *REPORT_MOMENTS, "report_ref", "outcome", "grade", "missing_type")
    ),
    *(("missing", name) for name in ("started_on", "ended_on")),
    *(("interview", name) for name in (*INTERVIEW_FIELDS, "interview_ref", "report_refs", "returned_at")),
    *(("interview", name) for name in ("offered_at", "held_at")),
    *(
        ("referral", name)
        for name in (*REFERRAL_FIELDS, "referral_ref", "referred_at", "missing_now", "indicators")
    ),
    *(("call", name) for name in (*CALL_FIELDS, "call_ref", "started_at", "missing_now")),
}
# The longest code that the tables keep.
LONGEST_BIRTH = RecordDetail._meta.get_field("birth_as_sent").max_length
LONGEST_FACT_CODE = Fact._meta.get_field("codes").base_field.max_length
LONGEST: dict[tuple[str, str], int] = {
    (record, name): getattr(model._meta.get_field(field), "max_length", None) or 0
    for record, name, model, field in (
        ("missing", "grade", MissingReport, "grade"),
        ("missing", "missing_type", MissingReport, "type"),
        ("interview", "offer_outcome", ReturnInterview, "offer_outcome"),
        ("call", "outcome", Call, "outcome"),
        ("identity", "sex", RecordDetail, "sex"),
        ("identity", "ethnicity", RecordDetail, "ethnicity"),
    )
}
# Fields whose value is a list of indicator codes, whichever record they stand in.
INDICATORS = "indicators"


@dataclass(slots=True)
class Drawn:
    """Everything one row says, once the ids of its source and record are known."""

    identity: IdentityInput
    facts: list[dict[str, Any]] = field(default_factory=list)
    report: dict[str, Any] | None = None
    places: dict[str, Any] | None = None
    interview: dict[str, Any] | None = None
    referral: dict[str, Any] | None = None
    call: dict[str, Any] | None = None
    of_several: bool = False  # other rows of the same list may tell of the same person

    def fact_inputs(self, agency: Agency, record_id: UUID, source_id: UUID) -> list[FactInput]:
        return [
            FactInput(agency=agency, record_id=record_id, source_id=source_id, **fact) for fact in self.facts
        ]

    def report_input(self, agency: Agency, record_id: UUID, source_id: UUID) -> ReportInput | None:
        if self.report is None:
            return None
        places = PlacesInput(**self.places) if self.places else None
        return ReportInput(
            owner=agency, record_id=record_id, source_id=source_id, places=places, **self.report
        )

    def interview_input(self, agency: Agency, record_id: UUID, source_id: UUID) -> InterviewInput | None:
        if self.interview is None:
            return None
        return InterviewInput(owner=agency, record_id=record_id, source_id=source_id, **self.interview)

    def referral_input(self, agency: Agency, record_id: UUID, source_id: UUID) -> ReferralInput | None:
        if self.referral is None:
            return None
        return ReferralInput(owner=agency, record_id=record_id, source_id=source_id, **self.referral)

    def call_input(self, agency: Agency, record_id: UUID, source_id: UUID) -> CallInput | None:
        if self.call is None:
            return None
        return CallInput(owner=agency, record_id=record_id, source_id=source_id, **self.call)


def draw(
    row: Row,
    sheet: Sheet,
    format: Format,
    agency: Agency,
    source_id: UUID,
    now: datetime,
    *,
    police: Sequence[str] = (),
    is_new_version: bool = False,
) -> Drawn:
    """Sort the values of a row by what they become. `now` only decides who is an adult today.

    `police`: codes of the agencies whose report numbers an interviewer may give.
    """
    values: dict[str, dict[str, Any]] = {name: {} for name in RECORDS}
    categories: dict[tuple[str, str], str] = {}
    row_category = sheet.category_of_row(row.values)
    for column, part, record, name, category in _ways(sheet):
        value = row.values.get(column)
        if value is None or (part and (value := part.of(value)) is None):
            continue
        kept_in, kept_as = record, name
        if (record, name) in LONGEST and len(str(value)) > LONGEST[record, name]:
            # A code nobody knows: kept as it was sent, where it can be read and counts as nothing.
            kept_in, kept_as = "fact", f"{name}_as_sent"
        values[kept_in][kept_as] = value
        categories[kept_in, kept_as] = row_category if category == "row" else category
    reference = row.reference or ""
    identity = _identity(row, sheet, format, agency, source_id, values["identity"], values, now, police)
    drawn = Drawn(identity, of_several=sheet.row_reference != sheet.identity_reference)
    if format_tells_of(sheet, "missing"):
        _draw_report(drawn, values["missing"], reference, format)
    if format_tells_of(sheet, "interview"):
        _draw_interview(drawn, values["interview"], reference)
    if format_tells_of(sheet, "referral"):
        _draw_referral(drawn, values["referral"], reference, now)
    if format_tells_of(sheet, "call"):
        _draw_call(drawn, values["call"], reference, now)
    if is_new_version:
        _end_missing_said_before(drawn, reference)
    if row.withdrawn:  # the record stays, marked by its owner; nothing it said stands any longer
        for told in (drawn.report, drawn.interview, drawn.referral, drawn.call):
            if told is not None:
                told["withdrawn"] = True
        drawn.facts = []
        return drawn
    told_at = _when(values)
    for record in ("fact", "missing", "interview", "referral", "call"):
        for name, value in values[record].items():
            if (record, name) not in TAKEN:
                drawn.facts.append(_fact(name, value, categories[record, name], told_at))
    return drawn


Way = tuple[str, Derived | None, str, str, str]  # column, part of it, record, field, category
_ways_of: dict[int, tuple[Sheet, list[Way]]] = {}


def _ways(sheet: Sheet) -> list[Way]:
    """Where each column goes. A sheet does not change, so this is worked out once for each."""
    found = _ways_of.get(id(sheet))
    if found is None or found[0] is not sheet:
        ways: list[Way] = []
        for column in sheet.columns:
            for part, to, category in (
                (None, column.to, column.category),
                *((part, part.to, part.category) for part in column.derived),
            ):
                record, _, name = to.partition(".")
                if record in RECORDS:
                    ways.append((column.name, part, record, name, category))
        found = _ways_of[id(sheet)] = (sheet, ways)
    return found[1]


def format_tells_of(sheet: Sheet, record: str) -> bool:
    """A sheet tells of calls if it has a reference or start of one, not for a single borrowed column."""
    needed = {
        "missing": {"missing.report_ref", "missing.started_on"},
        "interview": {"interview.interview_ref"},
        "referral": {"referral.referral_ref"},
        "call": {"call.call_ref"},
    }[record]
    return any(column.to in needed for column in sheet.columns)


def never_bridges(sheet: Sheet) -> bool:
    return any(column.to.startswith("identity.") and column.category == "row" for column in sheet.columns)


def register_of(row: Row, sheet: Sheet, format: Format) -> str:
    """In which of its agency's lists the row's record stands."""
    register = REGISTERS.get(format.code, format.code)
    if never_bridges(sheet):
        register = f"{register}/{sheet.category_of_row(row.values)}"
    elif sheet.name:
        register = f"{register}/{sheet.name}"
    if sheet.identity_reference and row.identity is None:
        register += UNNAMED
    return register


def _identity(
    row: Row,
    sheet: Sheet,
    format: Format,
    agency: Agency,
    source_id: UUID,
    said: dict[str, Any],
    values: dict[str, dict[str, Any]],
    now: datetime,
    police: Sequence[str],
) -> IdentityInput:
    names = said.get("full_name")
    if isinstance(names, LegacyName):
        surname, forenames, known_as = names.surname, names.forenames, names.known_as
    else:
        surname, forenames = said.get("surname", ""), said.get("forenames", "")
        known_as = said.get("known_as", "")
    born_on, birth = said.get("dob"), said.get("birth_text")
    if isinstance(birth, Birth) and birth.earliest == birth.latest:
        born_on = birth.earliest
    age = said.get("age")
    if birth is None and born_on is None and age is not None:
        told_at = _when(values) or now
        birth = birth_from_age(age, london_date(told_at) if isinstance(told_at, datetime) else told_at)
    category = sheet.category_of_row(row.values)
    address = AddressInput(
        address=said.get("address", ""),
        postcode=said.get("postcode", ""),
        district=said.get("district", ""),
        from_on=said.get("address_from"),
        to_on=said.get("address_to"),
    )
    latest = birth.latest if isinstance(birth, Birth) else born_on
    return IdentityInput(
        agency=agency,
        register=register_of(row, sheet, format),
        reference=row.identity or row.reference or "",
        source_id=source_id,
        category=category if never_bridges(sheet) else "C01",
        kind=Record.Kind.ADULT_THEN_CHILD if _is_adult(latest, now) else Record.Kind.CHILD,
        surname=surname or "",
        forenames=forenames or "",
        known_as=known_as or "",
        born_on=born_on,
        born_earliest=birth.earliest if isinstance(birth, Birth) and born_on is None else None,
        born_latest=birth.latest if isinstance(birth, Birth) and born_on is None else None,
        birth_as_sent=(birth.as_sent or "")[:LONGEST_BIRTH] if isinstance(birth, Birth) else "",
        age_stated=age,
        sex=said.get("sex", ""),
        ethnicity=said.get("ethnicity", ""),
        ethnicity_list=ETHNICITY_LISTS.get(agency.kind, "dfe_ethnicity") if said.get("ethnicity") else "",
        nhs_number=said.get("nhs_number", ""),
        upn=said.get("upn", ""),
        council_child_id=said.get("council_child_id", ""),
        phone=said.get("phone", ""),
        district=said.get("district", ""),
        addresses=(address,) if address.address or address.postcode or address.district else (),
        case_references=_case_references(row, agency, values, police),
        other_references=tuple(r for r in (row.reference,) if r and r != row.identity),
        withdrawn=row.withdrawn,
    )


def _case_references(
    row: Row, agency: Agency, values: dict[str, dict[str, Any]], police: Sequence[str]
) -> tuple[str, ...]:
    """Police reports that this row is or cites: strong evidence of whom it tells, with the force's code before them."""
    if agency.kind == Agency.Kind.POLICE and values["missing"].get("report_ref"):
        return (f"{agency.code} {row.reference}",)
    cited = values["interview"].get("report_refs", ())
    return tuple(f"{force} {reference}" for force in police for reference in cited)


def _is_adult(born_latest: date | None, now: datetime) -> bool:
    today = london_date(now)
    return born_latest is not None and born_latest <= today and age_on(born_latest, today) >= ADULT_AT


def _when(values: dict[str, dict[str, Any]]) -> Any:
    """When what the row says was so, as far as it tells: a moment or a day."""
    for record, name in (
        ("missing", "reported_at"),
        ("missing", "started_on"),
        ("interview", "held_at"),
        ("interview", "offered_at"),
        ("referral", "referred_at"),
        ("call", "started_at"),
        ("fact", "health_contact"),
        ("fact", "operation_opened_on"),
    ):
        if values[record].get(name) is not None:
            return values[record][name]
    return None


def _fact(name: str, value: Any, category: str, told_at: Any) -> dict[str, Any]:
    codes: tuple[str, ...] = ()
    if isinstance(value, tuple):
        codes = (
            tuple(str(v)[:LONGEST_FACT_CODE] for v in value)
            if name in (INDICATORS, "push_factors", "pull_factors")
            else ()
        )
        text = "; ".join(str(v) for v in value)
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, datetime | date):
        text = value.isoformat()
    else:
        text = str(value)
    # The month of a health contact is all the team learns of when: the day would tell of an appointment.
    known_on = None if category in SUMMARY_CATEGORIES else told_at
    return {
        "kind": "indicator" if name == INDICATORS else name,
        "category": category,
        "label": Label.SUMMARY if category in SUMMARY_CATEGORIES else Label.FULL,
        "text": text,
        "codes": codes,
        "true_at": known_on if isinstance(known_on, datetime) else None,
        "true_on": known_on if isinstance(known_on, date) and not isinstance(known_on, datetime) else None,
    }


def _moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _placed(value: Any) -> datetime | None:
    """For when a referral or a call came, which is a moment: a day sent without its hour stands at its beginning."""
    return _moment(value) or (start_of_day(value) if isinstance(value, date) else None)


def _day(value: Any) -> date | None:
    """A day where no hour was sent: never an invented hour."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _draw_report(drawn: Drawn, said: dict[str, Any], reference: str, format: Format) -> None:
    outcome = str(said.get("outcome", ""))
    same_as = outcome.partition(":")[2].strip() if outcome.startswith("duplicate_of") else ""
    by_day = "started_on" in said
    kinds = {
        "cancelled_not_missing": MissingReport.Outcome.CANCELLED,
        "returned": MissingReport.Outcome.RETURNED,
    }
    returned_at, returned_on = _moment(said.get("returned_at")), _day(said.get("returned_at"))
    if by_day:
        returned_on = said.get("ended_on")
    found = MissingReport.Outcome.DUPLICATE if same_as else kinds.get(outcome, MissingReport.Outcome.OPEN)
    if found == MissingReport.Outcome.OPEN and (returned_at or returned_on):
        found = MissingReport.Outcome.RETURNED
    first_day = said.get("started_on") or _day(said.get("last_seen_at")) or _day(said.get("reported_at"))
    drawn.report = {
        "reference": reference,
        "told_by": MissingReport.Told.RETURN_FILE if by_day else MissingReport.Told.POLICE,
        "type": said.get("missing_type", ""),
        "outcome": found,
        "duplicate_of": same_as,
        "last_seen_at": _moment(said.get("last_seen_at")),
        "reported_at": _moment(said.get("reported_at")),
        "started_on": first_day,
        "located_at": _moment(said.get("located_at")),
        "located_on": _day(said.get("located_at")),
        "returned_at": returned_at,
        "returned_on": returned_on,
        "grade": said.get("grade", ""),
        "prevention_interview_at": _moment(said.get("prevention_interview_at")),
        "prevention_interview_on": _day(said.get("prevention_interview_at")),
    }
    places = {name: said[name] for name in PLACES if name in said}
    if "companions" in places:
        places["companions"] = tuple(places["companions"])
    drawn.places = places or None


def _draw_interview(drawn: Drawn, said: dict[str, Any], reference: str) -> None:
    drawn.interview = {
        "reference": reference,
        "report_refs": tuple(said.get("report_refs", ())),
        **{f"{name}_at": _moment(said.get(f"{name}_at")) for name in ("returned", "offered", "held")},
        **{f"{name}_on": _day(said.get(f"{name}_at")) for name in ("returned", "offered", "held")},
        **{name: said[name] for name in INTERVIEW_FIELDS if name in said},
    }


def _draw_referral(drawn: Drawn, said: dict[str, Any], reference: str, now: datetime) -> None:
    referred_at = _placed(said.get("referred_at")) or now
    drawn.referral = {
        "reference": reference,
        "referred_at": referred_at,
        "indicators": tuple(said.get(INDICATORS, ())),
        **{name: said[name] for name in REFERRAL_FIELDS if name in said},
    }
    if said.get(INDICATORS):
        drawn.facts.append(_fact(INDICATORS, said[INDICATORS], "C06", referred_at))
    if said.get("missing_now"):
        told_at = said.get("referred_at") or now
        _say_missing(drawn, reference, MissingReport.Told.REFERRAL, told_at)


def _draw_call(drawn: Drawn, said: dict[str, Any], reference: str, now: datetime) -> None:
    started_at = _placed(said.get("started_at")) or now
    drawn.call = {
        "reference": reference,
        "started_at": started_at,
        **{name: said[name] for name in CALL_FIELDS if name in said},
    }
    if said.get("missing_now"):
        _say_missing(drawn, reference, MissingReport.Told.CALL, said.get("started_at") or now)


def _end_missing_said_before(drawn: Drawn, reference: str) -> None:
    """An earlier version of a referral or call may have said that the child is missing: that stands no longer."""
    if drawn.report is None and drawn.referral:
        _say_missing(
            drawn, reference, MissingReport.Told.REFERRAL, drawn.referral["referred_at"], withdrawn=True
        )
    if drawn.report is None and drawn.call:
        _say_missing(drawn, reference, MissingReport.Told.CALL, drawn.call["started_at"], withdrawn=True)


def _say_missing(
    drawn: Drawn, reference: str, told_by: str, at: datetime | date, *, withdrawn: bool = False
) -> None:
    """It tells of the moment, or the day, at which it was said, and not of when the child went missing."""
    drawn.report = {
        "withdrawn": withdrawn,
        "reference": reference,
        "told_by": told_by,
        "outcome": MissingReport.Outcome.OPEN,
        "reported_at": _moment(at),
        "started_on": _day(at),
    }

"""Each of the eight feeds from a small file made by hand: what it says lies where the sharing matrix puts it."""

from datetime import UTC, date, datetime

import pytest
from tests.integration.receiving.conftest import as_csv, as_workbook, place

from engage.practice.access.gate import acting_as
from engage.practice.front_door.models import Call, Referral
from engage.practice.missing.models import MissingReport, ReportPlaces, ReturnInterview
from engage.practice.people.models import Address, Fact, Identifier, Record, RecordDetail, SourceRecord
from engage.practice.receiving.models import SetAsideRow
from engage.practice.screening.models import FirstLook

pytestmark = pytest.mark.django_db

REPORT = {
    "report_ref": "LP/26/1",
    "surname": "Brook",
    "forenames": "Ada Rose",
    "known_as": "Addie",
    "dob": "04/05/2011",
    "sex": "F",
    "ethnicity": "W1",
    "home_address": "1 Sample Row",
    "home_postcode": "BB1 1AA",
    "home_district": "Hyndburn",
    "care_status": "care",
    "placement_name": "Invented House",
    "phone": "07700 900123",
    "last_seen_at": "30/10/2026 21:30",
    "last_seen_place": "Bus station",
    "reported_at": "2026-10-30T22:10:00Z",
    "reported_by": "Carer",
    "grade": "high",
    "grade_reason": "Older friends",
    "circumstances": "Left after tea",
    "companions": "Bea; Cy",
    "vehicle": "Blue car",
    "cse_flag": "Y",
    "cce_flag": "",
    "located_at": "",
    "officer_ref": "Officer 7",
    "outcome": "open",
}


def test_a_police_report_lies_in_its_compartments(feeds, facts):
    receipt = feeds.send("police-missing", "LANCS-POL", [REPORT])
    assert receipt["rows"] == {"received": 1, "applied": 1, "unchanged": 0, "rejected": 0, "held": 0}
    (record,) = feeds.rows(Record)
    assert (record.surname, record.known_as, record.district) == ("Brook", "Addie", "Hyndburn")
    assert place(record) == ("C01", "summary")
    (detail,) = feeds.rows(RecordDetail)
    assert (detail.born_on, detail.sex, detail.ethnicity, place(detail)) == (
        date(2011, 5, 4), "F", "W1", ("C01", "full"),
    )  # fmt: skip
    (address,) = feeds.rows(Address)
    assert (address.postcode, place(address)) == ("BB1 1AA", ("C01L", "full"))
    phone = next(row for row in feeds.rows(Identifier) if row.type == "phone")
    assert place(phone) == ("C01L", "full")
    (report,) = feeds.rows(MissingReport)
    assert place(report) == ("C03", "full")
    assert report.last_seen_at == datetime(2026, 10, 30, 21, 30, tzinfo=UTC)  # GMT since 25 October
    (places,) = feeds.rows(ReportPlaces)
    assert (places.companions, places.vehicle, place(places)) == (["Bea", "Cy"], "Blue car", ("C03P", "full"))
    assert facts("LANCS-POL") == {
        "care_status": ("care", "C07", "full"),
        "placement": ("Invented House", "C01L", "full"),
        "grade_reason": ("Older friends", "C06", "full"),
        "cse_flag": ("yes", "C06", "full"),
        "officer_ref": ("Officer 7", "C03", "full"),
    }
    (source,) = feeds.rows(SourceRecord)
    assert source.compartment.label == "raw" and source.content["circumstances"] == "Left after tea"
    with acting_as(feeds.receiver, now=feeds.now):
        assert FirstLook.objects.visible_to(feeds.receiver).count() == 1


def test_the_row_as_sent_is_for_its_owner_alone(feeds, people_at_work):
    feeds.send("police-missing", "LANCS-POL", [REPORT])
    assert len(feeds.sees(people_at_work["amir"], SourceRecord)) == 1
    for other in ("ewan", "grace", "hal", "max", "lena"):
        assert feeds.sees(people_at_work[other], SourceRecord) == []
    # The core team knows that the child is missing, and not where or with whom.
    assert len(feeds.sees(people_at_work["ewan"], MissingReport)) == 1
    assert feeds.sees(people_at_work["ewan"], ReportPlaces) == []


def test_the_council_s_list_makes_one_person_of_several_addresses(feeds, facts):
    person = {
        "person_id": "P1", "child_903_id": "C903", "surname": "Brook", "forenames": "Ada", "dob": "2011-05-04",
        "sex": "F", "ethnicity": "WBRI", "nhs_number": "999 000 0018", "school": "Invented School",
        "status": "looked after", "placing_authority": "Invented Council", "social_worker_ref": "SW 12",
        "parent_names": "Dee Brook; Ed Brook",
    }  # fmt: skip
    old = {"address": "1 Old Road", "postcode": "BB2 2BB", "district": "Hyndburn", "address_from": "01/01/2015", "address_to": "01/02/2026"}  # fmt: skip
    new = {"address": "2 New Road", "postcode": "BB3 3CC", "district": "Blackburn with Darwen", "address_from": "01/02/2026", "address_to": ""}  # fmt: skip
    receipt = feeds.send("social-care-people", "BWD-CSC", [person | old, person | new])
    assert receipt["rows"]["applied"] == 2
    (record,) = feeds.rows(Record)
    assert (record.reference, record.district) == ("P1", "Blackburn with Darwen")
    assert {row.address for row in feeds.rows(Address, current=True)} == {"1 Old Road", "2 New Road"}
    assert facts("BWD-CSC") == {
        "school": ("Invented School", "C13", "full"),
        "social_care_status": ("looked after", "C07", "full"),
        "placing_authority": ("Invented Council", "C07", "full"),
        "social_worker": ("SW 12", "C07", "full"),
        "parents": ("Dee Brook; Ed Brook", "C02", "full"),
    }
    assert {row.type for row in feeds.rows(Identifier)} == {"nhs_number", "council_child_id"}


def test_health_notes_stay_in_their_service_and_the_summary_reaches_the_team_unnamed(feeds, people_at_work):
    feeds.send(
        "health-contacts",
        "ELSH",
        [
            {
                "client_ref": "S1", "surname": "Brook", "forenames": "Ada", "dob": "04/05/2011",
                "postcode": "BB1 1AA", "nhs_number": "9990000018", "service": "sexual_health",
                "contact_on": "12/10/2026", "summary_for_team": "Please ring us before any visit",
                "clinical_note": "Kept inside", "concern": "Y",
            }
        ],
    )  # fmt: skip
    told = {fact.kind: (fact.text, *place(fact)) for fact in feeds.rows(Fact)}
    assert told == {
        "health_service": ("sexual_health", "C10", "full"),
        "health_contact": ("2026-10-12", "C10", "full"),
        "clinical_note": ("Kept inside", "C10", "full"),
        "health_contact_month": ("2026-10", "C26", "summary"),
        "health_safety_summary": ("Please ring us before any visit", "C26", "summary"),
        "health_concern": ("yes", "C26", "summary"),
    }
    for shared in (fact for fact in feeds.rows(Fact) if fact.compartment.category == "C26"):
        assert shared.true_on is None and shared.true_at is None  # the day would tell of an appointment
    for model in (Record, RecordDetail, Address, Identifier):
        assert {place(row) for row in feeds.rows(model)} == {("C10", "full")}
    (record,) = feeds.rows(Record)
    assert not record.bridges
    assert len(feeds.sees(people_at_work["dina"], Fact)) == 6
    for other in ("ewan", "grace", "carys", "amir"):
        seen = feeds.sees(people_at_work[other], Fact)
        assert not {fact.kind for fact in seen} & {"clinical_note", "health_service", "health_contact"}
        assert feeds.sees(people_at_work[other], Record) == []


@pytest.mark.parametrize(
    ("service", "agency", "category"),
    [
        ("substance_misuse", "ELDA", "C11"),
        ("emergency_department", "ELHT", "C09"),
        ("mental_health", "ELHT", "C12"),
    ],
)
def test_each_health_service_has_its_own_category(feeds, service, agency, category):
    row = {"client_ref": "S1", "surname": "Brook", "service": service, "contact_on": "12/10/2026", "clinical_note": "Inside"}  # fmt: skip
    feeds.send("health-contacts", agency, [row])
    (note,) = feeds.rows(Fact, kind="clinical_note")
    (source,) = feeds.rows(SourceRecord)
    assert place(note) == (category, "full") and place(source) == (category, "raw")


REFERRAL = {
    "referral_ref": "R1", "referred_at": "01/11/2026 10:00", "source_code": "1A", "referrer_agency": "Invented School",
    "referrer_role": "Teacher", "referrer_contact": "01632 960555", "child_surname": "Brook",
    "child_forenames": "Ada", "child_age": "15", "child_sex": "F", "child_address": "1 Sample Row",
    "child_postcode": "BB1 1AA", "school": "Invented School", "immediate_danger": "Y", "missing_now": "Y",
    "what_happened": "Gifts", "when_where": "Last week", "indicators": "CE01;CE05",
    "people_of_concern": "A man called X", "vehicles": "White van", "places": "The arcade",
    "online_names": "invented_name", "family_told": "No", "child_told": "Yes", "consent_status": "Not asked",
}  # fmt: skip


def test_a_referral_is_sorted_and_says_that_the_child_is_missing(feeds, facts):
    feeds.send("referrals", "ENGAGE", [REFERRAL])
    (referral,) = feeds.rows(Referral)
    assert (referral.indicators, referral.immediate_danger, place(referral)) == (
        ["CE01", "CE05"], True, ("C06", "full"),
    )  # fmt: skip
    assert referral.source_code == ""  # it would tell of the referrer under another category
    (report,) = feeds.rows(MissingReport)
    assert (report.told_by, report.ended, place(report)) == ("referral", False, ("C03", "full"))
    assert report.reported_at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert facts("ENGAGE") == {
        "indicator": ("CE01; CE05", "C06", "full"),
        "school": ("Invented School", "C13", "full"),
        "people_of_concern": ("A man called X", "C18", "full"),
        "vehicles": ("White van", "C18", "full"),
        "places": ("The arcade", "C18", "full"),
        "online_names": ("invented_name", "C18", "full"),
        "source_code": ("1A", "C02", "full"),
        "referrer_agency": ("Invented School", "C02", "full"),
        "referrer_role": ("Teacher", "C02", "full"),
        "referrer_contact": ("01632 960555", "C02", "full"),
        "family_told": ("No", "C02", "full"),
        "child_told": ("Yes", "C02", "full"),
        "consent_status": ("Not asked", "C02", "full"),
    }


def test_a_referral_that_no_longer_says_missing_ends_its_report(feeds):
    feeds.send("referrals", "ENGAGE", [REFERRAL])
    feeds.send("referrals", "ENGAGE", [REFERRAL | {"missing_now": "N"}])
    assert feeds.rows(MissingReport, current=True) == []
    assert len(feeds.rows(Referral, current=True)) == 1


CALL = {
    "call_ref": "K1", "started_at": "2026-11-01T20:00:00+00:00", "caller_kind": "parent", "caller_name": "Dee Brook",
    "child_name": "Ada Brook", "child_age": "15", "child_area": "Hyndburn", "safe_to_call_back": "Y",
    "safe_contact": "After six", "concern": "Not home", "immediate_danger": "N", "outcome": "advice",
    "missing_now": "Y", "worker_ref": "W3",
}  # fmt: skip


def test_a_call_keeps_the_caller_to_the_phone_line(feeds, facts):
    feeds.send("helpline-calls", "LANTERN", [CALL])
    calls = {place(call): call for call in feeds.rows(Call)}
    assert set(calls) == {("C21", "full"), ("C21", "summary")}
    assert calls["C21", "full"].caller_name == "Dee Brook"
    assert calls["C21", "summary"].caller_name == "" and calls["C21", "summary"].concern == "Not home"
    (record,) = feeds.rows(Record)
    assert (record.forenames, record.surname, place(record)) == ("Ada", "Brook", ("C01", "summary"))
    (report,) = feeds.rows(MissingReport)
    assert (report.told_by, place(report)) == ("call", ("C03", "full"))
    assert facts("LANTERN") == {}


def test_a_return_interview_is_divided_between_summary_and_the_child_s_words(feeds, facts):
    feeds.send(
        "police-missing", "LANCS-POL", [REPORT | {"returned_at": "31/10/2026 08:00", "outcome": "returned"}]
    )
    feeds.send(
        "return-interviews",
        "BRIDGE",
        [
            {
                "interview_ref": "I1", "child_ref": "B7", "surname": "Brook", "forenames": "Ada Rose",
                "dob": "04/05/2011", "report_refs": "LP/26/1", "returned_at": "31/10/2026 08:00",
                "offered_at": "31/10/2026 12:00", "offer_method": "phone", "offer_outcome": "accepted",
                "interviewer": "Invented Interviewer", "independent": "Y", "held_at": "01/11/2026 15:00",
                "place_kind": "home", "summary_for_team": "Ask about the arcade", "push_factors": "conflict",
                "pull_factors": "friends;drugs", "indicators": "CE02", "child_words": "I was fine",
                "wishes": "A new school", "people": "X", "places": "The arcade", "vehicles": "Blue car",
                "online_names": "name", "shared_told": "Y", "carer_view": "Worried",
            }
        ],
    )  # fmt: skip
    (interview,) = feeds.rows(ReturnInterview)
    assert place(interview) == ("C03", "full")
    assert interview.held_at == datetime(2026, 11, 1, 15, tzinfo=UTC)
    (report,) = feeds.rows(MissingReport)
    assert interview.episode_ids == [report.episode_id]  # joined to the child by the report it names
    found = {kind: category for kind, (_, category, _) in facts("BRIDGE").items()}
    assert found == {
        "summary_for_team": "C05", "push_factors": "C05", "pull_factors": "C05", "indicator": "C05",
        "child_words": "C04", "wishes": "C04", "people": "C04", "places": "C04", "vehicles": "C04",
        "online_names": "C04", "shared_told": "C03", "carer_view": "C02",
    }  # fmt: skip
    (factors,) = feeds.rows(Fact, kind="pull_factors")
    assert factors.codes == ["friends", "drugs"]


def test_an_interview_whose_hour_was_not_sent_counts_as_held_on_that_day_and_at_no_hour(feeds):
    row = {"interview_ref": "I1", "child_ref": "B7", "surname": "Brook", "held_at": "01/11/2026"}
    row |= {"offered_at": "31/10/2026", "returned_at": "30/10/2026"}
    receipt = feeds.send("return-interviews", "BRIDGE", [row])
    (interview,) = feeds.rows(ReturnInterview)
    assert (interview.held_at, interview.offered_at, interview.returned_at) == (None, None, None)
    assert (interview.held_on, interview.offered_on) == (date(2026, 11, 1), date(2026, 10, 31))
    assert interview.returned_on == date(2026, 10, 30)
    assert {problem["reason_code"] for problem in receipt["problems"]} == {"no_hour"}


def test_days_of_a_police_report_and_of_a_call_are_kept_as_days(feeds):
    days = {"located_at": "31/10/2026", "prevention_interview_at": "01/11/2026"}
    feeds.send("police-missing", "LANCS-POL", [REPORT | days])
    (report,) = feeds.rows(MissingReport)
    assert (report.located_on, report.prevention_interview_on) == (date(2026, 10, 31), date(2026, 11, 1))
    assert (report.located_at, report.prevention_interview_at) == (None, None)
    feeds.send("helpline-calls", "LANTERN", [CALL | {"started_at": "31/10/2026"}])
    (said,) = feeds.rows(MissingReport, told_by="call")
    assert (said.reported_at, said.started_on) == (None, date(2026, 10, 31))


def test_the_older_register_s_children_are_applied_and_its_persons_of_concern_wait_restricted(
    feeds, facts, people_at_work
):
    book = as_workbook(
        {
            "Children": [
                ["op_ref", "name", "dob", "address", "notes", "status", "opened", "closed"],
                ["OP1", 'BROOK, Ada "Addie"', "12/3/97", "1 Sample Row", "Seen twice", "closed", "01/06/2012", ""],
                ["OP2", "Cy Field", "14 yrs", "", "", "open", "01/06/2025", ""],
            ],
            "Nominals": [
                ["nom_ref", "name", "alias", "dob", "address", "vehicle", "phone", "notes"],
                ["OP1", "Invented Man", "X", "", "", "White van", "07700 900999", "Unverified"],
            ],
            "Links": [["op_ref", "nom_ref", "how", "date"], ["OP1", "OP1", "Seen together", "02/06/2012"]],
        }
    )  # fmt: skip
    receipt = feeds.send("legacy-register", "LANCS-POL", book)
    assert receipt["rows"] == {"received": 4, "applied": 2, "unchanged": 0, "rejected": 0, "held": 2}
    kinds = {record.reference: record.kind for record in feeds.rows(Record)}
    assert kinds == {"OP1": "adult_now_child_then", "OP2": "child"}
    first = feeds.rows(RecordDetail, record__reference="OP1")[0]
    assert (first.born_on, first.birth_as_sent) == (date(1997, 3, 12), "12/3/97")
    second = feeds.rows(RecordDetail, record__reference="OP2")[0]
    assert (second.born_on, second.born_earliest, second.born_latest) == (
        None, date(2010, 6, 2), date(2011, 6, 1),
    )  # fmt: skip
    assert facts("LANCS-POL", record__reference="OP1") == {
        "operation_notes": ("Seen twice", "C08", "full"),
        "operation_status": ("closed", "C08", "full"),
        "operation_opened_on": ("2012-06-01", "C08", "full"),
    }
    aside = feeds.rows(SetAsideRow)
    # The child OP1 was applied and did not settle the person of concern who has the same number.
    assert {(row.sheet, row.state, row.reason_code) for row in aside} == {
        ("Nominals", "held", "awaiting_intelligence"),
        ("Links", "held", "awaiting_intelligence"),
    }
    assert {place(row) for row in aside} == {("C18", "unverified")}
    # Nobody else, not even an officer of the same police.
    readers = {
        colleague.code for colleague in people_at_work.values()
        if colleague.kind == "person" and feeds.sees(colleague, SetAsideRow)
    }  # fmt: skip
    assert readers == {"beth", "grace"}


def test_two_formats_of_one_council_make_one_record_of_a_child_in_the_return(feeds):
    header = {"CHILD": "C1", "SEX": "2", "DOB": "04/05/2011", "ETHNIC": "WBRI", "UPN": "", "MOTHER": "1", "MC_DOB": "01/08/2026"}  # fmt: skip
    feeds.send("ssda903-header", "BWD-CSC", [header])
    missing = {"CHILD": "C1", "DOB": "04/05/2011", "MISSING": "M", "MIS_START": "10/10/2026", "MIS_END": "12/10/2026"}  # fmt: skip
    receipt = feeds.send("ssda903-missing", "BWD-CSC", [missing], collection_year=2027)
    assert receipt["rows"]["applied"] == 1
    assert any("575" in rule for rule in receipt["not_checked"])
    (record,) = feeds.rows(Record)
    assert (record.register, record.reference) == ("ssda903", "C1")
    (report,) = feeds.rows(MissingReport)
    assert (report.started_on, report.returned_on, report.returned_at, report.type) == (
        date(2026, 10, 10), date(2026, 10, 12), None, "M",
    )  # fmt: skip
    assert {(fact.kind, place(fact)) for fact in feeds.rows(Fact)} == {
        ("is_mother", ("C02", "full")),
        ("mothers_child_born_on", ("C02", "full")),
    }


def test_a_semicolon_file_with_other_spelling_of_the_header_is_the_same_file(feeds):
    renamed = {
        name.upper().replace("_", " "): value for name, value in REPORT.items() if name != "companions"
    }
    receipt = feeds.send("police-missing", "LANCS-POL", as_csv([renamed], ";"))
    assert receipt["rows"]["applied"] == 1
    assert feeds.rows(Record)[0].surname == "Brook"

"""The files look as reference/feeds.md says, byte for byte the same from one run to the next."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.demo.conftest import AS_AT
from tests.unit.demo.reading_back import rows_of

from engage.demo import WrittenFile, invent, write_files
from engage.demo.identifiers import nhs_number_is_valid, upn_is_valid

# Copied from the feed reference by hand; the writer has lists of its own.
COLUMNS = {
    "police-missing": "report_ref surname forenames known_as dob sex ethnicity home_address home_postcode home_district "
    "care_status placement_name phone last_seen_at last_seen_place reported_at reported_by grade grade_reason "
    "circumstances companions vehicle cse_flag cce_flag located_at located_place returned_at found_by "
    "prevention_interview_at officer_ref outcome",
    "ssda903-missing": "CHILD DOB MISSING MIS_START MIS_END",
    "ssda903-header": "CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB",
    "social-care-people": "person_id child_903_id surname forenames known_as dob sex ethnicity nhs_number upn address "
    "postcode district school status placing_authority social_worker_ref parent_names address_from address_to",
    "health-contacts": "client_ref surname forenames dob postcode nhs_number service contact_on summary_for_team "
    "clinical_note concern",
    "referrals": "referral_ref referred_at source_code referrer_agency referrer_role referrer_contact child_surname "
    "child_forenames child_dob child_age child_sex child_address child_postcode school immediate_danger missing_now "
    "what_happened when_where indicators people_of_concern vehicles places online_names family_told child_told "
    "consent_status",
    "helpline-calls": "call_ref started_at caller_kind caller_name child_name child_age child_area safe_to_call_back "
    "safe_contact concern immediate_danger outcome missing_now worker_ref",
    "return-interviews": "interview_ref child_ref surname forenames dob report_refs returned_at offered_at offer_method "
    "offer_outcome decline_reason interviewer independent held_at place_kind summary_for_team push_factors "
    "pull_factors indicators child_words wishes people places vehicles online_names shared_told carer_view",
    "legacy-register": "op_ref name dob address notes status opened closed",
}
EXTRA = {"bwd-people.csv": {"team_name"}, "elht-contacts.csv": {"ward_clerk"}}
SENDERS = {
    "police-missing": ["LANCS-POL", "LANCS-POL"],
    "legacy-register": ["LANCS-POL"],
    "social-care-people": ["BWD-CSC", "LCC-CSC"],
    "ssda903-header": ["BWD-CSC", "LCC-CSC"],
    "ssda903-missing": ["BWD-CSC", "BWD-CSC", "LCC-CSC", "LCC-CSC"],
    "health-contacts": ["ELSH", "ELDA", "ELHT"],
    "referrals": ["ENGAGE", "SCHOOLS"],
    "return-interviews": ["BRIDGE"],
    "helpline-calls": ["LANTERN"],
}


def of_format(written: list[WrittenFile], format: str) -> list[dict[str, str]]:
    return [row for file in written if file.format == format for row in rows_of(file.path)]


def test_every_agency_sends_its_feeds(written: list[WrittenFile]) -> None:
    sent: dict[str, list[str]] = {}
    for file in written:
        sent.setdefault(file.format, []).append(file.agency)
    assert sent == SENDERS


def test_columns_are_those_of_the_feed_reference(written: list[WrittenFile]) -> None:
    for file in written:
        row = rows_of(file.path)[0]
        assert list(row) == [*COLUMNS[file.format].split(), *EXTRA.get(file.path.name, ())], file.path.name


def test_the_older_register_has_three_sheets(folder: Path, written: list[WrittenFile]) -> None:
    register = folder / "older-operation.xlsx"
    assert len(rows_of(register, "Children")) == 60
    nominals = rows_of(register, "Nominals")
    assert len(nominals) == 25
    assert list(nominals[0]) == ["nom_ref", "name", "alias", "dob", "address", "vehicle", "phone", "notes"]
    links = rows_of(register, "Links")
    assert list(links[0]) == ["op_ref", "nom_ref", "how", "date"]
    assert {link["nom_ref"] for link in links} <= {nominal["nom_ref"] for nominal in nominals}


def test_one_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    def bytes_of(name: str, seed: int) -> dict[str, bytes]:
        world = invent(seed=seed, as_at=AS_AT, children=80, others=120)
        write_files(world, tmp_path / name)
        return {file.name: file.read_bytes() for file in sorted((tmp_path / name).iterdir())}

    first = bytes_of("first", 5)
    assert first == bytes_of("again", 5)
    other = bytes_of("other", 6)
    assert [name for name in first if name.endswith(("csv", "xlsx")) and first[name] == other[name]] == []


def test_identifiers_are_well_formed_but_for_a_few_seeded_errors(written: list[WrittenFile]) -> None:
    rows = of_format(written, "social-care-people") + of_format(written, "health-contacts")
    nhs = [row["nhs_number"] for row in rows if row["nhs_number"]]
    assert all(number.startswith("999") for number in nhs)
    assert 0 < sum(not nhs_number_is_valid(number) for number in nhs) < 0.02 * len(nhs)
    upns = [row["upn"] for row in rows if row.get("upn")]
    assert {upn[1:4] for upn in upns} == {"888", "889"}
    assert 0 < sum(not upn_is_valid(upn) for upn in upns) < 0.03 * len(upns)


def test_every_telephone_is_from_the_ranges_for_drama(written: list[WrittenFile]) -> None:
    phone = re.compile(r"\b0\d{3,4}[ -]?\d{5,6}\b|\b0[127]\d[ \d-]{8,12}\d")
    found = []
    for file in written:
        for row in rows_of(file.path):
            for column, cell in row.items():
                if column not in ("dob", "child_dob") and isinstance(cell, str):
                    found += phone.findall(cell) if not re.match(r"\d\d/\d\d/\d{4}|\d{4}-", cell) else []
    assert len(found) > 100
    assert [number for number in found if not re.fullmatch(r"07700 900\d{3}|01632 960\d{3}", number)] == []


def test_a_health_summary_never_names_the_service(written: list[WrittenFile]) -> None:
    for row in of_format(written, "health-contacts"):
        assert not re.search(
            r"sexual|drug|alcohol|substance|mental|hospital|emergency", row["summary_for_team"], re.I
        )


def test_nothing_in_the_files_lies_after_the_moment_they_were_sent(written: list[WrittenFile]) -> None:
    for row in of_format(written, "return-interviews"):
        for column in ("returned_at", "offered_at", "held_at"):
            if row[column]:
                at = datetime.strptime(row[column], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
                assert at <= AS_AT


def test_the_increment_updates_earlier_reports_and_repeats_some_unchanged(
    folder: Path, written: list[WrittenFile]
) -> None:
    first = {row["report_ref"]: row for row in rows_of(folder / "police-missing-1.csv") if row["report_ref"]}
    later = rows_of(folder / "police-missing-2.xlsx")
    known = [row for row in later if row["report_ref"] in first]
    unchanged = [row for row in known if row == first[row["report_ref"]]]
    returned_since = [
        row for row in known if row["returned_at"] and not first[row["report_ref"]]["returned_at"]
    ]
    assert len(later) > len(known), "some reports are new"
    assert unchanged
    assert returned_since


def test_a_rejected_police_row_comes_back_mended(folder: Path, written: list[WrittenFile]) -> None:
    bad = [
        r for r in rows_of(folder / "police-missing-1.csv") if r["dob"] == "31/02/2012" and r["report_ref"]
    ]
    later = {row["report_ref"]: row for row in rows_of(folder / "police-missing-2.xlsx")}
    assert bad
    assert all(later[row["report_ref"]]["dob"] != "31/02/2012" for row in bad)


def test_files_differ_in_encoding_and_separator_as_agencies_do(
    folder: Path, written: list[WrittenFile]
) -> None:
    assert (folder / "bwd-people.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"client_ref;surname" in (folder / "elda-contacts.csv").read_bytes()
    assert b"call_ref\tstarted_at" in (folder / "lantern-calls.csv").read_bytes()
    assert b"CLIENT_REF" in (folder / "elht-contacts.csv").read_bytes()
    (folder / "police-missing-1.csv").read_bytes().decode("cp1252")


@pytest.mark.parametrize(
    ("format", "reference"),
    [
        ("police-missing", "report_ref"),
        ("social-care-people", "person_id"),
        ("health-contacts", "client_ref"),
        ("ssda903-header", "CHILD"),
        ("referrals", "referral_ref"),
        ("return-interviews", "child_ref"),
        ("legacy-register", "op_ref"),
    ],
)
def test_the_truth_knows_every_sound_reference(
    folder: Path, written: list[WrittenFile], format: str, reference: str
) -> None:
    truth = {
        (row["format"], row["agency"], row["reference"]): row["child_id"]
        for row in rows_of(folder / "truth.csv")
    }
    assert len(set(truth.values())) > 100
    for file in written:
        if file.format == format:
            for row in rows_of(file.path):
                if row[reference] and not row[reference].endswith("X"):
                    assert truth[format, file.agency, row[reference]]

"""referrals: the team's own front door, and the schools' network."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from engage.demo import names, sentences
from engage.demo.errors import written_down
from engage.demo.files.sheets import Row, uk_date, utc_moment, yes_no
from engage.demo.identifiers import landline_phone
from engage.demo.world import Child, Referral, World

COLUMNS = [
    "referral_ref",
    "referred_at",
    "source_code",
    "referrer_agency",
    "referrer_role",
    "referrer_contact",
    "child_surname",
    "child_forenames",
    "child_dob",
    "child_age",
    "child_sex",
    "child_address",
    "child_postcode",
    "school",
    "immediate_danger",
    "missing_now",
    "what_happened",
    "when_where",
    "indicators",
    "people_of_concern",
    "vehicles",
    "places",
    "online_names",
    "family_told",
    "child_told",
    "consent_status",
]
# Agency, role, and the row of error-rates.yaml by which this referrer writes.
REFERRERS = {
    "6": ("Lancashire Constabulary", "neighbourhood officer", "police"),
    "2": ("School", "designated safeguarding lead", "schools"),
    "3": ("Health service", "nurse", "health"),
    "5": ("Council", "family support worker", "council"),
    "1": ("", "family or neighbour", "charity"),
    "8": ("Voluntary organisation", "youth worker", "charity"),
    "4": ("Housing association", "tenancy officer", "charity"),
    "7": ("Youth justice service", "case worker", "police"),
    "9": ("", "not given", "helpline"),
    "10": ("", "not known", "helpline"),
}
AGE_ONLY = 0.2  # share that gives an age and no date of birth (A)
ONLINE_NAMES = ["nightowl_bb", "j4y.drives", "quietstar09", "big.t.official", "mill_lane_lad"]


def rows(world: World, agency: str, rng: Random) -> Iterator[tuple[str, Child, Row]]:
    for referral in world.referrals:
        if referral.agency == agency:
            yield referral.ref, referral.child, row(rng, referral, world.bad_year)


def row(rng: Random, referral: Referral, bad_year: bool) -> Row:
    child, places = referral.child, names.load("places.yaml")
    code = referral.source_code
    referrer_agency, role, kind = REFERRERS[code if code == "10" else code[0]]
    person = written_down(rng, child, kind, bad_year=bad_year)
    age_only = rng.random() < AGE_ONLY and kind not in ("schools", "police")
    words = sentences.words_for(child)
    signs = sentences.about_signs(rng, child, referral.indicators, places["concern_places"])
    started = (
        "I am worried about {name}." if kind in ("charity", "helpline") else "We are worried about {name}."
    )
    adult = referral.adult
    return {
        "referral_ref": referral.ref,
        "referred_at": utc_moment(referral.at),
        "source_code": code,
        "referrer_agency": child.school if kind == "schools" and child.school else referrer_agency,
        "referrer_role": role,
        "referrer_contact": landline_phone(rng) if referrer_agency else "",
        "child_surname": person.surname,
        "child_forenames": person.forenames,
        "child_dob": "" if age_only else uk_date(person.dob),
        "child_age": str(child.age_on(referral.at.date())) if age_only or person.dob is None else "",
        "child_sex": child.sex,
        "child_address": person.address.lines if person.postcode else "",
        "child_postcode": person.postcode,
        "school": child.school,
        "immediate_danger": yes_no(referral.immediate_danger),
        "missing_now": yes_no(referral.missing_now),
        "what_happened": " ".join([started.format(**words), *signs[:4]]),
        "when_where": f"{rng.choice(['This week', 'Last week', 'Over a month'])}, near "
        f"{rng.choice(places['public_places'])}.",
        "indicators": ";".join(referral.indicators),
        "people_of_concern": f"{adult.name}{f' ({adult.alias})' if adult.alias else ''}, {adult.description}"
        if adult
        else "",
        "vehicles": adult.plate if adult and rng.random() < 0.6 else "",
        "places": rng.choice(places["concern_places"]) if "CE31" in referral.indicators or adult else "",
        "online_names": rng.choice(ONLINE_NAMES) if "CE28" in referral.indicators else "",
        "family_told": rng.choice(["Y", "Y", "N: would add to the risk", ""]),
        "child_told": rng.choice(["Y", "N: not yet seen", ""]),
        "consent_status": rng.choice(["not needed", "given", "not asked"]),
    }

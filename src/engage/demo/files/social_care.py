"""social-care-people: each council's list of the children it knows, one row for each address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from engage.demo.errors import written_down
from engage.demo.files.sheets import Row, iso_date, uk_date
from engage.demo.world import Child

COLUMNS = [
    "person_id",
    "child_903_id",
    "surname",
    "forenames",
    "known_as",
    "dob",
    "sex",
    "ethnicity",
    "nhs_number",
    "upn",
    "address",
    "postcode",
    "district",
    "school",
    "status",
    "placing_authority",
    "social_worker_ref",
    "parent_names",
    "address_from",
    "address_to",
]
EARLIER_ADDRESS_KEPT = 0.25  # A


def rows_of(rng: Random, child: Child, *, bad_year: bool, iso: bool) -> Iterator[Row]:
    person = written_down(rng, child, "council", bad_year=bad_year)
    day = iso_date if iso else uk_date
    worker = f"SW{rng.randint(100, 180)}" if child.status not in ("none", "early help") else ""
    addresses = [person.address]
    earlier = child.household.addresses[0]
    if person.address is not earlier and rng.random() < EARLIER_ADDRESS_KEPT:
        addresses.insert(0, earlier)
    for address in addresses:
        current = address is addresses[-1]
        row = {
            "person_id": child.person_id,
            "child_903_id": child.child_903_id,
            "surname": person.surname,
            "forenames": person.forenames,
            "known_as": person.known_as,
            "dob": day(person.dob),
            "sex": child.sex,
            "ethnicity": child.ethnicity,
            "nhs_number": person.nhs_number,
            "upn": person.upn,
            "address": address.lines,
            "postcode": person.postcode if current else address.postcode,
            "district": address.district,
            "school": child.school,
            "status": child.status,
            "placing_authority": child.placing_authority,
            "social_worker_ref": worker,
            "parent_names": "; ".join(child.household.parents),
            "address_from": day(address.since),
            "address_to": "" if current else day(address.until),
        }
        yield row
    if child.second_address:
        second = child.second_address
        yield row | {
            "address": second.lines,
            "postcode": second.postcode,
            "district": second.district,
            "address_from": day(second.since + timedelta(days=30)),
        }

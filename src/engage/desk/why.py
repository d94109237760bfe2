"""Why this reader may see this child: said of what they see, so that it hints at nothing they do not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engage.govuk.london_time import moment_words
from engage.practice.access.gate import acting
from engage.practice.access.models import CircleMember
from engage.practice.access.policy import PURPOSES
from engage.practice.access.queries import titles_in_force
from engage.practice.agencies.models import Staff
from engage.practice.people.queries import ShownIdentity

Kind = CircleMember.Kind
IN_CIRCLE: dict[str, str] = {
    Kind.LEAD: "You lead for this child",
    Kind.CO_WORKER: "You work with this child",
    Kind.INTERVIEWER: "You hold a return interview with this child",
    Kind.FIRST_LOOK: "You hold this child's first look",
    Kind.REFERRAL: "You hold a referral of this child",
    Kind.MEETING: "You are invited to a meeting about this child",
    Kind.DUTY: "You opened this record on duty",
    Kind.NAMED: "You are named for this restricted child",
    Kind.STATED: "You said why you look",
    Kind.LOCATION: "You are named for where this protected child lives",
    Kind.EMERGENCY: "You opened this record as an emergency, and somebody reviews it",
}


def why_seen(child: ShownIdentity, reader: Staff, now: datetime) -> list[str]:
    purpose = acting().purpose
    said = _circle(child.person_id)
    if reader.team and child.area & reader.team.district_bits:
        said.append(f"The child is in the area of your team, {reader.team.name}.")
    if reader.agency_id in child.agencies:
        said.append(f"Your own agency, {reader.agency.name}, has a record of this child.")
    if child.agencies - {reader.agency_id}:
        said += [
            f"Other agencies' records, by agreement: {title}."
            for title in titles_in_force(reader.agency, purpose, now)
        ]
    return [*said, f"Purpose: {PURPOSES[purpose].lower()}."]


def _circle(person_id: UUID) -> list[str]:
    reasons = acting().reasons.get(person_id, [])
    said = (
        f"{IN_CIRCLE[kind]}{f', until {moment_words(until)}' if until else ''}." for kind, until in reasons
    )
    return list(dict.fromkeys(said))

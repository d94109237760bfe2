"""The rows that stand now and cause a first look, or raise one: reports, referrals, facts and calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from engage.practice.access.gate import acting_as
from engage.practice.access.models import Compartment, Label
from engage.practice.people.actions.sources import compartments_of
from engage.practice.people.grouping import service

from ..models import KNOWN_OF_AS_A_SUMMARY, Cause

# CE01 to CE31 are signs of exploitation; the later ones tell of home, health and history.
SIGNS_OF_EXPLOITATION = [f"CE{number:02d}" for number in range(1, 32)]

# `opens`: a call, and a desk's grade without times, only raise a look that other rows opened.
STANDING = """
SELECT 'episode' AS kind, '' AS fact_kind, r.id AS row_id, r.record_id, r.person_id, r.area, r.compartment_id,
    r.source_id, coalesce(r.reported_at, r.starts_at) AS at, (NOT r.ended AND r.grade = 'high') AS immediate_danger,
    coalesce(r.interview_due_at, (r.interview_due_on + 1)::timestamp AT TIME ZONE 'Europe/London') AS clock_at,
    (r.interview_due_at IS NULL AND r.interview_due_on IS NOT NULL) AS clock_is_a_day,
    (coalesce(r.last_seen_at, r.reported_at, r.returned_at) IS NOT NULL
        OR coalesce(r.started_on, r.returned_on) IS NOT NULL) AS opens
FROM missing_missingreport r
WHERE r.current AND r.outcome NOT IN ('cancelled_not_missing', 'duplicate') {report_where}
UNION ALL
SELECT 'referral', '', f.id, f.record_id, f.person_id, f.area, f.compartment_id, f.source_id, f.referred_at,
    coalesce(f.immediate_danger, false), NULL, false, true
FROM front_door_referral f
WHERE f.current AND (f.indicators && %(signs)s::varchar[] OR f.immediate_danger) {referral_where}
UNION ALL
SELECT CASE WHEN a.kind = 'people_of_concern' THEN 'person_of_concern' ELSE 'flag' END, a.kind, a.id, a.record_id,
    a.person_id, a.area, a.compartment_id, a.source_id,
    coalesce(a.true_at, a.true_on::timestamp AT TIME ZONE 'Europe/London', a.recorded_at), false, NULL, false, true
FROM people_fact a
WHERE a.current AND (a.kind IN ('cse_flag', 'cce_flag') AND a.text = 'yes'
    OR a.kind = 'people_of_concern' AND a.text <> '') {fact_where}
UNION ALL
SELECT 'call', '', c.id, c.record_id, c.person_id, c.area, c.compartment_id, c.source_id, c.started_at, true, NULL,
    false, false
FROM front_door_call c
WHERE c.current AND c.immediate_danger
    AND (c.is_summary OR c.compartment_id IN (SELECT id FROM access_compartment WHERE label = 'restricted')) {call_where}
"""


@dataclass(slots=True)
class Opening:
    """One row that causes or raises a look, with what a cause of it must say."""

    kind: str
    fact_kind: str
    row_id: UUID
    record_id: UUID
    person_id: UUID
    area: int
    compartment_id: int
    source_id: UUID | None
    at: datetime
    immediate_danger: bool
    clock_at: datetime | None
    clock_is_a_day: bool
    opens: bool

    def as_cause(self, now: datetime) -> Cause:
        cause = Cause(
            id=uuid4(),
            record_id=self.record_id,
            person_id=self.person_id,
            area=self.area,
            recorded_at=now,
            kind=self.kind,
            current=True,
        )
        self.write_into(cause)
        return cause

    def write_into(self, cause: Cause) -> None:
        cause.row_id, cause.compartment_id, cause.source_id = self.row_id, self.compartment_id, self.source_id
        cause.at, cause.immediate_danger = self.at, self.immediate_danger
        cause.nearest_clock_at, cause.clock_is_a_day = self.clock_at, self.clock_is_a_day


def openings_of(person_ids: Sequence[UUID]) -> list[Opening]:
    with connection.cursor() as cursor:
        cursor.execute(
            STANDING.format(
                report_where="AND r.person_id = ANY(%(people)s)",
                referral_where="AND f.person_id = ANY(%(people)s)",
                fact_where="AND a.person_id = ANY(%(people)s)",
                call_where="AND c.person_id = ANY(%(people)s)",
            ),
            {"signs": SIGNS_OF_EXPLOITATION, "people": list(person_ids)},
        )
        openings = [Opening(*row) for row in cursor.fetchall()]
    openings.sort(key=lambda opening: (opening.at, opening.row_id))
    _let_worries_be_known_of(openings)
    return openings


def persons_behind(at_most: int) -> list[UUID]:
    """Persons with a row that should have caused a look and did not, or whose cause no longer says what the row says."""
    everything = STANDING.format(report_where="", referral_where="", fact_where="", call_where="")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH standing AS ({everything})
            SELECT person_id FROM (
                SELECT s.person_id FROM standing s LEFT JOIN screening_cause c ON c.row_id = s.row_id
                WHERE s.person_id IS NOT NULL AND (
                    c.id IS NULL AND (s.opens OR EXISTS (
                        SELECT 1 FROM screening_firstlook l WHERE l.person_id = s.person_id))
                    OR NOT c.current
                    OR c.kind = ANY(%(summarised)s) AND c.compartment_id IN (
                        SELECT id FROM access_compartment
                        WHERE category IN ('C06', 'C18') AND label = 'full' OR category = 'C18' AND label = 'summary')
                    OR (c.immediate_danger, c.nearest_clock_at) IS DISTINCT FROM (s.immediate_danger, s.clock_at))
                UNION
                SELECT c.person_id FROM screening_cause c
                WHERE c.current AND NOT EXISTS (SELECT 1 FROM standing s WHERE s.row_id = c.row_id)
                UNION
                SELECT c.person_id FROM screening_cause c JOIN screening_firstlook l ON l.id = c.look_id
                WHERE c.current AND c.person_id <> l.person_id
            ) behind ORDER BY person_id LIMIT %(at_most)s
            """,
            {
                "signs": SIGNS_OF_EXPLOITATION,
                "summarised": [str(kind) for kind in KNOWN_OF_AS_A_SUMMARY],
                "at_most": at_most,
            },
        )
        return [person_id for (person_id,) in cursor.fetchall()]


def follow_corrections(
    openings: Mapping[UUID, list[Opening]], causes: Mapping[UUID, list[Cause]], now: datetime
) -> None:
    """A corrected row is the same cause as before: no new look opens because an agency mended a spelling."""
    stale, new = [], []
    for person_id, told in openings.items():
        have = {cause.row_id for cause in causes.get(person_id, ())}
        stand = {opening.row_id for opening in told}
        gone = [cause for cause in causes.get(person_id, ()) if cause.row_id not in stand and cause.source_id]
        if gone:
            stale += gone
            new += [opening for opening in told if opening.row_id not in have and opening.source_id]
    if not stale or not new:
        return
    # Which versions are of one row stands on the rows as sent: receiving alone reads those.
    with acting_as(service("service_receiver"), now=now):
        lines = _lines_of_versions({row.source_id for row in (*stale, *new)})
    kinds = _fact_kinds([cause.row_id for cause in stale])
    by_line: dict[tuple, list[Cause]] = defaultdict(list)
    for cause in stale:
        if cause.source_id and (line := lines.get(cause.source_id)):
            by_line[cause.record_id, cause.kind, kinds.get(cause.row_id, ""), line].append(cause)
    for opening in new:
        if opening.source_id and (line := lines.get(opening.source_id)):
            earlier = by_line.get((opening.record_id, opening.kind, opening.fact_kind, line))
            if earlier:
                opening.write_into(earlier.pop())


def _lines_of_versions(source_ids: set[UUID]) -> dict[UUID, tuple]:
    """Source record to what all versions of one row share."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, agency_id, format, reference FROM people_sourcerecord WHERE id = ANY(%s)",
            [list(source_ids)],
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _fact_kinds(row_ids: list[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, kind FROM people_fact WHERE id = ANY(%s)", [row_ids])
        return dict(cursor.fetchall())


def _let_worries_be_known_of(openings: Sequence[Opening]) -> None:
    """That a worry waits for its first look stands as a summary (C06), whatever the category of the row: the core
    team of the area must see it waiting, or nobody would ever take it. What it says, and who sent it, stays in the
    row's own compartment. A restricted or sealed row is known of to those alone who may see the row.
    """
    worries = [opening for opening in openings if opening.kind in KNOWN_OF_AS_A_SUMMARY]
    if not worries:
        return
    open_to_the_team = {
        compartment.pk: compartment.owner
        for compartment in Compartment.objects.filter(
            pk__in={o.compartment_id for o in worries},
            category__in=("C06", "C18"),
            label__in=(Label.FULL, Label.SUMMARY),
        ).select_related("owner")
    }
    owners = {owner.pk: owner for owner in open_to_the_team.values()}
    summary = {
        owner_id: compartments_of(owners[owner_id], {("C06", Label.SUMMARY)})["C06", Label.SUMMARY]
        for owner_id in sorted(owners)
    }
    for opening in worries:
        if owner := open_to_the_team.get(opening.compartment_id):
            opening.compartment_id = summary[owner.pk]

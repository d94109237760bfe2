"""Which records of an agency have passed their period, and why some of them are kept. Computed in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from engage.methods.moments import london_date
from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency
from engage.practice.people.grouping import service

NOT_DUE, NOT_KNOWN = "not_due", "start_not_known"

# A period counted from anything but birth cannot have passed sooner after the receipt than it lasts: most records are
# told apart by that alone. The date of birth is looked up for each.
LOOKED_AT = """
WITH looked AS MATERIALIZED (
    SELECT r.id, s.id AS schedule_id, s.years,
           CASE WHEN s.counted_from = 'birth' OR r.received_at + make_interval(years => s.years) <= %(now)s
                THEN engage_period_from(r.id, s.counted_from) END AS period_from,
           s.counted_from <> 'birth' AND r.received_at + make_interval(years => s.years) > %(now)s AS is_new
    FROM people_record r
    JOIN retention_schedule s ON s.agency_id = r.agency_id AND s.ended_at IS NULL
        AND s.register = split_part(r.register, '/', 1)
    WHERE r.agency_id = %(agency)s
), told AS (
    SELECT id, schedule_id, (period_from + make_interval(years => years))::date AS due_on, is_new FROM looked
)
SELECT id, schedule_id, due_on, coalesce(engage_reason_to_keep(id), ''), 1 FROM told WHERE due_on <= %(today)s
UNION ALL
SELECT NULL, NULL, NULL, CASE WHEN is_new OR due_on IS NOT NULL THEN 'not_due' ELSE 'start_not_known' END, count(*)
FROM told WHERE due_on IS NULL OR due_on > %(today)s GROUP BY 4
"""


@dataclass(frozen=True)
class Line:
    """A record whose period has passed. An empty reason: nothing keeps it."""

    record_id: UUID
    schedule_id: UUID
    due_on: date
    reason: str


@dataclass(frozen=True)
class Looked:
    lines: list[Line]
    kept_because: dict[str, int]  # those whose period has not passed, or cannot be counted, too

    @property
    def to_destroy(self) -> list[Line]:
        return [line for line in self.lines if not line.reason]

    @property
    def kept(self) -> int:
        return sum(self.kept_because.values())


def look(agency: Agency, now: datetime) -> Looked:
    """Every record of the kinds for which the agency adopted a period; read by the receiving service, which sees all."""
    with acting_as(service("service_receiver"), now=now), connection.cursor() as cursor:
        cursor.execute(LOOKED_AT, {"now": now, "today": london_date(now), "agency": agency.pk})
        rows = cursor.fetchall()
    lines = [Line(record, schedule, due_on, reason) for record, schedule, due_on, reason, _ in rows if record]
    kept = {reason: count for record, _, _, reason, count in rows if record is None}
    for line in lines:
        if line.reason:
            kept[line.reason] = kept.get(line.reason, 0) + 1
    return Looked(lines, kept)


def kept_since(record_ids: Collection[UUID], now: datetime) -> int:
    """How many of these something keeps by now."""
    with acting_as(service("service_receiver"), now=now), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(engage_reason_to_keep(one)) FROM unnest(%s::uuid[]) AS one", [list(record_ids)]
        )
        (kept,) = cursor.fetchone()
    return kept


def digest_of(agency: Agency, cooling_off_days: int, to_destroy: Collection[Line]) -> str:
    """Of exactly what would be destroyed. engage_digest_of_plan makes the same of what is stored."""
    head = f"{agency.pk} {cooling_off_days}"
    told = sorted((str(line.record_id), str(line.schedule_id)) for line in to_destroy)
    return hashlib.sha256("\n".join([head, *(" ".join(one) for one in told)]).encode()).hexdigest()

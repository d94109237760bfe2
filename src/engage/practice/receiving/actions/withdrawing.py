"""Rows their sender withdraws: the record stays, marked, and nothing the row said stands any longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.db import connection

from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.actions.sources import SourceOutcome
from engage.practice.people.models import SourceRecord

from ..drawing import Drawn
from ..reading import Row
from ..reading.formats import Sheet
from ..reading.rows import row_again

TOLD_BY_ROWS = (
    "people_recorddetail",
    "people_identifier",
    "people_address",
    "people_fact",
    "missing_missingreport",
    "missing_returninterview",
)


def with_what_was_sent_before(
    rows: Sequence[tuple[Row, Sheet]], outcomes: Sequence[SourceOutcome], service: Staff
) -> list[Row]:
    """A withdrawal often comes as a reference and a Y alone: the record keeps the name it had."""
    before = {
        outcome.previous_id
        for (row, _), outcome in zip(rows, outcomes, strict=True)
        if row.withdrawn and outcome.previous_id
    }
    if not before:
        return [row for row, _ in rows]
    contents = dict(
        SourceRecord.objects.visible_to(service).filter(pk__among=before).values_list("pk", "content")
    )
    filled = []
    for (row, sheet), outcome in zip(rows, outcomes, strict=True):
        if row.withdrawn and outcome.previous_id in contents:
            said = contents[outcome.previous_id] | {name: text for name, text in row.as_sent.items() if text}
            row = replace(row, values=row_again(sheet, said, row.number).values)
        filled.append(row)
    return filled


def keep_records_that_other_rows_tell_of(drawn: Sequence[Drawn], agency: Agency) -> None:
    """Of a person with several rows (addresses, contacts, interviews) one may be withdrawn and the person stays."""
    wanted: dict[str, list[Drawn]] = defaultdict(list)
    for one in drawn:
        if one.identity.withdrawn and one.of_several:
            wanted[one.identity.register].append(one)
    for register, withdrawn in wanted.items():
        standing = _told_by_standing_rows(agency, register, [one.identity.reference for one in withdrawn])
        for one in withdrawn:
            if one.identity.reference in standing:
                one.identity = replace(one.identity, withdrawn=False, addresses=())


def _told_by_standing_rows(agency: Agency, register: str, references: list[str]) -> set[str]:
    told = " UNION ".join(f"SELECT record_id, source_id FROM {table} WHERE current" for table in TOLD_BY_ROWS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT r.reference FROM people_record r JOIN ({told}) t ON t.record_id = r.id"
            " JOIN people_sourcerecord s ON s.id = t.source_id"
            " WHERE r.agency_id = %s AND r.register = %s AND r.reference = ANY(%s)"
            " AND NOT (SELECT newest.withdrawn FROM people_sourcerecord newest"
            "   WHERE newest.agency_id = s.agency_id AND newest.format = s.format"
            "   AND newest.reference = s.reference ORDER BY newest.version DESC LIMIT 1)",
            [agency.pk, register, references],
        )
        return {reference for (reference,) in cursor.fetchall()}

"""What accepted rows say, written set-wise through the apps that keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engage.practice.agencies.models import Agency, Staff
from engage.practice.front_door.actions import write_calls, write_referrals
from engage.practice.missing.actions import derive_episodes, write_interviews, write_reports
from engage.practice.people.actions import SourceInput, write_facts, write_records, write_sources
from engage.practice.people.models import Record
from engage.practice.screening.actions import open_first_looks

from ..drawing import draw
from ..models import SetAsideRow
from ..reading import Format, Row
from ..reading.formats import Sheet
from .withdrawing import keep_records_that_other_rows_tell_of, with_what_was_sent_before


@dataclass(frozen=True, slots=True)
class Accepted:
    row: Row
    sheet: Sheet
    file_id: UUID


def name_of(format: Format, sheet: Sheet) -> str:
    """Under which name rows of this sheet are kept."""
    return f"{format.code}/{sheet.name}" if sheet.name else format.code


def apply_rows(
    accepted: Sequence[Accepted], format: Format, agency: Agency, service: Staff, now: datetime
) -> tuple[int, int]:
    """Write what the rows say. Returns how many were applied and how many said nothing new."""
    outcomes = write_sources(
        [
            SourceInput(
                agency=agency,
                format=name_of(format, one.sheet),
                reference=one.row.reference or "",
                raw_category=one.sheet.category_of_row(one.row.values),
                content=dict(one.row.as_sent),
                file_id=one.file_id,
                row_number=one.row.number,
                withdrawn=one.row.withdrawn,
            )
            for one in accepted
        ],
        by=service,
        now=now,
    )
    changed = [(one, o) for one, o in zip(accepted, outcomes, strict=True) if o.outcome != "unchanged"]
    if changed:
        rows = with_what_was_sent_before(
            [(one.row, one.sheet) for one, _ in changed], [o for _, o in changed], service
        )
        police = police_codes()
        drawn = [
            draw(
                row,
                one.sheet,
                format,
                agency,
                outcome.source_id,
                now,
                police=police,
                is_new_version=outcome.outcome == "new_version",
            )
            for row, (one, outcome) in zip(rows, changed, strict=True)
        ]
        keep_records_that_other_rows_tell_of(drawn, agency)
        records = write_records([one.identity for one in drawn], by=service, now=now)
        placed = [
            (one, records[one.identity.key], outcome.source_id)
            for one, (_, outcome) in zip(drawn, changed, strict=True)
        ]
        write_facts(
            [fact for one, record, source in placed for fact in one.fact_inputs(agency, record, source)],
            by=service,
            now=now,
            sources=[source for _, _, source in placed],
        )
        referrals = [one.referral_input(agency, record, source) for one, record, source in placed]
        write_referrals([said for said in referrals if said is not None], by=service, now=now)
        calls = [one.call_input(agency, record, source) for one, record, source in placed]
        write_calls([said for said in calls if said is not None], by=service, now=now)
        reports = [one.report_input(agency, record, source) for one, record, source in placed]
        write_reports([said for said in reports if said is not None], by=service, now=now)
        interviews = [one.interview_input(agency, record, source) for one, record, source in placed]
        write_interviews([said for said in interviews if said is not None], by=service, now=now)
        people = set(
            Record.objects.visible_to(service)
            .filter(pk__among=set(records.values()))
            .values_list("person_id", flat=True)
        )
        derive_episodes(people, now=now)
        open_first_looks(people, now=now)
    settle_earlier([(one.row, one.sheet) for one in accepted], format, agency, service, now)
    return len(changed), len(accepted) - len(changed)


def settle_earlier(
    rows: Sequence[tuple[Row, Sheet]], format: Format, agency: Agency, service: Staff, now: datetime
) -> None:
    """Rows held earlier under a reference that has come again wait no longer: the newer row stands for them."""
    by_sheet: dict[str, set[str]] = {}
    for row, _ in rows:
        if row.reference:
            by_sheet.setdefault(row.sheet or "", set()).add(row.reference)
    for sheet, references in by_sheet.items():
        SetAsideRow.objects.visible_to(service).filter(
            agency=agency,
            format=format.code,
            sheet=sheet,
            state=SetAsideRow.State.HELD,
            reference__in=references,
        ).update(state=SetAsideRow.State.REPLACED, settled_at=now, settled_by=service)


def police_codes() -> tuple[str, ...]:
    """Whose references an interviewer may mean."""
    return tuple(
        Agency.objects.filter(kind=Agency.Kind.POLICE).order_by("code").values_list("code", flat=True)
    )


__all__ = ["Accepted", "apply_rows", "name_of", "settle_earlier"]

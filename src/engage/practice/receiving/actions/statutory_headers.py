"""Missing rows of the statutory return wait for their child's header row (INT04) and must agree with it (INT13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import connection

from engage.methods.ssda903 import RULES, read_903_date
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import SourceRecord

from ..models import SetAsideRow
from ..reading import Format, Problem, Row
from ..reading.tables import header_key

HEADER, MISSING = "ssda903-header", "ssda903-missing"
NO_HEADER, OTHER_BIRTH = "rule_INT04", "rule_INT13"


class Headers:
    """What one agency's header rows say of the children of some missing rows."""

    def __init__(self, rows: Iterable[Row], format: Format, agency: Agency, service: Staff) -> None:
        self.births: dict[str, date | None] | None = None
        if format.code != MISSING:
            return
        _wait_for_turn(agency)
        latest = (
            SourceRecord.objects.visible_to(service)
            .filter(
                agency=agency, format=HEADER, reference__in={row.identity for row in rows if row.identity}
            )
            .order_by("reference", "-version")
            .distinct("reference")
            .values_list("reference", "content", "withdrawn")
        )
        self.births = {
            reference: _birth(content) for reference, content, withdrawn in latest if not withdrawn
        }

    def problem(self, row: Row) -> Problem | None:
        """Why the row has to wait; None where it may be applied."""
        if self.births is None:
            return None
        if row.identity not in self.births:
            sentence = "Rule INT04: the child is not in the header file yet. The row is released when the header row comes."
            return Problem(row.number, "CHILD", "held", NO_HEADER, sentence, row.sheet)
        told, here = self.births[row.identity], row.values.get("DOB")
        if told and here and told != here:
            sentence = f"Rule INT13: {RULES['INT13'][1]} Mend the file that is wrong and send it again."
            return Problem(row.number, "DOB", "held", OTHER_BIRTH, sentence, row.sheet)
        return None


def rows_waiting_for_header(agency: Agency, service: Staff) -> list[SetAsideRow]:
    """Waits until no file of this agency is in the middle of holding some."""
    _wait_for_turn(agency)
    return list(
        SetAsideRow.objects.visible_to(service)
        .filter(
            agency=agency,
            format=MISSING,
            state=SetAsideRow.State.HELD,
            reason_code__in=(NO_HEADER, OTHER_BIRTH),
        )
        .order_by("file__received_at", "file_id", "row_number")
    )


def _birth(content: dict[str, str]) -> date | None:
    sent = next((text for name, text in content.items() if header_key(name) == "dob"), "")
    return read_903_date(sent.strip())


def _wait_for_turn(agency: Agency) -> None:
    # A header file and a missing file at the same moment: one sees what the other wrote.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"ssda903 {agency.pk}"])

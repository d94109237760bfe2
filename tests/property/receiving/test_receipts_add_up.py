"""Whatever is in a file, every row is accounted for once, and sending it again changes nothing."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency
from engage.practice.missing.models import MissingReport
from engage.practice.people.models import Record, SourceRecord
from engage.practice.receiving.actions import receive_file
from engage.practice.receiving.models import SetAsideRow

pytestmark = pytest.mark.django_db

CELLS = {
    "report_ref": st.sampled_from(["", "A", "B", "C", "D", "R" * 201]),
    "surname": st.sampled_from(["", "Brook", "=1+1", "B\u202erook", "Field" * 60]),
    "dob": st.sampled_from(["", "04/05/2011", "2011-05-04", "31/02/2011", "soon"]),
    "ethnicity": st.sampled_from(["", "W1", "no such code at all"]),
    "home_postcode": st.sampled_from(["", "BB1 1AA", "not one"]),
    "reported_at": st.sampled_from(
        ["", "30/10/2026 22:00", "25/10/2026 01:30", "29/03/2026 01:30", "30/10/2026"]
    ),
    "returned_at": st.sampled_from(["", "31/10/2026 08:00", "2026-10-31"]),
    "grade": st.sampled_from(["", "high", "as high as it can be"]),
    "cse_flag": st.sampled_from(["", "Y", "perhaps"]),
    "outcome": st.sampled_from(["", "open", "returned", "duplicate_of:A", "cancelled_not_missing"]),
    "withdrawn": st.sampled_from(["", "", "", "Y"]),
}
# A line without any value is no row.
ROWS = st.lists(st.fixed_dictionaries(CELLS).filter(lambda row: any(row.values())), min_size=1, max_size=12)


class RolledBack(Exception):
    pass


@given(rows=ROWS, more=ROWS, at_once=st.integers(1, 7))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_received_is_applied_and_unchanged_and_rejected_and_held(
    rows, more, at_once, receiver, now, tmp_path
):
    def send(sent: list[dict[str, str]], ending: str = "") -> dict[str, int]:
        text = io.StringIO()
        writer = csv.DictWriter(text, CELLS)
        writer.writeheader()
        writer.writerows(sent)
        path = tmp_path / "file.csv"
        path.write_text(text.getvalue() + ending, encoding="utf-8")
        file = receive_file(
            path,
            format_code="police-missing",
            agency=Agency.objects.get(code="LANCS-POL"),
            by=receiver,
            now=now,
            file_name="file.csv",
            rows_at_once=at_once,
        ).file
        assert file.state == "received"
        counts = {
            name: getattr(file, f"rows_{name}")
            for name in ("received", "applied", "unchanged", "rejected", "held")
        }
        assert counts["received"] == len(sent)
        assert counts["received"] == sum(counts.values()) - counts["received"]
        return counts

    def tables() -> list[object]:
        with acting_as(receiver, now=now):
            return [
                sorted(SourceRecord.objects.visible_to(receiver).values_list("reference", "version")),
                sorted(Record.objects.visible_to(receiver).values_list("reference", "withdrawn", "surname")),
                sorted(
                    MissingReport.objects.visible_to(receiver)
                    .filter(current=True)
                    .values_list("reference", "outcome")
                ),
                SetAsideRow.objects.visible_to(receiver)
                .filter(state="held")
                .values("reference")
                .distinct()
                .count(),
            ]

    with pytest.raises(RolledBack), transaction.atomic():
        first = send(rows)
        before = tables()
        assert len(before[0]) == first["applied"]
        # The last row of each reference stands, so those rows alone in another file say nothing new.
        last = {row["report_ref"]: row for row in rows}
        again = send(list(last.values()), "\r\n")
        assert again["applied"] == 0 or first["held"] or first["rejected"]
        if again["applied"] == 0:
            assert tables() == before
        # The same bytes: the first receipt, and nothing else.
        stood = tables()
        assert send(rows) == first
        assert tables() == stood
        send(more, "\r\n\r\n")
        with acting_as(receiver, now=now):
            waiting = SetAsideRow.objects.visible_to(receiver).filter(state="held")
            references = list(waiting.values_list("reference", flat=True))
        assert len(references) == len(set(references))  # a row waits once however often it came
        raise RolledBack

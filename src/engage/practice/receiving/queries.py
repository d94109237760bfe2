"""Reading receipts. A receipt holds counts and sentences, never a value of a row."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q

from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import Record

from .feeds import formats
from .models import ReceivedFile, RowProblem, SetAsideRow
from .reading import Problem, write_problem_rows

# An answer by API or --json names this many problems; the pages of the receipt's problems have all of them.
MOST_PROBLEMS_SHOWN = 1000
AWAITING_INTELLIGENCE = "awaiting_intelligence"
# The sheets of an older operation's register; the latter two wait for intelligence work.
CHILDREN_SHEET, PERSONS_SHEET, LINKS_SHEET = "Children", "Nominals", "Links"


def receipts(reader: Staff):
    return (
        ReceivedFile.objects.visible_to(reader).select_related("agency", "by").order_by("-received_at", "-id")
    )


def files_with_held_rows(reader: Staff):
    """Files with rows that wait for a person of the agency that sent them."""
    return receipts(reader).filter(pk__in=held_rows(reader).values("file_id"))


def held_rows(reader: Staff):
    """Rows that wait for a person of the agency that sent them; persons of concern wait for intelligence work."""
    return (
        SetAsideRow.objects.visible_to(reader)
        .filter(state=SetAsideRow.State.HELD)
        .exclude(reason_code=AWAITING_INTELLIGENCE)
    )


def persons_of_concern(reader: Staff):
    """Whom an older register names and nobody has verified, in the order of the register."""
    return _of_older_registers(reader, PERSONS_SHEET)


def links_of(person: SetAsideRow, reader: Staff) -> list[SetAsideRow]:
    """How the same register says this person is linked with children, in the order of the register."""
    links = _of_older_registers(reader, LINKS_SHEET).filter(
        agency=person.agency_id, format=person.format, content__nom_ref=person.content.get("nom_ref", "")
    )
    return list(links)


def links_counted(persons: Collection[SetAsideRow], reader: Staff) -> dict[tuple[int, str], int]:
    """By agency and the register's number of the person: how many links the register has."""
    numbers = {person.content.get("nom_ref", "") for person in persons}
    rows = (
        _of_older_registers(reader, LINKS_SHEET)
        .filter(content__nom_ref__in=list(numbers))
        .order_by()
        .values_list("agency_id", "content__nom_ref")
        .annotate(links=Count("pk"))
    )
    return {(agency, number): links for agency, number, links in rows}


def children_in_register(rows: Iterable[SetAsideRow], reader: Staff) -> dict[str, UUID]:
    """By the register's number of a child, the child as known now, where the reader sees the child."""
    rows = list(rows)
    return dict(
        Record.objects.visible_to(reader)
        .filter(
            agency__in={row.agency_id for row in rows},
            register__in={f"{row.format}/{CHILDREN_SHEET}" for row in rows},
            reference__in={row.content.get("op_ref", "") for row in rows},
            withdrawn=False,
        )
        .values_list("reference", "person_id")
    )


def _of_older_registers(reader: Staff, sheet: str):
    return (
        SetAsideRow.objects.visible_to(reader)
        .filter(state=SetAsideRow.State.HELD, reason_code=AWAITING_INTELLIGENCE, sheet=sheet)
        .select_related("agency")  # not the file: its receipt is for the sender alone
        .order_by("agency_id", "reference", "pk")
    )


def why_held(rows: Iterable[SetAsideRow], reader: Staff) -> dict[tuple[UUID, str, int], list[RowProblem]]:
    """The reasons by file, sheet and row number."""
    rows = list(rows)
    found: dict[tuple[UUID, str, int], list[RowProblem]] = {}
    for problem in (
        RowProblem.objects.visible_to(reader)
        .filter(
            outcome=RowProblem.Outcome.HELD,
            file__in={row.file_id for row in rows},
            row_number__in={row.row_number for row in rows},
        )
        .order_by("id")
    ):
        found.setdefault((problem.file_id, problem.sheet, problem.row_number), []).append(problem)
    return found


def problems_of(file: ReceivedFile, reader: Staff):
    return RowProblem.objects.visible_to(reader).filter(file=file).order_by("row_number", "id")


def receipt(file: ReceivedFile, reader: Staff) -> dict:
    """The receipt as the API and `--json` give it (docs/reference/feeds.md)."""
    problems = problems_of(file, reader)
    return {
        "receipt_id": str(file.pk),
        "format": file.format,
        "agency": file.agency.code,
        "file_name": file.file_name,
        "sha256": file.sha256,
        "received_at": file.received_at.isoformat(),
        "state": file.state,
        "rows": {
            "received": file.rows_received,
            "applied": file.rows_applied,
            "unchanged": file.rows_unchanged,
            "rejected": file.rows_rejected,
            "held": file.rows_held,
        },
        "flags": file.flags,
        "problems": [_told(problem) for problem in problems[:MOST_PROBLEMS_SHOWN]],
        "problems_left_out": max(0, problems.count() - MOST_PROBLEMS_SHOWN),
        "not_checked": file.not_checked,
        "refusal": {"reason_code": file.refusal_code, "sentence": file.refusal}
        if file.refusal_code
        else None,
    }


def page_of_problems(file: ReceivedFile, reader: Staff, page: int) -> dict:
    """All problems of a file, so many at a time as a receipt names."""
    problems = problems_of(file, reader)
    start = (page - 1) * MOST_PROBLEMS_SHOWN
    count = problems.count()
    return {
        "receipt_id": str(file.pk),
        "page": page,
        "pages": max(1, -(-count // MOST_PROBLEMS_SHOWN)),
        "count": count,
        "problems": [_told(problem) for problem in problems[start : start + MOST_PROBLEMS_SHOWN]],
    }


def _told(problem: RowProblem) -> dict:
    return {
        "row": problem.row_number,
        "sheet": problem.sheet,
        "column": problem.column,
        "outcome": problem.outcome,
        "reason_code": problem.reason_code,
        "sentence": problem.sentence,
    }


class _SentRow:
    def __init__(self, row: SetAsideRow | None, number: int, sheet: str | None):
        self.number, self.sheet = number, sheet or None
        self.reference = row.reference if row else None
        self.as_sent = row.content if row else {}


def problem_rows_csv(file: ReceivedFile, reader: Staff) -> str:
    """Rejected and held rows as sent with the reason beside each, to be mended and sent again.

    A row whose content the reader may not see comes with its number and reason alone.
    """
    problems = [
        Problem(p.row_number, p.column or None, p.outcome, p.reason_code, p.sentence, p.sheet or None)
        for p in problems_of(file, reader)
        .exclude(outcome=RowProblem.Outcome.FLAG)
        .exclude(reason_code=AWAITING_INTELLIGENCE)  # nothing to mend: they wait for others
    ]
    sent = {
        (row.sheet or None, row.row_number): row
        for row in SetAsideRow.objects.visible_to(reader).filter(file=file).order_by("row_number")
    }
    rows: Iterable[_SentRow] = [
        _SentRow(sent.get((sheet, number)), number, sheet)
        for sheet, number in sorted(
            {(p.sheet, p.row) for p in problems}, key=lambda key: (key[0] or "", key[1])
        )
    ]
    format = formats().get(file.format)
    columns = [column.name for one in format.sheets for column in one.columns] if format else []
    return write_problem_rows(rows, problems, columns)


def last_files(now: datetime) -> list[tuple[Agency, datetime | None]]:
    """When each agency's files last arrived at all: says nothing about any child.

    Read by the caller as a service; an agency that never sent has None.
    """
    return [
        (agency, agency.last)
        for agency in Agency.objects.exclude(kind=Agency.Kind.SYSTEM)
        .filter(is_active=True)
        .annotate(
            last=Max(
                "receivedfile__received_at",
                filter=Q(receivedfile__state=ReceivedFile.State.RECEIVED)
                & Q(receivedfile__received_at__lte=now),
            )
        )
        .order_by("name")
    ]

"""The tables of the file pages."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import moment_words
from engage.practice.people.queries import ShownIdentity

from .models import ReceivedFile, RowProblem, SetAsideRow
from .reading import Row as SentRow

OUTCOMES: dict[str, tuple[str, str]] = {
    RowProblem.Outcome.REJECTED: ("Rejected", "red"),
    RowProblem.Outcome.HELD: ("Held for a person", "yellow"),
    RowProblem.Outcome.FLAG: ("Applied, with a remark", "grey"),
}


def files_table(files: Iterable[ReceivedFile], titles: dict[str, str], held_only: bool) -> Table:
    return Table(
        "Files with rows that wait for a person" if held_only else "Files received",
        [
            Column("File"),
            Column("Received"),
            Column("Rows", numeric=True),
            Column("Applied", numeric=True),
            Column("Unchanged", numeric=True),
            Column("Rejected", numeric=True),
            Column("Held", numeric=True),
            Column("State"),
        ],
        [
            Row(
                [
                    Cell(
                        file.file_name,
                        href=f"/files/{file.pk}/",
                        secondary=titles.get(file.format, file.format),
                    ),
                    Cell(moment_words(file.received_at), secondary=f"by {file.by.name}"),
                    *(
                        Cell(f"{count:,}", numeric=True)
                        for count in (
                            file.rows_received,
                            file.rows_applied,
                            file.rows_unchanged,
                            file.rows_rejected,
                            file.rows_held,
                        )
                    ),
                    Cell(file.get_state_display(), colour="red" if file.state == "refused" else "green"),
                ],
                anchor=f"file-{file.pk}",
            )
            for file in files
        ],
        empty_text="No rows wait for a person." if held_only else "Your agency has not sent a file yet.",
        key_rows=True,
    )


def problems_table(problems: Iterable[RowProblem]) -> Table:
    return Table(
        "What to mend",
        [Column("Row"), Column("Column"), Column("What became of it"), Column("What to do")],
        [
            Row(
                [
                    f"{problem.sheet} {problem.row_number}".strip(),
                    problem.column or "the whole row",
                    Cell(OUTCOMES[problem.outcome][0], colour=OUTCOMES[problem.outcome][1]),
                    problem.sentence,
                ]
            )
            for problem in problems
        ],
        empty_text="Every row was applied or was unchanged, and there are no remarks.",
    )


def receipt_summary(file: ReceivedFile, title: str) -> list[SummaryRow]:
    return [
        SummaryRow("Format", title),
        *([SummaryRow("Collection year", f"ends in {file.collection_year}")] if file.collection_year else []),
        *([SummaryRow("Sheet", file.sheet)] if file.sheet else []),
        SummaryRow("Agency", file.agency.name),
        SummaryRow("Received", f"{moment_words(file.received_at)} by {file.by.name}"),
        SummaryRow("Rows received", f"{file.rows_received:,}"),
        SummaryRow("Applied", f"{file.rows_applied:,}"),
        SummaryRow("Unchanged", f"{file.rows_unchanged:,}"),
        SummaryRow("Rejected", f"{file.rows_rejected:,}"),
        SummaryRow("Held for a person", f"{file.rows_held:,}"),
        SummaryRow("Check sum (SHA-256)", file.sha256),
    ]


def held_table(
    rows: Iterable[SetAsideRow], why: dict[tuple[UUID, str, int], list[RowProblem]], titles: dict[str, str]
) -> Table:
    return Table(
        "Rows held for a person",
        [Column("File"), Column("Row"), Column("Held since"), Column("Why, and what to do")],
        [
            Row(
                [
                    Cell(
                        row.file.file_name,
                        href=f"/files/{row.file_id}/?outcome=held",
                        secondary=titles.get(row.format, row.format),
                    ),
                    f"{row.sheet} {row.row_number}".strip(),
                    moment_words(row.file.received_at),
                    " ".join(
                        f"{problem.column}: {problem.sentence}" if problem.column else problem.sentence
                        for problem in why.get((row.file_id, row.sheet, row.row_number), [])
                    ),
                ],
                anchor=f"row-{row.pk}",
            )
            for row in rows
        ],
        empty_text="No rows wait for a person.",
        key_rows=True,
    )


# Of a person of concern, as the older operation wrote it.
AS_WRITTEN = {
    "name": "Name",
    "alias": "Other names",
    "dob": "Born",
    "address": "Address",
    "vehicle": "Vehicle",
    "phone": "Telephone",
    "notes": "Notes of the operation",
}


def persons_of_concern_table(persons: Iterable[SetAsideRow], links: dict[tuple[int, str], int]) -> Table:
    return Table(
        "Persons of concern, unverified",
        [
            Column("Person, as written"),
            Column("Born, as written"),
            Column("Vehicle"),
            Column("Links with children", numeric=True),
            Column("Register of"),
        ],
        [
            Row(
                [
                    Cell(
                        person.content.get("name") or "Name not written",
                        href=f"/files/persons-of-concern/{person.pk}/",
                        secondary=person.content.get("alias", ""),
                    ),
                    person.content.get("dob", ""),
                    person.content.get("vehicle", ""),
                    Cell(links.get((person.agency_id, person.content.get("nom_ref", "")), 0), numeric=True),
                    person.agency.name,
                ],
                anchor=f"concern-{person.pk}",
            )
            for person in persons
        ],
        empty_text="No older register that you may read names a person of concern.",
        key_rows=True,
    )


def person_of_concern_summary(person: SetAsideRow) -> list[SummaryRow]:
    return [
        SummaryRow("Number in the register", person.content.get("nom_ref", "")),
        *(SummaryRow(title, person.content.get(name) or "not written") for name, title in AS_WRITTEN.items()),
        SummaryRow("Register of", f"{person.agency.name}, row {person.row_number} of {person.sheet}"),
    ]


def links_table(
    links: Iterable[SetAsideRow], children: dict[str, UUID], names: dict[UUID, ShownIdentity]
) -> Table:
    """A child whom the reader does not see stands here by the register's number, as in the row itself."""

    def child(link: SetAsideRow) -> Cell | str:
        number = link.content.get("op_ref", "")
        known = names.get(children[number]) if number in children else None
        if known is None:
            return number
        return Cell(known.name, href=f"/children/{known.person_id}/", secondary=number)

    return Table(
        "Links with children, as the register has them",
        [Column("Child"), Column("How"), Column("When, as written")],
        [Row([child(link), link.content.get("how", ""), link.content.get("date", "")]) for link in links],
        empty_text="The register links this person with no child.",
    )


def preview_tables(rows: list[SentRow]) -> list[Table]:
    """One for each sheet: each has columns of its own."""
    by_sheet: dict[str, list[SentRow]] = {}
    for row in rows:
        by_sheet.setdefault(row.sheet or "", []).append(row)
    return [_preview_table(sheet, of_sheet) for sheet, of_sheet in by_sheet.items()]


def _preview_table(sheet: str, rows: list[SentRow]) -> Table:
    columns = list(dict.fromkeys(name for row in rows for name in row.as_sent))
    return Table(
        f"First rows of the sheet “{sheet}” as they will be read"
        if sheet
        else "First rows as they will be read",
        [Column("Row"), *(Column(name) for name in columns)],
        [Row([row.number, *(row.as_sent.get(name, "") for name in columns)]) for row in rows],
    )

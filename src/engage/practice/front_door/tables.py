"""Letters as tables for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from engage.govuk.components import Cell, Column, Row, SummaryRow, Table
from engage.govuk.london_time import moment_words

from .models import ReceivedLetter

NOT_SAID = "Not said"


def letters_table(letters: Sequence[ReceivedLetter], openers: Mapping[UUID, str]) -> Table:
    return Table(
        caption="Letters, newest first",
        columns=[
            Column("Received"),
            Column("From"),
            Column("Place"),
            Column("A child in danger now"),
            Column("Opened by"),
        ],
        rows=[_row(letter, openers) for letter in letters],
        empty_text="No letter has come yet.",
        key_rows=True,
        caption_hidden=True,
    )


def _row(letter: ReceivedLetter, openers: Mapping[UUID, str]) -> Row:
    danger = _said(letter.immediate_danger)
    return Row(
        [
            Cell(moment_words(letter.received_at), href=f"/letters/{letter.pk}/"),
            letter.get_sender_kind_display(),
            letter.place or NOT_SAID,
            Cell(danger, colour="red") if letter.immediate_danger else danger,
            Cell(openers[letter.opened_by_id], secondary=moment_words(letter.opened_at))
            if letter.opened_by_id
            else "Nobody yet",
        ],
        anchor=f"letter-{letter.pk}",
    )


def letter_summary(letter: ReceivedLetter, openers: Mapping[UUID, str]) -> list[SummaryRow]:
    return [
        SummaryRow("From", letter.get_sender_kind_display()),
        SummaryRow("Is a child in danger now?", _said(letter.immediate_danger)),
        SummaryRow("Is it safe to get in touch?", _said(letter.safe_to_contact)),
        SummaryRow("How it is safe", letter.safe_contact or NOT_SAID),
        SummaryRow("Place", letter.place or NOT_SAID),
        SummaryRow(
            "Opened by",
            f"{openers[letter.opened_by_id]}, {moment_words(letter.opened_at)}"
            if letter.opened_by_id
            else "Nobody yet",
        ),
    ]


def _said(answer: bool | None) -> str:
    return NOT_SAID if answer is None else "Yes" if answer else "No"

"""Judgements to look at again, as a part of Today and as a whole list."""

from __future__ import annotations

from datetime import datetime

from django.core.paginator import Page

from engage.govuk.components import Cell, Column, Row, Table
from engage.govuk.london_time import date_words, in_london
from engage.practice.agencies.models import Staff
from engage.practice.people.lists import total_words
from engage.practice.screening.queries import ReviewDue, judgements_to_review

from .cells import named_cell

TITLE = "Judgements to look at again"


def reviews_list(
    reader: Staff, now: datetime, *, number: int | str | None = 1, per_page: int
) -> tuple[Table, Page]:
    """The table and the page it was made of."""
    today = in_london(now).date()
    page = judgements_to_review(reader, today, number=number, per_page=per_page)
    rows = []
    for one in page:
        late = one.review_on < today
        rows.append(
            Row(
                [
                    named_cell(one.identity, _address(one)),
                    Cell(one.level, secondary=f"{one.by.name}, {date_words(one.at)}"),
                    one.next_step,
                    Cell(
                        f"{'was due' if late else 'due'} by {date_words(one.review_on)}",
                        colour="red" if late else "",
                        secondary="overdue" if late else "",
                    ),
                ],
                anchor=f"review-{one.person_id}",
            )
        )
    return Table(
        f"{TITLE}: {total_words(page.paginator.count)}" if rows else TITLE,
        [Column(title) for title in ("Child", "Judged", "Next step", "Look again")],
        rows,
        empty_text="No judgement whose review day you may see is due within seven days.",
        key_rows=True,
    ), page


def _address(one: ReviewDue) -> str:
    return f"/first-looks/{one.person_id}/" if one.has_look else f"/children/{one.person_id}/"

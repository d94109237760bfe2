"""Rows that may not come in again. Which these are, later apps say; receiving holds them and keeps nothing of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from engage.practice.agencies.models import Agency

from ..drawing import register_of
from ..reading import Format, Problem, Row
from .applying import name_of

Name = tuple[str, str]  # a format or list of the agency, and the agency's own reference in it

# Each a function of the agency and of names, and tells those of them that may not come in. Added in AppConfig.ready.
not_again: list[Callable[[Agency, Collection[Name]], set[Name]]] = []

DESTROYED = "destroyed_under_schedule"
SENTENCE = (
    "What came under this reference was destroyed under your agency’s schedule. It does not come in again,"
    " and nothing of this row is kept. If the child needs help now, send it under a new reference."
)


def kept_out(rows: Sequence[Row], format: Format, agency: Agency) -> dict[tuple[str | None, int], Problem]:
    """Of rows that would be applied, those that may not, by sheet and number."""
    if not not_again:
        return {}
    names = {
        (row.sheet, row.number): _names(row, format)
        for row in rows
        if row.outcome == "apply" and row.reference
    }
    asked = {name for some in names.values() for name in some}
    refused = {name for tell in not_again for name in tell(agency, asked)} if asked else set()
    return {
        key: Problem(key[1], None, "held", DESTROYED, SENTENCE, key[0])
        for key, some in names.items()
        if not refused.isdisjoint(some)
    }


def without_content(row: Row) -> Row:
    """What is kept of such a row: that it came, and at which place of the file."""
    return replace(row, as_sent={}, values={}, reference=None, identity=None)


def _names(row: Row, format: Format) -> set[Name]:
    sheet = next((s for s in format.sheets if s.name == row.sheet), format.sheets[0])
    return {
        (name_of(format, sheet), row.reference or ""),
        (register_of(row, sheet, format), row.identity or row.reference or ""),
    }

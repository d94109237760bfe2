"""Parts of the pages on linkage: a heading, words, a picture, and tables with the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engage.govuk.components import Bars, Cell, Table


@dataclass(frozen=True)
class Section:
    title: str
    words: Sequence[str] = ()
    bars: Bars | None = None
    tables: Sequence[Table] = ()


def number(count: int) -> Cell:
    return Cell(f"{count:,}", numeric=True)


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"

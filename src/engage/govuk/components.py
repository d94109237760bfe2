"""What a view hands to a component. Plain data; the markup is in templates/govuk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Action:
    """A link beside a summary row: 'Change' + hidden 'the date of birth'."""

    text: str
    href: str
    hidden_text: str = ""


@dataclass(frozen=True)
class SummaryRow:
    key: str
    value: object
    actions: Sequence[Action] = ()


@dataclass(frozen=True)
class Column:
    """`sort_key` makes the header a link that orders the list by that key (`?sort=key`, `?sort=-key`)."""

    text: str
    numeric: bool = False
    sort_key: str = ""


@dataclass(frozen=True)
class Cell:
    """`colour` shows the text as a tag; `secondary` is a second, quieter line."""

    text: object
    href: str = ""
    numeric: bool = False
    colour: str = ""
    secondary: object = ""


@dataclass(frozen=True)
class Row:
    """`anchor` becomes the row's id, which keeps keyboard focus in place when the list refreshes itself."""

    cells: Sequence[object]
    anchor: str = ""

    def labelled_cells(self, columns: Sequence[Column]) -> list[tuple[str, Cell]]:
        """Each cell with its column's name, which stands beside it where a phone has no room for columns."""
        cells = [cell if isinstance(cell, Cell) else Cell(cell) for cell in self.cells]
        return [(column.text, cell) for column, cell in zip(columns, cells, strict=True)]


@dataclass(frozen=True)
class Table:
    """`key_rows`: keys 1 to 9 open a row, j and k move between rows. `sort` is the key in force, '-' first
    for descending. The first cell of each row is its heading: in heavy type, unless the table is of `sentences`."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row] = ()
    empty_text: str = "Nothing to show."
    key_rows: bool = False
    sort: str = ""
    caption_size: Literal["s", "m", "l"] = "m"
    caption_hidden: bool = False
    sentences: bool = False

    def labelled_rows(self) -> list[tuple[str, list[tuple[str, Cell]]]]:
        """(anchor, cells with their column's name)"""
        return [(row.anchor, row.labelled_cells(self.columns)) for row in self.rows]


Verdict = Literal["same", "near", "different", "one_side", "neither"]

VERDICT_MARKS: dict[Verdict, tuple[str, str]] = {
    "same": ("✓", "Same"),
    "near": ("≈", "Nearly the same"),
    "different": ("✗", "Different"),
    "one_side": ("–", "On one record only"),
    "neither": ("–", "On neither record"),
}


@dataclass(frozen=True)
class ComparedFact:
    """One line of two records side by side. `why` says the verdict in words: 'Kate is a form of Katherine'."""

    label: str
    left: object
    right: object
    verdict: Verdict
    why: str = ""

    @property
    def mark(self) -> str:
        return VERDICT_MARKS[self.verdict][0]

    @property
    def words(self) -> str:
        return self.why or VERDICT_MARKS[self.verdict][1]


@dataclass(frozen=True)
class Comparison:
    caption: str
    left_title: str
    right_title: str
    facts: Sequence[ComparedFact] = field(default_factory=tuple)


@dataclass(frozen=True)
class Bar:
    """`words` is the value as told: "12", "97 %". `low` and `high` are the ends of the interval around it, if it has one."""

    label: str
    value: float
    words: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class DrawnBar:
    """A bar in units of the picture."""

    bar: Bar
    label_y: int
    y: int
    middle: int
    width: float
    low_x: float | None
    high_x: float | None


@dataclass(frozen=True)
class Bars:
    """A picture of what a table beside it says in full. `most`: the value that fills the width; None: the largest."""

    title: str
    anchor: str  # unlike those of other pictures of the page
    bars: Sequence[Bar]
    most: float | None = None

    WIDTH = 520
    EACH = 50

    @property
    def height(self) -> int:
        return len(self.bars) * self.EACH

    @property
    def description(self) -> str:
        return "; ".join(f"{bar.label}: {bar.words}" for bar in self.bars)

    def drawn(self) -> list[DrawnBar]:
        most = self.most or max((bar.high or bar.value for bar in self.bars), default=0) or 1

        def along(value: float | None) -> float | None:
            return None if value is None else round(min(1.0, value / most) * self.WIDTH, 1)

        return [
            DrawnBar(bar, at + 16, at + 24, at + 32, along(bar.value) or 0.0, along(bar.low), along(bar.high))
            for at, bar in ((number * self.EACH, bar) for number, bar in enumerate(self.bars))
        ]

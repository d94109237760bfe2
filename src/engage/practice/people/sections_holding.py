"""How records hold together, in words, pictures and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from uuid import UUID

from django.urls import reverse

from engage.govuk.components import Bar, Bars, Cell, Column, Row, Table
from engage.methods.linkage.diagnosing import Shape
from engage.practice.agencies.models import Staff

from . import diagnosis, queries
from .adopted_models import linkage_model
from .sections import Section, number, people

RECORDS = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 50), (51, None))
BITS = ((None, 20), (20, 25), (25, 30), (30, 40), (40, None))


class Named:
    """Names of the people that stand in the lists of a page, read at once."""

    def __init__(self, person_ids: Iterable[UUID], reader: Staff) -> None:
        self._shown = queries.shown_identity(list(dict.fromkeys(person_ids)), reader)

    def rows(self, people: Iterable[tuple[UUID, Sequence[object]]]) -> list[Row]:
        """A row for each, with what is said of them. The first cell leads to the child's records."""
        return [
            Row([Cell(self._shown[person].words, href=reverse("people:records", args=[person])), *said])
            for person, said in people
            if person in self._shown
        ]


def how_many_records(sizes: diagnosis.Sizes, named: Named) -> Section:
    counts = [
        (
            _between(low, high),
            sum(n for size, n in sizes.by_size.items() if low <= size and (high is None or size <= high)),
        )
        for low, high in RECORDS
    ]
    counts = [(words, n) for words, n in counts if n]
    return Section(
        "How many records a person has",
        bars=Bars("People by their number of records", "sizes", [Bar(f"{words} {'record' if words == '1' else 'records'}", n, people(n)) for words, n in counts]),
        tables=[
            Table(
                "People by their number of records",
                [Column("Records"), Column("People", numeric=True)],
                [Row([words, number(n)]) for words, n in counts],
                empty_text="No record that you may see.",
                caption_size="s",
            ),
            Table(
                "People with the most records",
                [Column("Child"), Column("Records", numeric=True)],
                named.rows((one.person_id, [number(one.number)]) for one in sizes.largest if one.number > 1),
                empty_text="Nobody has more than one record.",
                caption_size="s",
            ),
        ],
    )  # fmt: skip


def how_strongly(found: diagnosis.Holding) -> Section:
    counts = [
        (_between(low, high, " bits"), sum(_lies(shape, low, high) for shape in found.shapes))
        for low, high in BITS
    ]
    counts.append(("people’s words alone", sum(shape.weakest_bits is None for shape in found.shapes)))
    counts = [(words, n) for words, n in counts if n]
    of_three = [shape for shape in found.shapes if shape.records > 2]
    figures = [
        ("Held by one join: two records with nothing else between them", found.pairs_on_one),
        ("Records that one join holds to a child of three records or more", found.resting_on_one),
        ("Seams: one join between two parts of two records or more", len(found.seams)),
        ("Of children of three records or more, joined each to each", sum(shape.density == 1 for shape in of_three)),
    ]  # fmt: skip
    middle = f" Half of those with three records or more have at least {median(shape.density for shape in of_three):.0%} of their pairs joined." if of_three else ""  # fmt: skip
    return Section(
        "How strongly they hold together",
        [
            f"Gone through: {found.gone_through:,} of {found.of:,} people with two records or more, the largest first.{middle}",
            "Between two records of a person the strongest joins lead. The weakest of them that is needed to reach all is"
            f" the person’s weakest join; the program joins from {linkage_model().join_bits:g} bits on.",
        ],
        Bars("People by their weakest join", "weakest", [Bar(words, n, people(n)) for words, n in counts]),
        [
            Table(
                "People by their weakest join",
                [Column("Weakest join"), Column("People", numeric=True)],
                [Row([words, number(n)]) for words, n in counts],
                empty_text="Nobody whom you may see has two records.",
                caption_size="s",
            ),
            Table(
                "What rests on one join",
                [Column("What"), Column("How many", numeric=True)],
                [Row([words, number(n)]) for words, n in figures],
                caption_size="s",
                sentences=True,
            ),
        ],
    )


def seams(found: diagnosis.Holding, named: Named) -> Section:
    shown = found.seams[: diagnosis.MOST_NAMED]
    return Section(
        "Seams",
        ["Two parts of two records or more that one join alone holds: the likeliest place where two children became one."],
        tables=[
            Table(
                f"The weakest seams: {len(shown)} of {len(found.seams)}" if shown else "The weakest seams",
                [Column("Child"), Column("Parts"), Column("The join"), Column("By")],
                named.rows(
                    (
                        seam.person_id,
                        [
                            "{} and {} records".format(*seam.only_join.parts),
                            _bits(seam.only_join.join.bits),
                            "a person" if seam.only_join.join.by_person else "the program",
                        ],
                    )
                    for seam in shown
                ),
                empty_text="None among the people that were gone through.",
                caption_size="s",
            )
        ],
    )  # fmt: skip


def weakest_joins(found: diagnosis.Holding, named: Named) -> Section:
    return Section(
        "Weakest joins",
        tables=[
            Table(
                "People whose weakest join weighs least",
                [Column("Child"), Column("Weakest join")],
                named.rows((person_id, [_bits(bits)]) for person_id, bits in found.weakest),
                empty_text="Nobody whom you may see was joined by weight.",
                caption_size="s",
            )
        ],
    )


def contradictions(told: list[diagnosis.Contradiction], found: diagnosis.Holding, named: Named) -> Section:
    weighed = [
        diagnosis.Contradiction(f"Weighed against each other: {words}", tuple(sorted(found.against[level])))
        for level, words in diagnosis.CONTRADICTING.items()
        if found.against.get(level)
    ]
    every = [*told, *weighed]
    return Section(
        "What contradicts itself inside a person",
        [
            "Counted from what you may see of each record, and from what the program noted when it weighed two. It does not"
            " prove a wrong join: a date may be mistyped. Open the records, and undo what joins two children."
        ],
        Bars(
            "People with a contradiction",
            "contradictions",
            [Bar(one.words, len(one.people), people(len(one.people))) for one in every if one.people],
        ),
        [
            Table(
                "People with a contradiction",
                [Column("What"), Column("People", numeric=True)],
                [Row([one.words, number(len(one.people))]) for one in every],
                caption_size="s",
                sentences=True,
            ),
            Table(
                f"Children to look at, at most {diagnosis.MOST_NAMED} for each",
                [Column("Child"), Column("What")],
                named.rows((person, [one.words]) for one in every for person in one.people[: diagnosis.MOST_NAMED]),
                empty_text="None.",
                caption_size="s",
            ),
        ],
    )  # fmt: skip


def _lies(shape: Shape[UUID], low: float | None, high: float | None) -> bool:
    bits = shape.weakest_bits
    return bits is not None and (low is None or bits >= low) and (high is None or bits < high)


def _between(low: int | None, high: int | None, unit: str = "") -> str:
    if low is None:
        return f"under {high}{unit}"
    if high is None:
        return f"{low} and more{unit}"
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def _bits(bits: float | None) -> str:
    return "no weight" if bits is None else f"{bits:.1f} bits"

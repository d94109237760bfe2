"""One file in, its clusters and what a person should look at out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from sys import intern
from typing import NamedTuple

import duckdb
import polars as pl

from engage.methods.linkage.batch import Edge, candidate_pairs, edges, grow_with, keep_small, load
from engage.methods.linkage.blocking import WIDER_RULES
from engage.methods.linkage.fitting import Frequencies, fit, lifted, starting_model
from engage.methods.linkage.scorer import Score, explain

from .clusters import Join, supported_merge
from .fields import AREA_CODE, FIELDS, records
from .tables import NotUsable

Progress = Callable[[str, int], None]
# By wider rules a key of so many records at most; for a large file fewer, so that one rule gives some million pairs.
LEAST_WIDER_CAP, MOST_WIDER_CAP, WIDER_PAIRS = 10, 100, 5_000_000
# Of three children in a hundred a twin is born; each may stand a few times.
LEAST_TWINS, MOST_TWINS = 20, 0.05
NAMES = frozenset({"given", "full_name"})


@dataclass(frozen=True)
class Linked:
    clusters: pl.DataFrame  # record_id, cluster_id, weakest_link
    review: pl.DataFrame  # record_a, record_b, weight_bits, why
    notes: list[str]


def link_table(
    table: pl.DataFrame,
    column_of: dict[str, str],
    *,
    id_column: str,
    source_column: str | None = None,
    families: bool = True,
    progress: Progress | None = None,
) -> Linked:
    """`families=False`: nobody in the file is a brother, a sister or a parent of another, so that given names which
    differ, or birth dates, are errors like any other."""
    table = table.sort(id_column)  # so that the order of rows changes nothing, not even a sample
    ids = table[id_column].to_list()
    model = starting_model(_comparisons(column_of), _vetoes(column_of), len(ids))
    capped: dict[str, int] = {}
    with _room_to_work() as folder:
        connection = duckdb.connect(str(Path(folder) / "link.duckdb"))
        try:
            keep_small(connection, Path(folder))
            load(connection, records(table, id_column, source_column, column_of), progress=progress)
            grow_with(connection, len(ids))
            candidate_pairs(
                connection,
                on_capped_block=lambda rule, size: capped.update({rule: max(size, capped.get(rule, 0))}),
                wider=WIDER_RULES,
                wider_cap=max(LEAST_WIDER_CAP, min(MOST_WIDER_CAP, WIDER_PAIRS // max(len(ids), 1))),
            )
            if progress:
                progress("fitting", 0)
            model = fit(connection, len(ids), model, families=families)
            frequencies = Frequencies.of(connection, model)
            weighed = edges(
                connection, model, progress, weigh_anew=frequencies, lifted=partial(lifted, families=families)
            )
            found = [_kept(edge) for edge in weighed]
        finally:
            connection.close()
    notes = [
        f"Keys too common to tell anybody by ({rule.replace('_', ' ')}; up to {size:,} records): not looked at by these."
        for rule, size in sorted(capped.items())
    ]
    sources = dict(table.select(id_column, source_column).iter_rows()) if source_column else {}
    if families and (twins := _too_many_twins(found, len(ids))):
        notes.append(
            f"{twins:,} pairs agree in surname and date of birth and have other given names: too many to be twins. They "
            "stay apart. If nobody in this file is another's brother, sister or parent, say --no-families."
        )
    return _grouped(ids, found, sources, notes)


NO_ROOM = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.TransactionException)


@contextmanager
def _room_to_work() -> Iterator[str]:
    """A folder for what does not fit in memory. Where the disk is full nothing was written: the next run begins anew."""
    try:
        with tempfile.TemporaryDirectory(prefix="engage-linkage-") as folder:
            yield folder
    except (*NO_ROOM, OSError) as problem:
        raise NotUsable(
            f"The work needs more room than there is in {tempfile.gettempdir()}, or more memory. Nothing was written. "
            "Set TMPDIR to a folder with room, and run it again."
        ) from problem


def _comparisons(column_of: dict[str, str]) -> tuple[str, ...]:
    of = {**FIELDS, AREA_CODE: FIELDS["postcode"]}
    return tuple(dict.fromkeys(name for field in of if field in column_of for name in of[field]))


def _vetoes(column_of: dict[str, str]) -> tuple[str, ...]:
    """A file without given names is of households or firms: nothing there tells brothers from sisters."""
    named = (
        "given_names_differ",
        "could_be_twins",
        "different_nhs_numbers",
        "different_upns",
        "birth_years_apart",
    )
    return (*named, "no_given_name") if NAMES & column_of.keys() else named


class Pair(NamedTuple):
    """What is kept of an edge: there may be millions."""

    a: str
    b: str
    bits: float
    joins: bool
    vetoes: frozenset[str]
    why: str


def _kept(edge: Edge) -> Pair:
    a, b = sorted((edge.a_id, edge.b_id))
    why = explain(Score(edge.weight_bits, edge.levels, edge.vetoes))
    vetoes = frozenset(veto.code for veto in edge.vetoes)
    return Pair(a, b, edge.weight_bits, edge.decision == "join", vetoes, intern(why))


def _too_many_twins(found: list[Pair], records: int) -> int:
    """How many pairs look like twins, where they are more than twins can be."""
    twins = sum("could_be_twins" in pair.vetoes and "same date of birth" in pair.why for pair in found)
    return twins if twins >= LEAST_TWINS and twins > MOST_TWINS * records else 0


def _grouped(ids: list[str], found: list[Pair], sources: dict[str, str], notes: list[str]) -> Linked:
    joins = [Join(pair.a, pair.b, pair.bits) for pair in found if pair.joins]
    clusters = supported_merge(ids, joins, _vetoed(found, FITS_ANOTHER), _vetoed(found, TWO_NUMBERS))
    refused = {(join.a, join.b) for join in clusters.refused}
    review = []
    for a, b, bits, joins_two, vetoes, why in found:
        if joins_two and (a, b) not in refused:
            continue
        if not joins_two and (
            clusters.cluster_of[a] == clusters.cluster_of[b] or vetoes >= BROTHER_OR_SISTER
        ):
            continue  # other records joined them, or nobody needs to be asked
        if joins_two:
            why += "; other records of these two do not fit one another"
        review.append((a, b, sources.get(a), sources.get(b), round(bits, 2), why))
    review.sort(key=lambda row: (-row[4], row[0], row[1]))
    named = [clusters.cluster_of[record] for record in ids]
    return Linked(
        pl.DataFrame(
            {
                "record_id": ids,
                "cluster_id": named,
                "weakest_link": [clusters.weakest.get(name) for name in named],
            },
            schema={"record_id": pl.String, "cluster_id": pl.String, "weakest_link": pl.Float64},
        ),
        pl.DataFrame(
            review,
            schema={
                "record_a": pl.String,
                "record_b": pl.String,
                "source_a": pl.String,
                "source_b": pl.String,
                "weight_bits": pl.Float64,
                "why": pl.String,
            },
            orient="row",
        ),
        notes,
    )


def _vetoed(found: list[Pair], codes: frozenset[str]) -> list[tuple[str, str]]:
    return [(pair.a, pair.b) for pair in found if pair.vetoes & codes]


FITS_ANOTHER = frozenset({"given_names_differ", "could_be_twins", "birth_years_apart"})
TWO_NUMBERS = frozenset({"different_nhs_numbers", "different_upns"})
# Two of one family, as most of them are who share a surname and an address: walls between others, and no question.
BROTHER_OR_SISTER = frozenset({"given_names_differ", "birth_years_apart"})

"""One file in, its clusters and what a person should look at out."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from engage.methods.linkage.batch import Edge, candidate_pairs, edges, grow_with, keep_small, load
from engage.methods.linkage.fitting import Frequencies, fit, lifted, starting_model
from engage.methods.linkage.scorer import Score, explain

from .clusters import Join, supported_merge
from .fields import FIELDS, records

Progress = Callable[[str, int], None]
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
    progress: Progress | None = None,
) -> Linked:
    table = table.sort(id_column)  # so that the order of rows changes nothing, not even a sample
    ids = table[id_column].to_list()
    model = starting_model(_comparisons(column_of), _vetoes(column_of), len(ids))
    capped: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="engage-linkage-") as folder:
        connection = duckdb.connect(str(Path(folder) / "link.duckdb"))
        try:
            keep_small(connection, Path(folder))
            load(connection, records(table, id_column, source_column, column_of), progress=progress)
            grow_with(connection, len(ids))
            candidate_pairs(connection, on_capped_block=lambda rule, size: capped.update({rule: size}))
            if progress:
                progress("fitting", 0)
            model = fit(connection, len(ids), model)
            frequencies = Frequencies.of(connection, model)
            found = list(edges(connection, model, progress, weigh_anew=frequencies, lifted=lifted))
        finally:
            connection.close()
    notes = [
        f"Keys too common to tell anybody by ({rule.replace('_', ' ')}; {size:,} records): not looked at by these."
        for rule, size in sorted(capped.items())
    ]
    sources = dict(table.select(id_column, source_column).iter_rows()) if source_column else {}
    return _grouped(ids, found, sources, notes)


def _comparisons(column_of: dict[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(FIELDS[field] for field in FIELDS if field in column_of))


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


def _grouped(ids: list[str], found: list[Edge], sources: dict[str, str], notes: list[str]) -> Linked:
    joins = [
        Join(min(edge.a_id, edge.b_id), max(edge.a_id, edge.b_id), edge.weight_bits)
        for edge in found
        if edge.decision == "join"
    ]
    clusters = supported_merge(ids, joins, _vetoed(found, FITS_ANOTHER), _vetoed(found, TWO_NUMBERS))
    refused = {(join.a, join.b) for join in clusters.refused}
    review = []
    for edge in found:
        a, b = sorted((edge.a_id, edge.b_id))
        if edge.decision == "ask" and clusters.cluster_of[a] == clusters.cluster_of[b]:
            continue  # other records joined them
        if edge.decision == "join" and (a, b) not in refused:
            continue
        why = explain(Score(edge.weight_bits, edge.levels, edge.vetoes))
        if (a, b) in refused:
            why += "; other records of these two do not fit one another"
        review.append((a, b, sources.get(a), sources.get(b), round(edge.weight_bits, 2), why))
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


def _vetoed(found: list[Edge], codes: frozenset[str]) -> list[tuple[str, str]]:
    return [(edge.a_id, edge.b_id) for edge in found if any(veto.code in codes for veto in edge.vetoes)]


FITS_ANOTHER = frozenset({"given_names_differ", "could_be_twins", "birth_years_apart"})
TWO_NUMBERS = frozenset({"different_nhs_numbers", "different_upns"})

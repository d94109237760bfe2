"""Figures of clusters against a truth, over all records and by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from engage.methods.linkage import agreement

from .tables import NotUsable, need_columns, need_ids, read_table

NOT_GROUPS = ("record_id", "entity", "household_id")
MOST_GROUPS = 50  # a column with more values than this is no group


class Figure(NamedTuple):
    group: str  # "all", or the column and its value
    name: str
    value: float | int | None  # None: nothing to take a share of


def figures(clusters_file: Path, truth_file: Path) -> list[Figure]:
    clusters = _keyed(clusters_file, "cluster_id")
    truth = _keyed(truth_file, "entity")
    cluster_of = dict(clusters.select("record_id", "cluster_id").iter_rows())
    entity_of = dict(truth.select("record_id", "entity").iter_rows())
    household_of = {}
    if "household_id" in truth.columns:
        household_of = dict(truth.select("record_id", "household_id").drop_nulls().iter_rows())
    try:
        found = list(_of("all", cluster_of, entity_of, household_of))
    except ValueError as problem:
        raise NotUsable(
            f"{clusters_file} and {truth_file} are not about the same records. {problem}"
        ) from problem
    for column in truth.columns:
        if column in NOT_GROUPS:
            continue
        if truth[column].n_unique() > MOST_GROUPS:
            continue
        values = dict(truth.select("record_id", pl.col(column).fill_null("(none)")).iter_rows())
        for value in sorted(set(values.values())):
            inside = {record for record, said in values.items() if said == value}
            found += _of(
                f"{column}: {value}",
                {record: cluster for record, cluster in cluster_of.items() if record in inside},
                {record: entity for record, entity in entity_of.items() if record in inside},
                household_of,
            )
    return found


def left_out(truth_file: Path) -> list[str]:
    truth = read_table(truth_file)
    return [name for name in truth.columns if name not in NOT_GROUPS and truth[name].n_unique() > MOST_GROUPS]


def _keyed(path: Path, column: str) -> pl.DataFrame:
    table = read_table(path)
    need_columns(table, path, ("record_id", column))
    need_ids(table, path, "record_id")
    rows = table.with_row_index("row", offset=2).filter(pl.col(column).is_null())
    if len(rows):
        raise NotUsable(f"{path}, row {rows['row'][0]}: nothing in column “{column}”.")
    return table


def _of(
    group: str, clusters: Mapping[str, str], entities: Mapping[str, str], households: Mapping[str, str]
) -> Iterator[Figure]:
    yield Figure(group, "records", len(clusters))
    for kind, measure in (
        ("pairwise", agreement.pairwise(clusters, entities)),
        ("B-cubed", agreement.b_cubed(clusters, entities)),
    ):
        yield Figure(group, f"{kind} precision", measure.precision)
        yield Figure(group, f"{kind} recall", measure.recall)
        yield Figure(group, f"{kind} F1", measure.f1)
    yield Figure(group, "largest cluster", agreement.largest_cluster(clusters))
    if households:
        inside = agreement.false_pairs_inside_households(clusters, entities, households)
        yield Figure(group, "false pairs inside households", inside)

"""One engine on one whole file, in a process of its own: `python -m bench._whole_files ENGINE FOLDER`.

In FOLDER lie records.parquet and walls.json; what the engine makes is put beside them, and its figures are printed.
Time is counted from after the imports, reading the file with it; memory is the highest of the process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from engage.methods.linkage.batch import candidate_pairs, decide_pairs, keep_small, load
from engage.methods.linkage.grouping import Judgement, group
from engage.methods.linkage.model import CURRENT_MODEL, load_model, untrained_model, write_model
from engage.methods.linkage.train import train

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LINKED_AT = 0.95  # the threshold that Splink's own users mostly take
Steps = dict[str, float]
Lap = Callable[[str], None]


def ours(folder: Path, lap: Lap, model_file: Path = CURRENT_MODEL) -> dict[str, int]:
    model = load_model(model_file)
    capped: list[tuple[str, int]] = []
    connection = duckdb.connect()
    keep_small(connection, folder)
    records = load(connection, folder / "records.parquet")
    lap("load")
    candidate_pairs(connection, on_capped_block=lambda *said: capped.append(said))
    lap("candidate pairs")
    decide_pairs(connection, model)
    lap("weigh and decide")
    put_clusters(connection, records, json.loads((folder / "walls.json").read_text()))
    lap("group")
    connection.execute(
        f"COPY (SELECT id, cluster FROM clusters JOIN received USING (row_number)) TO '{folder}/clusters.parquet'"
    )
    connection.execute(
        f"COPY (SELECT l.id AS a, r.id AS b FROM {JOINED} JOIN received AS l ON l.row_number = row_number_l "
        f"JOIN received AS r ON r.row_number = row_number_r) TO '{folder}/joins.parquet'"
    )
    (pairs,) = connection.execute("SELECT count(*) FROM pairs").fetchall()[0]
    (asked,) = connection.execute("SELECT count(*) FROM decided WHERE decision = 'ask'").fetchall()[0]
    return {"pairs": pairs, "asked": asked, "capped": len(capped)}


def ours_trained(folder: Path, lap: Lap) -> dict[str, int]:
    return ours(folder, lap, folder / "trained.toml")


JOINED = "(SELECT * FROM decided WHERE decision = 'join')"


def put_clusters(connection: duckdb.DuckDBPyConnection, records: int, walls: list[str]) -> None:
    """The person of each row, as `grouping.group` says; where no wall stands it need not be asked."""
    # To begin with, each row stands with the earliest that it is joined to. Most joins then lie within one person.
    connection.execute(
        f"""
        CREATE TABLE heads AS SELECT rows.row_number, coalesce(min(row_number_l), rows.row_number) AS head
        FROM range({records}) AS rows(row_number) LEFT JOIN {JOINED} ON row_number_r = rows.row_number GROUP BY 1
        """
    )
    head = connection.sql("SELECT head FROM heads ORDER BY row_number").to_arrow_table()["head"].to_pylist()

    def of(row: int) -> int:
        while head[row] != row:
            head[row] = head[head[row]]
            row = head[row]
        return row

    for a, b in connection.execute(
        f"SELECT row_number_l, row_number_r FROM {JOINED} JOIN heads AS l ON l.row_number = row_number_l "
        "JOIN heads AS r ON r.row_number = row_number_r WHERE l.head <> r.head AND r.head <> row_number_l"
    ).fetchall():
        one, other = of(a), of(b)
        if one != other:
            head[max(one, other)] = min(one, other)
    heads = pl.Series("cluster", head)
    while not (further := heads.gather(heads)).equals(heads):
        heads = further
    _put_clusters(connection, heads)
    within = (
        "SELECT row_number_l, row_number_r, match_weight FROM decided JOIN clusters AS l ON l.row_number = row_number_l "
        "JOIN clusters AS r ON r.row_number = row_number_r WHERE l.cluster = r.cluster"
    )
    walled = connection.execute(
        f"{within} AND decision = 'ask' AND list_has_any(vetoes, ?)", [walls]
    ).fetchall()
    if not walled:
        return
    parted = heads.gather([a for a, _, _ in walled]).unique().to_list()
    joins = connection.execute(
        f"{within} AND decision = 'join' AND list_contains(?, l.cluster)", [parted]
    ).fetchall()
    said = [
        Judgement(a, b, verdict, False, bits, NOW, f"{number:09}")
        for verdict, pairs in (("same", sorted(joins)), ("not_same", sorted(walled)))
        for number, (a, b, bits) in enumerate(pairs)
    ]
    rows = heads.is_in(parted).arg_true().to_list()
    person_of = group(rows, rows, said).person_of
    _put_clusters(connection, heads.scatter(list(person_of.keys()), list(person_of.values())))


def _put_clusters(connection: duckdb.DuckDBPyConnection, cluster_of: pl.Series) -> None:
    rows = cluster_of.to_frame().with_columns(row_number=pl.int_range(pl.len(), dtype=pl.Int64))
    connection.register("grouped", rows.to_arrow())
    connection.execute("CREATE OR REPLACE TABLE clusters AS SELECT row_number, cluster FROM grouped")
    connection.unregister("grouped")


def train_ours(folder: Path, lap: Lap) -> dict[str, int]:
    model = train(
        folder / "records.parquet", untrained_model(), version="bench", trained_on="invented records"
    )
    lap("train")
    write_model(model, folder / "trained.toml")
    return {}


# Splink, as its tutorial goes ------------------------------------------------------------------------

COLUMNS_OF_SPLINK = """
    SELECT id AS unique_id, nullif(lower(split_part(forenames, ' ', 1)), '') AS given, nullif(lower(surname), '') AS surname,
    CAST(dob AS VARCHAR) AS dob, year(dob) AS birth_year, sex, postcodes[1] AS postcode,
    coalesce(split_part(postcodes[1], ' ', 1), district) AS district, nhs_number, upn
    FROM read_parquet(?)
"""


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.ForenameSurnameComparison("given", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.CustomComparison(
                output_column_name="postcode",
                comparison_levels=[
                    cll.NullLevel("postcode"),
                    cll.ExactMatchLevel("postcode"),
                    cll.ExactMatchLevel("district"),
                    cll.ElseLevel(),
                ],
            ),
            cl.ExactMatch("nhs_number"),
            cl.ExactMatch("upn"),
            cl.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("nhs_number"),
            block_on("upn"),
            block_on("surname", "dob"),
            block_on("given", "dob"),
            block_on("postcode", "given"),
            block_on("postcode", "surname", "birth_year"),
            block_on("dob", "postcode"),
            block_on("surname", "given", "birth_year"),
            block_on("surname", "given", "district"),
        ],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def _splink_linker(folder: Path, settings: SettingsCreator | str) -> Linker:
    connection = duckdb.connect(str(folder / "splink.duckdb"))
    connection.execute(
        f"CREATE OR REPLACE TABLE people AS {COLUMNS_OF_SPLINK}", [str(folder / "records.parquet")]
    )
    return Linker(DuckDBAPI(connection=connection).register("people"), settings, log_level=None)


def train_splink(folder: Path, lap: Lap) -> dict[str, int]:
    linker = _splink_linker(folder, _settings())
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("nhs_number"), block_on("surname", "given", "dob")], recall=0.6
    )
    lap("load and prior")
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    lap("u by sampling")
    training.estimate_parameters_using_expectation_maximisation(block_on("surname", "given"))
    training.estimate_parameters_using_expectation_maximisation(block_on("dob", "substr(surname, 1, 1)"))
    lap("m by expectation-maximisation")
    linker.misc.save_model_to_json(str(folder / "splink.json"), overwrite=True)
    return {}


def splink(folder: Path, lap: Lap) -> dict[str, int]:
    linker = _splink_linker(folder, str(folder / "splink.json"))
    lap("load")
    predicted = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
    lap("predict")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=LINKED_AT
    )
    lap("cluster")
    api = linker._db_api
    api._con.execute(
        f"COPY (SELECT unique_id AS id, cluster_id AS cluster FROM {clusters.physical_name}) TO '{folder}/clusters.parquet'"
    )
    api._con.execute(
        f"COPY (SELECT unique_id_l AS a, unique_id_r AS b FROM {predicted.physical_name} "
        f"WHERE match_probability >= {LINKED_AT}) TO '{folder}/joins.parquet'"
    )
    return {"pairs": api._con.execute(f"SELECT count(*) FROM {predicted.physical_name}").fetchall()[0][0]}


ENGINES: dict[str, Callable[[Path, Lap], dict[str, int]]] = {
    "splink-trains": train_splink,
    "splink": splink,
    "ours-trains": train_ours,
    "ours": ours,
    "ours-trained": ours_trained,
}


def main() -> None:
    engine, folder = sys.argv[1], Path(sys.argv[2])
    steps: Steps = {}
    started = last = time.monotonic()
    used = _cpu()

    def lap(step: str) -> None:
        nonlocal last
        steps[step], last = round(time.monotonic() - last, 2), time.monotonic()

    said = ENGINES[engine](folder, lap)
    told = {
        "wall": sum(steps.values()),
        "cpu": _cpu() - used,
        "peak_mb": _peak_mb(),
        "steps": steps,
        "whole": time.monotonic() - started,
        **said,
    }
    print(json.dumps(told))


def _peak_mb() -> float:
    """Not `ru_maxrss`: that begins with what the parent held when it started this process."""
    said = Path("/proc/self/status").read_text()
    return int(next(line for line in said.splitlines() if line.startswith("VmHWM")).split()[1]) / 1000


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()

"""Weigh pairs on Spark, where a file is beyond one machine: the same model, the same weights.

An extra: locks/spark.txt, and Java 17 from the system. Nothing else of Engage needs it.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import duckdb
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DoubleType, IntegerType
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler
from splink import Linker
from splink.internals.spark.database_api import SparkAPI

from .model import Model
from .render_splink import IN_SPARK, column_name, splink_settings


def on_this_machine(memory: str = "1g") -> SparkSession:
    """For trying it, and for tests. A cluster's own session serves as well; its workers need rapidfuzz."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # otherwise whichever Python comes first
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", memory)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.warehouse.dir", gettempdir())
        .getOrCreate()
    )


def handed_over(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[Path, Path]:
    """The tables `people` and `pairs` that `batch` made, as files that Spark reads."""
    written = folder / "people.parquet", folder / "pairs.parquet"
    for file in written:
        connection.execute(f"COPY {file.stem} TO '{file}' (FORMAT parquet)")
    return written


def weigh_on_spark(
    spark: SparkSession,
    people: DataFrame,
    pairs: DataFrame,
    model: Model,
    *,
    at_least: float | None = None,
) -> Iterator[tuple]:
    """(row, row, weight, one Splink gamma per comparison) of each pair, as `batch.weigh` gives them."""

    # Within this function, so that they travel to the workers as they are and no worker needs Engage.
    def jaro_winkler(one: str, other: str) -> float:
        return float(JaroWinkler.similarity(one, other))

    def damerau_levenshtein(one: str, other: str) -> int:
        return int(DamerauLevenshtein.distance(one, other))

    spark.udf.register(IN_SPARK["jaro_winkler_similarity"], jaro_winkler, DoubleType())
    spark.udf.register(IN_SPARK["damerau_levenshtein"], damerau_levenshtein, IntegerType())
    api = SparkAPI(spark_session=spark, break_lineage_method="persist", register_udfs_automatically=False)
    linker = Linker(api.register(people), splink_settings(model, "spark"), log_level=None)
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    predictions = linker.inference.predict(threshold_match_weight=at_least, warning_mode="never")
    gammas = ", ".join(f"gamma_{column_name(field)}" for field in model.comparisons)
    found = spark.sql(
        f"SELECT row_number_l, row_number_r, match_weight, {gammas} FROM {predictions.physical_name} "
        "ORDER BY row_number_l, row_number_r"
    )
    for row in found.toLocalIterator():
        yield tuple(row)

"""The third engine, where it is installed: docs/how-to/link-a-file.md says how."""

import re

import duckdb
import pytest
from hard_people import hard_people

from engage.methods.linkage.batch import load, records_in
from engage.methods.linkage.levels import COMPARISONS
from engage.methods.linkage.model import load_model
from engage.methods.linkage.render_splink import IN_SPARK, condition, level_of_gamma
from engage.methods.linkage.scorer import level_of, score

SPARK_KNOWS = {"abs", "substr", "length", "least", "cast", "and", "or", "not", *IN_SPARK.values()}


def test_the_conditions_for_spark_call_no_function_that_it_does_not_have():
    called = {
        name.lower()
        for levels in COMPARISONS.values()
        for level in levels.values()
        for name in re.findall(r"(\w+)\s*\(", condition(level.sql, "spark"))
    }
    assert called <= SPARK_KNOWS and {"arrays_overlap", "size"} <= called


@pytest.mark.spark
def test_the_weight_on_spark_is_the_weight_online_on_every_pair(tmp_path):
    pytest.importorskip("pyspark", reason="the extra locks/spark.txt is not installed")
    from engage.methods.linkage.on_spark import handed_over, on_this_machine, weigh_on_spark

    connection = duckdb.connect()
    known = records_in(connection, range(load(connection, hard_people())))
    connection.execute(
        """
        CREATE TABLE pairs AS SELECT '0' AS match_key, l.row_number AS join_key_l, r.row_number AS join_key_r
        FROM people AS l JOIN people AS r ON l.row_number < r.row_number
        """
    )
    model = load_model()
    people, pairs = handed_over(connection, tmp_path)
    spark = on_this_machine()
    try:
        rows = list(
            weigh_on_spark(spark, spark.read.parquet(str(people)), spark.read.parquet(str(pairs)), model)
        )
    finally:
        spark.stop()
    assert len(rows) == len(known) * (len(known) - 1) // 2 > 10_000
    apart = [abs(score(known[a], known[b], model).weight_bits - bits) for a, b, bits, *_ in rows]
    assert max(apart) <= 1e-6
    for a, b, _, *gammas in rows:
        for field, gamma in zip(model.comparisons, gammas, strict=True):
            online = level_of(field, known[a], known[b], model)
            assert level_of_gamma(field, gamma) == (online and online.level)

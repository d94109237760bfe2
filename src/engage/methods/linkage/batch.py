"""Link whole files: Splink on DuckDB, weighed by our model. Gives edges and nothing else.

Records lie in DuckDB, and on disk where its memory is short (`keep_small`); in Python are those of one part of a file, or
of one part of the pairs.
"""

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from splink import DuckDBAPI, Linker

from .agreeing import agreements, vetoes_in_sql
from .blocking import BATCH_RULES, BLOCK_CAP, SPARSE, SPARSE_RULES, Rule, keys_in_sql
from .columns import LISTS, RECEIVED, put_file, put_standard, received_table
from .levels import COMPARISONS
from .model import Model
from .records import IdentityRecord, StandardRecord, standardise
from .render_splink import column_name, level_of_gamma, splink_settings
from .scorer import Decision, Level, Score, decide
from .vetoes import (
    ONE_LIST,
    ONE_LIST_IN_SQL,
    SAYING_NOTHING_AGAINST,
    VETOES,
    VETOES_IN_SQL,
    Veto,
    asked_of,
    vetoes_between,
)

ROWS_AT_ONCE = 5_000
TABLE_ROWS_AT_ONCE = 125_000
# DuckDB would take most of the machine. Beyond this it writes to its folder, but to weigh pairs it needs the people
# in memory: a limit that did not grow with them would refuse a large file. 100,000 records: 150 MB.
LEAST_MEMORY_MB = 150
MEMORY_MB_PER_1000_RECORDS = 0.75
Table = pl.DataFrame | Path  # of columns of IdentityRecord; a file is Parquet
Progress = Callable[[str, int], None]  # what is being done, and rows or pairs done so far
CappedBlock = Callable[[str, int], None]  # rule, and how many records shared one key


@dataclass(frozen=True, slots=True)
class Edge:
    a_id: str
    b_id: str
    weight_bits: float
    levels: tuple[Level, ...]
    vetoes: tuple[Veto, ...]
    decision: Decision


def link(
    records: Iterable[IdentityRecord] | Table,
    model: Model,
    *,
    against: Iterable[IdentityRecord] | Table = (),
    progress: Progress | None = None,
    on_capped_block: CappedBlock | None = None,
    in_words: bool = True,
) -> Iterator[Edge]:
    """Every pair that weighs enough to be asked about, within `records` and between them and `against`.

    `in_words=False` leaves the words of levels empty, which is most of the time. Pairs within `against` are not looked at:
    they were when it was new.
    """
    with tempfile.TemporaryDirectory(prefix="engage-linkage-") as folder:
        connection = duckdb.connect()
        try:
            keep_small(connection, Path(folder))
            first_new = load(connection, against, progress=progress)
            load(connection, records, first_row=first_new, progress=progress)
            candidate_pairs(connection, first_new=first_new, on_capped_block=on_capped_block)
            yield from edges(connection, model, progress, in_words=in_words)
        finally:
            connection.close()


def keep_small(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    connection.execute(f"SET memory_limit = '{LEAST_MEMORY_MB}MB'")
    connection.execute("SET temp_directory = ?", [str(folder)])
    connection.execute("SET preserve_insertion_order = false")


def grow_with(connection: duckdb.DuckDBPyConnection, records: int) -> None:
    enough = max(LEAST_MEMORY_MB, round(records * MEMORY_MB_PER_1000_RECORDS / 1000))
    connection.execute(f"SET memory_limit = '{enough}MB'")


def as_records(records: Iterable[IdentityRecord] | pl.DataFrame) -> Iterable[IdentityRecord]:
    if not isinstance(records, pl.DataFrame):
        return records
    return (IdentityRecord(**_known(row)) for row in records.iter_rows(named=True))


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if name in LISTS else value for name, value in row.items() if value is not None
    }


def load(
    connection: duckdb.DuckDBPyConnection,
    records: Iterable[IdentityRecord] | Table,
    *,
    first_row: int = 0,
    progress: Progress | None = None,
) -> int:
    """Put records into the tables `received` and, ready to compare, `people`; returns how many."""
    loaded = 0
    if isinstance(records, Path):
        loaded = put_file(connection, records, first_row)
    for part in () if isinstance(records, Path) else _parts(records):
        _put(connection, "received", received_table(part), first_row + loaded)
        loaded += len(part)
        if progress and len(part):
            progress("reading", loaded)
    grow_with(connection, first_row + loaded)
    put_standard(connection, first_row)
    return loaded


def _parts(
    records: Iterable[IdentityRecord] | pl.DataFrame,
) -> Iterator[list[IdentityRecord] | pl.DataFrame]:
    if isinstance(records, pl.DataFrame | pl.LazyFrame):
        table = records.lazy()
        rows = table.select(pl.len()).collect().item()
        for first in range(
            0, max(rows, 1), TABLE_ROWS_AT_ONCE
        ):  # once at least, so that the tables are there
            yield table.slice(first, TABLE_ROWS_AT_ONCE).collect()
        return
    yield []  # so that the tables are there whatever is read
    stream = iter(records)
    while part := list(islice(stream, ROWS_AT_ONCE)):
        yield part


def _put(connection: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame, first_row: int) -> None:
    numbered = rows.with_row_index("row_number", first_row).with_columns(pl.col("row_number").cast(pl.Int64))
    connection.register("chunk", numbered.to_arrow())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM chunk LIMIT 0")
    connection.execute(f"INSERT INTO {table} SELECT * FROM chunk")
    connection.unregister("chunk")


def records_in(
    connection: duckdb.DuckDBPyConnection, row_numbers: Collection[int]
) -> dict[int, StandardRecord]:
    connection.register("wanted", pl.DataFrame({"row_number": sorted(row_numbers)}).to_arrow())
    rows = connection.execute("SELECT received.* FROM received JOIN wanted USING (row_number)").fetchall()
    connection.unregister("wanted")
    return {
        row: standardise(IdentityRecord(**_known(dict(zip(RECEIVED, values, strict=True)))))
        for row, *values in rows
    }


def candidate_pairs(
    connection: duckdb.DuckDBPyConnection,
    *,
    first_new: int = 0,
    on_capped_block: CappedBlock | None = None,
    wider: Mapping[str, Rule] | None = None,
    wider_cap: int = 0,
) -> None:
    """Make the table `pairs` of rows that share a key, the later of the two being new.

    One rule after another, so that the keys of one alone have to lie anywhere. By a `wider` rule only those meet whose
    key no more than `wider_cap` records have; that a commoner one is left out is its nature, and is not told.
    """
    connection.execute("CREATE TEMP TABLE met (pair BIGINT)")
    for name, rule in BATCH_RULES.items():
        keys = keys_in_sql(rule)
        if name in SPARSE_RULES:  # few are
            keys = f"SELECT * FROM ({keys}) SEMI JOIN ({keys_in_sql(rule, of=SPARSE)}) USING (key)"
        connection.execute(f"CREATE TEMP TABLE block_keys AS {keys}")
        for size in _without_larger(connection, BLOCK_CAP):
            if on_capped_block:
                on_capped_block(name, size)
        _meet(connection, first_new, "earlier.sparse OR later.sparse" if name in SPARSE_RULES else "TRUE")
    for rule in (wider or {}).values():
        connection.execute(f"CREATE TEMP TABLE block_keys AS {keys_in_sql(rule)}")
        _without_larger(connection, wider_cap)
        _meet(connection, first_new)
    connection.execute(
        "CREATE TABLE pairs AS SELECT '0' AS match_key, pair >> 32 AS join_key_l, pair & 4294967295 AS join_key_r "
        "FROM (SELECT DISTINCT pair FROM met)"
    )
    connection.execute("DROP TABLE met")


# Counted by a part of the key first: there are few parts, and mostly none is held so often.
TOO_LARGE = """
    SELECT key, count(*) AS records FROM block_keys SEMI JOIN (
        SELECT key & 65535 AS part FROM block_keys GROUP BY part HAVING count(*) > ?
    ) AS often ON key & 65535 = part GROUP BY key HAVING count(*) > ?
"""


def _without_larger(connection: duckdb.DuckDBPyConnection, cap: int) -> list[int]:
    """Take the keys of more records than `cap` out of `block_keys`; how many records each had."""
    connection.execute(f"CREATE TEMP TABLE too_large AS {TOO_LARGE}", [cap, cap])
    sizes = [size for (size,) in connection.execute("SELECT records FROM too_large").fetchall()]
    if sizes:
        connection.execute("DELETE FROM block_keys WHERE key IN (SELECT key FROM too_large)")
    connection.execute("DROP TABLE too_large")
    return sizes


def _meet(connection: duckdb.DuckDBPyConnection, first_new: int, condition: str = "TRUE") -> None:
    connection.execute(
        f"""
        INSERT INTO met SELECT earlier.row_number << 32 | later.row_number
        FROM block_keys AS earlier JOIN block_keys AS later USING (key)
        WHERE earlier.row_number < later.row_number AND later.row_number >= ? AND ({condition})
        """,
        [first_new],
    )
    connection.execute("DROP TABLE block_keys")


def edges(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    progress: Progress | None = None,
    *,
    in_words: bool = True,
    weigh_anew: Callable[[Level, StandardRecord, StandardRecord], Level] | None = None,
    lifted: Callable[[Veto, StandardRecord, StandardRecord], bool] | None = None,
) -> Iterator[Edge]:
    """`weigh_anew` may give a level other bits for these two records: a rare name says more than a common one.
    A veto that is `lifted` for them does not count.
    """
    if weigh_anew or lifted:
        yield from edges_one_by_one(connection, model, progress, weigh_anew=weigh_anew, lifted=lifted)
        return
    decide_pairs(connection, model)
    veto_of = {code: Veto(code, words) for code, (_, words) in VETOES.items()} | {ONE_LIST.code: ONE_LIST}
    found = connection.cursor().execute(
        "SELECT decided.*, l.id, r.id FROM decided JOIN received AS l ON l.row_number = row_number_l "
        "JOIN received AS r ON r.row_number = row_number_r ORDER BY row_number_l, row_number_r"
    )
    done = 0
    while pairs := found.fetchmany(ROWS_AT_ONCE):
        known = records_in(connection, {row for pair in pairs for row in pair[:2]}) if in_words else {}
        for row_l, row_r, weight, *gammas, vetoes, decision, a_id, b_id in pairs:
            levels = tuple(_levels(model, gammas, known.get(row_l), known.get(row_r)))
            yield Edge(a_id, b_id, weight, levels, tuple(veto_of[code] for code in vetoes), decision)
        done += len(pairs)
        if progress:
            progress("deciding", done)


def _levels(
    model: Model, gammas: list[int], a: StandardRecord | None, b: StandardRecord | None
) -> Iterator[Level]:
    for field, gamma in zip(model.comparisons, gammas, strict=True):
        if name := level_of_gamma(field, gamma):
            words = COMPARISONS[field][name].words(a, b) if a and b else ""
            yield Level(field, name, model.bits[field][name], words)


def decide_pairs(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Make the table `decided` of what the program may do with a pair: join it, or ask a person. Others stay apart.

    A million pairs agree in some thousand ways. So Splink weighs one pair of each way, and all that agree alike are
    decided alike.
    """
    asked = {code: VETOES_IN_SQL[code] for code in asked_of(model.vetoes)} | {ONE_LIST.code: ONE_LIST_IN_SQL}
    fields = list(model.comparisons)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE agreeing AS {agreements('pairs', fields, asked)}",
        [list(model.one_row_per_person)],
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE one_of_each AS SELECT agreement, '0' AS match_key, min(join_key_l) AS join_key_l, "
        "arg_min(join_key_r, join_key_l) AS join_key_r FROM agreeing GROUP BY agreement"
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE decided AS
        WITH weighed AS (
            SELECT agreement, {_weighed(model)}, {vetoes_in_sql(fields, asked)} AS vetoes
            FROM {_predicted(connection, model, None, pairs="one_of_each")}
            JOIN one_of_each ON row_number_l = join_key_l AND row_number_r = join_key_r
        ), decided_alike AS (
            SELECT *, if(match_weight >= ? AND len(vetoes) = 0, 'join', 'ask') AS decision FROM weighed
            WHERE match_weight >= if(len(list_filter(vetoes, lambda code: NOT list_contains(?, code))) > 0, ?, ?)
        )
        SELECT join_key_l AS row_number_l, join_key_r AS row_number_r, alike.* EXCLUDE (agreement, row_number_l, row_number_r)
        FROM agreeing JOIN decided_alike AS alike USING (agreement)
        """,
        [model.join_bits, sorted(SAYING_NOTHING_AGAINST), model.ask_contradicted_bits, model.ask_bits],
    )
    connection.execute("DROP TABLE agreeing")
    connection.execute("DROP TABLE one_of_each")


def edges_one_by_one(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    progress: Progress | None = None,
    *,
    weigh_anew: Callable[[Level, StandardRecord, StandardRecord], Level] | None = None,
    lifted: Callable[[Veto, StandardRecord, StandardRecord], bool] | None = None,
) -> Iterator[Edge]:
    """As `edges`, with vetoes and decision asked of every two records in Python."""
    done = 0
    for pairs in weigh(connection, model, at_least=model.ask_bits):
        known = records_in(connection, {row for pair in pairs for row in pair[:2]})
        for row_l, row_r, weight, *gammas in pairs:
            a, b = known[row_l], known[row_r]
            levels = tuple(_levels(model, gammas, a, b))
            if weigh_anew:
                anew = tuple(weigh_anew(level, a, b) for level in levels)
                weight += sum(new.bits - level.bits for new, level in zip(anew, levels, strict=True))
                levels = anew
            vetoes = vetoes_between(a, b, model.vetoes, model.one_row_per_person)
            if lifted:
                vetoes = tuple(veto for veto in vetoes if not lifted(veto, a, b))
            decision = decide(Score(weight, levels, vetoes), a, b, model)
            if decision != "apart":
                yield Edge(a.record.id, b.record.id, weight, levels, vetoes, decision)
        done += len(pairs)
        if progress:
            progress("deciding", done)


def weigh(
    connection: duckdb.DuckDBPyConnection, model: Model, *, at_least: float | None = None
) -> Iterator[list[tuple]]:
    """(row, row, weight, one Splink gamma per comparison) of the table `pairs`, some thousands at once."""
    found = connection.cursor().execute(
        f"SELECT {_weighed(model)} FROM {_predicted(connection, model, at_least, pairs='pairs')} "
        "ORDER BY row_number_l, row_number_r"
    )
    while rows := found.fetchmany(ROWS_AT_ONCE):
        yield rows


def _weighed(model: Model) -> str:
    gammas = ", ".join(f"gamma_{column_name(field)}" for field in model.comparisons)
    return f"row_number_l, row_number_r, match_weight, {gammas}"


def _predicted(
    connection: duckdb.DuckDBPyConnection, model: Model, at_least: float | None, *, pairs: str
) -> str:
    """Name of Splink's table of the pairs with their weights."""
    # The settings carry m and u already: nothing is trained here, and Splink's own log stays quiet.
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register("people"), splink_settings(model), log_level=None)
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
    predictions = linker.inference.predict(threshold_match_weight=at_least, warning_mode="never")
    return predictions.physical_name

"""Link whole files: Splink on DuckDB, weighed by our model. Gives edges and nothing else.

Records lie in DuckDB, on disk; in memory are those of one part of a file, or of one part of the pairs.
"""

import pickle
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from splink import DuckDBAPI, Linker

from .blocking import BLOCK_CAP, SPARSE_RULES, blocking_keys
from .levels import COMPARISONS
from .model import Model
from .records import IdentityRecord, StandardRecord, standardise
from .render_splink import COLUMNS, column_name, level_of_gamma, splink_settings
from .scorer import Decision, Level, Score, decide
from .vetoes import Veto, vetoes_between

ROWS_AT_ONCE = 5_000
# DuckDB would take most of the machine. Beyond this it writes to its folder, but to weigh pairs it needs the people
# in memory: a limit that did not grow with them would refuse a large file. 100,000 records: 150 MB.
LEAST_MEMORY_MB = 150
MEMORY_MB_PER_1000_RECORDS = 1.5
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
    records: Iterable[IdentityRecord] | pl.DataFrame,
    model: Model,
    *,
    against: Iterable[IdentityRecord] | pl.DataFrame = (),
    progress: Progress | None = None,
    on_capped_block: CappedBlock | None = None,
    database: Path | None = None,
) -> Iterator[Edge]:
    """Every pair that weighs enough to be asked about, within `records` and between them and `against`.

    Pairs within `against` are not looked at: they were when it was new. `database` is where DuckDB
    keeps what does not fit in memory; a temporary folder by default.
    """
    with tempfile.TemporaryDirectory(prefix="engage-linkage-") as folder:
        connection = duckdb.connect(str(database or Path(folder) / "link.duckdb"))
        try:
            keep_small(connection, Path(folder))
            first_new = load(connection, as_records(against), progress=progress)
            new = load(connection, as_records(records), first_row=first_new, progress=progress)
            grow_with(connection, first_new + new)
            candidate_pairs(connection, first_new=first_new, on_capped_block=on_capped_block)
            yield from edges(connection, model, progress)
        finally:
            connection.close()


def keep_small(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    connection.execute(f"SET memory_limit = '{LEAST_MEMORY_MB}MB'")
    connection.execute("SET temp_directory = ?", [str(folder)])
    connection.execute("SET preserve_insertion_order = false")


def grow_with(connection: duckdb.DuckDBPyConnection, records: int) -> None:
    enough = max(LEAST_MEMORY_MB, round(records * MEMORY_MB_PER_1000_RECORDS / 1000))
    connection.execute(f"SET memory_limit = '{enough}MB'")


LISTS = frozenset({"former_surnames", "postcodes"})


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
    records: Iterable[IdentityRecord],
    *,
    first_row: int = 0,
    progress: Progress | None = None,
) -> int:
    """Put records and their blocking keys into the tables `people` and `block_keys`; returns how many.

    A third, `whole_records`, has them as `records_in` gives them back.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS people (row_number BIGINT, {columns})")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS block_keys (row_number BIGINT, key VARCHAR, sparse TINYINT)"
    )
    connection.execute("CREATE TABLE IF NOT EXISTS whole_records (row_number BIGINT, whole BLOB)")
    loaded = 0
    chunk: list[StandardRecord] = []

    def put() -> None:
        nonlocal loaded
        if not chunk:
            return
        _put_chunk(connection, chunk, first_row + loaded)
        loaded += len(chunk)
        chunk.clear()
        if progress:
            progress("reading", loaded)

    for record in records:
        chunk.append(standardise(record))
        if len(chunk) == ROWS_AT_ONCE:
            put()
    put()
    return loaded


_POLARS_TYPES = {"VARCHAR": pl.String, "BOOLEAN": pl.Boolean, "VARCHAR[]": pl.List(pl.String)}


def _put_chunk(connection: duckdb.DuckDBPyConnection, chunk: list[StandardRecord], start: int) -> None:
    people = pl.DataFrame(
        {
            "row_number": range(start, start + len(chunk)),
            **{name: [_plain(getattr(std, name)) for std in chunk] for name in COLUMNS},
        },
        schema={"row_number": pl.Int64, **{name: _POLARS_TYPES[kind] for name, kind in COLUMNS.items()}},
    )
    keys = [
        # 2: any meeting counts; 1 and 0: one of the two must be a sparse record (1).
        (row, f"{rule} {value}", (1 if std.sparse else 0) if rule in SPARSE_RULES else 2)
        for row, std in enumerate(chunk, start)
        for rule, value in blocking_keys(std, online=False)
    ]
    block_keys = pl.DataFrame(
        keys, schema={"row_number": pl.Int64, "key": pl.String, "sparse": pl.Int8}, orient="row"
    )
    whole = pl.DataFrame(
        {
            "row_number": range(start, start + len(chunk)),
            "whole": [pickle.dumps(std, pickle.HIGHEST_PROTOCOL) for std in chunk],
        },
        schema={"row_number": pl.Int64, "whole": pl.Binary},
    )
    for table, rows in (("people", people), ("block_keys", block_keys), ("whole_records", whole)):
        connection.register("chunk", rows.to_arrow())
        connection.execute(f"INSERT INTO {table} SELECT * FROM chunk")
        connection.unregister("chunk")


def records_in(
    connection: duckdb.DuckDBPyConnection, row_numbers: Collection[int]
) -> dict[int, StandardRecord]:
    connection.register("wanted", pl.DataFrame({"row_number": sorted(row_numbers)}).to_arrow())
    rows = connection.execute("SELECT row_number, whole FROM whole_records JOIN wanted USING (row_number)")
    # What this process wrote a moment ago, into a folder of its own.
    found = {row: pickle.loads(whole) for row, whole in rows.fetchall()}
    connection.unregister("wanted")
    return found


def _plain(value: str | bool | tuple[str, ...]) -> str | bool | list[str]:
    return list(value) if isinstance(value, tuple) else value


def candidate_pairs(
    connection: duckdb.DuckDBPyConnection,
    *,
    first_new: int = 0,
    on_capped_block: CappedBlock | None = None,
) -> None:
    """Make the table `pairs` of rows that share a key, the later of the two being new."""
    too_large = connection.execute(
        "SELECT key, count(*) FROM block_keys GROUP BY key HAVING count(*) > ?", [BLOCK_CAP]
    ).fetchall()
    for key, size in too_large:
        if on_capped_block:
            on_capped_block(key.split(" ", 1)[0], size)
        connection.execute("DELETE FROM block_keys WHERE key = ?", [key])
    connection.execute(
        """
        CREATE TABLE pairs AS
        SELECT DISTINCT '0' AS match_key, earlier.row_number AS join_key_l, later.row_number AS join_key_r
        FROM block_keys AS earlier JOIN block_keys AS later USING (key)
        WHERE earlier.row_number < later.row_number AND later.row_number >= ?
        AND earlier.sparse + later.sparse > 0
        """,
        [first_new],
    )


def edges(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    progress: Progress | None = None,
    *,
    weigh_anew: Callable[[Level, StandardRecord, StandardRecord], Level] | None = None,
    lifted: Callable[[Veto, StandardRecord, StandardRecord], bool] | None = None,
) -> Iterator[Edge]:
    """`weigh_anew` may give a level other bits for these two records: a rare name says more than a common one.
    A veto that is `lifted` for them does not count.
    """
    fields = list(model.comparisons)
    done = 0
    for pairs in weigh(connection, model, at_least=model.ask_bits):
        known = records_in(connection, {row for pair in pairs for row in pair[:2]})
        for row_l, row_r, weight, *gammas in pairs:
            a, b = known[row_l], known[row_r]
            levels = []
            for field, gamma in zip(fields, gammas, strict=True):
                if name := level_of_gamma(field, gamma):
                    words = COMPARISONS[field][name].words(a, b)
                    level = Level(field, name, model.bits[field][name], words)
                    if weigh_anew:
                        anew = weigh_anew(level, a, b)
                        weight += anew.bits - level.bits
                        level = anew
                    levels.append(level)
            vetoes = vetoes_between(a, b, model.vetoes, model.one_row_per_person)
            if lifted:
                vetoes = tuple(veto for veto in vetoes if not lifted(veto, a, b))
            score = Score(weight, tuple(levels), vetoes)
            if (decision := decide(score, a, b, model)) != "apart":
                yield Edge(a.record.id, b.record.id, weight, score.levels, vetoes, decision)
        done += len(pairs)
        if progress:
            progress("deciding", done)


def weigh(
    connection: duckdb.DuckDBPyConnection, model: Model, *, at_least: float | None = None
) -> Iterator[list[tuple]]:
    """(row, row, weight, one Splink gamma per comparison) of the table `pairs`, some thousands at once."""
    # The settings carry m and u already: nothing is trained here, and Splink's own log stays quiet.
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register("people"), splink_settings(model), log_level=None)
    linker.table_management.register_blocked_pairs_for_predict(api.register("pairs"))
    predictions = linker.inference.predict(threshold_match_weight=at_least, warning_mode="never")
    gammas = ", ".join(f"gamma_{column_name(field)}" for field in model.comparisons)
    found = connection.cursor().execute(
        f"SELECT row_number_l, row_number_r, match_weight, {gammas} FROM {predictions.physical_name} "
        "ORDER BY row_number_l, row_number_r"
    )
    while rows := found.fetchmany(ROWS_AT_ONCE):
        yield rows

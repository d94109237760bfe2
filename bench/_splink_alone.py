"""One new record at a time by Splink 5 on DuckDB, in a process of its own: what our online matcher is measured against.

The same weights as ours (our model, rendered), blocking rules of whole files as Splink writes them, and the file
registered beforehand. Splink has two ways to ask of one record: `predict_between` a table of one row and the file, which
blocks, and `score_pairs`, which compares with every row. The second is tried on
small files, and said beside the first.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from splink import DuckDBAPI, Linker
from splink.internals.splink_dataframe import SplinkDataFrame

from bench.linkage_online import Invented
from engage.methods.linkage.batch import as_records
from engage.methods.linkage.columns import STANDARD
from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord, StandardRecord, standardise
from engage.methods.linkage.render_splink import COLUMNS, splink_settings

AT_ONCE = 20_000
QUIET: Any = {"warning_mode": "never"}
Answer = tuple[float, list[int]]  # seconds, and rows of the file, likeliest first
# Scalars to block by: Splink takes lists apart at a price, and most records have one of each.
BLOCKING = {
    "canonical": lambda one: next((f for f in one.given_forms if f != one.given), one.given),
    "postcode": lambda one: next(iter(one.postcodes), ""),
    "district": lambda one: next(iter(one.outward), one.area),
    "birth_year": lambda one: one.birth_from[:4],
    "sorted_names": lambda one: " ".join(sorted((one.given, one.surname))) if one.given and one.surname else "",
}  # fmt: skip
RULES = (
    ("nhs_number",),
    ("upn",),
    ("surname", "dob"),
    ("canonical", "dob"),
    ("surname_metaphone", "dob_canon"),
    ("postcode", "canonical"),
    ("postcode", "surname", "birth_year"),
    ("dob", "postcode"),
    ("surname_metaphone", "given_metaphone", "birth_year"),
    ("surname", "canonical", "birth_year"),
    ("surname", "canonical", "district"),
    ("sorted_names", "birth_year"),
)


def rows(records: Iterable[StandardRecord], first: int) -> pl.DataFrame:
    records = list(records)
    columns: dict[str, list[Any]] = {name: [getattr(one, name) for one in records] for name in COLUMNS}
    # What is not known is NULL to block by: empty texts would all meet.
    blocking = {name: [of(one) or None for one in records] for name, of in BLOCKING.items()}
    blocking |= {f"block_{name}": [getattr(one, name) or None for one in records] for name in PLAIN}
    return pl.DataFrame(
        {"row_number": range(first, first + len(records)), **columns, **blocking},
        schema={
            "row_number": pl.Int64,
            **{name: STANDARD[name] for name in COLUMNS},
            **dict.fromkeys(blocking, pl.String),
        },
    )


PLAIN = sorted({name for rule in RULES for name in rule} - set(BLOCKING))


def rule_of(names: tuple[str, ...]) -> str:
    columns = [name if name in BLOCKING else f"block_{name}" for name in names]
    return " AND ".join(f"l.{column} = r.{column}" for column in columns)


class SplinkAlone:
    def __init__(self, records: Iterable[IdentityRecord], folder: Path):
        self.connection = duckdb.connect(str(folder / "alone.duckdb"))
        stream, loaded = iter(records), 0
        while part := [standardise(one) for one in islice(stream, AT_ONCE)]:
            self.connection.register("part", rows(part, loaded).to_arrow())
            into = "INSERT INTO people" if loaded else "CREATE TABLE people AS"
            self.connection.execute(f"{into} SELECT * FROM part")
            self.connection.unregister("part")
            loaded += len(part)
        self.api = DuckDBAPI(connection=self.connection)
        self.people = self.api.register("people")
        settings = splink_settings(load_model()) | {
            "blocking_rules_to_generate_predictions": [rule_of(rule) for rule in RULES],
            "retain_matching_columns": False,
        }
        self.linker = Linker(self.people, settings, log_level=None)

    def ask(self, one: StandardRecord) -> Answer:
        return self._timed(
            one, lambda asked: self.linker.inference.predict_between(asked, self.people, **QUIET)
        )

    def ask_of_everybody(self, one: StandardRecord) -> Answer:
        return self._timed(one, lambda asked: self.linker.inference.score_pairs(asked, self.people))

    def _timed(self, one: StandardRecord, path: Callable[[SplinkDataFrame], SplinkDataFrame]) -> Answer:
        self.connection.register("asked_rows", rows([one], -1).to_arrow())
        self.connection.execute("CREATE OR REPLACE TABLE asked AS SELECT * FROM asked_rows")
        started = time.perf_counter()
        found = path(self.api.register("asked"))
        answer = self.connection.execute(
            "SELECT CASE WHEN row_number_l = -1 THEN row_number_r ELSE row_number_l END"
            f" FROM {found.physical_name} ORDER BY match_weight DESC LIMIT 100"
        ).fetchall()
        took = time.perf_counter() - started
        found.drop_table_from_database_and_remove_from_cache()
        return took, [row for (row,) in answer]


def main() -> None:
    """Says when everything is registered; then of each line that names a kind of report, asks of the next of that kind
    and answers with a line."""
    records, reports, seed = map(int, sys.argv[1:])
    invented = Invented.of(records, reports, seed)
    person_of_row = [invented.person_of[one] for one in invented.records["id"]]
    with tempfile.TemporaryDirectory(prefix="engage-splink-alone-") as folder:
        alone = SplinkAlone(as_records(invented.records), Path(folder))
        ways = {name: (alone.ask, iter(getattr(invented.asked, name))) for name in ("known", "without")}
        ways["everybody"] = alone.ask_of_everybody, iter(invented.asked.known)
        print("ready", flush=True)
        for line in sys.stdin:
            ask, reports_of = ways[line.strip()]
            person, one = next(reports_of)
            print(json.dumps(_asked(ask, one, person, person_of_row)), flush=True)


def _asked(
    ask: Callable[[StandardRecord], Answer], said: IdentityRecord, person: str, person_of_row: list[str]
) -> tuple[float, int | None]:
    """Seconds, and the place of the person among those found, from 0."""
    took, found = ask(standardise(said))
    persons = list(dict.fromkeys(person_of_row[row] for row in found))
    return took, persons.index(person) if person in persons else None


if __name__ == "__main__":
    main()

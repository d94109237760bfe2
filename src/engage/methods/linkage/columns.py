"""Many records made ready to compare at once: `records.standardise`, asked once for each value that occurs.

A million records have a million ids, but some thousand surnames. Forenames are many, of few names: each name is asked
about by itself. Numbers and dates are read in SQL as they are mostly written, and only the others are asked about.
"""

from collections.abc import Callable, Sequence
from itertools import repeat
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pyarrow as pa

from .records import (
    GIVEN_NAME_PREFIXES,
    IdentityRecord,
    births,
    council_number,
    family_names,
    fold,
    given_in_one,
    given_name,
    health_number,
    middle_names,
    phone_of,
    places,
    pupil_number,
    references,
    sex_of,
)

TEXT, TEXTS = pl.String(), pl.List(pl.String())
IN_ARROW = {TEXT: pa.string(), TEXTS: pa.list_(pa.string()), pl.Boolean(): pa.bool_()}
# What was received: the columns of an IdentityRecord, and what each holds where a table says nothing.
RECEIVED: dict[str, tuple[pl.DataType, Any]] = {
    "id": (TEXT, ""),
    "source": (TEXT, ""),
    "register": (TEXT, ""),
    "forenames": (TEXT, ""),
    "surname": (TEXT, ""),
    "known_as": (TEXT, ""),
    "former_surnames": (TEXTS, ()),
    "dob": (pl.Date(), None),
    "birth_earliest": (pl.Date(), None),
    "birth_latest": (pl.Date(), None),
    "dob_verified": (pl.Boolean(), False),
    "sex": (TEXT, None),
    "postcodes": (TEXTS, ()),
    "district": (TEXT, None),
    "nhs_number": (TEXT, None),
    "upn": (TEXT, None),
    "council_child_id": (TEXT, None),
    "issuer": (TEXT, None),
    "phone": (TEXT, None),
    "case_references": (TEXTS, ()),
    "named_place": (TEXT, ""),
    "occupation": (TEXT, ""),
    "bridges": (pl.Boolean(), True),
    "restricted": (pl.Boolean(), False),
}
LISTS = tuple(name for name, (kind, _) in RECEIVED.items() if kind == TEXTS)


def _sum_of_digits(number: str, weights: Sequence[int]) -> str:
    """Each digit times its weight, the first digit with the first weight."""
    last = len(weights) - 1
    return " + ".join(f"{number} // {10 ** (last - n)} % 10 * {weight}" for n, weight in enumerate(weights))


_NHS, _UPN = "TRY_CAST(nhs_number AS BIGINT)", "TRY_CAST(substr(upn, 2) AS BIGINT)"
_NHS_CHECK = f"11 - ({_sum_of_digits(_NHS, (*range(10, 1, -1), 0))}) % 11"
_UPN_CHECK = f"substr('ABCDEFGHJKLMNPQRTUVWXYZ', ({_sum_of_digits(_UPN, range(2, 14))}) % 23 + 1, 1)"
_COUNCIL = "coalesce(nullif(issuer, ''), source)"
_DAY = "strftime(dob, '%Y%m%d')"
_FIRST, _SECOND = "split_part(forenames, ' ', 1)", "split_part(forenames, ' ', 2)"
_PREFIXES = ", ".join(f"'{name}'" for name in sorted(GIVEN_NAME_PREFIXES))
# One name, or two of which the first is no prefix, and no other that somebody is known by.
_PLAIN_NAMES = (
    "(known_as = '' AND regexp_full_match(forenames, '[A-Za-z]+( [A-Za-z]+)?') "
    f"AND lower({_FIRST}) NOT IN ({_PREFIXES}))"
)


class Plain(NamedTuple):
    """How most write it, and what then each field is."""

    written: str
    fields: dict[str, str]


class Part(NamedTuple):
    """From which columns (in SQL), by which function, which fields of a StandardRecord."""

    columns: tuple[str, ...]
    function: Callable[..., tuple[Any, ...]]
    fields: dict[str, pl.DataType]
    plain: Plain = Plain("FALSE", {})


PARTS: tuple[Part, ...] = (
    # A file has many times more forenames than names: of those plainly written each name is asked about by itself.
    Part(
        # A surname changes the given name only where it is repeated in a known-as name.
        (f"if({_PLAIN_NAMES}, {_FIRST}, forenames)", "known_as", "if(known_as <> '', surname, '')"),
        given_name,
        {"given": TEXT, "given_forms": TEXTS, "given_metaphone": TEXT, "given_soundex": TEXT},
    ),
    Part(
        ("forenames", "known_as"),
        given_in_one,
        {"given_text": TEXT},
        Plain(_PLAIN_NAMES, {"given_text": "lower(replace(forenames, ' ', ''))"}),
    ),
    Part(
        # What comes first says nothing of what follows.
        (f"if({_PLAIN_NAMES}, if({_SECOND} = '', '', 'first ' || {_SECOND}), forenames)",),
        middle_names,
        {"middle_forms": TEXTS},
    ),
    Part(
        ("surname", "former_surnames"),
        family_names,
        {"surname": TEXT, "surname_forms": TEXTS, "surname_metaphone": TEXT, "surname_soundex": TEXT},
    ),
    Part(
        ("dob", "birth_earliest", "birth_latest"),
        births,
        {"dob": TEXT, "dob_canon": TEXT, "birth_from": TEXT, "birth_to": TEXT},
        Plain(
            "year(dob) BETWEEN 1000 AND 9999",
            {
                "dob": _DAY,
                "dob_canon": f"{_DAY}[:4] || least({_DAY}[5:6], {_DAY}[7:]) || greatest({_DAY}[5:6], {_DAY}[7:])",
                "birth_from": _DAY,
                "birth_to": _DAY,
            },
        ),
    ),
    Part(("sex",), lambda text: (sex_of(text),), {"sex": TEXT}),
    Part(("postcodes",), places, {"postcodes": TEXTS, "outward": TEXTS}),
    Part(("district",), lambda text: (fold(text or ""),), {"area": TEXT}),
    Part(
        ("nhs_number",),
        health_number,
        {"nhs_number": TEXT, "nhs_valid": pl.Boolean()},
        Plain(
            "regexp_full_match(nhs_number, '[0-9]{10}')",
            {
                "nhs_number": "nhs_number",
                "nhs_valid": f"{_NHS_CHECK} <> 10 AND {_NHS} % 10 = ({_NHS_CHECK}) % 11 AND {_NHS} % 1111111111 <> 0",
            },
        ),
    ),
    Part(
        ("upn",),
        pupil_number,
        {"upn": TEXT, "upn_valid": pl.Boolean()},
        Plain(
            "regexp_full_match(upn, '[A-HJ-NP-RT-Z][0-9]{12}')",
            {"upn": "upn", "upn_valid": f"substr(upn, 1, 1) = {_UPN_CHECK}"},
        ),
    ),
    Part(
        ("council_child_id", "issuer", "source"),
        council_number,
        {"council_child": TEXT, "council": TEXT},
        Plain(
            f"regexp_full_match(council_child_id, '[A-Za-z0-9]+') AND regexp_full_match({_COUNCIL}, '[A-Za-z]+')",
            {
                "council_child": f"lower({_COUNCIL} || ' ' || council_child_id)",
                "council": f"lower({_COUNCIL})",
            },
        ),
    ),
    Part(("phone",), lambda text: (phone_of(text),), {"phone": TEXT}),
    Part(("case_references",), lambda texts: (references(texts),), {"case_references": TEXTS}),
    Part(("named_place",), lambda text: (fold(text),), {"named_place": TEXT}),
    Part(("occupation",), lambda text: (fold(text),), {"occupation": TEXT}),
)
STANDARD: dict[str, pl.DataType] = {name: kind for part in PARTS for name, kind in part.fields.items()}
# Beside the standard form, what vetoes look at.
BESIDE = ("source", "register", "bridges", "restricted")
VALUES_AT_ONCE = 50_000


def received_table(records: Sequence[IdentityRecord] | pl.DataFrame) -> pl.DataFrame:
    """All columns of RECEIVED, nothing missing but what may be None."""
    if not isinstance(records, pl.DataFrame):
        of = {name: attrgetter(name) for name in RECEIVED}
        return pl.DataFrame(
            {name: _series(name, [of[name](one) for one in records], kind) for name, (kind, _) in RECEIVED.items()}
        )  # fmt: skip
    return records.select(
        (_or_else(name, kind, default) if name in records.columns else pl.lit(default, kind)).alias(name)
        if kind != TEXTS or name in records.columns
        else pl.lit(pl.Series([[]], dtype=TEXTS)).first().alias(name)
        for name, (kind, default) in RECEIVED.items()
    )


def _or_else(name: str, kind: pl.DataType, default: Any) -> pl.Expr:
    column = pl.col(name).cast(kind)
    if kind == TEXTS:
        return pl.when(column.is_null()).then(pl.lit(pl.Series([[]], dtype=TEXTS)).first()).otherwise(column)
    return column if default is None else column.fill_null(default)


IN_DUCKDB = {TEXT: "VARCHAR", TEXTS: "VARCHAR[]", pl.Date(): "DATE", pl.Boolean(): "BOOLEAN"}


def put_file(connection: duckdb.DuckDBPyConnection, file: Path, first_row: int) -> int:
    """Into the table `received`, as `received_table`, of a Parquet file; how many rows."""
    path = str(file).replace("'", "''")
    rows = f"FROM read_parquet('{path}', file_row_number = TRUE)"
    given = {name for name, *_ in connection.execute(f"DESCRIBE SELECT * {rows}").fetchall()}
    told = ", ".join(
        f"coalesce({name if name in given else 'NULL'}::{IN_DUCKDB[kind]}, {_in_duckdb(default)}) AS {name}"
        for name, (kind, default) in RECEIVED.items()
    )
    received = f"SELECT file_row_number + {first_row} AS row_number, {told} {rows}"
    connection.execute(f"CREATE TABLE IF NOT EXISTS received AS {received} LIMIT 0")
    (put,) = connection.execute(f"INSERT INTO received {received}").fetchall()[0]
    return int(put)


def _in_duckdb(default: Any) -> str:
    if default in (None, ()):
        return "[]" if default == () else "NULL"
    return f"'{default}'" if isinstance(default, str) else str(default)


def put_standard(connection: duckdb.DuckDBPyConnection, first_row: int = 0) -> None:
    """Into the table `people`, of the rows of `received` from `first_row` on: row_number, the fields of STANDARD, BESIDE."""
    rows = f"FROM received WHERE row_number >= {first_row}"
    told, fields, answers = ["row_number", *BESIDE], ["row_number"], []
    for n, part in enumerate(PARTS):
        plain = f"coalesce({part.plain.written}, FALSE)"
        named = {f"of_{n}_{place}": column for place, column in enumerate(part.columns)}
        said = [f"{column} AS {name}" for name, column in named.items()]
        connection.register(
            f"said_{n}",
            _answered(connection, part, f"SELECT DISTINCT {', '.join(said)} {rows} AND NOT {plain}"),
        )
        same = " AND ".join(f"told.{name} IS NOT DISTINCT FROM said_{n}.{name}" for name in named)
        answers.append(f"LEFT JOIN said_{n} ON {same}")
        told += [*said, f"{plain} AS plain_{n}"]
        told += [f"{sql} AS plain_{n}_{field}" for field, sql in part.plain.fields.items()]
        fields += [
            f"if(plain_{n}, plain_{n}_{field}, said_{n}.{field}) AS {field}"
            if field in part.plain.fields
            else f"said_{n}.{field}"
            for field in part.fields
        ]
    people = f"SELECT {', '.join((*fields, *BESIDE))} FROM (SELECT {', '.join(told)} {rows}) AS told {' '.join(answers)}"
    connection.execute(f"CREATE TABLE IF NOT EXISTS people AS {people} LIMIT 0")
    connection.execute(f"INSERT INTO people {people}")
    for n in range(len(PARTS)):
        connection.unregister(f"said_{n}")


def _answered(connection: duckdb.DuckDBPyConnection, part: Part, values: str) -> pa.Table:
    """The values that this query finds, and beside each the fields that follow from it."""
    occurring = connection.sql(values).to_arrow_table()
    return pa.concat_tables(
        _with_answers(part, occurring.slice(first, VALUES_AT_ONCE))
        for first in range(0, max(occurring.num_rows, 1), VALUES_AT_ONCE)
    )


def _with_answers(part: Part, values: pa.Table) -> pa.Table:
    told = [
        [tuple(value) for value in column.to_pylist()]
        if pa.types.is_list(column.type)
        else column.to_pylist()
        for column in values.columns
    ]
    found = list(map(part.function, *told))
    by_field = zip(*found, strict=True) if found else repeat(())
    for (name, kind), said in zip(part.fields.items(), by_field, strict=False):
        values = values.append_column(name, pa.array(said, IN_ARROW[kind]))
    return values


def _series(name: str, values: Sequence[Any], kind: pl.DataType) -> pl.Series:
    if kind == TEXTS:  # polars itself would make a Series of each list
        return pl.Series(name, pa.array(values, pa.list_(pa.string())), kind)
    return pl.Series(name, values, kind)

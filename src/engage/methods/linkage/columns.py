"""Many records made ready to compare at once: `records.standardise`, asked once for each value that occurs.

A million records have a million ids, but some thousand surnames.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

import polars as pl
import pyarrow as pa

from .records import (
    IdentityRecord,
    births,
    council_number,
    family_names,
    fold,
    given_names,
    health_number,
    phone_of,
    places,
    pupil_number,
    references,
    sex_of,
)

TEXT, TEXTS = pl.String(), pl.List(pl.String())
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

Part = tuple[tuple[str, ...], Callable[..., tuple[Any, ...]], dict[str, pl.DataType]]
# From which columns, by which function, which fields of a StandardRecord.
PARTS: tuple[Part, ...] = (
    (
        ("forenames", "known_as", "surname_beside_known_as"),
        given_names,
        {
            "given": TEXT,
            "given_text": TEXT,
            "given_forms": TEXTS,
            "middle_forms": TEXTS,
            "given_metaphone": TEXT,
            "given_soundex": TEXT,
        },
    ),
    (
        ("surname", "former_surnames"),
        family_names,
        {"surname": TEXT, "surname_forms": TEXTS, "surname_metaphone": TEXT, "surname_soundex": TEXT},
    ),
    (
        ("dob", "birth_earliest", "birth_latest"),
        births,
        {"dob": TEXT, "dob_canon": TEXT, "birth_from": TEXT, "birth_to": TEXT},
    ),
    (("sex",), lambda text: (sex_of(text),), {"sex": TEXT}),
    (("postcodes",), places, {"postcodes": TEXTS, "outward": TEXTS}),
    (("district",), lambda text: (fold(text or ""),), {"area": TEXT}),
    (("nhs_number",), health_number, {"nhs_number": TEXT, "nhs_valid": pl.Boolean()}),
    (("upn",), pupil_number, {"upn": TEXT, "upn_valid": pl.Boolean()}),
    (
        ("council_child_id", "issuer", "source"),
        council_number,
        {"council_child": TEXT, "council": TEXT},
    ),
    (("phone",), lambda text: (phone_of(text),), {"phone": TEXT}),
    (("case_references",), lambda texts: (references(texts),), {"case_references": TEXTS}),
    (("named_place",), lambda text: (fold(text),), {"named_place": TEXT}),
    (("occupation",), lambda text: (fold(text),), {"occupation": TEXT}),
)
STANDARD: dict[str, pl.DataType] = {name: kind for _, _, fields in PARTS for name, kind in fields.items()}


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


def standard_table(received: pl.DataFrame) -> pl.DataFrame:
    """The fields of STANDARD, row by row."""
    # A surname changes the given name only where it is repeated in a known-as name.
    told = received.with_columns(
        surname_beside_known_as=pl.when(pl.col("known_as") != "").then("surname").otherwise(pl.lit(""))
    )
    return pl.concat([_part(told, *part) for part in PARTS], how="horizontal")


def _part(
    told: pl.DataFrame,
    columns: Iterable[str],
    function: Callable[..., tuple[Any, ...]],
    fields: dict[str, pl.DataType],
) -> pl.DataFrame:
    asked = told.select(pl.col(name).alias(f"of {name}") for name in columns)
    once = asked.unique()
    answers = [
        function(*(tuple(value) if isinstance(value, list) else value for value in row))
        for row in once.iter_rows()
    ]
    values = list(zip(*answers, strict=True)) if answers else [()] * len(fields)
    said = once.with_columns(
        _series(name, column, kind) for (name, kind), column in zip(fields.items(), values, strict=True)
    )
    joined = asked.join(said, on=asked.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined.select(list(fields))


def _series(name: str, values: Sequence[Any], kind: pl.DataType) -> pl.Series:
    if kind == TEXTS:  # polars itself would make a Series of each list
        return pl.Series(name, pa.array(values, pa.list_(pa.string())), kind)
    return pl.Series(name, values, kind)

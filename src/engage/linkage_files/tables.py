"""CSV and Parquet files in and out. What cannot be used is said in a sentence that names the column or the row."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

FIRST_ROW = 2  # as a spreadsheet counts: row 1 has the names of the columns


class NotUsable(Exception):
    """A sentence for whoever gave the file."""


def read_table(path: Path) -> pl.DataFrame:
    """Every column as text without spaces around it; empty text is null."""
    if path.is_dir():
        raise NotUsable(f"{path} is a folder; name a file.")
    if not path.is_file():
        raise NotUsable(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise NotUsable(f"{path} is empty.")
    try:
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
            nested = [name for name, kind in table.schema.items() if kind.is_nested()]
            table = table.drop(nested).cast(pl.String)
        else:
            table = pl.read_csv(path, infer_schema=False, separator=_separator(path))
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as problem:
        said = str(problem).splitlines()[0]
        raise NotUsable(
            f"{path} cannot be read as {'Parquet' if path.suffix == '.parquet' else 'CSV in UTF-8'}: {said}"
        ) from problem
    if table.is_empty():
        raise NotUsable(f"{path} has no rows below the names of its columns.")
    names = [name.strip().removeprefix("\ufeff") for name in table.columns]
    if len(set(names)) < len(names):
        raise NotUsable(f"{path} has two columns of one name: {_first_twice(names)}.")
    table.columns = names
    trimmed = pl.all().str.strip_chars()
    return table.select(pl.when(trimmed != "").then(trimmed).name.keep())


def _separator(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline()
    return max(",;\t", key=header.count)


def _first_twice(names: list[str]) -> str:
    return next(name for place, name in enumerate(names) if name in names[:place])


def need_columns(table: pl.DataFrame, path: Path, names: Iterable[str]) -> None:
    for name in names:
        if name not in table.columns:
            raise NotUsable(f"{path} has no column “{name}”. It has: {', '.join(table.columns)}.")


def need_ids(table: pl.DataFrame, path: Path, column: str) -> None:
    """One id in every row, and none twice."""
    rows = table.select(pl.col(column)).with_row_index("row", offset=FIRST_ROW)
    if len(missing := rows.filter(pl.col(column).is_null())):
        raise NotUsable(f"{path}, row {missing['row'][0]}: no id in column “{column}”.")
    twice = rows.filter(pl.col(column).is_duplicated())
    if len(twice):
        first = twice.filter(pl.col(column) == twice[column][0])
        raise NotUsable(
            f"{path}: the id in row {first['row'][0]} of column “{column}” stands again in row {first['row'][1]}. "
            "Ids must differ."
        )


def need_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise NotUsable(f"There is no folder {path.parent} to write {path.name} into.")
    if path.is_dir():
        raise NotUsable(f"{path} is a folder; name a file.")


def write_whole(tables: Mapping[Path, pl.DataFrame]) -> None:
    """All of them or nothing: each written beside its place, and renamed when the last is written."""
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in tables}
    path = next(iter(tables))
    try:
        for path, table in tables.items():
            if path.suffix == ".parquet":
                table.write_parquet(beside[path])
            else:
                table.write_csv(beside[path])
        for path, part in beside.items():
            part.replace(path)
    except OSError as problem:  # Polars raises it with its words alone
        raise NotUsable(f"{path} cannot be written: {problem.strerror or problem}.") from problem
    finally:
        for part in beside.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

"""Inserting many rows in one statement.

COPY refuses tables with row-level security, and one placeholder a value is slow to build and to
parse. Columns travel as arrays instead: several times quicker for the same rows and the same walls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from .encrypted import EncryptedText
from .keys import OpenKey

ROWS_A_STATEMENT = 10_000


def insert_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    if not rows:
        return
    statement = _insertion(model)
    readers = [_reader(field) for field in model._meta.concrete_fields]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            part = rows[start : start + ROWS_A_STATEMENT]
            cursor.execute(statement, [array_text(map(read, part)) for read in readers])


@cache
def _insertion(model: type[models.Model]) -> str:
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    kinds = [_kind(field) for field in fields]
    # unnest() would take an array of arrays apart: such columns, and JSON, travel as text and are cast.
    as_text = [isinstance(field, ArrayField | models.JSONField) for field in fields]
    arrays = ", ".join(
        "%s::text[]" if text else f"%s::{kind}[]" for kind, text in zip(kinds, as_text, strict=True)
    )
    names = ", ".join(f"c{n}" for n in range(len(fields)))
    chosen = ", ".join(
        f"c{n}::{kind}" if text else f"c{n}"
        for n, (kind, text) in enumerate(zip(kinds, as_text, strict=True))
    )
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {chosen} FROM unnest({arrays}) AS rows({names})'


def _kind(field: models.Field) -> str:
    """The column's type without a length: an explicit cast to varchar(40) would cut a longer text in silence,
    the insertion itself refuses it."""
    kind = field.db_type(connection) or "text"
    return re.sub(r"varchar\(\d+\)", "text", kind)


def array_text(values: Iterable[Any]) -> str:
    """PostgreSQL's notation of an array of plain values. The driver's own is slower to write."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bytes | memoryview):
        return '"\\\\x' + value.hex() + '"'
    text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _reader(field: models.Field) -> Callable[[models.Model], Any]:
    """How to read what goes into the column of `field` from a row."""
    if isinstance(field, EncryptedText):
        known: dict[int, OpenKey] = {}  # one look for the key of a compartment, however many rows
        return lambda row: field.closed(row, known)
    read = attrgetter(field.attname)
    if isinstance(field, ArrayField):
        return lambda row: None if (value := read(row)) is None else array_text(value)
    if isinstance(field, models.JSONField):
        return lambda row: None if (value := read(row)) is None else json.dumps(value, ensure_ascii=False)
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return lambda row: field.pre_save(row, add=True)
    return read

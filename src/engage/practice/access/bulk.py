"""Inserting many rows in one statement.

COPY refuses tables with row-level security, and one placeholder a value is slow to build and to
parse. Columns travel as arrays instead: several times quicker for the same rows and the same walls.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

ROWS_A_STATEMENT = 10_000


def insert_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    kinds = [field.db_type(connection) or "text" for field in fields]
    # unnest() would take an array of arrays apart: such columns, and JSON, travel as text and are cast.
    as_text = [isinstance(field, ArrayField | models.JSONField) for field in fields]
    arrays = ", ".join("%s::text[]" if text else f"%s::{kind}[]" for kind, text in zip(kinds, as_text, strict=True))
    names = ", ".join(f"c{n}" for n in range(len(fields)))
    chosen = ", ".join(
        f"c{n}::{kind}" if text else f"c{n}" for n, (kind, text) in enumerate(zip(kinds, as_text, strict=True))
    )
    statement = (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {chosen} FROM unnest({arrays}) AS rows({names})'
    )
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            part = rows[start : start + ROWS_A_STATEMENT]
            cursor.execute(statement, [[_sent(field, row) for row in part] for field in fields])


def _sent(field: models.Field, row: models.Model) -> Any:
    value = field.pre_save(row, add=True)
    if value is None:
        return None
    if isinstance(field, ArrayField):
        return _array_text(value)
    if isinstance(field, models.JSONField):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(field, models.BinaryField):
        return bytes(value)
    if isinstance(field, models.ForeignKey):
        return getattr(row, field.attname)
    return field.get_prep_value(value)


def _array_text(values: Sequence[Any]) -> str:
    quoted = ('"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted) + "}"

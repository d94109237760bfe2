"""Keys rotated, and everything that is encrypted held to them: the owner's work, whoever may see the rows.

What is stored stays as it lies; its data key is wrapped anew. In small transactions: broken off at any moment, every
value opens, under its earlier key or its new one, and another run goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.db import connections, models, transaction

from . import keys, second_factors
from .encrypted import Closed, EncryptedText, encrypted_fields, key_of, place, rewrapped, unseal
from .keys import DoesNotOpen, KeyProblem, OpenKey, RootKey, root_key

OWNER = "owner"
ROWS_AT_ONCE = 1000
Progress = Callable[[int, int | None], None]

# What is encrypted elsewhere than in our own tables. Each answers how many opened, and names what does not.
also_checked: list[tuple[str, Callable[[], tuple[int, list[str]]]]] = [
    ("Seeds of authenticator apps", lambda: second_factors.check_all(using=OWNER))
]
# What the root key seals itself, to be sealed anew by a new one: each in the transaction that changes it, as the owner.
also_sealed: list[Callable[[RootKey, RootKey], None]] = [
    lambda old, new: second_factors.seal_anew(old, new, using=OWNER)
]


@dataclass
class Checked:
    keys: int = 0
    retired: int = 0
    values: int = 0
    under_earlier_keys: int = 0
    elsewhere: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def rotate(*, progress: Progress | None = None, rows_at_once: int = ROWS_AT_ONCE) -> int:
    """Give each compartment a new key, or go on where a rotation was broken off; how many values are under it now.

    Earlier keys stay: an earlier back-up needs them, and a deed that began before may still write under one.
    """
    root = root_key()
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        _alone(cursor)
        keys.refuse_another_root(root, connections[OWNER])
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM access_compartmentkey WHERE NOT retired_at IS NULL AND emptied_at IS NULL)"
        )
        if not cursor.fetchone()[0]:
            _new_versions(root, cursor)
    moved = 0
    while more := _move_all(progress, rows_at_once):
        moved += more
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "UPDATE access_compartmentkey SET emptied_at = now() WHERE retired_at IS NOT NULL AND emptied_at IS NULL"
        )
    return moved


def change_root(new_file: Path) -> RootKey:
    """Wrap every compartment's key by the root key in `new_file`, which is made if it is not there, and seal by it what
    the former one sealed itself.

    One transaction: until it ends the former file opens everything, and from then on the new one does.
    """
    old = root_key()
    keys.make_root_key(new_file)
    new = root_key(new_file)
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        _alone(cursor)
        cursor.execute("SELECT id, root, wrapped FROM access_compartmentkey FOR UPDATE")
        for key_id, wrapped_by, wrapped in cursor.fetchall():
            if wrapped_by == new.name:
                continue
            if wrapped_by != old.name:
                raise KeyProblem(
                    f"A key of this database is wrapped by root key {wrapped_by}, and the present one is {old.name}."
                )
            secret = keys.unwrap(old, key_id, bytes(wrapped))
            cursor.execute(
                "UPDATE access_compartmentkey SET root = %s, wrapped = %s WHERE id = %s",
                [new.name, keys.wrap(new, key_id, secret), key_id],
            )
        for seal_anew in also_sealed:
            seal_anew(old, new)
    return new


def check(*, progress: Progress | None = None) -> Checked:
    """Open every key, every encrypted text and every encrypted file, and keep none of it. Where a text may be left out,
    one that was emptied cannot be told from one that was never there."""
    keys.forget()
    found = Checked()
    live: set[UUID] = set()
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT id, retired_at IS NULL FROM access_compartmentkey")
        for key_id, is_live in cursor.fetchall():
            try:
                keys.key_called(key_id, connections[OWNER])
            except (DoesNotOpen, KeyProblem) as problem:
                found.problems.append(f"Key {key_id}: {problem}")
            found.keys += is_live
            found.retired += not is_live
            live |= {key_id} if is_live else set()
    done, total = 0, _rows_in_all()
    for model in encrypted_models():
        for batch in _batches(model, ROWS_AT_ONCE):
            for row_id, _, values in batch:
                for of, value in zip(encrypted_fields(model), values, strict=True):
                    _check_value(model, row_id, of, Closed(value), live, found)
            done += len(batch)
            if progress:
                progress(done, total)
    for what, look in also_checked:
        found.elsewhere[what], problems = look()
        found.problems += problems
    return found


def _check_value(
    model: type[models.Model], row_id: UUID, of: EncryptedText, value: Closed, live: set[UUID], found: Checked
) -> None:
    table = model._meta.db_table
    try:
        unseal(value, place(table, row_id, of.column))
    except (DoesNotOpen, KeyProblem, ValueError):
        found.problems.append(f"Table {table}, row {row_id}, column {of.column}: does not open.")
        return
    if not value and not of.blank:
        found.problems.append(f"Table {table}, row {row_id}, column {of.column}: emptied.")
    if value:
        found.values += 1
        found.under_earlier_keys += key_of(value) not in live


def encrypted_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if encrypted_fields(model)]


def _alone(cursor: Any) -> None:
    """Nobody adds a key meanwhile (`keys.live_key`)."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [keys.KEYS_LOCK])


def _new_versions(root: RootKey, cursor: Any) -> None:
    cursor.execute(
        "UPDATE access_compartmentkey SET retired_at = now() WHERE retired_at IS NULL RETURNING compartment_id, version"
    )
    for compartment, version in cursor.fetchall():
        key_id = uuid4()
        wrapped = keys.wrap(root, key_id, os.urandom(keys.KEY_BYTES))
        cursor.execute(
            "INSERT INTO access_compartmentkey (id, compartment_id, version, root, wrapped, made_at)"
            " VALUES (%s, %s, %s, %s, %s, now())",
            [key_id, compartment, version + 1, root.name, wrapped],
        )


def _move_all(progress: Progress | None, rows_at_once: int) -> int:
    """How many values were found under an earlier key, and are under the live one now."""
    moved, done, total = 0, 0, _rows_in_all()
    for model in encrypted_models():
        for batch in _batches(model, rows_at_once, move=True):
            moved += _move(model, batch)
            done += len(batch)
            if progress:
                progress(done, total)
    return moved


Batch = list[tuple[UUID, int, list[bytes]]]


def _batches(model: type[models.Model], rows_at_once: int, *, move: bool = False) -> Iterator[Batch]:
    """Rows in the order of their ids, by portions; to move them, each portion is a transaction that holds its rows."""
    columns = ", ".join(of.column for of in encrypted_fields(model))
    statement = (
        f"SELECT id, compartment_id, {columns} FROM {model._meta.db_table} WHERE id > %s ORDER BY id LIMIT %s"
    )
    after = UUID(int=0)
    while True:
        with transaction.atomic(using=OWNER):
            with connections[OWNER].cursor() as cursor:
                cursor.execute(statement + (" FOR UPDATE" if move else ""), [after, rows_at_once])
                batch = [(row_id, compartment, values) for row_id, compartment, *values in cursor.fetchall()]
            if batch:
                yield batch
        if len(batch) < rows_at_once:
            return
        after = batch[-1][0]


def _move(model: type[models.Model], batch: Batch) -> int:
    table, fields = model._meta.db_table, encrypted_fields(model)
    live: dict[int, OpenKey] = {}
    moved = 0
    with connections[OWNER].cursor() as cursor:
        for row_id, compartment, values in batch:
            if compartment not in live:
                live[compartment] = keys.live_key(compartment, connections[OWNER])
            for of, value in zip(fields, values, strict=True):
                if key_of(value) in (None, live[compartment].id):
                    continue
                anew = rewrapped(bytes(value), place(table, row_id, of.column), live[compartment])
                cursor.execute(f"UPDATE {table} SET {of.column} = %s WHERE id = %s", [bytes(anew), row_id])
                moved += 1
    return moved


def _rows_in_all() -> int:
    total = 0
    with connections[OWNER].cursor() as cursor:
        for model in encrypted_models():
            cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
            total += cursor.fetchone()[0]
    return total

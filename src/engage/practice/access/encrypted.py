"""Texts that are encrypted before they reach the database, with the row and the column they belong to sealed in.

`EncryptedText` is used in a model like a text field. It opens when it is read, not when the row is fetched, so that a
list does not decrypt what it does not show; and it is never filtered on or ordered by.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from .keys import KEY_BYTES, NONCE_BYTES, TAG_BYTES, WRAPPED_BYTES, DoesNotOpen, OpenKey, key_called, live_key

# A stored value: version, id of the compartment's key, the wrapped data key, then nonce, text and tag.
VERSION = b"\x01"
_KEY_ID = slice(1, 17)
_WRAPPED = slice(17, 17 + WRAPPED_BYTES)
_TEXT = 17 + WRAPPED_BYTES
SHORTEST = _TEXT + NONCE_BYTES + TAG_BYTES


class Closed(bytes):
    """A stored value, not opened. Only its row can open it: the text is bound to that row's id and column."""

    def __str__(self) -> str:
        return "(encrypted)"

    __repr__ = __str__


def place(table: str, row_id: UUID, column: str | None) -> bytes:
    return f"{table}|{row_id}|{column}|{VERSION[0]}".encode()


def seal(text: str, where: bytes, key: OpenKey) -> Closed:
    """Nothing said is kept as nothing: that a text is empty is no secret, and most are."""
    if not text:
        return Closed()
    fresh = os.urandom(KEY_BYTES + NONCE_BYTES)
    data_key, nonce = fresh[:KEY_BYTES], fresh[KEY_BYTES:]
    return Closed(
        VERSION + key.id.bytes + _wrapped(data_key, where, key) + nonce + AESGCM(data_key).encrypt(nonce, text.encode(), where)
    )  # fmt: skip


def unseal(value: bytes, where: bytes) -> str:
    """Raises DoesNotOpen unless the value is as it was written, for this very place."""
    if not value:
        return ""
    data_key = _data_key(value, where)
    try:
        return (
            AESGCM(data_key)
            .decrypt(value[_TEXT : _TEXT + NONCE_BYTES], value[_TEXT + NONCE_BYTES :], where)
            .decode()
        )
    except InvalidTag:
        raise DoesNotOpen("A stored text does not open: it was altered or moved.") from None


def opened(model: type[models.Model], row_id: UUID, column: str, value: bytes) -> str:
    """The text of a bare row, read without its model."""
    return unseal(value, place(model._meta.db_table, row_id, column))


def key_of(value: bytes) -> UUID | None:
    """The key that a value is kept under; None for an empty one. Raises DoesNotOpen for what is no such value."""
    if not value:
        return None
    if len(value) < SHORTEST or not value.startswith(VERSION):
        raise DoesNotOpen("A stored text does not open: it is not in a form that this release knows.")
    return UUID(bytes=bytes(value[_KEY_ID]))


def rewrapped(value: bytes, where: bytes, key: OpenKey) -> Closed:
    """The same text under another key: its data key is wrapped anew, the text itself stays as it lies."""
    if not value:
        return Closed()
    return Closed(VERSION + key.id.bytes + _wrapped(_data_key(value, where), where, key) + value[_TEXT:])


def _wrapped(data_key: bytes, where: bytes, key: OpenKey) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.aead.encrypt(nonce, data_key, where)


def _data_key(value: bytes, where: bytes) -> bytes:
    key_id = key_of(value)
    assert key_id is not None
    wrapped = value[_WRAPPED]
    try:
        return key_called(key_id).aead.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], where)
    except InvalidTag:
        raise DoesNotOpen("A stored text does not open: it was altered or moved.") from None


class _OpensWhenRead(DeferredAttribute):
    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, Closed):
            value = unseal(value, self.field.place_in(instance))
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedText(models.Field):
    """A text of a guarded row, kept under the key of the row's compartment. `max_length` is of the text."""

    description = "Encrypted text"
    descriptor_class = _OpensWhenRead

    def db_type(self, connection: Any) -> str:
        return "bytea"

    def get_internal_type(self) -> str:
        return "BinaryField"

    def place_in(self, row: models.Model) -> bytes:
        assert isinstance(row.pk, UUID), (
            "the text is bound to the row's id, so the row has one before it is written"
        )
        return place(self.model._meta.db_table, row.pk, self.column)

    def closed(self, row: Any, known: dict[int, OpenKey]) -> Closed:
        """What goes into the column. `known`: keys found for other rows of the same statement."""
        value = row.__dict__.get(self.attname, "")
        if isinstance(value, Closed):
            return value  # as it was read, and never opened
        if not value:
            return Closed()
        if self.max_length and len(value) > self.max_length:
            raise ValueError(f"{self.name} takes up to {self.max_length} characters.")
        key = known.get(row.compartment_id)
        if key is None:
            key = known[row.compartment_id] = live_key(row.compartment_id)
        return seal(value, self.place_in(row), key)

    def pre_save(self, model_instance: Any, add: bool) -> Closed:
        return self.closed(model_instance, {})

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not isinstance(value, Closed):
            raise FieldError(f"{self.name} is encrypted row by row: set it on the row and save that.")
        return bytes(value)

    def get_prep_value(self, value: Any) -> Any:
        return value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Closed | None:
        return None if value is None else Closed(value)

    def get_lookup(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is encrypted: it can be neither filtered on nor ordered by.")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is encrypted: it can be neither filtered on nor ordered by.")


def encrypted_fields(model: type[models.Model]) -> list[EncryptedText]:
    return [field for field in model._meta.concrete_fields if isinstance(field, EncryptedText)]


def refuse_order(model: type[models.Model], names: Iterable[Any]) -> None:
    encrypted = {field.name for field in encrypted_fields(model)}
    for name in names:
        if isinstance(name, str) and name.lstrip("-") in encrypted:
            raise FieldError(
                f"{name.lstrip('-')} is encrypted: it can be neither filtered on nor ordered by."
            )


def encrypt_rows(table: str, columns: dict[str, str], where: str = "true"):
    """For a migration, as the owner: what stood in clear in `columns` (from: to) is kept encrypted.

    After `walls.owner_rewraps`, by which the owner reaches the rows. Where there are some, the root key is needed.
    """

    def forwards(apps: Any, schema_editor: Any) -> None:
        on = schema_editor.connection
        targets = list(columns.values())
        with on.cursor() as cursor:
            cursor.execute(f"SELECT id, compartment_id, {', '.join(columns)} FROM {table} WHERE {where}")
            rows = cursor.fetchall()
            known: dict[int, OpenKey] = {}
            assignments = ", ".join(f"{column} = %s" for column in targets)
            for row_id, compartment, *texts in rows:
                if compartment not in known:
                    known[compartment] = live_key(compartment, on)
                values = [
                    bytes(seal(_plain(text), place(table, row_id, column), known[compartment]))
                    for column, text in zip(targets, texts, strict=True)
                ]
                cursor.execute(f"UPDATE {table} SET {assignments} WHERE id = %s", [*values, row_id])

    return forwards


def _plain(text: str | bytes | memoryview | None) -> str:
    return text if isinstance(text, str) else bytes(text or b"").decode()

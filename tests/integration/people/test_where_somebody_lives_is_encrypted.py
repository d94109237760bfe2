"""Addresses, telephones and places: encrypted in the database, each text bound to its row, its column and its key."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError
from django.db import connection, transaction

from engage.practice.access import keys
from engage.practice.access.encrypted import Closed, encrypted_fields
from engage.practice.access.gate import acting_as
from engage.practice.access.keys import DoesNotOpen, KeyProblem
from engage.practice.missing.models import ReportPlaces
from engage.practice.people.models import Address, Identifier

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_work(written, police_record, council_record, receiver, now):
    """The receiving service, with what two agencies wrote of one child."""
    written(police_record("R1"), council_record("P1"))
    with acting_as(receiver, now=now):
        yield receiver


@pytest.fixture
def two(at_work):
    return list(Address.objects.visible_to(at_work).order_by("id"))


def stored(table: str, column: str, row_id) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [row_id])
        return bytes(cursor.fetchone()[0])


def put(table: str, column: str, row_id, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, row_id])


def again(row: Address, reader) -> Address:
    return Address.objects.visible_to(reader).get(pk=row.pk)


def told(row: Address, reader, name: str) -> str:
    return getattr(again(row, reader), name)


def test_nothing_of_it_is_in_clear_and_a_row_opens_when_it_is_read(two, at_work):
    phone = Identifier.objects.visible_to(at_work).get(type="phone")
    row = again(two[0], at_work)
    assert isinstance(row.__dict__["address"], Closed)  # a list that does not show it has not decrypted it
    assert (row.address, row.postcode, phone.number) == ("1 Mill Lane", "BB1 1AA", "07700 900123")
    assert phone.value == ""
    for table, column, row_id, said in (
        ("people_address", "address", row.pk, b"Mill"),
        ("people_address", "postcode", row.pk, b"BB1"),
        ("people_identifier", "telephone", phone.pk, b"900123"),
    ):
        value = stored(table, column, row_id)
        assert value.startswith(b"\x01") and said not in value
    # The same text twice is two values, and saved again unread it is the value it was.
    assert stored("people_address", "address", two[0].pk) != stored("people_address", "address", two[1].pk)
    kept = stored("people_address", "postcode", row.pk)
    unread = again(row, at_work)
    unread.save()
    assert stored("people_address", "postcode", row.pk) == kept
    row.address = "2 Mill Lane"
    row.save()
    assert again(row, at_work).address == "2 Mill Lane"
    unopened = Address.objects.visible_to(at_work).values_list("address", flat=True).first()
    assert str(unopened) == "(encrypted)"


def test_a_changed_byte_does_not_open_wherever_it_lies(two, at_work):
    value = stored("people_address", "address", two[0].pk)
    for place in (0, 1, 16, 17, 40, 76, 77, 88, 89, len(value) - 17, len(value) - 1):
        changed = bytearray(value)
        changed[place] ^= 1
        put("people_address", "address", two[0].pk, bytes(changed))
        with pytest.raises(DoesNotOpen):
            told(two[0], at_work, "address")
    put("people_address", "address", two[0].pk, value[:50])
    with pytest.raises(DoesNotOpen):
        told(two[0], at_work, "address")
    put("people_address", "address", two[0].pk, value)
    assert again(two[0], at_work).address == "1 Mill Lane"


def test_a_value_moved_to_another_row_or_column_does_not_open(two, at_work):
    here, there = two
    put("people_address", "address", there.pk, stored("people_address", "address", here.pk))
    put("people_address", "postcode", here.pk, stored("people_address", "address", here.pk))
    with pytest.raises(DoesNotOpen):
        told(there, at_work, "address")
    with pytest.raises(DoesNotOpen):
        told(here, at_work, "postcode")
    assert again(here, at_work).address == "1 Mill Lane"


def test_it_is_neither_filtered_on_nor_ordered_by_nor_set_past_its_row(two, at_work):
    rows = Address.objects.visible_to(at_work)
    for refused in (
        lambda: rows.filter(address="1 Mill Lane"),
        lambda: rows.filter(postcode__startswith="BB1"),
        lambda: rows.exclude(address__isnull=True),
        lambda: rows.order_by("-postcode"),
        lambda: rows.update(address="2 Mill Lane"),
    ):
        with pytest.raises(FieldError), transaction.atomic():
            refused()
    assert {field.name for field in encrypted_fields(ReportPlaces)} == {
        "last_seen_place", "located_place", "vehicle", "circumstances",
    }  # fmt: skip


def test_another_root_key_opens_nothing_and_is_named(two, at_work, settings, tmp_path):
    right = keys.root_key().name
    settings.ROOT_KEY_FILE, settings.KEYS_NOT_SET = tmp_path / "other.key", ()
    keys.forget()
    try:
        with pytest.raises(KeyProblem, match=r"other\.key"):
            told(two[0], at_work, "address")
        assert keys.make_root_key() and not keys.make_root_key()
        assert settings.ROOT_KEY_FILE.stat().st_mode & 0o777 == 0o600
        with pytest.raises(KeyProblem, match=right):
            told(two[0], at_work, "address")
        with pytest.raises(KeyProblem, match=right):
            keys.refuse_to_start_without_keys()
        settings.ROOT_KEY_FILE.write_text("not a key")
        with pytest.raises(KeyProblem, match="holds no root key"):
            keys.root_key()
    finally:
        keys.forget()


def test_the_application_adds_a_key_and_changes_and_removes_none(two, at_work):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('access_compartmentkey', 'INSERT'),"
            " has_table_privilege('access_compartmentkey', 'UPDATE, DELETE, TRUNCATE')"
        )
        assert cursor.fetchone() == (True, False)

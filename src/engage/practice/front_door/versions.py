"""A row an agency tells again: it keeps its id through all its versions, and the earlier version moves aside.

So a page's address, a first look's reason and a person's decision go on pointing at what stands now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Protocol
from uuid import UUID

from django.db.models import CharField, Func, Model, UUIDField

from engage.practice.access.encrypted import EncryptedText, encrypted_fields
from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.actions.sources import compartments_of
from engage.practice.people.models import OfRecord, Record


class Told(Protocol):
    """What every input says: of which record, by which agency."""

    @property
    def record_id(self) -> UUID: ...
    @property
    def owner(self) -> Agency: ...


def records_of(inputs: Iterable[Told], by: Staff) -> dict[UUID, Record]:
    wanted = {given.record_id for given in inputs}
    rows = Record.objects.visible_to(by).filter(pk__among=wanted).only("person_id", "area")
    return {record.pk: record for record in rows}


def compartments_by_owner(wanted: Iterable[tuple[Agency, str, str]]) -> dict[tuple[int, str, str], int]:
    """Compartments by (owner's id, category, label), made where they are missing."""
    owners: dict[int, Agency] = {}
    kinds: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for owner, category, label in wanted:
        owners[owner.pk] = owner
        kinds[owner.pk].add((category, label))
    return {
        (owner_id, category, label): compartment
        for owner_id in sorted(kinds)
        for (category, label), compartment in compartments_of(owners[owner_id], kinds[owner_id]).items()
    }


def move_aside(model: type[OfRecord], ids: Collection[UUID], by: Staff) -> None:
    """These rows stand no longer; they give up their ids to the versions about to be written."""
    assert not encrypted_fields(model), "an encrypted text opens under its row's id alone"
    if ids:
        model.objects.visible_to(by).filter(pk__among=ids).update(
            id=Func(function="gen_random_uuid", output_field=UUIDField()), current=False
        )


def fit(model: type[Model], field: str, text: str) -> str:
    """Text for a column of limited length. The row as sent keeps the whole of it."""
    column = model._meta.get_field(field)
    assert isinstance(column, CharField | EncryptedText) and column.max_length, (
        f"{field} takes text of any length"
    )
    longest = column.max_length
    return text if len(text) <= longest else text[: longest - 1] + "…"

"""The first wall: query sets that refuse outside the context in which somebody is at work.

Nothing guarded can be read outside `gate.acting_as`: the query sets refuse here and
row-level security refuses in the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.lookups import Lookup

from .bulk import array_text, insert_rows

if TYPE_CHECKING:
    from engage.practice.agencies.models import Staff

    from .models import Reach


class NoAccessContext(RuntimeError):
    """Guarded data was asked for outside `acting_as`, or for somebody else than is acting."""


@dataclass
class Acting:
    """Who is at work, why, and when; lives for one transaction."""

    staff: Staff
    purpose: str
    now: datetime
    session: str = ""
    request_id: str = ""
    reach: Reach | None = None
    people: tuple[UUID, ...] = ()
    named_people: tuple[UUID, ...] = ()
    barred: tuple[UUID, ...] = ()
    # What was read since the last audit entry: persons, and kinds of row.
    shown: set[UUID] = field(default_factory=set)
    kinds_read: set[str] = field(default_factory=set)
    audited: int = 0


at_work: ContextVar[Acting | None] = ContextVar("at_work", default=None)
# The random name of the request that is being answered, the same in the audit and in the log.
this_request: ContextVar[str] = ContextVar("this_request", default="")


def acting() -> Acting:
    current = at_work.get()
    if current is None:
        raise NoAccessContext("Personal data are read or written only inside acting_as().")
    return current


class Overlaps(Lookup):
    """`area__overlaps=bits`: the row lies in at least one of these districts."""

    lookup_name = "overlaps"

    def as_sql(self, compiler, connection):
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"({left} & {right}) <> 0", (*left_params, *right_params)


class Among(Lookup):
    """`field__among=[…]`: one array parameter, however many values."""

    lookup_name = "among"

    def get_prep_lookup(self):
        return list(self.rhs)

    def get_db_prep_lookup(self, value, connection):
        return "%s", [array_text(value)]

    def as_sql(self, compiler, connection):
        left, left_params = self.process_lhs(compiler, connection)
        _, right_params = self.process_rhs(compiler, connection)
        field = self.lhs.output_field
        if isinstance(field, models.ForeignKey):
            field = field.target_field
        kind = "uuid[]" if isinstance(field, models.UUIDField) else "smallint[]"
        return f"{left} = ANY(%s::{kind})", (*left_params, *right_params)


models.IntegerField.register_lookup(Overlaps)
models.UUIDField.register_lookup(Among)
models.SmallAutoField.register_lookup(Among)
models.SmallIntegerField.register_lookup(Among)
models.ForeignKey.register_lookup(Among)


class GuardedQuerySet(models.QuerySet):
    def visible_to(self, staff: Staff) -> GuardedQuerySet:
        """The rows `staff` may see now. Staff must be the one acting."""
        context = acting()
        if context.staff.pk != staff.pk:
            raise NoAccessContext("Only the person who is acting can look.")
        if not hasattr(self.model, "compartment_id"):
            return self.all()  # guarded through other rows: the second wall decides
        reach = context.reach
        if reach is None or not staff.is_active:
            return self.none()
        bits = staff.team.district_bits if staff.team else 0
        seen = Q(compartment__among=reach.any_child)
        if bits and reach.in_area:
            seen |= Q(compartment__among=reach.in_area, area__overlaps=bits)
        if context.people and reach.in_circle:
            seen |= Q(compartment__among=reach.in_circle, person_id__among=context.people)
        if context.named_people and reach.named_child:
            seen |= Q(compartment__among=reach.named_child, person_id__among=context.named_people)
        rows = self.filter(seen)
        if context.barred:
            rows = rows.exclude(person_id__among=context.barred)
        return rows

    def _fetch_all(self):
        context = acting()
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self._result_cache:
            context.kinds_read.add(self.model._meta.label_lower)
            for row in self._result_cache:
                person = (
                    getattr(row, "person_id", None)
                    if isinstance(row, models.Model)
                    else (row.get("person_id") if isinstance(row, dict) else None)
                )
                if person:
                    context.shown.add(person)

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Any]:
        """Many rows in few statements; anything but a plain insert is left to Django."""
        rows = list(objs)
        if ignore_conflicts or update_conflicts:
            return super().bulk_create(
                rows, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
            )
        insert_rows(self.model, rows)
        for row in rows:
            row._state.adding, row._state.db = False, self.db
        return rows

    def count(self):
        acting().kinds_read.add(self.model._meta.label_lower)
        return super().count()

    def aggregate(self, *args, **kwargs):
        acting().kinds_read.add(self.model._meta.label_lower)
        return super().aggregate(*args, **kwargs)

    def exists(self):
        acting()
        return super().exists()


GuardedManager = models.Manager.from_queryset(GuardedQuerySet, class_name="GuardedManager")

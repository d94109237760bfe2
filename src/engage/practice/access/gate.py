"""The first wall, and the context both walls read.

Nothing guarded can be read outside `acting_as`: the query sets refuse here and
row-level security refuses in the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.lookups import Lookup

from .bulk import insert_rows

if TYPE_CHECKING:
    from engage.practice.agencies.models import Staff

    from .models import Reach


class NoAccessContext(RuntimeError):
    """Guarded data was asked for outside `acting_as`, or for somebody else than is acting."""


class NotPermitted(Exception):
    """The person may see the thing but not do this to it. The sentence is shown to them."""


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


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def acting() -> Acting:
    current = _acting.get()
    if current is None:
        raise NoAccessContext("Personal data are read or written only inside acting_as().")
    return current


def _tell_the_database(context: Acting | None) -> None:
    values = (
        ["", "", ""] if context is None else [str(context.staff.pk), context.purpose, context.now.isoformat()]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('engage.staff', %s, true), set_config('engage.purpose', %s, true),"
            " set_config('engage.now', %s, true)",
            values,
        )


@contextmanager
def acting_as(
    staff: Staff, *, now: datetime, purpose: str | None = None, session: str = "", request_id: str = ""
) -> Iterator[Acting]:
    """One transaction in which `staff` is at work for `purpose` (default: the role's usual one).

    May be nested: a deed that must regroup records acts as a service inside the
    person's own transaction, and the person's context returns afterwards.
    """
    from .reach import circle_of, reach_of, usual_purpose

    outer = _acting.get()
    context = Acting(
        staff=staff,
        purpose=purpose or usual_purpose(staff),
        now=now,
        session=session or (outer.session if outer else ""),
        request_id=request_id or (outer.request_id if outer else secrets.token_hex(8)),
    )
    with transaction.atomic():
        token = _acting.set(context)
        try:
            _tell_the_database(context)
            context.reach = reach_of(staff, context.purpose, now)
            circle_of(context)
            yield context
            # After an error the roll-back restores the settings by itself.
            _tell_the_database(outer)
        finally:
            _acting.reset(token)


def refresh_circle() -> None:
    """Read the acting person's circle again, after it changed in this transaction."""
    from .reach import circle_of

    circle_of(acting())


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
        return "%s", [value]

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

__all__ = [
    "Acting",
    "GuardedManager",
    "GuardedQuerySet",
    "NoAccessContext",
    "NotPermitted",
    "acting",
    "acting_as",
    "refresh_circle",
]

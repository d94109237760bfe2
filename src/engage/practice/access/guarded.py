"""The first wall: query sets that refuse outside the context in which somebody is at work.

Nothing guarded can be read outside `gate.acting_as`: the query sets refuse here and
row-level security refuses in the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.models.lookups import Lookup

from .bulk import array_text, insert_rows
from .encrypted import refuse_order

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
    rule: RowRule | None = None  # made of what stands here when first asked
    people: tuple[UUID, ...] = ()
    named_people: tuple[UUID, ...] = ()
    barred: tuple[UUID, ...] = ()  # by a conflict of interest, or restricted to others
    kept_location: tuple[UUID, ...] = ()  # of whom the person must not learn where they are
    location: tuple[int, ...] = ()  # compartments that say it; read only where there is anybody to keep it of
    # Why the person said, on duty, that they open a child's record: by child, while it lasts.
    stated: dict[UUID, str] = field(default_factory=dict)
    # Each live reason why the person works with a child: kind, and until when (None: no end is known).
    reasons: dict[UUID, list[tuple[str, datetime | None]]] = field(default_factory=dict)
    # What was read since the last audit entry: persons, and kinds of row.
    shown: set[UUID] = field(default_factory=set)
    kinds_read: set[str] = field(default_factory=set)
    audited: int = 0
    # What kind of page asks, the child it is about, and why its reader looks where the page itself knows (looking.py).
    page: str = "list"
    about: UUID | None = None
    explained: str = ""
    # What was counted of the last look: kind of alarm, different children lately, and whether that is far too many.
    read_lately: tuple[str, int, bool] | None = None

    def set_reach(self, reach: Reach | None) -> None:
        self.reach, self.rule = reach, None

    def row_rule(self) -> RowRule:
        if self.rule is None:
            self.rule = RowRule.of(self)
        return self.rule

    def set_circle(
        self,
        people: Iterable[UUID],
        named_people: Iterable[UUID],
        barred: Iterable[UUID],
        kept_location: Iterable[UUID] = (),
        location: Iterable[int] = (),
    ) -> None:
        self.people, self.named_people, self.barred = tuple(people), tuple(named_people), tuple(barred)
        self.kept_location, self.location = tuple(kept_location), tuple(location)
        self.rule = None


NOBODY = "{}"
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
        return self.rhs if isinstance(self.rhs, Given) else list(self.rhs)

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


@dataclass(frozen=True)
class RowRule:
    """The sets that the row rule compares, each written down once for all statements of a transaction."""

    any_child: str
    in_area: str
    district_bits: int
    in_circle: str
    people: str
    named_child: str
    named_people: str
    barred: str
    kept_location: str = NOBODY
    location: str = NOBODY

    @classmethod
    def of(cls, context: Acting) -> RowRule:
        reach, team = context.reach, context.staff.team
        assert reach is not None, "nobody without a reach has a rule"
        return cls(
            any_child=array_text(reach.any_child),
            in_area=array_text(reach.in_area),
            district_bits=team.district_bits if team else 0,
            in_circle=array_text(reach.in_circle),
            people=array_text(context.people),
            named_child=array_text(reach.named_child),
            named_people=array_text(context.named_people),
            barred=array_text(context.barred),
            kept_location=array_text(context.kept_location),
            location=array_text(context.location),
        )

    @classmethod
    def of_shape(cls, shape: frozenset[str]) -> RowRule:
        """With a placeholder for each set that has anything in it."""
        empty: dict[str, Any] = {
            one.name: 0 if one.name == "district_bits" else NOBODY for one in fields(cls)
        }
        return cls(**{**empty, **{name: Later(name) for name in shape}})

    @cached_property
    def values(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @cached_property
    def shape(self) -> frozenset[str]:
        """Which of the sets have anything in them: what the words of a statement depend on, and nothing of the reader."""
        return frozenset(name for name, value in self.values.items() if value not in (NOBODY, 0))


@dataclass(frozen=True)
class Later:
    """Stands among the parameters of a statement that is being written down, for what is known when it is asked."""

    name: str


class Given(models.Expression):
    def __init__(self, name: str, kind: models.Field | None = None):
        super().__init__(output_field=kind)
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [Later(self.name)]


# Whoever asks, in a statement that is written down for everybody (written_once.py).
READER: Any = Given("reader")
drafted_for: ContextVar[RowRule | None] = ContextVar("drafted_for", default=None)


@contextmanager
def drafting(shape: frozenset[str]) -> Iterator[None]:
    """A statement is written down for readers of this shape. Nobody is at work: nothing of anybody can be read."""
    nobody: Acting | None = None
    before, rule = at_work.set(nobody), drafted_for.set(RowRule.of_shape(shape))
    try:
        yield
    finally:
        drafted_for.reset(rule)
        at_work.reset(before)


class SeenUnder(models.Expression):
    """The row rule of the design as one condition, the same as row-level security applies (`walls.ROW_RULE` and, of
    where a protected child is, `walls.KEEPS_LOCATION`).

    One expression, not a tree of look-ups: a page asks some forty times, and Django spent more time on
    putting the tree together than PostgreSQL on answering.
    """

    def __init__(self, rule: RowRule):
        super().__init__(output_field=models.BooleanField())
        self.rule = rule
        self.columns: list[models.expressions.Col] = []

    def resolve_expression(
        self, query=None, allow_joins=True, reuse=None, summarize=False, for_save=False
    ) -> SeenUnder:
        """The three columns are those of the rows asked for: found once, though each query around this one asks again."""
        if self.columns:
            return self
        resolved = self.copy()
        alias = query.get_initial_alias()
        columns = ("compartment", "area", "person_id")
        resolved.columns = [query.model._meta.get_field(name).get_col(alias) for name in columns]
        return resolved

    def get_source_expressions(self):
        return self.columns

    def set_source_expressions(self, exprs):
        self.columns = exprs

    def as_sql(self, compiler, connection):
        compartment, area, person = (compiler.compile(column)[0] for column in self.columns)
        rule = self.rule
        ways = [f"{compartment} = ANY(%s::smallint[])"]
        params: list[str | int] = [rule.any_child]
        if rule.district_bits:
            ways.append(f"({compartment} = ANY(%s::smallint[]) AND {area} & %s <> 0)")
            params += [rule.in_area, rule.district_bits]
        for compartments, people in ((rule.in_circle, rule.people), (rule.named_child, rule.named_people)):
            if people != NOBODY:
                ways.append(f"({compartment} = ANY(%s::smallint[]) AND {person} = ANY(%s::uuid[]))")
                params += [compartments, people]
        seen = f"({' OR '.join(ways)})"
        if rule.barred != NOBODY:
            seen = f"({seen} AND ({person} IS NULL OR {person} <> ALL(%s::uuid[])))"
            params.append(rule.barred)
        if rule.kept_location != NOBODY:
            kept = f"{person} = ANY(%s::uuid[]) AND {compartment} = ANY(%s::smallint[])"
            seen = f"({seen} AND ({person} IS NULL OR NOT ({kept})))"
            params += [rule.kept_location, rule.location]
        return seen, params


class GuardedQuerySet(models.QuerySet):
    def visible_to(self, staff: Staff) -> GuardedQuerySet:
        """The rows `staff` may see now. Staff must be the one acting."""
        if isinstance(staff, Given):
            return self._visible_to_whoever_asks()
        context = acting()
        if context.staff.pk != staff.pk:
            raise NoAccessContext("Only the person who is acting can look.")
        if not hasattr(self.model, "compartment_id"):
            return self.all()  # guarded through other rows: the second wall decides
        if context.reach is None or not staff.is_active:
            return self.none()
        return self.filter(SeenUnder(context.row_rule()))

    def _visible_to_whoever_asks(self) -> GuardedQuerySet:
        rule = drafted_for.get()
        if rule is None:
            raise NoAccessContext("Whoever asks is known only in a statement that is being written down.")
        return self.filter(SeenUnder(rule)) if hasattr(self.model, "compartment_id") else self.all()

    def order_by(self, *field_names):
        refuse_order(self.model, field_names)
        return super().order_by(*field_names)

    def _fetch_all(self):
        context = acting()
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh:
            # Nothing found is something learnt.
            context.kinds_read.add(self.model._meta.label_lower)
            for row in self._result_cache or ():
                named = isinstance(row, dict)
                person = row.get("person_id") if named else getattr(row, "person_id", None)
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

    def iterator(self, chunk_size: int | None = None):
        """Refused: what is read piece by piece outlives the transaction, and the account of the look."""
        raise NoAccessContext("Rows about people are read whole, inside acting_as().")


GuardedManager = models.Manager.from_queryset(GuardedQuerySet, class_name="GuardedManager")


class HeldQuerySet(GuardedQuerySet):
    """Rows for named staff alone (label sealed): no role, agency or circle opens them, and a conflict of interest
    closes them. Engage's own jobs see them as the policy says, to regroup records and to change keys.

    That somebody looked at such a row is no look at the child in the account: who reads it there would learn of it.
    """

    holders: tuple[str, ...] = ("holder",)

    def _visible_to_whoever_asks(self) -> GuardedQuerySet:
        raise NoAccessContext("Whether somebody holds a sealed item is asked of one person at a time.")

    def visible_to(self, staff: Staff) -> GuardedQuerySet:
        if isinstance(staff, Given):
            return self._visible_to_whoever_asks()
        if staff.kind == staff.Kind.SERVICE:
            return super().visible_to(staff)
        context = acting()
        if context.staff.pk != staff.pk:
            raise NoAccessContext("Only the person who is acting can look.")
        if context.reach is None or not staff.is_active or staff.role == "sys_admin":
            return self.none()
        return self.held_by(staff, context.barred)

    def held_by(self, staff: Staff, barred: Collection[UUID]) -> GuardedQuerySet:
        """The rule of this wall, of rows that may all be seen."""
        is_theirs = reduce(or_, (models.Q(**{holder: staff}) for holder in self.holders))
        return self.filter(is_theirs).exclude(person_id__in=barred)

    def _fetch_all(self):
        shown = set(acting().shown)
        super()._fetch_all()
        acting().shown = shown


class OfferedQuerySet(HeldQuerySet):
    holders = ("offered_by", "offered_to")


class HeldManager(GuardedManager):
    def get_queryset(self):
        return HeldQuerySet(self.model, using=self._db)


class OfferedManager(GuardedManager):
    def get_queryset(self):
        return OfferedQuerySet(self.model, using=self._db)

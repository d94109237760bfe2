"""Whether both walls let the same rows through: each asked by itself, for everybody in the team, of every table that has
a rule in both. Of the other guarded tables the program passes every row on, and the database alone decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection

from engage.practice.access.gate import acting_as
from engage.practice.access.guarded import NOBODY, Acting, GuardedQuerySet, HeldQuerySet, RowRule, SeenUnder
from engage.practice.access.reach import answers_the_line
from engage.practice.agencies.models import Staff
from engage.practice.front_door.models import ReceivedLetter
from engage.practice.receiving.actions import receiver

from .at_hand import staff_called
from .probing import guarded_models

BARRED, SHIELD = "a conflict of interest or a restriction", "a location shield"


@dataclass
class Compared:
    differences: list[str] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)  # rows to all readers together, by table
    closed: Counter[str] = field(default_factory=Counter)  # rows, by what closed them

    @property
    def not_tried(self) -> list[str]:
        """Two walls that show nothing to anybody agree on nothing, nor do they on what keeps nothing back."""
        return [
            *(f"{table}: nobody is shown a row of it" for table, rows in self.shown.items() if not rows),
            *(f"{because} closes no row to anybody" for because, rows in self.closed.items() if not rows),
        ]


def with_a_rule_in_both() -> list[Any]:
    return [model for model in guarded_models() if _has_a_rule(model)]


def by_the_database_alone() -> list[str]:
    return sorted(model._meta.db_table for model in guarded_models() if not _has_a_rule(model))


def _has_a_rule(model: Any) -> bool:
    own = type(model._default_manager.get_queryset()).visible_to is not GuardedQuerySet.visible_to
    return own or hasattr(model, "compartment_id")


def compare_walls(codes: list[str], now: datetime) -> Compared:
    models, service = with_a_rule_in_both(), receiver()
    found = Compared(
        shown=Counter({model._meta.db_table: 0 for model in models}), closed=Counter({BARRED: 0, SHIELD: 0})
    )
    for code in codes:
        reader = staff_called(code)
        with acting_as(reader, now=now) as context:
            by_database = {model: _count_past_the_program(model) for model in models}
        with acting_as(service, now=now):  # who sees every row: the first wall alone
            by_program = {model: _shown_by_the_program(model, context, service) for model in models}
            found.closed.update(_closed_to(context, models, service))
        by_program[ReceivedLetter] = _letters(now) if answers_the_line(reader) else 0
        for model, shown in by_database.items():
            table = model._meta.db_table
            found.shown[table] += shown
            if by_program[model] != shown:
                found.differences.append(f"{table} for {code}: {by_program[model]} and {shown}")
    return found


def _count_past_the_program(model: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
        return cursor.fetchone()[0]


def _shown_by_the_program(model: Any, context: Acting, service: Staff) -> int:
    if model is ReceivedLetter or context.reach is None:
        return 0
    rows = model.objects.visible_to(service)
    if isinstance(rows, HeldQuerySet):  # what is sealed has a rule of its own: whose it is
        return rows.held_by(context.staff, context.barred).count()
    return rows.filter(SeenUnder(RowRule.of(context))).count()


def _closed_to(context: Acting, models: list[Any], service: Staff) -> Counter[str]:
    """Rows that the reader would be shown if nothing closed the child to them."""
    closed: Counter[str] = Counter()
    if context.reach is None:
        return closed
    rule, children, shielded = RowRule.of(context), context.barred, context.kept_location
    for model in models:
        if hasattr(model, "compartment_id") and not isinstance(model.objects.all(), HeldQuerySet):
            rows = model.objects.visible_to(service)
            without = rows.filter(SeenUnder(replace(rule, barred=NOBODY)))
            closed[BARRED] += without.filter(person_id__in=children).count()
            without = rows.filter(
                SeenUnder(replace(rule, kept_location=NOBODY)), compartment__in=context.location
            )
            closed[SHIELD] += without.filter(person_id__in=shielded).count()
    return closed


def _letters(now: datetime) -> int:
    """No job of Engage reads letters: how many there are is known to who answers the line."""
    answering = staff_called("hal")
    with acting_as(answering, now=now):
        return _count_past_the_program(ReceivedLetter)

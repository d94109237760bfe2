"""Whether both walls let the same rows through: each asked by itself, of every table, for everybody in the team."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection

from engage.practice.access.gate import acting_as
from engage.practice.access.guarded import GuardedManager, HeldQuerySet, RowRule, SeenUnder
from engage.practice.agencies.models import Staff
from engage.practice.receiving.actions import receiver

from .at_hand import staff_called


def disagreements(codes: list[str], now: datetime) -> tuple[list[str], int]:
    """Table and colleague wherever the program and the database count differently; and how many were compared."""
    models: list[Any] = [
        model
        for model in apps.get_models()
        if isinstance(model._default_manager, GuardedManager) and hasattr(model, "compartment_id")
    ]
    service = receiver()
    found, compared = [], 0
    for code in codes:
        by_database, reader = {}, staff_called(code)
        with acting_as(reader, now=now) as context:
            rule, barred = RowRule.of(context) if context.reach else None, context.barred
            for model in models:
                with connection.cursor() as cursor:  # the second wall alone
                    cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
                    by_database[model] = cursor.fetchone()[0]
        with acting_as(service, now=now):  # who sees every row: the first wall alone
            for model in models:
                rows = model.objects.visible_to(service)
                by_program = _under(rows, rule, reader, barred).count() if rule else 0
                compared += by_program
                if by_program != by_database[model]:
                    found.append(f"{model._meta.db_table} for {code}: {by_program} and {by_database[model]}")
    return found, compared


def _under(rows: Any, rule: RowRule, reader: Staff, barred: tuple[UUID, ...]) -> Any:
    """What is sealed has a rule of its own: whose it is."""
    return rows.held_by(reader, barred) if isinstance(rows, HeldQuerySet) else rows.filter(SeenUnder(rule))

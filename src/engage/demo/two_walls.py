"""Whether both walls let the same rows through: each asked by itself, of every table, for everybody in the team."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection

from engage.practice.access.gate import acting_as
from engage.practice.access.guarded import GuardedManager, RowRule, SeenUnder
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
        by_database = {}
        with acting_as(staff_called(code), now=now) as context:
            rule = RowRule.of(context) if context.reach else None
            for model in models:
                with connection.cursor() as cursor:  # the second wall alone
                    cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
                    by_database[model] = cursor.fetchone()[0]
        with acting_as(service, now=now):  # who sees every row: the first wall alone
            for model in models:
                rows = model.objects.visible_to(service)
                by_program = rows.filter(SeenUnder(rule)).count() if rule else 0
                compared += by_program
                if by_program != by_database[model]:
                    found.append(f"{model._meta.db_table} for {code}: {by_program} and {by_database[model]}")
    return found, compared

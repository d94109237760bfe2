"""The worker for jobs, as its library starts it, once every key is there."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from procrastinate.contrib.django.management.commands import procrastinate

from ...keys import KeyProblem, refuse_to_start_without_keys


class Command(procrastinate.Command):
    def handle(self, *args: Any, **kwargs: Any) -> None:
        try:
            refuse_to_start_without_keys()
        except KeyProblem as problem:
            raise CommandError(str(problem)) from None
        super().handle(*args, **kwargs)

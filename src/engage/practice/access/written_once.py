"""Statements put together once a process: the same for every reader, but for who they are and what they ask.

A page of lists asks some fifty times, and Django spent longer on putting the statements together than PostgreSQL on
answering them. A function marked `@written_once` writes such a statement down once for all readers. It is handed
placeholders, never a reader, a moment or an id, and nobody is at work while it runs: nothing of anybody can be left in
what is kept. Whoever calls it passes the same door as with `visible_to`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connections, models

from .bulk import array_text
from .guarded import READER, Given, Later, NoAccessContext, acting, drafting

if TYPE_CHECKING:
    from engage.practice.agencies.models import Staff

MOMENT = models.DateTimeField()
DAY = models.DateField()
ONE_UUID = models.UUIDField()
UUIDS = None  # many, sent as one text: for `field__among=` and `array_field__overlap=`
MOST_KEPT = 40  # of one statement: kinds of reader, times what else changes its words


def written_once(**given: models.Field | None) -> Callable[[Callable[..., Any]], WrittenOnce]:
    """Marks a function `(reader, **asked) -> query set`. `given`: what is known only when it is asked, and its kind.

    What else is asked (a number of rows, a yes or no) changes the words: each is written down for itself.
    """
    return lambda build: WrittenOnce(build, given)


def part_written_once(**given: models.Field | None) -> Callable[[Callable[..., Any]], PartWrittenOnce]:
    """Marks a function as `written_once` does, whose statement stands within a larger one: what is answered is its
    words and parameters."""
    return lambda build: PartWrittenOnce(build, given)


@dataclass(frozen=True)
class Written:
    rows: Any  # the query set, never read itself
    compiler: Any
    words: str
    parameters: tuple[Any, ...]

    def said(self, values: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
        return (
            self.words,
            tuple(values[one.name] if isinstance(one, Later) else one for one in self.parameters),
        )

    def asked(self, values: dict[str, Any]) -> list[Any]:
        compiler = copy(self.compiler)
        compiler.connection = connections[compiler.using or "default"]
        said = self.said(values)
        compiler.as_sql = lambda *_, **__: said
        query = copy(self.rows.query)
        query.get_compiler = lambda *_, **__: compiler
        rows = type(self.rows)(model=self.rows.model, query=query, using=self.rows._db)
        rows._iterable_class, rows._fields = self.rows._iterable_class, self.rows._fields
        return list(rows)  # no query set: what was added to one would be left out


class WrittenOnce:
    every: ClassVar[list[WrittenOnce]] = []

    def __init__(self, build: Callable[..., Any], given: dict[str, models.Field | None]):
        self.build, self.given = build, given
        self.every.append(self)
        self.written: dict[Hashable, Written] = {}
        update_wrapper(self, build)

    def __call__(self, reader: Staff, **asked: Any) -> Any:
        kept = self._kept(reader, asked)
        return list(self.build(reader, **asked)) if kept is None else kept[0].asked(kept[1])

    def _kept(self, reader: Staff, asked: dict[str, Any]) -> tuple[Written, dict[str, Any]] | None:
        """What is written down for readers of this kind, with what this one asks; None for whoever sees nothing."""
        context = acting()
        if context.staff.pk != reader.pk:
            raise NoAccessContext("Only the person who is acting can look.")
        if context.reach is None or not reader.is_active:
            return None
        rule = context.row_rule()
        words = {name: value for name, value in asked.items() if name not in self.given}
        key = rule.shape, *sorted(words.items())
        if key not in self.written:
            if len(self.written) >= MOST_KEPT:
                self.written.clear()
            self.written[key] = self._write(rule.shape, words)
        given = {name: self._plain(name, asked[name]) for name in self.given}
        return self.written[key], {"reader": reader.pk, **rule.values, **given}

    def _write(self, shape: frozenset[str], words: dict[str, Any]) -> Written:
        with drafting(shape):
            later = {name: Given(name, kind) for name, kind in self.given.items()}
            rows = self.build(READER, **later, **words)
            compiler = rows.query.get_compiler(using=rows.db)
            said, parameters = compiler.as_sql()
        return Written(rows, compiler, said, tuple(parameters))

    def _plain(self, name: str, value: Any) -> Any:
        return array_text(value) if self.given[name] is UUIDS else value


class PartWrittenOnce(WrittenOnce):
    def __call__(self, reader: Staff, **asked: Any) -> tuple[str, tuple[Any, ...]]:
        """Raises EmptyResultSet for whoever sees nothing."""
        kept = self._kept(reader, asked)
        return self.build(reader, **asked).query.sql_with_params() if kept is None else kept[0].said(kept[1])

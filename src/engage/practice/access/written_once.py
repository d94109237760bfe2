"""Statements put together once a process: the same for every reader, but for who they are and what they ask.

A page of lists asks some fifty times, and Django spent longer on putting the statements together than PostgreSQL on
answering them. A function marked `@written_once` writes such a statement down once for all readers. It is handed
placeholders, never a reader, a moment or an id, and nobody is at work while it runs: nothing of anybody can be left in
what is kept. Whoever calls it passes the same door as with `visible_to`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import update_wrapper
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.db import connections, models
from django.db.models.utils import create_namedtuple_class

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


class Part(NamedTuple):
    """A statement within another: its words, their parameters, and the columns of its rows."""

    words: str
    parameters: tuple[Any, ...]
    columns: tuple[str, ...]


class OfNobody:
    """Marks a function that gives a query set of what is no personal data and the same for everybody: put together once
    a process, asked each time anew, and answered in bare rows."""

    def __init__(self, build: Callable[[], models.QuerySet]):
        self.build = build
        self.said: tuple[str, tuple[Any, ...]] | None = None
        update_wrapper(self, build)

    def __call__(self) -> list[tuple]:
        if self.said is None:
            self.said = self.build().query.sql_with_params()
        with connections["default"].cursor() as cursor:
            cursor.execute(*self.said)
            return cursor.fetchall()


class PartWrittenOnce(WrittenOnce):
    def __call__(self, reader: Staff, **asked: Any) -> Part:
        """Raises EmptyResultSet for whoever sees nothing. The account of the look says of which kind these rows are."""
        kept = self._kept(reader, asked)
        if kept is None:
            rows = self.build(reader, **asked)
            words, parameters = rows.query.sql_with_params()
            return Part(words, parameters, rows._fields)
        rows = kept[0].rows
        acting().kinds_read.add(rows.model._meta.label_lower)
        return Part(*kept[0].said(kept[1]), rows._fields)


class OfTheRow(models.Expression):
    """In a part that `rows_with` sets beside each row: a column of that row."""

    def __init__(self, column: str, kind: models.Field):
        super().__init__(output_field=kind)
        self.column = column

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return f'the_row."{self.column}"', ()


ROW_ID: Any = OfTheRow("id", ONE_UUID)


def rows_with(rows: Part, *, one: Part | None, many: Sequence[Part | None] = ()) -> list[tuple[Any, ...]]:
    """Each of `rows` by name, with the row of `one` that belongs to it, or None, and a list of those of each of `many`.

    One statement in place of one for each kind: every part brings its own first wall, and of each table row-level
    security asks as ever. Parts find their row by ROW_ID, and `one` tells the row's id first. `rows` tell their person,
    who is in the account of the look. Of a part that is not wanted, None, the answer is None or an empty list.
    """
    columns, tables = ["the_row.*"], [f"({rows.words}) AS the_row"]
    if one:
        columns.append("beside.*")
        tables.append(f"LEFT JOIN LATERAL ({one.words}) AS beside ON TRUE")
    for number, part in enumerate(many):
        if part:
            arrays = ", ".join(f'array_agg("{name}")' for name in part.columns)
            columns.append(f"many_{number}.*")
            tables.append(
                f"CROSS JOIN LATERAL (SELECT {arrays} FROM ({part.words}) AS each) AS many_{number}"
            )
    parameters = [one_of for part in (rows, one, *many) if part for one_of in part.parameters]
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {' '.join(tables)}", parameters)
        found = cursor.fetchall()
    row_of = create_namedtuple_class(*rows.columns)
    beside_of = create_namedtuple_class(*one.columns) if one else None
    answer, shown = [], acting().shown
    for told in found:
        values = iter(told)
        row = row_of(*islice(values, len(rows.columns)))
        if row.person_id:
            shown.add(row.person_id)
        beside = beside_of(*islice(values, len(one.columns))) if beside_of and one else None
        lists = (
            zip(*(next(values) or () for _ in part.columns), strict=True) if part else () for part in many
        )
        answer.append((row, beside if beside and beside[0] else None, *map(list, lists)))
    return answer

"""A statement that is put together once for all readers asks for each reader what it would, put together for them."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from engage.methods.moments import london_date
from engage.practice.access.bulk import array_text
from engage.practice.access.gate import acting_as
from engage.practice.access.guarded import READER, NoAccessContext
from engage.practice.access.written_once import UUIDS, PartWrittenOnce, WrittenOnce, written_once
from engage.practice.front_door.models import Call, Referral
from engage.practice.missing.models import MissingReport, ReturnInterview
from engage.practice.people import queries
from engage.practice.people.models import Address, Fact, Identifier, Record, RecordDetail
from engage.practice.screening.models import Cause

# A council's worker, the manager, police intelligence, a nurse, a lead, an analyst: readers of each shape.
READERS = ("ewan", "max", "grace", "lena", "service_receiver")
# Of what a statement may be asked beside its reader, some values.
ASKED = {
    "most": [3, 106],
    "start": [0],
    "at_once": [8, 256],
    "due_later": [True, False],
    "near": [True, False],
    "all_of_them": [True, False],
    "withdrawn_too": [True, False],
    "business": [tuple(queries.open_business)],
    "model": [Address, Call, Cause, Fact, Identifier, MissingReport, RecordDetail, Referral, ReturnInterview],
}
FILTERED = {"_persons_in_danger", "_urgent", "_by_clock", "_by_time_waited"}


@pytest.fixture(scope="module", autouse=True)
def pages_read():
    """Every statement of a page stands in a module that its address leads to."""
    from django.urls import get_resolver

    assert get_resolver().url_patterns


def sent(ask) -> list[tuple[str, list[str]]]:
    """Statements, each with its parameters as text. An array of one is an array however Django writes it, and what is
    given later stands between brackets, which say nothing."""
    said = []

    def notice(execute, as_sent, parameters, many, context):
        said.append(as_said(as_sent, parameters or ()))
        return execute(as_sent, parameters, many, context)

    with connection.execute_wrapper(notice):
        ask()
    return said


def as_said(statement: str, parameters) -> tuple[str, list[str]]:
    words = re.sub(r"(?:\(ARRAY\[%s\]\)|\(%s\)|%s)(?:::uuid\[\])*", "%s", statement)
    return words, [as_text(one) for one in parameters]


def list_of(statement: WrittenOnce, reader, asked) -> list:
    return list(statement.build(reader, **asked))


def as_text(parameter) -> str:
    return array_text(parameter if isinstance(parameter, list | tuple) else [parameter]).strip('{}"\\')


def ways_to_ask(statement: WrittenOnce, town, person_id):
    """Some ways in which it may be asked: every value of each thing at least once."""
    said = inspect.signature(statement.build).parameters.values()
    names = [one.name for one in said if one.name != "reader" and one.kind is not one.VAR_KEYWORD]
    given = {}
    for name, kind in statement.given.items():
        if kind is UUIDS:
            given[name] = [person_id]
        elif name.endswith("_day") or name == "until":
            given[name] = london_date(town.now)
        elif name == "person_id":
            given[name] = person_id
        else:
            given[name] = town.now - timedelta(hours=len(name))
    words = [name for name in names if name not in given]
    missing = [name for name in words if name not in ASKED]
    assert not missing, f"{statement.__qualname__}: say in ASKED what {missing} may be"
    for n in range(max((len(ASKED[name]) for name in words), default=1)):
        asked = {name: ASKED[name][n % len(ASKED[name])] for name in words}
        yield {**given, **asked}
        if statement.__name__ in FILTERED:
            yield {**given, **asked, "state": "mine"}
            yield {**given, **asked, "state": "nobody", "with_clock": True}


def test_every_statement_written_once_asks_what_it_would_for_its_reader_alone(
    people_at_work, town, katie, elsewhere
):
    compared, shapes = 0, set()
    person_id = town.person(katie)
    for code in (*READERS, *reversed(READERS)):  # what is kept of one is asked by another, in either order
        reader = people_at_work[code]
        with acting_as(reader, now=town.now) as acting:
            shapes.add(acting.row_rule().shape)
            for statement in WrittenOnce.every:
                if statement.__module__ == __name__:
                    continue
                for asked in ways_to_ask(statement, town, person_id):
                    if isinstance(statement, PartWrittenOnce):
                        kept = as_said(*statement(reader, **asked)[:2])
                        alone = as_said(*statement.build(reader, **asked).query.sql_with_params())
                    else:
                        kept = sent(partial(statement, reader, **asked))
                        alone = sent(partial(list_of, statement, reader, asked))
                    assert kept == alone, f"{statement.__module__}.{statement.__qualname__} for {code}"
                    compared += 1
    assert len(shapes) > 2 and compared > 300


def test_who_sees_less_is_given_less(people_at_work, town, katie, elsewhere):
    for code in ("max", "ewan", "max"):
        reader = people_at_work[code]
        with acting_as(reader, now=town.now):
            shown = {one.pk for one in every_child(reader)}
            assert shown == set(Record.objects.visible_to(reader).values_list("pk", flat=True))


@written_once()
def every_child(reader):
    return Record.objects.visible_to(reader).order_by("id")


@written_once()
def reads_while_it_is_written(reader):
    return Record.objects.filter(pk__in=[one.pk for one in Record.objects.visible_to(reader)])


@written_once()
def looks_at_the_reader(reader):
    return Record.objects.visible_to(reader) if reader.role == "team_manager" else Record.objects.none()


@pytest.mark.parametrize("statement", [reads_while_it_is_written, looks_at_the_reader])
def test_nothing_of_anybody_can_be_left_in_a_statement(people_at_work, now, statement):
    with (
        acting_as(people_at_work["max"], now=now),
        pytest.raises((NoAccessContext, AttributeError)),
    ):
        statement(people_at_work["max"])
    assert not statement.written


def test_it_is_asked_by_who_is_at_work_alone(people_at_work, now):
    with pytest.raises(NoAccessContext):
        every_child(people_at_work["ewan"])
    with acting_as(people_at_work["max"], now=now), pytest.raises(NoAccessContext):
        every_child(people_at_work["ewan"])


def test_whoever_asks_is_nobody_outside_of_one(people_at_work, now):
    with acting_as(people_at_work["max"], now=now), pytest.raises(NoAccessContext):
        list(Record.objects.visible_to(READER))

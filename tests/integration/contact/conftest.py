from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import *  # noqa: F403 (two children of two areas, and browsers)

from engage.practice.access.gate import acting_as
from engage.practice.access.models import CircleMember
from engage.practice.contact import actions
from engage.practice.contact.actions import NotToInput, WayInput

ADDRESS = "2 Safe Street, Blackburn BB1 1AA"


@pytest.fixture
def at(people_at_work, now):
    """`at("ewan")`: at work as somebody, at some moment."""

    def work(code: str, moment=now):
        return acting_as(people_at_work[code], now=moment)

    return work


@pytest.fixture
def works_with(people_at_work, receiver, now):
    def begin(record_id, *codes: str):
        with acting_as(receiver, now=now):
            for code in codes:
                CircleMember.objects.create(
                    record_id=record_id, person_id=record_id, staff=people_at_work[code], kind="co_worker",
                    starts_at=now - timedelta(days=1), added_by=receiver,
                )  # fmt: skip

    return begin


@pytest.fixture
def in_circle(katie, works_with):
    """Ewan of the council and Amir of the police work with Katie."""
    works_with(katie, "ewan", "amir")
    return katie


@pytest.fixture
def way(katie, people_at_work, at, now):
    """Somebody records a way of contact, confirmed as safe unless told otherwise."""

    def add(kind="address", value=ADDRESS, *, by="ewan", confirmed=True, moment=now, **said):
        given = WayInput(
            kind, value, said.pop("whose", "child"), said.pop("whose_name", "Katie Holden"), **said
        )
        with at(by, moment):
            return actions.add_way(
                katie, given, confirmed=confirmed, why="She told me", by=people_at_work[by], now=moment
            ).about_id

    return add


@pytest.fixture
def kept_away(katie, people_at_work, at, now):
    def keep(name="Mark Stone", *, by="ewan", **said):
        with at(by):
            given = NotToInput(name, said.pop("because", "He must not find her"), **said)
            return actions.keep_away(katie, given, by=people_at_work[by], now=now).about_id

    return keep

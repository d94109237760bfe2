"""The children of whom the sister team was told: the same each time, some of them Engage's, written in another way."""

import csv
from dataclasses import dataclass

import pytest

from engage.demo import invent
from engage.demo.freedom import (
    CHILDREN,
    DISTRICTS,
    OF_EACH_WAY,
    OWN,
    PROTECTED,
    WAYS,
    Known,
    as_written,
    children_known,
    write_for_freedom,
)
from engage.demo.identifiers import Issuer
from engage.demo.world import Child
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.private_query.patterns import Level, texts_of

from .conftest import AS_AT


def made(folder, seed=1):
    issuer = Issuer(seed)
    world = invent(seed=seed, as_at=AS_AT, children=60, others=600, issuer=issuer)
    return world, write_for_freedom(world, issuer, folder)


@dataclass(frozen=True)
class Freedom:
    engages: dict[str, Child]
    known: list[Known]
    rows: dict[str, dict[str, str]]
    written: dict[str, IdentityRecord]


@pytest.fixture(scope="module")
def freedom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("freedom")
    world, file = made(folder)
    with file.path.open(newline="", encoding="utf-8") as handle:
        rows = {row["person_id"]: row for row in csv.DictReader(handle)}
    return Freedom(
        {child.child_id: child for child in world.children}, children_known(folder), rows, as_written(folder)
    )


def level(child, theirs):
    """As Freedom's record and the truth compare where nothing is hidden."""
    ours = IdentityRecord(
        id="ours",
        source="BWD-CSC",
        forenames=child.forenames,
        surname=child.surname,
        known_as=child.known_as,
        dob=child.dob,
        postcodes=(child.address.postcode,),
        nhs_number=child.nhs_number,
        upn=child.upn,
    )
    there = texts_of([standardise(theirs)])
    told = (level for text, level in texts_of([standardise(ours)]).items() if text in there)
    return max(told, default=Level.NOTHING_FOUND)


def test_forty_children_of_whom_thirteen_are_known_to_engage_and_one_of_them_is_protected(freedom):
    engages, known, rows = freedom.engages, freedom.known, freedom.rows
    shared = [child for child in known if child.child_id in engages]
    assert len(known) == len(rows) == CHILDREN
    assert [child.how for child in shared] == [how for how in WAYS for _ in range(OF_EACH_WAY)] + [PROTECTED]
    assert {child.how for child in known if child not in shared} == {OWN}


def test_whom_engage_knows_stands_there_in_another_way_and_at_another_address(freedom):
    engages, known, rows = freedom.engages, freedom.known, freedom.rows
    for child in known:
        row, ours = rows[child.reference], engages.get(child.child_id)
        assert row["district"] in DISTRICTS
        if ours is None or child.how == PROTECTED:
            continue
        assert (row["forenames"], row["surname"], row["dob"]) != (
            ours.forenames,
            ours.surname,
            ours.dob.isoformat(),
        ), child
        assert row["postcode"] != ours.address.postcode


def test_compared_in_clear_some_are_known_and_some_possibly(freedom):
    engages, known, written = freedom.engages, freedom.known, freedom.written
    levels = {
        how: [level(engages[child.child_id], written[child.reference]) for child in known if child.how == how]
        for how in WAYS
    }
    assert Level.KNOWN in levels["by a short name"] and Level.KNOWN in levels["day and month swapped"]
    assert Level.POSSIBLY_KNOWN in levels["by an initial"]


def test_the_protected_child_would_be_found_if_nobody_protected_it(freedom):
    engages, known, written = freedom.engages, freedom.known, freedom.written
    (child,) = [child for child in known if child.how == PROTECTED]
    assert level(engages[child.child_id], written[child.reference]) == Level.KNOWN


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first, again, other = (
        made(tmp_path / name, seed)[1] for name, seed in (("1", 1), ("again", 1), ("2", 2))
    )
    assert first.path.read_bytes() == again.path.read_bytes() != other.path.read_bytes()


def test_no_number_is_given_to_a_child_of_engage_and_to_one_of_freedom(freedom):
    engages, known, rows = freedom.engages, freedom.known, freedom.rows
    given = {number for child in engages.values() for number in (child.nhs_number, child.upn) if number}
    own = [rows[child.reference] for child in known if child.how == OWN]
    assert not given & {row[column] for row in own for column in ("nhs_number", "upn")}

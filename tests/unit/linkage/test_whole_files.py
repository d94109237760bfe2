"""What is said of whole files in columns is what is said of one record, or of two, in Python."""

from collections import defaultdict
from dataclasses import fields
from datetime import date
from itertools import combinations, product

import duckdb
import pytest
from bench._many_people import many_people
from hard_people import hard_people

from engage.methods.linkage.agreeing import agreements, places
from engage.methods.linkage.batch import (
    as_records,
    candidate_pairs,
    edges,
    edges_one_by_one,
    load,
    records_in,
)
from engage.methods.linkage.blocking import BATCH_RULES, COLUMNS, WIDER_RULES, blocking_keys, keys_in_sql
from engage.methods.linkage.columns import RECEIVED, STANDARD
from engage.methods.linkage.levels import COMPARISONS
from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord, StandardRecord, standardise
from engage.methods.linkage.vetoes import ALWAYS, ONE_LIST, VETOES, VETOES_IN_SQL, vetoes_between

MODEL = load_model()


def written_in_every_way() -> list[IdentityRecord]:
    bare = IdentityRecord(id="bare", source="HELPLINE", forenames="Shevaun", surname="OBrien")
    shut = IdentityRecord(
        id="shut", source="HELPLINE", forenames="", known_as="Katie  Holden", surname="holden", sex="2",
        upn="UN1", postcodes=("ZZ99 3VZ", "BB1"), restricted=True,
    )  # fmt: skip
    loose = IdentityRecord(id="loose", source="HEALTH", forenames="Kate", surname="Holden", bridges=False)
    return [*hard_people(), bare, shut, loose]


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        load(connection, written_in_every_way())
        yield connection


def made_ready(connection):
    """The rows of `people` as they stand there: the standard form of each."""
    columns = ", ".join(STANDARD)
    rows = connection.execute(f"SELECT {columns} FROM people ORDER BY row_number").fetchall()
    return [
        dict(zip(STANDARD, (tuple(v) if isinstance(v, list) else v for v in row), strict=True))
        for row in rows
    ]


def standard_forms(people):
    return [{name: getattr(standardise(record), name) for name in STANDARD} for record in people]


def oddly_written() -> list[IdentityRecord]:
    """Numbers as people write them, and numbers that are none: most are read in SQL, these are not all."""
    numbers = [
        "9990000000",
        "999 000 0018",
        "999-000-0026",
        "9999999999",
        "0000000000",
        "99900000",
        "٩٩٩٠٠٠٠٠٠٠",
        "none",
        "",
    ]
    upns = [
        "H889200000001",
        "h889200000001",
        "A889200000001",
        "H88920000000A",
        "UN1",
        "I889200000001",
        "H 889200000001",
        "",
    ]
    children = ["C1", "c-1", "é1", "", "C 1"]
    return [
        *(IdentityRecord(id=f"n{n}", source="HEALTH", nhs_number=text) for n, text in enumerate(numbers)),
        *(IdentityRecord(id=f"u{n}", source="SCHOOLS", upn=text) for n, text in enumerate(upns)),
        *(
            IdentityRecord(id=f"c{n}", source="COUNCIL", council_child_id=text, issuer=issuer)
            for n, text in enumerate(children)
            for issuer in (None, "", "Blackburn", "Hyndburn 2")
        ),
    ]  # fmt: skip


def named_and_born_in_every_way() -> list[IdentityRecord]:
    """Forenames of one or two plain words are taken apart in SQL and birth dates written there: these and what is neither."""
    forenames = [
        "Anna", "anna MARIA", "Anna Maria Jane", "Maria", "Anna  Maria", " Anna", "Anna ", "Anna\tMaria", "first Kate",
        "Mohammed", "Mohammed Ali", "Ali Mohammed", "MD Ali", "Md Syed Ali", "Abdul Syed", "Syed", "Kate Kate", "J", "J K",
        "Anne-Marie Jane", "D'Arcy Jane", "Zoë Jane", "Jane Zoë", "İpek Jane", "Łucja", "Анна Мария", "Jane2", "", " ",
    ]  # fmt: skip
    known_as = ["", "Katie", "Katie Holden", " "]
    days = [
        None,
        date(2010, 3, 14),
        date(2010, 12, 1),
        date(2011, 1, 1),
        date(1000, 1, 2),
        date(999, 12, 31),
        date(9999, 1, 1),
    ]
    return [
        *(
            IdentityRecord(id=f"g{n}-{m}", source="HEALTH", forenames=text, known_as=also, surname="Holden")
            for n, text in enumerate(forenames)
            for m, also in enumerate(known_as)
        ),
        *(
            IdentityRecord(id=f"b{n}", source="HEALTH", dob=born, birth_earliest=first, birth_latest=last)
            for n, (born, first, last) in enumerate(product(days, days[:4], days[:4]))
        ),
    ]  # fmt: skip


def test_a_table_is_made_ready_as_each_of_its_records_is():
    people = [*written_in_every_way(), *oddly_written(), *named_and_born_in_every_way()]
    people += as_records(many_people(800).records)
    assert {*STANDARD, "record"} == {one.name for one in fields(StandardRecord)}
    assert list(RECEIVED) == [one.name for one in fields(IdentityRecord)]
    with duckdb.connect() as connection:
        load(connection, people)
        assert made_ready(connection) == standard_forms(people)


def test_a_table_with_few_columns_and_empty_cells_is_read_as_records_are_and_a_file_too(tmp_path):
    few = many_people(500).records.select("id", "source", "surname", "dob", "postcodes")
    few = few.with_columns(postcodes=few["postcodes"].list.slice(0, 1).set(few["dob"].is_null(), None))
    few.write_parquet(tmp_path / "a friend's few.parquet")
    people = list(as_records(few))
    for given in (few, tmp_path / "a friend's few.parquet"):
        with duckdb.connect() as connection:
            assert load(connection, people[:7]) == 7
            assert load(connection, given, first_row=7) == 500
            assert made_ready(connection) == standard_forms([*people[:7], *people])
            assert records_in(connection, range(7, 507)) == {
                row: standardise(record) for row, record in enumerate(people, 7)
            }


def test_records_come_back_as_they_were_received(engine):
    people = written_in_every_way()
    assert records_in(engine, range(len(people))) == {
        row: standardise(record) for row, record in enumerate(people)
    }


@pytest.mark.parametrize("rule", BATCH_RULES)
def test_a_rule_gives_a_table_the_keys_that_it_gives_each_record(rule, engine):
    meeting = defaultdict(set)
    for row, record in enumerate(written_in_every_way()):
        for name, value in blocking_keys(standardise(record), online=False):
            if name == rule:
                meeting[value].add(row)
    assert rows_that_meet(engine, BATCH_RULES[rule]) == sorted(map(sorted, meeting.values()))


@pytest.mark.parametrize("rule", WIDER_RULES.values(), ids=WIDER_RULES)
def test_a_wider_rule_is_made_of_the_same_columns(rule, engine):
    meeting = defaultdict(set)
    for row, record in enumerate(written_in_every_way()):
        std = standardise(record)
        for values in product(*(COLUMNS[column].of(std) for column in rule)):
            meeting[values].add(row)
    assert rows_that_meet(engine, rule) == sorted(map(sorted, meeting.values()))


def rows_that_meet(engine, rule):
    rows = defaultdict(set)
    for row, _, key in engine.execute(keys_in_sql(rule)).fetchall():
        rows[key].add(row)
    return sorted(map(sorted, rows.values()))


def test_a_sparse_record_is_one_in_a_table_too(engine):
    people = [standardise(record) for record in written_in_every_way()]
    said = dict(
        engine.execute(
            f"SELECT row_number, sparse FROM ({keys_in_sql(BATCH_RULES['sparse_sounds'])})"
        ).fetchall()
    )
    assert said == {row: std.sparse for row, std in enumerate(people) if row in said}
    assert set(said.values()) == {True, False}


def test_every_veto_is_the_same_between_any_two_records_of_a_table(engine):
    people = [standardise(record) for record in written_in_every_way()]
    assert VETOES_IN_SQL.keys() == VETOES.keys() >= set(ALWAYS)
    for code, sql in VETOES_IN_SQL.items():
        found = engine.execute(
            f"SELECT l.row_number, r.row_number FROM people AS l JOIN people AS r ON l.row_number < r.row_number "
            f"WHERE {sql.format(l='l', r='r')}"
        ).fetchall()
        holds, _ = VETOES[code]
        assert set(found) == {
            (a, b)
            for a in range(len(people))
            for b in range(a + 1, len(people))
            if holds(people[a], people[b])
        }, code
        assert found, f"the fixture lacks {code}"


def test_what_is_told_early_of_names_and_dates_is_what_is_told_of_two_records():
    """Where dates or names are the same the dearer questions are not asked; earliest and latest may contradict each other."""
    records = named_and_born_in_every_way()
    people = [standardise(record) for record in records]
    codes = ("given_names_differ", "could_be_twins", "birth_years_apart")
    with duckdb.connect() as connection:
        load(connection, records)
        for code in codes:
            found = connection.execute(
                "SELECT l.row_number, r.row_number FROM people AS l JOIN people AS r ON l.row_number < r.row_number "
                f"WHERE {VETOES_IN_SQL[code].format(l='l', r='r')}"
            ).fetchall()
            held = {
                (a, b)
                for a, b in combinations(range(len(people)), 2)
                if VETOES[code][0](people[a], people[b])
            }
            assert set(found) == held and held, code
        asked = {code: VETOES_IN_SQL[code] for code in codes}
        connection.execute(
            "CREATE TABLE all_pairs AS SELECT l.row_number AS join_key_l, r.row_number AS join_key_r "
            "FROM people AS l JOIN people AS r ON l.row_number < r.row_number"
        )
        fields = list(MODEL.comparisons)
        agreed = connection.execute(agreements("all_pairs", fields, asked)).fetchall()
    for a, b, agreement in agreed:
        levels = tuple(_place(field, people[a], people[b]) for field in fields)
        assert places(agreement, fields) == levels, (records[a], records[b])


def _place(field: str, a: StandardRecord, b: StandardRecord) -> int:
    return next(place for place, level in enumerate(COMPARISONS[field].values()) if level.holds(a, b))


def test_pairs_are_decided_in_columns_as_they_are_one_by_one(engine):
    candidate_pairs(engine)
    at_once, one_by_one = list(edges(engine, MODEL)), list(edges_one_by_one(engine, MODEL))
    assert at_once == one_by_one and at_once
    assert {edge.decision for edge in at_once} == {"join", "ask"}
    assert any(ONE_LIST in edge.vetoes for edge in at_once)


def test_edges_of_many_people_are_the_same_either_way_and_without_words():
    with duckdb.connect() as connection:
        load(connection, many_people(800).records)
        candidate_pairs(connection)
        at_once, one_by_one = list(edges(connection, MODEL)), list(edges_one_by_one(connection, MODEL))
        silent = list(edges(connection, MODEL, in_words=False))
    assert at_once == one_by_one
    assert [(e.a_id, e.b_id, e.weight_bits, e.decision, e.vetoes) for e in silent] == [
        (e.a_id, e.b_id, e.weight_bits, e.decision, e.vetoes) for e in at_once
    ]


def test_vetoes_between_two_records_ask_for_what_always_holds():
    shut, other = (standardise(record) for record in written_in_every_way()[-2:])
    assert {veto.code for veto in vetoes_between(shut, other, ())} >= {"restricted", "does_not_bridge"}

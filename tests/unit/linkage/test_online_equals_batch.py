from itertools import chain, combinations
from random import Random

import duckdb
import polars as pl
import pytest
from hard_people import hard_people
from rapidfuzz.distance import JaroWinkler

from engage.methods.linkage.agreeing import agreements, places
from engage.methods.linkage.batch import load, records_in, weigh
from engage.methods.linkage.levels import CLOSE_GIVEN, CLOSE_SURNAME, COMPARISONS, OF_ANY_FILE
from engage.methods.linkage.model import load_model
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.linkage.render_splink import level_of_gamma
from engage.methods.linkage.scorer import level_of, score


@pytest.fixture(scope="module")
def weighed():
    """Every pair of the fixture, weighed by Splink."""
    connection = duckdb.connect()
    known = records_in(connection, range(load(connection, hard_people())))
    connection.execute(
        """
        CREATE TABLE pairs AS SELECT '0' AS match_key, l.row_number AS join_key_l, r.row_number AS join_key_r
        FROM people AS l JOIN people AS r ON l.row_number < r.row_number
        """
    )
    return known, list(chain.from_iterable(weigh(connection, load_model())))


def test_the_fixture_has_thousands_of_pairs_and_all_of_them_were_weighed(weighed):
    known, rows = weighed
    assert len(rows) == len(known) * (len(known) - 1) // 2 > 10_000


def test_the_weight_online_is_the_weight_of_the_batch_on_every_pair(weighed):
    known, rows = weighed
    model = load_model()
    apart = [
        abs(score(known[left], known[right], model).weight_bits - bits) for left, right, bits, *_ in rows
    ]
    assert max(apart) <= 1e-6


def test_both_engines_find_the_same_level_of_every_comparison(weighed):
    known, rows = weighed
    model = load_model()
    seen: dict[str, set[str | None]] = {field: set() for field in model.comparisons}
    for left, right, _, *gammas in rows:
        for field, gamma in zip(model.comparisons, gammas, strict=True):
            online = level_of(field, known[left], known[right], model)
            assert level_of_gamma(field, gamma) == (online.level if online else None)
            seen[field].add(online.level if online else None)
    for field in model.comparisons:
        assert seen[field] == {None, *list(COMPARISONS[field])[1:]}, f"the fixture misses levels of {field}"


def test_a_pair_weighs_the_same_either_way_round():
    model = load_model()
    people = [standardise(record) for record in hard_people()[:60]]
    for a, b in combinations(people, 2):
        one, other = score(a, b, model), score(b, a, model)
        assert one.weight_bits == other.weight_bits
        assert {veto.code for veto in one.vetoes} == {veto.code for veto in other.vetoes}


def test_both_engines_agree_on_which_names_are_close_even_at_the_threshold():
    rng = Random(5)
    letters = ["abc", "aeiourst", "анасетвмю", "کلیمحداب"]
    words = []
    for _ in range(6000):
        alphabet = rng.choice(letters)
        words.append(tuple("".join(rng.choices(alphabet, k=rng.randint(1, 10))) for _ in range(2)))
    table = pl.DataFrame(words, schema=["one", "other"], orient="row").to_arrow()
    connection = duckdb.connect()
    connection.register("words", table)
    batch = connection.execute(
        f"SELECT one, other, jaro_winkler_similarity(one, other) >= {CLOSE_GIVEN}, "
        f"jaro_winkler_similarity(one, other) >= {CLOSE_SURNAME} FROM words"
    ).fetchall()
    close = 0
    for one, other, given, surname in batch:
        similarity = JaroWinkler.similarity(one, other)
        assert (similarity >= CLOSE_GIVEN, similarity >= CLOSE_SURNAME) == (given, surname), (one, other)
        close += given
    assert close > 50


def any_people() -> list[IdentityRecord]:
    names = (
        "Jonathan Whittle", "Jonahtan Whitle", "Wittle Jonathan", "J Whittle", "Mary_Jane Whittle", "Jane Whittle-Shaw",
        "Jona_than Shaw", " Whittle", "Kate ", "Katherine Holden", "K Holdne", "Ella Sykes",
    )  # fmt: skip
    places, trades = ("Haworth", "Hawarth", "Keighley", ""), ("weaver", "Weavers", "smith", "")
    return [
        IdentityRecord(
            id=f"{name} {n}", source="CENSUS", forenames=name.split(" ")[0].replace("_", " "),
            surname=name.split(" ")[1], named_place=places[n % 4], occupation=trades[n // 4],
        )
        for name in names
        for n in range(16)
    ]  # fmt: skip


def test_levels_of_any_people_are_the_same_in_a_file_as_between_two():
    connection = duckdb.connect()
    known = records_in(connection, range(load(connection, any_people())))
    fields = list(OF_ANY_FILE)
    every_pair = (
        "(SELECT l.row_number AS join_key_l, r.row_number AS join_key_r "
        "FROM people AS l JOIN people AS r ON l.row_number < r.row_number)"
    )
    seen: dict[str, set[str]] = {field: set() for field in OF_ANY_FILE}
    for left, right, agreement in connection.execute(agreements(every_pair, fields)).fetchall():
        for (field, levels), place in zip(OF_ANY_FILE.items(), places(agreement, fields), strict=True):
            a, b = known[left], known[right]
            assert next(name for name, level in levels.items() if level.holds(a, b)) == list(levels)[place]
            seen[field].add(list(levels)[place])
    assert seen == {field: set(levels) for field, levels in OF_ANY_FILE.items()}

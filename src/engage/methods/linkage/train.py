"""Learn the weights of a model: u by counting and sampling, m from known pairs or by expectation-maximisation.

Rare and explicit. The outcome is a new model; a person adopts it.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from .agreeing import agreements, holds, places
from .batch import Table, candidate_pairs, keep_small, load
from .levels import COMPARISONS
from .model import LEAST_U, LevelWeight, Model
from .records import IdentityRecord

# Families share telephones, children change them and have many cases: a different one is no evidence,
# whatever a file says.
NO_EVIDENCE = frozenset({"phone_differs", "other_case"})
# Levels of plain equality, counted over all pairs: what to group by. Rare ones hardly occur in a sample.
COUNTED: dict[str, str] = {
    "same_full_name": "SELECT given || ' ' || surname AS value, row_number FROM people "
    "WHERE given <> '' AND surname <> ''",
    "same_given": "SELECT given AS value, row_number FROM people WHERE given <> ''",
    "same_surname": "SELECT surname AS value, row_number FROM people WHERE surname <> ''",
    "same_named_place": "SELECT named_place AS value, row_number FROM people WHERE named_place <> ''",
    "same_occupation": "SELECT occupation AS value, row_number FROM people WHERE occupation <> ''",
    "same_dob": "SELECT dob AS value, row_number FROM people WHERE dob <> ''",
    "same_postcode": "SELECT unnest(postcodes) AS value, row_number FROM people",
    "same_nhs": "SELECT nhs_number AS value, row_number FROM people WHERE nhs_number <> ''",
    "same_upn": "SELECT upn AS value, row_number FROM people WHERE upn <> ''",
    "same_council_child": "SELECT council_child AS value, row_number FROM people WHERE council_child <> ''",
    "same_case": "SELECT unnest(case_references) AS value, row_number FROM people",
    "same_phone": "SELECT phone AS value, row_number FROM people WHERE phone <> ''",
}
# Pairs that agree on one of these are mostly true; m is learned on them for every other field.
TRAINING_BLOCKS: tuple[tuple[str, str], ...] = (
    ("date of birth", "{l}.dob <> '' AND {l}.dob = {r}.dob"),
    ("name", "{l}.given <> '' AND {l}.surname <> '' AND {l}.given = {r}.given AND {l}.surname = {r}.surname"),
)


def train(
    records: Iterable[IdentityRecord] | Table,
    model: Model,
    *,
    version: str,
    trained_on: str,
    truth: Mapping[str, str] | None = None,
    sample_pairs: int = 1_000_000,
    seed: int = 1,
) -> Model:
    """A copy of `model` with new m, u and prior; thresholds and vetoes stay.

    `truth` gives the person of each record id, where known: then m is counted over true pairs and true
    pairs are taken out of u. Otherwise m comes from expectation-maximisation and the prior stays.
    """
    with TemporaryDirectory(prefix="engage-training-") as folder, duckdb.connect() as connection:
        keep_small(connection, Path(folder))
        known = load(connection, records)
        people_of = None
        if truth is not None:
            ids = connection.execute("SELECT id FROM received ORDER BY row_number").fetchall()
            people_of = [truth.get(record_id, record_id) for (record_id,) in ids]
        put_truth(connection, people_of)
        u, _ = _learn_u(connection, known, model, sample_pairs, seed)
        prior = model.prior
        if people_of is not None:
            _put_true_pairs(connection)
            counts = _count_levels(connection, "SELECT * FROM true_pairs", model)
            m = {field: _shares(counts[field], field) for field in model.comparisons}
            true_pairs = sum(size * (size - 1) // 2 for size in Counter(people_of).values())
            prior = true_pairs / (known * (known - 1) / 2)
        else:
            candidate_pairs(connection)
            m = _learn_m_by_em(connection, model, u)
    return replace(
        model, version=version, trained_on=trained_on, prior=prior, comparisons=weights(model, m, u)
    )


def weights(
    model: Model, m: dict[str, dict[str, float]], u: dict[str, dict[str, float]]
) -> dict[str, tuple[LevelWeight, ...]]:
    return {
        field: tuple(
            LevelWeight(level.name, u[field][level.name], u[field][level.name])
            if level.name in NO_EVIDENCE
            else LevelWeight(level.name, *_floored(m[field][level.name], u[field][level.name], model.floor))
            for level in levels
        )
        for field, levels in model.comparisons.items()
    }


def _floored(m: float, u: float, floor: float) -> tuple[float, float]:
    """A contradiction is never proof: where most strangers differ too, m stays at the floor or above."""
    u = max(u, LEAST_U)
    return round(max(m, min(floor, u)), 9), round(u, 9)


def put_truth(connection: duckdb.DuckDBPyConnection, people_of: Sequence[str] | None) -> None:
    """The person of each row; None: nobody is known to be in two rows."""
    if people_of is None:
        connection.execute(
            "CREATE OR REPLACE TABLE truth AS SELECT row_number, CAST(row_number AS VARCHAR) AS person FROM people"
        )
        return
    connection.register(
        "given_truth", pl.DataFrame({"row_number": range(len(people_of)), "person": people_of}).to_arrow()
    )
    connection.execute("CREATE OR REPLACE TABLE truth AS SELECT * FROM given_truth")


def _put_true_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        CREATE TABLE true_pairs AS
        SELECT l.row_number AS join_key_l, r.row_number AS join_key_r
        FROM truth AS l JOIN truth AS r ON l.person = r.person AND l.row_number < r.row_number
        """
    )


def _count_levels(connection: duckdb.DuckDBPyConnection, pairs: str, model: Model) -> dict[str, Counter[str]]:
    """How often each level holds over the pairs; those that cannot be compared are left out."""
    fields = list(model.comparisons)
    counts: dict[str, Counter[str]] = {field: Counter() for field in fields}
    for *found, count in patterns(connection, fields, "TRUE", f"({pairs})"):
        for field, place in zip(fields, found, strict=True):
            if place > 0:
                counts[field][list(COMPARISONS[field])[place]] += count
    return counts


def _shares(counts: Counter[str], field: str) -> dict[str, float]:
    """Half a pair is added to each level, so that what was not seen is rare and not impossible."""
    names = list(COMPARISONS[field])[1:]
    total = sum(counts.values()) + 0.5 * len(names)
    return {name: (counts[name] + 0.5) / total for name in names}


def _learn_u(
    connection: duckdb.DuckDBPyConnection, rows: int, model: Model, sample_pairs: int, seed: int
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """u of each level, and in what share of pairs each field can be compared."""
    drawn = random.Random(seed)
    left, right = ([drawn.randrange(rows) for _ in range(sample_pairs)] for _ in "lr")
    connection.register("drawn", pl.DataFrame({"join_key_l": left, "join_key_r": right}).to_arrow())
    strangers = """
        SELECT join_key_l, join_key_r FROM drawn
        JOIN truth AS tl ON tl.row_number = join_key_l JOIN truth AS tr ON tr.row_number = join_key_r
        WHERE tl.person <> tr.person
    """
    counts = _count_levels(connection, strangers, model)
    u = {field: _shares(counts[field], field) for field in model.comparisons}
    comparable = {field: sum(counts[field].values()) / sample_pairs for field in model.comparisons}
    for field, shares in u.items():
        first = next(iter(shares))
        if first in COUNTED and comparable[field] > 0:
            all_comparable = comparable[field] * rows * (rows - 1) / 2
            exact = (_pairs_of_strangers_that_agree(connection, first) + 0.5) / all_comparable
            others = sum(share for name, share in shares.items() if name != first)
            for name in shares:
                # The rest keep their proportions among what the first level leaves.
                shares[name] = exact if name == first else shares[name] / others * (1 - exact)
    return u, comparable


def _pairs_of_strangers_that_agree(connection: duckdb.DuckDBPyConnection, level: str) -> int:
    """Counted by groups: pairs that share the value, less those within one person."""
    (pairs,) = connection.execute(
        f"""
        WITH said AS (SELECT DISTINCT value, person, row_number FROM ({COUNTED[level]}) JOIN truth USING (row_number)),
        by_person AS (SELECT value, person, count(*) AS n FROM said GROUP BY value, person),
        by_value AS (SELECT value, sum(n) AS n, sum(n * n) AS own FROM by_person GROUP BY value)
        SELECT coalesce(sum(n * n - own), 0) / 2 FROM by_value
        """
    ).fetchone()
    return int(pairs)


def _learn_m_by_em(
    connection: duckdb.DuckDBPyConnection, model: Model, u: dict[str, dict[str, float]]
) -> dict[str, dict[str, float]]:
    """On each training block the blocked field says nothing; the others' m are averaged over the blocks."""
    learned: dict[str, list[dict[str, float]]] = {field: [] for field in model.comparisons}
    every = list(model.comparisons)
    counted = patterns(connection, every, "TRUE")
    for blocked, _ in TRAINING_BLOCKS:  # each block is the pairs at the first level of its field
        fields = [field for field in every if field != blocked]
        at = every.index(blocked)
        rows = [pattern[:at] + pattern[at + 1 :] for pattern in counted if pattern[at] == 1]
        if rows:
            for field, shares in _expectation_maximisation(rows, fields, u).items():
                learned[field].append(shares)
    return {
        field: {
            name: fmean(shares[name] for shares in found) if found else u[field][name] for name in u[field]
        }
        for field, found in learned.items()
    }


def patterns(
    connection: duckdb.DuckDBPyConnection, fields: list[str], condition: str, pairs: str = "pairs"
) -> list[tuple[int, ...]]:
    """How many pairs agree alike: the place of the level of each field (0: not comparable), then the count."""
    counted = connection.execute(
        f"SELECT agreement, count(*) FROM ({agreements(pairs, fields, {'block': condition})}) GROUP BY agreement"
    ).fetchall()
    return sorted(
        (*places(agreement, fields), count) for agreement, count in counted if holds(agreement, fields)
    )


def _expectation_maximisation(
    patterns: list[tuple], fields: list[str], u: dict[str, dict[str, float]], *, rounds: int = 200
) -> dict[str, dict[str, float]]:
    """m of each level, u held fixed. Patterns: a level place per field (0: not comparable), then the count."""
    u_by_place = [[1.0, *u[field].values()] for field in fields]
    m_by_place = []
    for field in fields:
        # Begin from "mostly the first level": levels are ordered from likest to unlikest.
        rest = len(u[field]) - 1
        m_by_place.append([1.0, *([0.8] + [0.2 / rest] * rest if rest else [1.0])])
    total = sum(pattern[-1] for pattern in patterns)
    share = 0.5
    for _ in range(rounds):
        seen = [[0.0] + [0.5] * (len(m) - 1) for m in m_by_place]
        expected = 0.0
        for *found, count in patterns:
            same = share * prod(m[place] for m, place in zip(m_by_place, found, strict=True))
            strangers = (1 - share) * prod(v[place] for v, place in zip(u_by_place, found, strict=True))
            chance = count * same / (same + strangers)
            expected += chance
            for counts, place in zip(seen, found, strict=True):
                counts[place] += chance  # place 0, not comparable, is left out below
        moved = abs(share - expected / total)
        share = expected / total
        for n, counts in enumerate(seen):
            within = sum(counts[1:])
            new = [1.0, *(count / within for count in counts[1:])]
            moved = max(
                moved, *(abs(before - after) for before, after in zip(m_by_place[n], new, strict=True))
            )
            m_by_place[n] = new
        if moved < 1e-6:
            break
    return {field: dict(zip(u[field], m_by_place[n][1:], strict=True)) for n, field in enumerate(fields)}

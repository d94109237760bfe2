"""Weights for a file never seen before: its own counts where it has enough to say, the shipped model's where not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log2, sqrt

import duckdb
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from .levels import CLOSE_GIVEN, COMPARISONS, close_given, form_of_given
from .model import LevelWeight, Model, load_model
from .records import StandardRecord
from .scorer import Level
from .train import (
    TRAINING_BLOCKS,
    _expectation_maximisation,
    _learn_u,
    patterns,
    weights,
)
from .vetoes import Veto

# The shipped model speaks as loudly as this many pairs of strangers, and as this many pairs of a training block.
SHIPPED_U_PAIRS = 20_000
SHIPPED_M_PAIRS = 500
SAMPLED_PAIRS = 400_000
# Below this, what expectation-maximisation found is no group of true pairs.
LEAST_AGREEMENT = 0.3
# Each record is taken to have half a partner, whatever simple rules find. Beyond that: odds of 128 to 1.
JOIN_ODDS_BITS = 4.0
LEAST_JOIN_BITS = 16.0
ASK_BELOW_JOIN_BITS = 8.0
ASK_CONTRADICTED_BELOW_JOIN_BITS = 4.0
MOST_FREQUENCY_BITS = 4.0
USUAL_RECORDS = 1000

# (m, u) of the levels that the shipped model lacks: adults' registers, by judgement, soon outweighed by the file.
UNSHIPPED: dict[str, tuple[tuple[float, float], ...]] = {
    "named place": ((0.75, 0.02), (0.10, 0.01), (0.15, 0.97)),
    "occupation": ((0.50, 0.05), (0.10, 0.02), (0.40, 0.93)),
}


# Too few pairs have them to be counted, and a number that fails its check digit is comparable only where it is near.
AS_SHIPPED = frozenset({"NHS number", "UPN"})


def lifted(veto: Veto, a: StandardRecord, b: StandardRecord) -> bool:
    """In a file of any people: what a slip of the pen explains better than a brother, a sister or a twin.

    One number and one birth date in both: twins have two numbers, brothers two dates.
    """
    same_number = (a.nhs_number != "" and a.nhs_number == b.nhs_number) or (a.upn != "" and a.upn == b.upn)
    same_birth = a.dob != "" and a.dob == b.dob
    match veto.code:
        case "given_names_differ":
            return _swapped(a, b) or (same_number and same_birth)
        case "could_be_twins":
            return same_number and same_birth
        case "no_given_name":
            return same_number
        case "birth_years_apart":
            near = a.dob != "" and b.dob != "" and DamerauLevenshtein.distance(a.dob, b.dob) <= 1
            return (near or same_number) and (close_given(a, b) or form_of_given(a, b) or _swapped(a, b))
    return False


def _swapped(a: StandardRecord, b: StandardRecord) -> bool:
    """Given name and surname in each other's place, each perhaps with a slip."""
    if not (a.given and a.surname and b.given and b.surname):
        return False
    return (
        min(JaroWinkler.similarity(a.given, b.surname), JaroWinkler.similarity(a.surname, b.given))
        >= CLOSE_GIVEN
    )


def starting_model(fields: tuple[str, ...], vetoes: tuple[str, ...], records: int) -> Model:
    shipped = load_model()
    join_bits = max(LEAST_JOIN_BITS, log2(max(records, 1)) + JOIN_ODDS_BITS)
    return replace(
        shipped,
        version="fitted to one file",
        trained_on="one file",
        prior=1 / max(records, 2),
        join_bits=join_bits,
        ask_bits=join_bits - ASK_BELOW_JOIN_BITS,
        ask_contradicted_bits=join_bits - ASK_CONTRADICTED_BELOW_JOIN_BITS,
        vetoes=vetoes,
        one_row_per_person=(),
        comparisons={field: shipped.comparisons.get(field) or _unshipped(field) for field in fields},
    )


def _unshipped(field: str) -> tuple[LevelWeight, ...]:
    names = list(COMPARISONS[field])[1:]
    return tuple(LevelWeight(name, *weight) for name, weight in zip(names, UNSHIPPED[field], strict=True))


def fit(connection: duckdb.DuckDBPyConnection, records: int, model: Model, *, seed: int = 1) -> Model:
    """`model` with m and u of the file in `people` and `pairs`, as `batch` makes them."""
    if records < 2:
        return model
    # Rows alike in name and birth are left out of u: mostly one person, and in a small file they would be most of it.
    connection.execute(
        """
        CREATE TABLE truth AS SELECT row_number, CASE
            WHEN given <> '' AND surname <> '' AND birth_from <> ''
            THEN concat_ws(' ', given, surname, birth_from, birth_to) ELSE CAST(row_number AS VARCHAR)
        END AS person FROM people
        """
    )
    all_pairs = records * (records - 1) / 2
    # A small file has few pairs to draw from, and the shipped model speaks louder there anyway.
    sample = min(SAMPLED_PAIRS, round(2 * all_pairs))
    counted, comparable = _learn_u(connection, records, model, sample, seed)
    u = {
        field: {level.name: level.u for level in levels}
        if field in AS_SHIPPED
        else between(
            counted[field],
            comparable[field] * all_pairs,
            {level.name: level.u for level in levels},
            SHIPPED_U_PAIRS,
        )
        for field, levels in model.comparisons.items()
    }
    m = learn_m(connection, model, u)
    learned = weights(model, m, u)
    comparisons = {
        field: levels if field in AS_SHIPPED else learned[field]
        for field, levels in model.comparisons.items()
    }
    return replace(model, comparisons=comparisons)


def between(
    found: Mapping[str, float], pairs: float, shipped: Mapping[str, float], shipped_pairs: float
) -> dict[str, float]:
    return {
        name: (found[name] * pairs + shipped[name] * shipped_pairs) / (pairs + shipped_pairs)
        for name in shipped
    }


def learn_m(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    u: dict[str, dict[str, float]],
    *,
    never_true: frozenset[str] = frozenset(),
) -> dict[str, dict[str, float]]:
    """Where a block leaves fewer than two fields, expectation-maximisation cannot tell true pairs from strangers.
    Pairs at a level that is `never_true` are left out: in a county's files most of them are brothers and sisters.
    """
    m = {field: {level.name: level.m for level in levels} for field, levels in model.comparisons.items()}
    for blocked, condition in TRAINING_BLOCKS:
        fields = [field for field in model.comparisons if field != blocked]
        if len(fields) < 2:
            continue
        levels = [list(model.comparisons[field]) for field in fields]
        found = [
            pattern
            for pattern in patterns(connection, fields, condition)
            if never_true.isdisjoint(
                levels[n][place - 1].name for n, place in enumerate(pattern[:-1]) if place
            )
        ]
        pairs = sum(pattern[-1] for pattern in found)
        if not pairs:
            continue
        for field, shares in _expectation_maximisation(found, fields, u).items():
            comparable = sum(p[-1] for p in found if p[fields.index(field)])
            if next(iter(shares.values())) >= LEAST_AGREEMENT:
                m[field] = between(shares, comparable, m[field], SHIPPED_M_PAIRS)
    return m


@dataclass(frozen=True)
class Frequencies:
    """How common names, places and occupations are in the file: a rare one says more, a common one less."""

    model: Model
    counts: dict[str, dict[str, int]]
    known: dict[str, int]  # records that have one

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, model: Model) -> "Frequencies":
        counts = {
            column: dict(
                connection.execute(
                    f"SELECT {column}, count(*) FROM people WHERE {column} <> '' GROUP BY 1"
                ).fetchall()
            )
            for column in ("given", "surname", "named_place", "occupation")
        }
        return cls(model, counts, {column: sum(values.values()) for column, values in counts.items()})

    def __call__(self, level: Level, a: StandardRecord, b: StandardRecord) -> Level:
        u = next(iter(self.model.comparisons[level.field])).u
        match level.level:
            case "same_full_name":
                usual = sqrt(u)  # of either name alone
                share = self._share("given", a.given, usual) * self._share("surname", a.surname, usual)
            case "same_named_place":
                share = self._share("named_place", a.named_place, u)
            case "same_occupation":
                share = self._share("occupation", a.occupation, u)
            case _:
                return level
        more = max(-MOST_FREQUENCY_BITS, min(MOST_FREQUENCY_BITS, log2(u / share)))
        return replace(level, bits=level.bits + more)

    def _share(self, column: str, value: str, usual: float) -> float:
        """In a file of ten, a name that two have is not yet a common one."""
        return (self.counts[column][value] + usual * USUAL_RECORDS) / (self.known[column] + USUAL_RECORDS)

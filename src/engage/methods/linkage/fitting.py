"""Weights for a file never seen before: its own counts where it has enough to say, the shipped model's where not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log2

import duckdb
import polars as pl

from .levels import (
    COMPARISONS,
    among_other_names,
    close_given,
    close_surname,
    form_of_given,
    initial_of_given,
    names_in_each_others_place,
    near,
    shared_surname,
)
from .model import LevelWeight, Model, load_model
from .records import StandardRecord
from .scorer import Level
from .train import _learn_u, patterns, put_truth, weights
from .vetoes import Veto

# The shipped model speaks as loudly as this many pairs of strangers, and as this many pairs of one person.
SHIPPED_U_PAIRS = 20_000
SHIPPED_M_PAIRS = 500
SAMPLED_PAIRS = 400_000
# The program joins where a pair is as many times likelier to be of one person than not: 2 to the power of this.
JOIN_ODDS_BITS = 4.0
# However many pairs of a file are true: a birth date alone does not join.
LEAST_JOIN_BITS = 12.0
ASK_BELOW_JOIN_BITS = 8.0
ASK_CONTRADICTED_BELOW_JOIN_BITS = 4.0
# Of so many records one at least is taken to stand a second time.
RECORDS_FOR_ONE_PAIR = 20
MOST_ROUNDS = 60
MOST_FREQUENCY_BITS = 8.0
USUAL_RECORDS = 1000
# Where one value fills a file, another is not thereby a usual one.
MOST_USUAL_SHARE = 0.01

# (m, u) of the levels that the shipped model lacks: by judgement, soon outweighed by the file.
UNSHIPPED: dict[str, tuple[tuple[float, float], ...]] = {
    "given name": (
        (0.72, 0.004), (0.06, 0.003), (0.01, 0.00001), (0.10, 0.012), (0.03, 0.003), (0.03, 0.002), (0.05, 0.976),
    ),
    "surname": ((0.82, 0.0015), (0.03, 0.0005), (0.08, 0.004), (0.07, 0.994)),
    "named place": ((0.75, 0.02), (0.10, 0.01), (0.15, 0.97)),
    "occupation": ((0.50, 0.05), (0.10, 0.02), (0.40, 0.93)),
}  # fmt: skip


# Too few pairs have them to be counted, and a number that fails its check digit is comparable only where it is near.
AS_SHIPPED = frozenset({"NHS number", "UPN"})
# Most of these are brothers and sisters, and would teach that a birth date hardly matters: nothing is learned of them.
OF_BROTHERS_AND_SISTERS = frozenset({"given_differs"})


OF_FAMILIES = frozenset({"given_names_differ", "could_be_twins", "no_given_name", "birth_years_apart"})


def lifted(veto: Veto, a: StandardRecord, b: StandardRecord, *, families: bool = True) -> bool:
    """In a file of any people: what a slip of the pen explains better than a brother, a sister or a twin.

    One number and one birth date in both: twins have two numbers, brothers two dates. Where a file has no
    `families` in it, only two numbers keep two records apart.
    """
    if not families and veto.code in OF_FAMILIES:
        return True
    number = _one_number(a.nhs_number, b.nhs_number) or _one_number(a.upn, b.upn)
    birth = a.dob != "" and (a.dob_canon == b.dob_canon or near(a.dob, b.dob))
    surname = shared_surname(a, b) or close_surname(a, b) or near(a.surname, b.surname)
    match veto.code:
        case "given_names_differ":
            return _given_slip(a, b) or (number and birth)
        case "could_be_twins":
            return (_given_slip(a, b) or number) and birth
        case "no_given_name":
            return number or (birth and surname)
        case "birth_years_apart":
            alike = close_given(a, b) or form_of_given(a, b) or _given_slip(a, b)
            return (birth or number) and (alike or (number and surname))
    return False


def _one_number(one: str, other: str) -> bool:
    return one != "" and (one == other or near(one, other))


def _given_slip(a: StandardRecord, b: StandardRecord) -> bool:
    """Written with a slip, in two parts, in the surname's place, by its first letter, or another of one's names."""
    if not a.given or not b.given:
        return False
    return (
        near(a.given, b.given)
        or a.given_text == b.given_text
        or near(a.given_text, b.given_text)
        or names_in_each_others_place(a, b)
        or initial_of_given(a, b)
        or among_other_names(a, b)
    )


def starting_model(fields: tuple[str, ...], vetoes: tuple[str, ...], records: int) -> Model:
    shipped = load_model()
    return _at_odds(
        replace(
            shipped,
            version="fitted to one file",
            trained_on="one file",
            vetoes=vetoes,
            one_row_per_person=(),
            comparisons={field: shipped.comparisons.get(field) or _unshipped(field) for field in fields},
        ),
        1 / max(records, 2),
    )


def _at_odds(model: Model, prior: float) -> Model:
    join_bits = max(LEAST_JOIN_BITS, log2((1 - prior) / prior) + JOIN_ODDS_BITS)
    return replace(
        model,
        prior=prior,
        join_bits=join_bits,
        ask_bits=join_bits - ASK_BELOW_JOIN_BITS,
        ask_contradicted_bits=join_bits - ASK_CONTRADICTED_BELOW_JOIN_BITS,
    )


def _unshipped(field: str) -> tuple[LevelWeight, ...]:
    names = list(COMPARISONS[field])[1:]
    return tuple(LevelWeight(name, *weight) for name, weight in zip(names, UNSHIPPED[field], strict=True))


def fit(
    connection: duckdb.DuckDBPyConnection, records: int, model: Model, *, families: bool = True, seed: int = 1
) -> Model:
    """`model` with m, u and prior of the file in `people` and `pairs`, as `batch` makes them.

    Expectation-maximisation over all pairs of the file: those in `pairs` as they agree, every other one a stranger's.
    Without the others, who meet by a common name would be taken for one person because nobody is left to differ.
    """
    if records < 2:
        return model
    all_pairs = records * (records - 1) / 2
    put_truth(connection, [str(row) for row in range(records)])
    # A small file has few pairs to draw from, and the shipped model speaks louder there anyway.
    counted, comparable = _learn_u(connection, records, model, min(SAMPLED_PAIRS, round(2 * all_pairs)), seed)
    of_all = {
        field: {name: share * comparable[field] * all_pairs for name, share in counted[field].items()}
        for field in model.comparisons
    }
    fields = list(model.comparisons)
    found = pl.DataFrame(
        patterns(connection, fields, "TRUE"),
        schema=dict.fromkeys([*fields, "pairs"], pl.Int64),
        orient="row",
    )
    never_learned = OF_BROTHERS_AND_SISTERS if families else frozenset()
    for field in fields:
        for place, level in enumerate(model.comparisons[field], 1):
            if level.name in never_learned:
                found = found.filter(pl.col(field) != place)
    start = model
    for _ in range(MOST_ROUNDS):
        before = model.prior
        true, total = _likely_true(found, model)
        m, u = _seen_in(start, true, of_all, never_learned)
        prior = max(total, records / RECORDS_FOR_ONE_PAIR) / all_pairs
        model = replace(model, prior=min(prior, 0.5), comparisons=weights(model, m, u))
        if abs(model.prior - before) < before / 1000:
            break
    return _at_odds(model, model.prior)


def _likely_true(found: pl.DataFrame, model: Model) -> tuple[dict[str, dict[str, float]], float]:
    """Of how many pairs one person is expected: at each level, and in all."""
    odds = log2(model.prior / (1 - model.prior))
    bits = [
        pl.col(field).replace_strict({0: 0.0} | {place: level.bits for place, level in enumerate(levels, 1)})
        for field, levels in model.comparisons.items()
    ]
    likely = found.with_columns(
        likely=pl.col("pairs") / (1 + (2.0 ** -(pl.sum_horizontal(bits) + odds).clip(-500, 500)))
    )
    true = {}
    for field, levels in model.comparisons.items():
        at = dict(likely.group_by(field).agg(pl.col("likely").sum()).iter_rows())
        true[field] = {level.name: at.get(place, 0.0) for place, level in enumerate(levels, 1)}
    return true, float(likely["likely"].sum())


def _seen_in(
    start: Model,
    true: Mapping[str, Mapping[str, float]],
    of_all: Mapping[str, Mapping[str, float]],
    never_learned: frozenset[str],
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """m from the pairs that are likely true, u from all the others; where they are few, as one began."""
    m, u = {}, {}
    for field, levels in start.comparisons.items():
        as_begun = {level.name: level for level in levels}
        m[field] = {name: level.m for name, level in as_begun.items()}
        u[field] = {name: level.u for name, level in as_begun.items()}
        if field in AS_SHIPPED:
            continue
        learned = {name: count for name, count in true[field].items() if name not in never_learned}
        left = sum(as_begun[name].m for name in learned)
        whole = sum(learned.values()) + SHIPPED_M_PAIRS * left
        m[field] |= {
            name: left * (count + SHIPPED_M_PAIRS * as_begun[name].m) / whole
            for name, count in learned.items()
        }
        others = {name: max(of_all[field][name] - true[field][name], 0.0) for name in as_begun}
        whole = sum(others.values()) + SHIPPED_U_PAIRS
        u[field] = {
            name: (count + SHIPPED_U_PAIRS * as_begun[name].u) / whole for name, count in others.items()
        }
    return m, u


def between(
    found: Mapping[str, float], pairs: float, shipped: Mapping[str, float], shipped_pairs: float
) -> dict[str, float]:
    return {
        name: (found[name] * pairs + shipped[name] * shipped_pairs) / (pairs + shipped_pairs)
        for name in shipped
    }


# The first level of these comparisons: the same value of a column, which may be a rare one or a common one.
VALUE_OF = {
    "same_given": "given",
    "same_surname": "surname",
    "same_named_place": "named_place",
    "same_occupation": "occupation",
}


@dataclass(frozen=True)
class Frequencies:
    """How common a value is in the file: a rare one says more, a common one less."""

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
            for column in VALUE_OF.values()
        }
        return cls(model, counts, {column: sum(values.values()) for column, values in counts.items()})

    def __call__(self, level: Level, a: StandardRecord, b: StandardRecord) -> Level:
        column = VALUE_OF.get(level.level)
        if column is None:
            return level
        u = next(iter(self.model.comparisons[level.field])).u
        more = log2(u / self._share(column, getattr(a, column), u))
        return replace(level, bits=level.bits + max(-MOST_FREQUENCY_BITS, min(MOST_FREQUENCY_BITS, more)))

    def _share(self, column: str, value: str, u: float) -> float:
        """In a file of ten, a name that two have is not yet a common one."""
        usual = min(u, MOST_USUAL_SHARE)
        return (self.counts[column][value] + usual * USUAL_RECORDS) / (self.known[column] + USUAL_RECORDS)

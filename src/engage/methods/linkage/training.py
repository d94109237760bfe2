"""A new model from the records that there are and from what people decided of pairs of them.

In four steps, each the same for the same records and seed:

1. u: levels of plain equality counted over all pairs, the rest over pairs drawn at random; left out are pairs of one
   person, and those that wait for somebody's decision and are likelier one person than two.
2. m by expectation-maximisation on pairs that share a birth date or a name. The model that one begins with speaks as
   loudly as some pairs, so that a field which few records have keeps its weights. Where something contradicts, nothing
   is guessed true.
3. m again, from all pairs that share a key. Of pairs that agree alike, the share of true ones is first what the model
   guesses; what people decided of such pairs moves it, since the guess counts as GUESS_COUNTS decisions. Of pairs
   that something contradicts, people's decisions alone count.
4. The threshold for joining, where enough was decided: see `calibrated`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import log2, prod, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from .batch import Progress, candidate_pairs, edges, keep_small, load, records_in
from .fitting import SHIPPED_M_PAIRS, SHIPPED_U_PAIRS, between
from .model import Model
from .records import IdentityRecord
from .scorer import does_not_bridge, restricted, score
from .train import TRAINING_BLOCKS, _expectation_maximisation, _learn_u, patterns, put_truth, weights
from .vetoes import SAYING_NOTHING_AGAINST

# Below this, what expectation-maximisation found is no group of true pairs.
LEAST_AGREEMENT = 0.3
# What the model guesses of pairs that agree alike weighs as much as this many decisions on such pairs.
GUESS_COUNTS = 10
ROUNDS_FOR_PRIOR = 50
# No program guesses that such pairs are true: it would learn from brothers and sisters that they hardly matter.
CONTRADICTIONS = frozenset(
    {
        "surname_same_given_differs",
        "name_differs",
        "same_birth_month",
        "same_birth_year",
        "birth_differs",
        "nhs_contradicts",
        "upn_contradicts",
    }
)
# Of pairs joined by the program, so many at least are to be of one person, at the lower end of the interval.
LEAST_PRECISION = 0.995
Z_95 = 1.959964  # two-sided 95 %
Decided = Mapping[tuple[str, str], bool]  # two ids of records: whether a person said that they are one


class CannotTrain(Exception):
    """The sentence says why, to whoever asked for a model."""


@dataclass(frozen=True)
class Workshop:
    """Records and their pairs in DuckDB, with where each record stands."""

    connection: duckdb.DuckDBPyConnection
    row_of: dict[str, int]
    sources: tuple[str, ...]  # of each row


@contextmanager
def workshop(records: Iterable[IdentityRecord], progress: Progress | None = None) -> Iterator[Workshop]:
    row_of: dict[str, int] = {}
    sources: list[str] = []

    def noted() -> Iterator[IdentityRecord]:
        for record in records:
            row_of[record.id] = len(row_of)
            sources.append(record.source)
            yield record

    with TemporaryDirectory(prefix="engage-training-") as folder:
        connection = duckdb.connect()
        try:
            keep_small(connection, Path(folder))
            load(connection, noted(), progress=progress)
            candidate_pairs(connection)
            yield Workshop(connection, row_of, tuple(sources))
        finally:
            connection.close()


def learned(
    shop: Workshop,
    model: Model,
    *,
    persons: Mapping[str, str],
    decided: Decided,
    version: str,
    trained_on: str,
    sample_pairs: int = 1_000_000,
    seed: int = 1,
) -> Model:
    """A copy of `model` with new weights and prior; thresholds and vetoes stay. `persons`: who each record is taken to be."""
    connection, rows = shop.connection, len(shop.row_of)
    if connection.execute("SELECT count(*) FROM pairs").fetchall() == [(0,)]:
        raise CannotTrain("No two records share anything: there is nothing to learn from.")
    put_truth(connection, _taken_for_one(shop, model, persons, decided))
    all_pairs = rows * (rows - 1) / 2
    # Few records have few pairs to draw from.
    drawn = min(sample_pairs, round(2 * all_pairs))
    counted, comparable = _learn_u(connection, rows, model, drawn, seed)
    u = {
        field: between(
            counted[field],
            comparable[field] * all_pairs,
            {level.name: level.u for level in levels},
            SHIPPED_U_PAIRS,
        )
        for field, levels in model.comparisons.items()
    }
    by_guess = replace(
        model, comparisons=weights(model, learn_m(connection, model, u, never_true=CONTRADICTIONS), u)
    )
    alike = _alike(shop, model, decided)
    shares, prior = _shares_of_true(by_guess, alike, all_pairs)
    m = {field: {level.name: level.m for level in levels} for field, levels in by_guess.comparisons.items()}
    if decided:
        m = _m_of_shares(by_guess, alike, shares)
    return replace(
        model,
        version=version,
        trained_on=trained_on,
        prior=round(prior, 12),
        comparisons=weights(model, m, u),
    )


def _taken_for_one(shop: Workshop, model: Model, persons: Mapping[str, str], decided: Decided) -> list[str]:
    """The person of each row; records that wait to be joined and are likelier one than two are no strangers either.

    Otherwise a number that two records share would seem to be shared by strangers until somebody decides.
    """
    head: dict[str, str] = {}

    def first(person: str) -> str:
        while person in head:
            person = head[person]
        return person

    likelier_one = log2((1 - model.prior) / model.prior)
    for edge in edges(shop.connection, model):
        contradicted = any(veto.code not in SAYING_NOTHING_AGAINST for veto in edge.vetoes)
        two = False in (decided.get((edge.a_id, edge.b_id)), decided.get((edge.b_id, edge.a_id)))
        if edge.weight_bits > likelier_one and not contradicted and not two:
            a, b = (first(persons.get(one, one)) for one in (edge.a_id, edge.b_id))
            if a != b:
                head[a] = b
    return [first(persons.get(record_id, record_id)) for record_id in shop.row_of]


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


@dataclass
class Alike:
    """Pairs that agree alike, field by field: how many there are, and what people decided of some of them."""

    pairs: int = 0
    same: int = 0
    not_same: int = 0


def _alike(shop: Workshop, model: Model, decided: Decided) -> dict[tuple[int, ...], Alike]:
    """By the places of their levels, 0 where a field cannot be compared."""
    fields = list(model.comparisons)
    alike = {
        tuple(places): Alike(pairs=count)
        for *places, count in patterns(shop.connection, fields, "TRUE", "pairs")
    }
    for same in (True, False):
        rows = [
            sorted((shop.row_of[a], shop.row_of[b]))
            for (a, b), said in decided.items()
            if said is same and a in shop.row_of and b in shop.row_of
        ]
        shop.connection.register(
            "decided",
            pl.DataFrame(
                rows, schema={"join_key_l": pl.Int64, "join_key_r": pl.Int64}, orient="row"
            ).to_arrow(),
        )
        for *places, count in patterns(shop.connection, fields, "TRUE", "decided"):
            found = alike.setdefault(tuple(places), Alike())
            if same:
                found.same = count
            else:
                found.not_same = count
            # Two records that a person found and no key puts together are a pair all the same.
            found.pairs = max(found.pairs, found.same + found.not_same)
        shop.connection.unregister("decided")
    return alike


def _shares_of_true(
    model: Model, alike: Mapping[tuple[int, ...], Alike], all_pairs: float
) -> tuple[dict[tuple[int, ...], float], float]:
    """Of pairs that agree alike the share of true ones; and of all pairs."""
    levels = list(model.comparisons.values())
    contradicted = {
        places: any(place and levels[n][place - 1].name in CONTRADICTIONS for n, place in enumerate(places))
        for places in alike
    }
    times_likelier = {
        places: prod(
            levels[n][place - 1].m / levels[n][place - 1].u for n, place in enumerate(places) if place
        )
        for places in alike
    }
    prior, shares = model.prior, {}
    for _ in range(ROUNDS_FOR_PRIOR):
        odds = prior / (1 - prior)
        for places, found in alike.items():
            likelier = odds * times_likelier[places]
            guess = 0.0 if contradicted[places] else likelier / (1 + likelier)
            said = found.same + found.not_same
            shares[places] = (guess * GUESS_COUNTS + found.same) / (GUESS_COUNTS + said)
        true = sum(found.pairs * shares[places] for places, found in alike.items())
        # Never certain that all or none are: a handful of records would say so.
        prior = min(max((true + 0.5) / (all_pairs + 1), 1e-9), 0.5)
    return shares, prior


def _m_of_shares(
    model: Model, alike: Mapping[tuple[int, ...], Alike], shares: Mapping[tuple[int, ...], float]
) -> dict[str, dict[str, float]]:
    found_m = {}
    for n, (field, levels) in enumerate(model.comparisons.items()):
        true = dict.fromkeys((level.name for level in levels), 0.0)
        for places, found in alike.items():
            if places[n]:
                true[levels[places[n] - 1].name] += found.pairs * shares[places]
        total = sum(true.values())
        before = {level.name: level.m for level in levels}
        found_m[field] = (
            between({name: count / total for name, count in true.items()}, total, before, SHIPPED_M_PAIRS)
            if total
            else before
        )
    return found_m


# The threshold for joining --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calibrated:
    join_bits: float
    decided: int  # decided pairs that nothing speaks against: only such are ever joined by the program
    above: int  # of these, at the threshold and above
    same_above: int
    moved: bool


def calibrated(shop: Workshop, model: Model, decided: Decided, least: float = LEAST_PRECISION) -> Calibrated:
    """The least weight from which on so many decided pairs were of one person that the lower end of the Wilson interval
    (95 %) of their share reaches `least`. As before where no weight does: then too few were decided.

    Pairs below the threshold for asking are not decided by anybody, so that threshold stays.
    """
    rows_of = [
        (shop.row_of[a], shop.row_of[b], said)
        for (a, b), said in decided.items()
        if a in shop.row_of and b in shop.row_of
    ]
    known = records_in(shop.connection, {row for a, b, _ in rows_of for row in (a, b)})
    weighed = []
    for a, b, said in rows_of:
        found = score(known[a], known[b], model)
        if (
            not found.vetoes
            and not does_not_bridge(known[a], known[b])
            and not restricted(known[a], known[b])
        ):
            weighed.append((found.weight_bits, said))
    weighed.sort(reverse=True)
    join_bits, above, same_above, same, moved = model.join_bits, 0, 0, 0, False
    for n, (bits, said) in enumerate(weighed, 1):
        same += said
        last_of_its_weight = n == len(weighed) or weighed[n][0] < bits
        if last_of_its_weight and bits >= model.ask_contradicted_bits and wilson_lower(same, n) >= least:
            # A little below, so that the pair itself is at the threshold in every engine.
            join_bits, above, same_above, moved = round(bits - 5e-7, 6), n, same, True
    if not moved:
        at_or_above = [said for bits, said in weighed if bits >= join_bits]
        above, same_above = len(at_or_above), sum(at_or_above)
    return Calibrated(join_bits, len(weighed), above, same_above, moved)


def wilson_lower(hits: int, of: int) -> float:
    """Lower end of the Wilson interval (95 %) of a share."""
    share, z = hits / of, Z_95
    middle = share + z * z / (2 * of)
    return (middle - z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))) / (1 + z * z / of)

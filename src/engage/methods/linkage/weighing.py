"""How a pair was weighed, said so that somebody who never saw a formula can check it: field by field, in words and bits."""

import math
from dataclasses import dataclass

from .model import LEAST_U, LevelWeight, Model
from .records import StandardRecord
from .scorer import Score, level_of, score
from .vetoes import SAYING_NOTHING_AGAINST

WHAT_A_BIT_IS = (
    "One bit for it doubles how likely it is that both records tell of one person, one bit against halves it; ten bits "
    "make it about a thousand times likelier."
)


@dataclass(frozen=True, slots=True)
class WeighedField:
    field: str
    words: str  # "same date of birth"
    how_rare: str  # "1 in 4,600 pairs of strangers agree so, and 89 in 100 pairs of one person"
    bits: float

    @property
    def bits_words(self) -> str:
        return bits_words(self.bits)


@dataclass(frozen=True, slots=True)
class Weighing:
    fields: tuple[WeighedField, ...]
    not_compared: tuple[str, ...]  # fields that one of the two lacks, or both
    stops: tuple[str, ...]  # each veto, and what it means
    sum_bits: float
    join_bits: float
    to_be_even_bits: float  # what it takes until both are as likely one person as two
    model_version: str

    @property
    def sum_words(self) -> str:
        return bits_words(self.sum_bits)


def weighing(a: StandardRecord, b: StandardRecord, model: Model) -> Weighing:
    found = score(a, b, model)
    compared = [
        WeighedField(
            level.field, level.words, _how_rare(_weight(level.field, level.level, model)), level.bits
        )
        for level in found.levels
    ]
    return Weighing(
        fields=tuple(sorted(compared, key=lambda one: -one.bits)),
        not_compared=tuple(field for field in model.comparisons if level_of(field, a, b, model) is None),
        stops=_stops(found),
        sum_bits=found.weight_bits,
        join_bits=model.join_bits,
        to_be_even_bits=-math.log2(model.prior / (1 - model.prior)),
        model_version=model.version,
    )


def bits_words(bits: float) -> str:
    """ "12.0 for", "6.6 against"; what rounds to nothing says nothing."""
    rounded = round(bits, 1)
    if not rounded:
        return "nothing either way"
    return f"{abs(rounded):.1f} {'for' if rounded > 0 else 'against'}"


def how_often(chance: float) -> str:
    """Of a hundred where that is precise enough, else one in so many, to two figures."""
    if chance >= 0.995:
        return "nearly all"
    if chance >= 0.095:
        return f"{round(100 * chance)} in 100"
    # Training saw none at all where it says the least: so rare or rarer.
    least = "fewer than " if chance <= LEAST_U * 1.01 else ""
    return f"{least}1 in {_two_figures(1 / chance):,}"


def _how_rare(weight: LevelWeight) -> str:
    if weight.bits < 0:
        return (
            f"{how_often(weight.m)} pairs of one person are so, and {how_often(weight.u)} pairs of strangers"
        )
    return f"{how_often(weight.u)} pairs of strangers agree so, and {how_often(weight.m)} pairs of one person"


def _weight(field: str, level: str, model: Model) -> LevelWeight:
    return next(weight for weight in model.comparisons[field] if weight.name == level)


def _two_figures(count: float) -> int:
    unit = 10 ** max(0, math.floor(math.log10(count)) - 1)
    return round(count / unit) * unit


def _stops(found: Score) -> tuple[str, ...]:
    return tuple(
        f"{veto.words}. "
        + (
            "This says nothing against it: it means that a person decides, whatever the sum"
            if veto.code in SAYING_NOTHING_AGAINST
            else "This speaks against it: no program joins such a pair, whatever the sum"
        )
        for veto in found.vetoes
    )

"""How often the program joins rightly, and how many it misses, from the pairs that people decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engage.methods.proportions import wilson_interval

# Reviewed pairs below which a share is not told: its interval would span a third of the scale.
FEWEST_TO_SAY = 30


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate between 0 and 1, with the 95 % interval around it. `of`: the reviewed pairs behind it."""

    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Pairs of one kind: how many there are, how many of them people decided, how many of those were the same person."""

    pairs: int
    decided: int
    same: int

    @property
    def share(self) -> Share | None:
        return wilson(self.same, self.decided)


def wilson(found: int, of: int) -> Share | None:
    """The share `found / of` with Wilson's 95 % interval; None where fewer than thirty were asked."""
    interval = wilson_interval(found, of)
    if of < FEWEST_TO_SAY or interval is None:
        return None
    # At nothing and at all the ends meet the share but for the last bit.
    return Share(found / of, min(found / of, interval[0]), max(found / of, interval[1]), of)


def precision(joined: Reviewed) -> Share | None:
    """Of the pairs that the program joined, the share that are one person. None: too few to say."""
    return joined.share


def recall(joined: Reviewed, offered: Reviewed) -> Share | None:
    """Of the pairs that are one person, the share that the program joined by itself. None: too few to say.

    People decide a larger part of what is offered to them than of what is joined, so each kind counts by how many
    pairs of it there are. Pairs that the program left apart are unknown and in neither kind: the true share is lower
    by them. The interval takes the ends of both kinds against each other, so it is rather too wide than too narrow.
    """
    one, other = joined.share, offered.share
    if one is None or other is None:
        return None

    def found(joined_share: float, offered_share: float) -> float:
        right, missed = joined.pairs * joined_share, offered.pairs * offered_share
        return right / (right + missed) if right + missed else 0.0

    return Share(
        found(one.value, other.value),
        found(one.low, other.high),
        found(one.high, other.low),
        joined.decided + offered.decided,
    )


@dataclass(frozen=True, slots=True)
class Drift:
    """One field in the pairs of a time, against the model. Shares are of the pairs that compare the field."""

    field: str
    pairs: int
    first_level: str  # full agreement
    now: float  # share of pairs at the first level
    in_model: float  # the same, as the model expects of pairs that are one person
    moved: float  # share of pairs at another level than the model expects: 0 all as expected, 1 all elsewhere


def drift(levels_of_pairs: Iterable[Iterable[str]], model: Mapping[str, Mapping[str, float]]) -> list[Drift]:
    """`model`: by field its levels, the fullest agreement first, each with its m. In the order of the model; a field
    that fewer than thirty pairs compare is left out."""
    counts = Counter(level for levels in levels_of_pairs for level in levels)
    found = []
    for field, levels in model.items():
        pairs = sum(counts[level] for level in levels)
        if pairs < FEWEST_TO_SAY:
            continue
        whole = sum(levels.values())
        first = next(iter(levels))
        moved = sum(abs(counts[level] / pairs - m / whole) for level, m in levels.items()) / 2
        found.append(Drift(field, pairs, first, counts[first] / pairs, levels[first] / whole, moved))
    return found

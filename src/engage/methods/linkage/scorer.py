"""Score one pair of records in the process: the online engine, equal to the batch engine bit by bit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .levels import COMPARISONS, LevelFunction
from .model import Model
from .records import StandardRecord
from .vetoes import SAYING_NOTHING_AGAINST, Veto, does_not_bridge, restricted, vetoes_between

Decision = Literal["join", "ask", "apart"]
Holds = Callable[[StandardRecord, StandardRecord], bool]


@dataclass(frozen=True, slots=True)
class Level:
    field: str
    level: str
    bits: float  # for the pair being one person where positive, against where negative
    words: str


@dataclass(frozen=True, slots=True)
class Score:
    """`weight_bits` is the evidence: how many times likelier the agreements are in one person, as a power of 2.

    The prior is not within. Where one pair in 6,400 is true (12.6 bits), 20 bits leave odds of 170 to 1.
    """

    weight_bits: float
    levels: tuple[Level, ...]
    vetoes: tuple[Veto, ...]


def score(a: StandardRecord, b: StandardRecord, model: Model) -> Score:
    """How much speaks for both being one person. Fields that either record lacks say nothing."""
    levels = tuple(
        level for field in model.comparisons if (level := level_of(field, a, b, model)) is not None
    )
    return Score(
        weight_bits=sum(level.bits for level in levels),
        levels=levels,
        vetoes=vetoes_between(a, b, model.vetoes, model.one_row_per_person),
    )


def level_of(field: str, a: StandardRecord, b: StandardRecord, model: Model) -> Level | None:
    """None where the field cannot be compared."""
    name = level_name(field, a, b)
    return None if name is None else told_level(field, name, a, b, model)


def told_level(field: str, name: str, a: StandardRecord, b: StandardRecord, model: Model) -> Level:
    return Level(field, name, model.bits[field][name], COMPARISONS[field][name].words(a, b))


def level_name(field: str, a: StandardRecord, b: StandardRecord) -> str | None:
    """The level alone, for weighing many of whom few are told: None where the field cannot be compared."""
    not_comparable, levels = _HOLDS[field]
    if not_comparable(a, b):
        return None
    for name, holds in levels:
        if holds(a, b):
            return name
    raise AssertionError(f"the last level of {field} always holds")


def _holds(functions: dict[str, LevelFunction]) -> tuple[Holds, tuple[tuple[str, Holds], ...]]:
    (_, first), *others = ((name, function.holds) for name, function in functions.items())
    return first, tuple(others)


_HOLDS = {field: _holds(functions) for field, functions in COMPARISONS.items()}


def decide(score: Score, a: StandardRecord, b: StandardRecord, model: Model) -> Decision:
    """What the program may do: join (a veto forbids it), ask a person, or leave apart."""
    contradicted = any(veto.code not in SAYING_NOTHING_AGAINST for veto in score.vetoes)
    if score.weight_bits < (model.ask_contradicted_bits if contradicted else model.ask_bits):
        return "apart"
    never_by_program = does_not_bridge(a, b) or restricted(a, b)
    if score.weight_bits >= model.join_bits and not score.vetoes and not never_by_program:
        return "join"
    return "ask"


def explain(score: Score) -> str:
    """ "same date of birth; Kate is a form of Katherine; postcode differs": strongest for, then against."""
    strongest_first = sorted(score.levels, key=lambda level: -level.bits)
    reasons = [level.words for level in strongest_first if level.level != "same_sex"]
    warnings = [veto.words for veto in score.vetoes]
    return "; ".join([*reasons, *warnings]) or "nothing that can be compared"

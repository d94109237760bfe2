"""Our own model file: what is compared, what each agreement weighs, and when a person has to decide.

No saved model of another program is ever loaded: this file is rendered to each engine.
"""

import hashlib
import json
import math
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .levels import COMPARISONS, OF_ANY_FILE
from .vetoes import VETOES

MODELS = Path(__file__).with_name("models")
CURRENT_MODEL = MODELS / "2026-11.toml"
# No agreement is rarer among different people than this: numbers are copied from brother to sister.
LEAST_U = 2.0**-18


class ModelNotUsable(Exception):
    """The model file is damaged, was edited without a new hash, or names what this program does not know."""


@dataclass(frozen=True)
class LevelWeight:
    name: str
    m: float  # share of true pairs at this level, among those where the field can be compared
    u: float  # the same among pairs of different people

    @property
    def bits(self) -> float:
        return math.log2(self.m / self.u)


@dataclass(frozen=True)
class Model:
    version: str
    trained_on: str
    prior: float  # chance that two records drawn at random are one person; not part of the weight
    join_bits: float
    ask_bits: float
    ask_contradicted_bits: float  # the same where a veto speaks against the pair
    floor: float  # least m of any level: no contradiction is ever proof
    comparisons: dict[str, tuple[LevelWeight, ...]]
    vetoes: tuple[str, ...]
    # Registers with one row per person: two of their rows are two people until a person says otherwise.
    one_row_per_person: tuple[str, ...]

    @cached_property
    def bits(self) -> dict[str, dict[str, float]]:
        return {
            field: {level.name: level.bits for level in levels} for field, levels in self.comparisons.items()
        }

    @cached_property
    def hash(self) -> str:
        """Of what the model says, not of how the file is laid out."""
        said = json.dumps(_as_data(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()


def _as_data(model: Model) -> dict:
    return {
        "version": model.version,
        "trained_on": model.trained_on,
        "prior": model.prior,
        "join_bits": model.join_bits,
        "ask_bits": model.ask_bits,
        "ask_contradicted_bits": model.ask_contradicted_bits,
        "floor": model.floor,
        "vetoes": list(model.vetoes),
        "one_row_per_person": list(model.one_row_per_person),
        "comparisons": {
            field: {level.name: [level.m, level.u] for level in levels}
            for field, levels in model.comparisons.items()
        },
    }


def load_model(path: Path = CURRENT_MODEL) -> Model:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ModelNotUsable(f"{path.name} cannot be read as a linkage model: {problem}") from problem
    return read_model(text, path.name)


def read_model(text: str, name: str) -> Model:
    """`name` is how a refusal calls it."""
    try:
        said = tomllib.loads(text)
        if unknown := sorted(said.keys() - _KEYS):
            raise ModelNotUsable(
                f"{name} says more than this program knows ({', '.join(unknown)}): it is of a newer release"
            )
        model = Model(
            version=str(said["version"]),
            trained_on=str(said["trained_on"]),
            comparisons={
                field: tuple(
                    LevelWeight(level, _number(weight["m"]), _number(weight["u"]))
                    for level, weight in levels.items()
                )
                for field, levels in said["comparisons"].items()
            },
            vetoes=tuple(said["vetoes"]),
            one_row_per_person=tuple(said["one_row_per_person"]),
            **{number: _number(said[number]) for number in _NUMBERS},
        )
        # What is unknown comes first: a newer program's file is no edited one.
        _only_what_this_program_knows(model, name)
        fits = model.hash == said.get("hash")
    except (KeyError, TypeError, AttributeError, ValueError) as damaged:
        raise ModelNotUsable(f"{name} cannot be read as a linkage model: {damaged}") from damaged
    if not fits:
        raise ModelNotUsable(f"{name} was changed after it was made: its hash does not fit what it says")
    if not 0 < model.ask_bits <= model.ask_contradicted_bits <= model.join_bits < math.inf:
        raise ModelNotUsable(f"{name} would join two records on less evidence than it asks a person on")
    return model


def _number(said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise TypeError(f"{said!r} is no number")
    return said


_NUMBERS = ("prior", "join_bits", "ask_bits", "ask_contradicted_bits", "floor")
_KEYS = {"version", "hash", "trained_on", "vetoes", "one_row_per_person", "comparisons", *_NUMBERS}


def _only_what_this_program_knows(model: Model, name: str) -> None:
    for field, levels in model.comparisons.items():
        known = list(COMPARISONS.get(field, ()))[1:]
        if [level.name for level in levels] != known:
            raise ModelNotUsable(
                f"{name}: the levels of “{field}” are not those of this program; it is of another release"
            )
        if not all(0 < chance <= 1 for level in levels for chance in (level.m, level.u)):
            raise ModelNotUsable(f"{name}: m and u of “{field}” must lie above 0 and up to 1")
    if unknown := set(model.vetoes) - set(VETOES):
        raise ModelNotUsable(f"{name} names a veto unknown to this program: {sorted(unknown)}")


def untrained_model() -> Model:
    """Every level says nothing yet: what training begins with."""
    return Model(
        version="untrained",
        trained_on="nothing",
        prior=1e-4,
        join_bits=20.0,
        ask_bits=5.0,
        # Of contradicted pairs below this, none of 1,266 was true on a demo of another seed (99).
        ask_contradicted_bits=12.0,
        floor=0.01,
        comparisons={
            field: tuple(LevelWeight(name, 0.5, 0.5) for name in list(levels)[1:])
            for field, levels in COMPARISONS.items()
            if field not in OF_ANY_FILE
        },
        vetoes=tuple(VETOES),
        one_row_per_person=("social-care-people", "ssda903-header"),
    )


def model_text(model: Model) -> str:
    def listed(names: tuple[str, ...]) -> str:
        return "[\n" + "".join(f"  {json.dumps(name)},\n" for name in names) + "]"

    lines = [
        "# Linkage model. Made by engage.methods.linkage.train; an edit by hand needs a new hash.",
        f"version = {json.dumps(model.version)}",
        f"hash = {json.dumps(model.hash)}",
        f"trained_on = {json.dumps(model.trained_on, ensure_ascii=False)}",
        f"prior = {model.prior!r}",
        f"join_bits = {model.join_bits!r}",
        f"ask_bits = {model.ask_bits!r}",
        f"ask_contradicted_bits = {model.ask_contradicted_bits!r}",
        f"floor = {model.floor!r}",
        f"vetoes = {listed(model.vetoes)}",
        f"one_row_per_person = {listed(model.one_row_per_person)}",
    ]
    for field, levels in model.comparisons.items():
        lines += ["", f"[comparisons.{json.dumps(field)}]"]
        lines += [
            f"{level.name} = {{ m = {level.m!r}, u = {level.u!r} }} # {level.bits:+.1f} bits"
            for level in levels
        ]
    return "\n".join(lines) + "\n"


def write_model(model: Model, path: Path) -> None:
    path.write_text(model_text(model), encoding="utf-8")

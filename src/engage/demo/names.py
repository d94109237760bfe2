"""Invented names: any given name with any surname of one background, commoner names more often."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

# Letters that do not come apart into a letter and an accent.
LETTERS_WITHOUT_DECOMPOSITION = str.maketrans("ŁłØøĐđ", "LlOoDd")


@cache
def load(file_name: str) -> Any:
    return yaml.safe_load(files("engage.demo").joinpath("data", file_name).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class NameList:
    names: tuple[str, ...]
    weights: tuple[float, ...]

    def choose(self, rng: Random) -> str:
        return rng.choices(self.names, cum_weights=self.weights)[0]


@cache
def name_list(background: str, part: str) -> NameList:
    """`part` is girls, boys or surnames. The n-th name is chosen in proportion to 1 / (n + 12)."""
    names = tuple(load("names.yaml")[background][part])
    weights, total = [], 0.0
    for rank in range(len(names)):
        total += 1 / (rank + 12)
        weights.append(total)
    return NameList(names, tuple(weights))


def given_name(rng: Random, background: str, sex: str) -> str:
    return name_list(background, "girls" if sex == "F" else "boys").choose(rng)


def surname(rng: Random, background: str) -> str:
    return name_list(background, "surnames").choose(rng)


def other_forms(given: str) -> list[str]:
    """Short forms and other spellings people write for this name; empty where none is usual."""
    return list(load("nicknames.yaml").get(given, ()))


def plain_letters(text: str) -> str:
    """Łukasz as a system without those letters keeps it: Lukasz."""
    decomposed = unicodedata.normalize("NFKD", text.translate(LETTERS_WITHOUT_DECOMPOSITION))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))

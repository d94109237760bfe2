"""Asking Cedar what a profile may see and write, and why.

Data in, data out: the policy text beside this file and the sharing matrix decide,
and nothing is looked up anywhere else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, get_args

import cedarpy

from engage.reference import sharing_matrix

Action = Literal["see_any_child", "see_child_in_area", "see_child_in_circle", "see_named_child", "add"]
Owner = Literal["own", "party", "other"]
Label = Literal["full", "summary", "restricted", "sealed", "unverified", "raw"]

ACTIONS: tuple[Action, ...] = get_args(Action)
OWNERS: tuple[Owner, ...] = get_args(Owner)
LABELS: tuple[Label, ...] = get_args(Label)
SERVICES = ("service_receiver", "service_linker", "service_clock", "service_ledger", "service_retention")

HERE = Path(__file__).parent

LETTERS = {
    "F": "Letter F: full and summary rows, of the own agency and, by agreement, in the circle.",
    "S": "Letter S: summary rows alone.",
    "R": "Letter R: nothing is shown; the owner may be asked for a grant for one child.",
    "A": "Letter A: released tables alone.",
    "N": "Letter N: never, and no grant is possible.",
}


LETTERS_OF_RULES = ("F", "S", "N")  # R and A open nothing by rule: a grant, or released tables


class PolicyError(Exception):
    """A rule could not be evaluated. An answer without that rule could show too much."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A person or a job at work: one role, one stated purpose."""

    role: str
    purpose: str
    core_team: bool  # works in a team that answers for an area
    active: bool  # False for somebody who left, is suspended, or whose agency left


@dataclass(frozen=True)
class CompartmentClass:
    """All compartments of one category and label whose owner stands alike to the profile.

    `party` means: an agreement in force names owner, recipient, category and this purpose.
    """

    owner: Owner
    category: str
    label: Label


@dataclass(frozen=True)
class Explanation:
    """Why the answer is yes or no. `rules` are empty where no rule speaks and the default is no."""

    allowed: bool
    letter: str | None  # of the sharing matrix; None for services and for unknown roles
    rules: tuple[str, ...]
    sentences: tuple[str, ...]
    laws: tuple[str, ...]


@cache  # the text whose version is recorded is the text in force, even if the file is replaced meanwhile
def policy_text() -> str:
    return (HERE / "engage.cedar").read_text(encoding="utf-8")


@cache
def schema_text() -> str:
    return (HERE / "engage.cedarschema").read_text(encoding="utf-8")


def policy_version() -> str:
    """SHA-256 over the policy, its schema and the matrix: any change to one of them changes it."""
    matrix = sorted([role, category, letter] for (role, category), letter in sharing_matrix().items())
    whole = json.dumps([policy_text(), schema_text(), matrix], ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()


def rules_count() -> int:
    return len(_annotations())


def reach(
    profiles: Iterable[Profile], classes: Iterable[CompartmentClass]
) -> dict[tuple[Profile, CompartmentClass], frozenset[Action]]:
    """What each profile may do with each class of compartment."""
    classes = list(classes)
    answers = {}
    for profile in profiles:
        alike: dict[Hashable, list[CompartmentClass]] = defaultdict(list)
        for cls in classes:
            alike[_as_the_rules_see_it(profile, cls)].append(cls)
        results = iter(_ask(profile, [group[0] for group in alike.values()], ACTIONS))
        for group in alike.values():
            actions = frozenset(action for action in ACTIONS if next(results).allowed)
            answers.update({(profile, cls): actions for cls in group})
    return answers


def explain(profile: Profile, cls: CompartmentClass, action: Action) -> Explanation:
    """The answer to one question with the rules that decided it, for the information-governance lead."""
    return explain_all(profile, [cls], [action])[cls, action]


def explain_all(
    profile: Profile, classes: Iterable[CompartmentClass], actions: Iterable[Action]
) -> dict[tuple[CompartmentClass, Action], Explanation]:
    """Many questions on one profile, asked in one batch."""
    classes, actions = list(classes), list(actions)
    results = iter(_ask(profile, classes, actions))
    return {(cls, action): _explanation(profile, cls, next(results)) for cls in classes for action in actions}


def _explanation(profile: Profile, cls: CompartmentClass, result: cedarpy.AuthzResult) -> Explanation:
    letter = sharing_matrix().get((profile.role, cls.category))
    said = _annotations()
    rules = sorted(result.diagnostics.id_annotations_by_reason.values())
    sentences = [said[rule]["explain"] for rule in rules]
    if not rules:
        sentences = ["No rule allows this, and what no rule allows is refused."]
        if letter is not None:
            sentences.append(LETTERS[letter])
    return Explanation(
        allowed=result.allowed,
        letter=letter,
        rules=tuple(rules),
        sentences=tuple(sentences),
        laws=tuple(dict.fromkeys(said[rule]["law"] for rule in rules)),
    )


def rules_by_name(names: Iterable[str]) -> list[tuple[str, str, str]]:
    """(name, explanation, law) of each, in the order of the names."""
    said = _annotations()
    return [(name, said[name]["explain"], said[name]["law"]) for name in sorted(set(names))]


def _as_the_rules_see_it(profile: Profile, cls: CompartmentClass) -> Hashable:
    """Two categories that no rule names differ by their letter alone, so one question serves both.

    It saves about half of the time. Cedar has one other way to look into a word, `like`; a test
    keeps it out of the policy.
    """
    if cls.category in _words_of_the_policy():
        return cls
    letter = sharing_matrix().get((profile.role, cls.category))
    return cls.owner, letter if letter in LETTERS_OF_RULES else None, cls.label


def _ask(
    profile: Profile, classes: Iterable[CompartmentClass], actions: Iterable[Action]
) -> list[cedarpy.AuthzResult]:
    """One batch: for each class, each action in order."""
    classes = list(classes)
    kind = "Service" if profile.role in SERVICES else "Staff"
    principal = {"type": kind, "id": profile.role}
    context = json.dumps({"purpose": profile.purpose, "active": profile.active})
    requests = [
        {
            "principal": principal,
            "action": {"type": "Action", "id": action},
            "resource": _uid(cls),
            "context": context,
        }
        for cls in classes
        for action in actions
    ]
    entities = _compartments(frozenset(classes)).with_added_json_str(
        json.dumps([{"uid": principal, "attrs": _attributes(profile, kind), "parents": []}]), _schema()
    )
    results = cedarpy.is_authorized_batch(requests, _policy(), entities)
    for result in results:
        # Cedar passes over a rule that fails. A forbid passed over would show what it hides.
        if result.diagnostics.errors or result.decision is cedarpy.Decision.NoDecision:
            raise PolicyError("; ".join(map(str, result.diagnostics.errors)) or "no decision")
    return results


def _attributes(profile: Profile, kind: str) -> dict[str, object]:
    if kind == "Service":
        return {"role": profile.role}
    letters: dict[str, list[str]] = {"letter_f": [], "letter_s": [], "letter_n": []}
    for (role, category), letter in sharing_matrix().items():
        if role == profile.role and letter in LETTERS_OF_RULES:
            letters[f"letter_{letter.lower()}"].append(category)
    return {"role": profile.role, "core_team": profile.core_team, **letters}


def _uid(cls: CompartmentClass) -> dict[str, str]:
    return {"type": "Compartment", "id": f"{cls.owner}/{cls.category}/{cls.label}"}


@cache
def _policy() -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_str(policy_text())


@cache
def _words_of_the_policy() -> frozenset[str]:
    return frozenset(re.findall(r'"([^"]*)"', policy_text()))


@cache
def _schema() -> cedarpy.Schema:
    return cedarpy.Schema.from_str(schema_text())


@lru_cache(maxsize=8)
def _compartments(classes: frozenset[CompartmentClass]) -> cedarpy.Entities:
    return cedarpy.Entities.from_json_str(
        json.dumps(
            [
                {
                    "uid": _uid(cls),
                    "attrs": {"owner": cls.owner, "category": cls.category, "label": cls.label},
                    "parents": [],
                }
                for cls in classes
            ]
        ),
        _schema(),
    )


@cache
def _annotations() -> dict[str, dict[str, str]]:
    """The annotations of each rule by its @id."""
    parsed = json.loads(cedarpy.policies_to_json_str(policy_text()))["staticPolicies"]
    return {rule["annotations"]["id"]: rule["annotations"] for rule in parsed.values()}

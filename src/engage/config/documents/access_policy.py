"""docs/reference/access-policy.md, from the Cedar text and the sharing matrix."""

from __future__ import annotations

import json
from typing import Any

import cedarpy

from engage.practice.access.doors import ROLE_NAMES
from engage.practice.access.policy import PURPOSES, SERVICES, policy_text, purposes_of
from engage.reference import categories, roles, sharing_matrix

from .markdown import code, table, written

INTRODUCTION = """Everything is refused unless a permit below allows it, and a forbid beats every permit. The text that is in force is
`src/engage/practice/access/policy/engage.cedar`; how it is asked, and choices a reader may want to question, stand in the
README beside it. Marks of the law: **V** read at source, **P** known in part, **N** still to be checked by a lawyer.

A row with personal data lies in a **compartment**: whose it is, which category of data, which label. For a profile (role,
purpose, in a core team or not, active or not) five questions are asked of each compartment. The answers are kept as sets of
numbers that both walls compare; when they are compiled anew, and what this release has no page for, says
[look after access](../how-to/look-after-access.md)."""

QUESTIONS = {
    "see_any_child": "rows of any child: one's own agency's records, and what jobs of the software need",
    "see_child_in_area": "rows of children in the area of the reader's team",
    "see_child_in_circle": "rows of children with whom the reader has a live reason to work",
    "see_named_child": "restricted rows of children for whom the lead has named the reader",
    "add": "may write such rows",
}

LABELS = {
    "full": "everything of that category: letter F",
    "summary": "the short form, a row of its own: letters F and S",
    "restricted": "the named circle alone, in the owner's agency too",
    "sealed": "the named holder alone; no rule opens it to staff",
    "unverified": "persons of concern whom nobody has verified: police intelligence and the team manager",
    "raw": "the row as an agency sent it: that agency alone, letter F",
}

LETTERS = {
    "F": "full and summary rows",
    "S": "summary rows alone",
    "R": "nothing is shown; the owner may be asked. This release has no page for asking",
    "A": "counts and released tables alone. This release has none",
    "N": "never",
}


def page() -> str:
    parsed = json.loads(cedarpy.policies_to_json_str(policy_text()))["staticPolicies"]
    rules = sorted(
        parsed.values(), key=lambda rule: policy_text().index(f'@id("{rule["annotations"]["id"]}")')
    )
    permits = [rule for rule in rules if rule["effect"] == "permit"]
    forbids = [rule for rule in rules if rule["effect"] == "forbid"]
    return written(
        "Access policy",
        "engage.cedar and sharing-matrix.csv",
        INTRODUCTION,
        table(["Question", "Means"], [(code(word), means) for word, means in QUESTIONS.items()]),
        table(["Label", "Who"], [(code(word), means) for word, means in LABELS.items()]),
        f"## What is allowed ({len(permits)} rules)",
        *map(_rule, permits),
        f"## What is forbidden, whatever is allowed above ({len(forbids)} rules)",
        *map(_rule, forbids),
        "## The matrix",
        "What a role may see of a category, where a rule above opens it at all. A proposal: the partners' agreement overrides it.",
        table(["Letter", "Opens"], list(LETTERS.items())),
        _matrix(),
        "## Purposes",
        "Why somebody looks is part of the question. The first in a list is taken where nothing else is said.",
        table(
            ["Role", "Called", "May state"],
            [
                (code(role), ROLE_NAMES.get(role, ""), ", ".join(PURPOSES[one] for one in purposes_of(role)))
                for role in roles()
            ],
        ),
        "Jobs of the software act under names of their own: "
        + ", ".join(code(one) for one in SERVICES)
        + ".",
    )


def _rule(rule: dict[str, Any]) -> str:
    said = rule["annotations"]
    return f"### {said['id']}\n\n{said['explain']}\n\nLaw: {said['law']}"


def _matrix() -> str:
    matrix = sharing_matrix()
    return table(
        ["Category", "", *roles()],
        [
            (category, label, *(matrix[role, category] for role in roles()))
            for category, label in categories().items()
        ],
    )

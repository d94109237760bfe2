"""docs/reference/asvs.md: the security standard's requirements, and how far each is met."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from engage.reference import SecurityRequirement, security_requirements

from .markdown import code, table, written

CHAPTERS = {
    "1": "Encoding and sanitisation", "2": "Validation and business logic", "3": "Browsers", "4": "API and web services",
    "5": "Files", "6": "Authentication", "7": "Sessions", "8": "Authorisation", "9": "Self-contained tokens",
    "10": "OAuth and OpenID Connect", "11": "Cryptography", "12": "Secure communication", "13": "Configuration",
    "14": "Data protection", "15": "Secure coding and architecture", "16": "Security logging and errors", "17": "WebRTC",
}  # fmt: skip
STATES = ("met", "partly", "not met", "does not apply")

INTRODUCTION = """Every requirement of levels 1 and 2 of the OWASP Application Security Verification Standard 5.0.0, and how far this
release meets it. We judged this ourselves; nobody independent has checked it yet ([SECURITY](../../SECURITY.md)). A row that
is *met* names the test that holds it, or the page, setting or line where it can be read. *Partly* and *not met* say what is missing.
What a proxy, a disk or an office has to do is *partly* at best: nothing of ours can see whether it is done.

The ids are those of the standard (CC BY-SA 4.0, The OWASP Foundation); what each asks is said in our own short words, so
read the standard before you rely on one."""


def page() -> str:
    rows = security_requirements()
    parts = []
    for chapter, found in groupby(rows, key=lambda one: one.id.split(".")[0]):
        parts += [f"## V{chapter} {CHAPTERS[chapter]}", _table(list(found))]
    return written(
        "ASVS 5.0, levels 1 and 2", "src/engage/reference/asvs.csv", INTRODUCTION, _counts(rows), *parts
    )


def _counts(rows: tuple[SecurityRequirement, ...]) -> str:
    counted: Counter[tuple[int, str]] = Counter((one.level, one.state) for one in rows)
    return table(
        ["Level", *STATES, "all"],
        [
            (level, *(counted[level, state] for state in STATES), sum(one.level == level for one in rows))
            for level in (1, 2)
        ],
    )


def _table(rows: list[SecurityRequirement]) -> str:
    return table(
        ["Id", "Level", "What it asks", "State", "Where", "Remark"],
        [(one.id, one.level, one.summary, one.state, _where(one), one.remark) for one in rows],
    )


def _where(one: SecurityRequirement) -> str:
    return ", ".join(code(place.removeprefix("setting ")) for place in one.where)

"""Whether a slip in the rules would be noticed: `./run bench policy-mutants [--mutants 300] [--seed N] [--nightly]`.

Slips are made one at a time. In the policy: a rule left out, a condition left out, `&&` for `||`, `==` for `!=`, a word
left out of a list, when for unless. In the code: a query without `visible_to`, a comparison of the first wall, of the
stored sets or of the functions behind the second wall turned round. A slip in the policy is judged by the oracle of
classes, as the policy stands and with a permit for everything beside it; one in a query by the walk over the source;
one in the walls by the comparison of five answers (`./run bench access-oracle`) on a few worlds.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import random
import re
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

import django

from bench import figure, met

SEED = 20261102
NIGHTLY = 300
WORLDS = range(SEED, SEED + 60)
OPEN_HOUSE = '\n@id("open-house") permit (principal, action, resource);'
# Slips that change no answer, and why.
SAME_BECAUSE: dict[str, str] = {
    "intelligence-area-summary": "as the matrix stands, police intelligence has no letter S among C14 to C19",
    "intelligence-area-full: condition 3 left out": "as the matrix stands, police intelligence has letter F from C14 to C19",
    "unverified-persons-of-concern: condition 1 left out": "no-agreement refuses the rows of other owners too",
    "own-agency-as-sent: condition 0 left out": "as-sent-for-its-sender refuses other owners' rows as sent too",
    "first-look-and-return-add: without C03": "whoever the rule names has letter F there, which own-agency-add allows already",
    **{
        f"{rule} left out": "no-agreement refuses the rows of other owners too"
        for rule in (
            "core-team-area-identity: condition 2",
            "core-team-area-missing: condition 2",
            "core-team-area-judgement: condition 2",
            "intelligence-area-full: condition 1",
        )
    },
    "named-circle-letter-f: condition 0 left out": "no-agreement refuses the rows of other owners too",
    "own-agency-add: condition 0 left out": "write-in-own-name refuses to add for another owner too",
    **{
        f"first-look-and-return-add: without {role}": "with letter F own-agency-add allows it already; the helpline alone has S"
        for role in ("police_team", "social_worker", "team_manager", "drugs_worker", "sexual_health")
    },
}


@dataclass(frozen=True)
class Mutant:
    name: str
    where: str  # policy, query, first wall, second wall, stored sets
    text: str  # of the policy, or of the module, as it would stand


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--mutants", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument(
        "--nightly", action="store_true", help=f"{NIGHTLY} slips, however many are asked for"
    )
    chosen = arguments.parse_args()
    django.setup()
    from bench.access_oracle import fresh_database

    fresh_database("engage_mutants")
    started = time.monotonic()
    every = [*of_policy(), *of_queries(), *of_walls()]
    wanted = NIGHTLY if chosen.nightly else chosen.mutants
    drawn = random.Random(chosen.seed).sample(every, min(wanted, len(every)))
    survivors, explained = [], {}
    for mutant in drawn:
        if not killed(mutant):
            survivors.append(mutant)
            explained[mutant.name] = why(mutant)
            figure("policy-mutants", f"survivor: {mutant.name}", why(mutant) or "not explained", "")
    for where in sorted({mutant.where for mutant in drawn}):
        mine = [mutant for mutant in drawn if mutant.where == where]
        figure(
            "policy-mutants",
            f"killed: {where}",
            sum(m not in survivors for m in mine),
            "mutants",
            of=len(mine),
        )
    meaningful = len(drawn) - sum(map(bool, explained.values()))
    dead = len(drawn) - len(survivors)
    figure(
        "policy-mutants",
        "killed",
        dead,
        "mutants",
        of=len(drawn),
        there_are=len(every),
        share_of_those_that_change_an_answer=round(dead / meaningful, 4),
        wanted="at least 0.99 of those that change an answer",
        met=met(dead / meaningful >= 0.99),
        seed=chosen.seed,
        seconds=round(time.monotonic() - started, 1),
    )
    if dead / meaningful < 0.99:
        raise SystemExit(1)


def why(mutant: Mutant) -> str:
    return next((reason for name, reason in SAME_BECAUSE.items() if name in mutant.name), "")


def killed(mutant: Mutant) -> bool:
    if mutant.where == "policy":
        return killed_by_classes(mutant.text)
    if mutant.where == "query":
        return killed_by_the_walk(mutant.text)
    return killed_by_worlds(mutant)


# ------------------------------------------------------------------------------------ policy


def of_policy() -> Iterator[Mutant]:
    """Those alone that the schema lets pass: any other would never come into force."""
    import cedarpy

    from engage.practice.access.policy import policy_text, schema_text

    for mutant in _of_text(policy_text()):
        if cedarpy.validate_policies(mutant.text, schema_text()).validation_passed:
            yield mutant


def _of_text(text: str) -> Iterator[Mutant]:
    for start, body, end, name in rules(text):
        yield Mutant(f"{name}: left out", "policy", text[:start] + text[end:])
        for slip, changed in slips(text[body:end]):
            yield Mutant(f"{name}: {slip}", "policy", text[:body] + changed + text[end:])


def rules(text: str) -> Iterator[tuple[int, int, int, str]]:
    """Where each rule starts with its annotations, where it goes on after them, where it ends, and its name."""
    for found in re.finditer(r'@id\("([^"]+)"\)(?:\s*@\w+\("[^"]*"\))*\s*', text):
        yield found.start(), found.end(), text.index(";\n", found.end()) + 1, found.group(1)


def slips(rule: str) -> Iterator[tuple[str, str]]:
    head = rule.index(")\n") if ")\n" in rule else 0
    for n, found in enumerate(re.finditer(r"&&|\|\|", rule)):
        other = "||" if found.group() == "&&" else "&&"
        yield f"{other} for {found.group()} ({n})", rule[: found.start()] + other + rule[found.end() :]
    for n, found in enumerate(re.finditer(r"==|!=", rule)):
        if found.start() > head and "==" in found.group():
            yield f"!= for == ({n})", rule[: found.start()] + "!=" + rule[found.end() :]
    for n, found in enumerate(re.finditer(r"\n  [^\n]*?(?= &&\n)", rule)):
        yield f"condition {n} left out", rule[: found.start()] + "\n  true" + rule[found.end() :]
    for found in re.finditer(r'(?:, )?"(\w+)"(?:, )?(?=[^\[\]]*\])', rule):
        both = found.group().startswith(",") and found.group().endswith(", ")
        rest = rule[: found.start()] + (", " if both else "") + rule[found.end() :]
        yield f"without {found.group(1)}", rest
    if "unless {" in rule:
        yield "when for unless", rule.replace("unless {", "when {", 1)


def killed_by_classes(text: str) -> bool:
    """By the oracle, as the policy stands, and by what must stay shut beside a permit for everything."""
    from tests.unit.policy.every_question import differences, never_opened

    for profile in profiles():
        with in_force(text):
            if next(iter(differences([profile])), None):
                return True
    for profile in profiles():
        with in_force(text + OPEN_HOUSE):
            if next(iter(never_opened([profile])), None):
                return True
    return False


@contextmanager
def in_force(text: str) -> Iterator[None]:
    import cedarpy

    from engage.practice.access.policy import decide

    words = frozenset(re.findall(r'"([^"]*)"', text))
    parsed = cedarpy.PolicySet.from_str(text)
    with (
        mock.patch.object(decide, "_policy", lambda: parsed),
        mock.patch.object(decide, "_words_of_the_policy", lambda: words),
    ):
        yield


def profiles() -> list:
    """Those who differ most come first."""
    from tests.unit.policy.oracle import ROLES

    from engage.practice.access.policy import PURPOSES, SERVICES, Profile

    first = [
        "police_intel",
        "social_worker",
        "team_manager",
        "police_team",
        *SERVICES,
        "sys_admin",
        "board_analyst",
    ]
    roles = [*first, *(role for role in ROLES if role not in first)]
    usual = [Profile(role=r, purpose="protect_this_child", core_team=True, active=True) for r in roles]
    more = [
        *(Profile(role=r, purpose="protect_this_child", core_team=False, active=True) for r in roles[:4]),
        *(Profile(role=r, purpose="protect_this_child", core_team=True, active=False) for r in roles[:5]),
        *(
            Profile(role=r, purpose=p, core_team=True, active=True)
            for p in (*PURPOSES, "curiosity")
            if p != "protect_this_child"
            for r in ("police_intel", "team_manager", "police_team", "helpline", "service_receiver")
        ),
    ]
    return usual + more


# ------------------------------------------------------------------------------------ queries


def of_queries() -> Iterator[Mutant]:
    """Every query of the pages, the API and the jobs without its filter."""
    from tests.architecture.test_reading_through_the_first_wall import MODULES, inside

    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        for n, found in enumerate(re.finditer(r"\.objects\.visible_to\([^()]*(?:\([^()]*\))?[^()]*\)", text)):
            changed = text[: found.start()] + ".objects.all()" + text[found.end() :]
            yield Mutant(f"{inside(path)}: query {n} without visible_to", "query", changed)


def killed_by_the_walk(text: str) -> bool:
    from tests.architecture.test_reading_through_the_first_wall import reads_past_the_wall

    try:
        return bool(reads_past_the_wall(text))
    except SyntaxError:
        return True


# ------------------------------------------------------------------------------------ the walls

SLIPS_IN_CODE = [
    ("<=", "<"), ("<", "<="), ("<>", "="), (" and ", " or "), (" AND ", " OR "), (" OR ", " AND "), (" > ", " >= "),
    ("__lte", "__lt"), ("__gt", "__gte"), ("in_area", "any_child"), ("named_people", "people"), ("is not None", "is None"),
    (" not in ", " in "), ("== purpose", "!= purpose"), ("if named}", "if True}"), ("<> ALL", "= ANY"),
]  # fmt: skip


def of_walls() -> Iterator[Mutant]:
    from engage.practice.access import guarded, reach

    sources: list[tuple[str, object, str]] = [
        ("first wall", guarded, "SeenUnder.as_sql"),
        ("first wall", guarded, "GuardedQuerySet.visible_to"),
        ("first wall", reach, "circle_of"),
        ("first wall", reach, "_barred_from"),
        ("stored sets", reach, "compile_reach"),
    ]
    for where, module, name in sources:
        function: object = module
        for part in name.split("."):
            function = getattr(function, part)
        source = without_words(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))  # type: ignore[arg-type]
        for slip, text in code_slips(source):
            try:
                compile(text, slip, "exec")
            except SyntaxError:
                continue
            yield Mutant(f"{module.__name__.rsplit('.', 1)[-1]}.{name}: {slip}", where, text)  # type: ignore[attr-defined]
    for function, source in FUNCTIONS.items():
        for slip, text in code_slips(source):
            yield Mutant(f"{function}: {slip}", "second wall", text)


def without_words(source: str) -> str:
    """Without comments and docstrings, in which a slip changes nothing."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.unparse(tree)


# Bodies of the functions behind the second wall, as the last migration left them.
FUNCTIONS = {
    "engage_read_people()": """SELECT coalesce(array_agg(DISTINCT person_id), '{}') FROM access_circlemember
        WHERE staff_id = engage_staff() AND starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now())
        AND kind <> 'stated'""",
    "engage_read_named_people()": """SELECT coalesce(array_agg(DISTINCT person_id), '{}') FROM access_circlemember WHERE named
        AND staff_id = engage_staff() AND starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now())""",
    "engage_restricted()": """SELECT coalesce(array_agg(DISTINCT person_id), '{}') FROM access_restriction
        WHERE starts_at <= engage_now() AND (ends_at IS NULL OR ends_at > engage_now())""",
}


def code_slips(source: str) -> Iterator[tuple[str, str]]:
    for old, new in SLIPS_IN_CODE:
        for n, found in enumerate(re.finditer(re.escape(old) + ("(?![=>])" if old == "<" else ""), source)):
            yield (
                f"{new.strip()} for {old.strip()} ({n})",
                source[: found.start()] + new + source[found.end() :],
            )


def killed_by_worlds(mutant: Mutant) -> bool:
    """By the comparison of five answers. A slip that raises is noticed at once."""
    from django.db import DatabaseError
    from tests.oracle.asking import ask_cedar_beforehand, compare

    ask_cedar_beforehand()
    try:
        with put_in(mutant):
            return compare(WORLDS, until=1).differences > 0
    except (DatabaseError, TypeError, ValueError, LookupError, AttributeError, NameError, AssertionError):
        return True
    except RuntimeError:  # NoAccessContext
        return True


@contextmanager
def put_in(mutant: Mutant) -> Iterator[None]:
    if mutant.where == "second wall":
        with put_into_the_database(mutant):
            yield
        return
    from engage.practice.access import gate, guarded, reach

    where, _, name = mutant.name.partition(": ")[0].partition(".")
    module = {"guarded": guarded, "reach": reach}[where]
    *holders, attribute = name.split(".")
    holder: object = module
    for one in holders:
        holder = getattr(holder, one)
    made: dict[str, Callable] = {}
    exec(
        compile("from __future__ import annotations\n" + mutant.text, mutant.name, "exec"),
        module.__dict__,
        made,
    )
    with mock.patch.object(holder, attribute, made[attribute]):
        if hasattr(gate, attribute):
            with mock.patch.object(gate, attribute, made[attribute]):
                yield
        else:
            yield


@contextmanager
def put_into_the_database(mutant: Mutant) -> Iterator[None]:
    from django.db import connections

    function = mutant.name.partition(": ")[0]
    define = (
        "CREATE OR REPLACE FUNCTION {} RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public"
        " AS $$ {} $$"
    )
    with connections["owner"].cursor() as owner:
        owner.execute(define.format(function, mutant.text))
    try:
        yield
    finally:
        with connections["owner"].cursor() as owner:
            owner.execute(define.format(function, FUNCTIONS[function]))


if __name__ == "__main__":
    main()

"""What a new model would change, and for whom: in counts, for whoever decides whether to adopt it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from .batch import Progress, edges
from .model import Model
from .scorer import Decision
from .training import Workshop

MOVED_BITS = 0.5
FEWER_THAN = 5
FEW = f"fewer than {FEWER_THAN}"
NOT_SHOWN = "not shown"  # the rest would give away the one that is fewer than five
# Of whom each pair is, by what the two records say.
GROUPS = ("agency", "sex", "date of birth")
Change = tuple[Decision, Decision]  # before, after


@dataclass(frozen=True)
class Moved:
    field: str
    level: str
    before: float
    after: float  # bits


@dataclass(frozen=True)
class Changes:
    moved: tuple[Moved, ...]
    pairs: Mapping[Change, int]
    # For each change and group (see GROUPS) how many pairs. A pair between two agencies counts at both.
    of_whom: Mapping[Change, Mapping[str, Mapping[str, int]]]


def moved_weights(before: Model, after: Model) -> tuple[Moved, ...]:
    """Largest first."""
    found = [
        Moved(field, level.name, before.bits[field][level.name], level.bits)
        for field, levels in after.comparisons.items()
        if field in before.bits
        for level in levels
        if abs(level.bits - before.bits[field][level.name]) > MOVED_BITS
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.after - one.before), one.field, one.level)))


def changes(shop: Workshop, before: Model, after: Model, progress: Progress | None = None) -> Changes:
    """Of all pairs that share a key, those whose decision by the program is another one."""
    was = _decisions(shop, before, progress)
    now = _decisions(shop, after, progress)
    changed = {
        pair: (was.get(pair, "apart"), now.get(pair, "apart"))
        for pair in was.keys() | now.keys()
        if was.get(pair) != now.get(pair)
    }
    said = _said(shop.connection, {row for pair in changed for row in pair})
    of_whom: dict[Change, dict[str, Counter[str]]] = defaultdict(
        lambda: {group: Counter() for group in GROUPS}
    )
    for (a, b), change in changed.items():
        counted = of_whom[change]
        counted["agency"].update({shop.sources[a], shop.sources[b]})
        counted["sex"][_of_two(said[a][0], said[b][0])] += 1
        with_date = bool(said[a][1]) + bool(said[b][1])
        counted["date of birth"][("neither has one", "one has none", "both have one")[with_date]] += 1
    return Changes(moved_weights(before, after), Counter(changed.values()), of_whom)


def _decisions(shop: Workshop, model: Model, progress: Progress | None) -> dict[tuple[int, int], Decision]:
    return {
        (shop.row_of[edge.a_id], shop.row_of[edge.b_id]): edge.decision
        for edge in edges(shop.connection, model, progress)
    }


def _said(connection: duckdb.DuckDBPyConnection, rows: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Sex and date of birth."""
    wanted = pl.DataFrame({"row_number": sorted(rows)}, schema={"row_number": pl.Int64})
    connection.register("wanted", wanted.to_arrow())
    found = connection.execute("SELECT row_number, sex, dob FROM people JOIN wanted USING (row_number)")
    said = {row: (sex, dob) for row, sex, dob in found.fetchall()}
    connection.unregister("wanted")
    return said


def _of_two(one: str, other: str) -> str:
    if one and other and one != other:
        return "told differently"
    return {"F": "female", "M": "male", "": "not known"}[one or other]


def shown(counts: Mapping[str, int], *, add_up: bool) -> dict[str, str]:
    """Counts as they may be shown. Where they `add_up` to a total that is shown, one small count alone could be worked
    out from the others: then the next smallest is not shown either."""
    found = {name: FEW if count < FEWER_THAN else f"{count:,}" for name, count in counts.items()}
    small = [name for name, count in counts.items() if count < FEWER_THAN]
    if add_up and len(small) == 1 and len(counts) > 1:
        next_smallest = min((count, name) for name, count in counts.items() if name not in small)[1]
        found[next_smallest] = NOT_SHOWN
    return found


def in_words(found: Changes) -> list[str]:
    """Lines of text without any name or id."""
    lines = [f"Weights that moved by more than {MOVED_BITS} bits: {len(found.moved) or 'none'}"]
    lines += [
        f"  {one.field}: {one.level.replace('_', ' ')}: {one.before:+.1f} → {one.after:+.1f}"
        for one in found.moved
    ]
    lines += ["", f"Pairs that the program would decide otherwise: {'' if found.pairs else 'none'}".rstrip()]
    for change in sorted(found.pairs):
        before, after = change
        (count,) = shown({"": found.pairs[change]}, add_up=False).values()
        lines.append(f"  {before} → {after}: {count}")
        if found.pairs[change] < FEWER_THAN:
            continue  # of whom they are would say too much
        for group, counts in found.of_whom[change].items():
            told = shown(counts, add_up=group != "agency")
            lines.append(f"    {group}: " + ", ".join(f"{name} {told[name]}" for name in sorted(told)))
    return lines

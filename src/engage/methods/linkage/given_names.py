"""Which given names are forms of one another: Kate of Katherine, Mo of Muhammad, Shevaun of Siobhan."""

import csv
from functools import cache, lru_cache
from pathlib import Path

from nicknames import NickNamer

OWN_TABLE = Path(__file__).with_name("nicknames.csv")


@cache
def _own_table() -> tuple[dict[str, set[str]], set[frozenset[str]], set[str]]:
    canonicals: dict[str, set[str]] = {}
    separate: set[frozenset[str]] = set()
    with OWN_TABLE.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["kind"] == "separate":
                separate.add(frozenset((row["name"], row["canonical"])))
            else:
                canonicals.setdefault(row["name"], set()).add(row["canonical"])
    heads = {head for heads in canonicals.values() for head in heads}
    return canonicals, separate, heads


@cache
def _published_table() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=100_000)
def forms_of(name: str) -> tuple[str, ...]:
    """The name itself and each full name it may stand for; two names meet if these overlap.

    Our own table comes first. The published one (North American) speaks only of names ours does not know,
    less the pairs ours keeps apart because sisters or brothers here bear both.
    """
    own, separate, heads = _own_table()
    if name in own:
        return tuple(sorted({name, *own[name]}))
    if name in heads:
        return (name,)
    published = {
        full
        for full in _published_table().canonicals_of(name)
        if frozenset((name, full)) not in separate and frozenset((name, "*")) not in separate
    }
    return tuple(sorted({name, *published}))

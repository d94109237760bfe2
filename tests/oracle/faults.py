"""Faults put into the oracle one by one. Each stands for the same slip in a wall: had one of the five answers it,
the comparison would differ in the same places. One that is not noticed shows a hole in the worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

from tests.oracle import rows

FAULTS: dict[str, tuple[str, Callable]] = {
    "an agreement still counts at its end": ("in_force", lambda a, at: a.starts_at <= at <= a.ends_at),
    "an agreement counts only after its start": ("in_force", lambda a, at: a.starts_at < at < a.ends_at),
    "an agreement never ends": ("in_force", lambda a, at: a.starts_at <= at),
    "agreements are forgotten": ("standing", lambda w, k, r: _own_or(w, k, r, "other")),
    "every agency is a party": ("standing", lambda w, k, r: _own_or(w, k, r, "party")),
    "the purpose of an agreement is forgotten": ("names", lambda a, k, r: _names(a, k, r, "purpose")),
    "the categories of an agreement are forgotten": ("names", lambda a, k, r: _names(a, k, r, "category")),
    "the recipients of an agreement are forgotten": ("names", lambda a, k, r: _names(a, k, r, "recipient")),
    "any area will do": ("in_area", lambda row, team: True),
    "the area shows nothing": ("in_area", lambda row, team: False),
    "a circle still counts at its end": (
        "live", lambda m, at: m.starts_at <= at and (m.ends_at is None or at <= m.ends_at)),
    "a circle never ends": ("live", lambda m, at: m.starts_at <= at),
    "a circle counts before its start": ("live", lambda m, at: m.ends_at is None or at < m.ends_at),
    "everybody works with everybody": ("works_with", lambda w, r, p, at: True),
    "whoever works with a child is named for it": ("named_for", lambda w, r, p, at: rows.works_with(w, r, p, at)),
    "a conflict of interest is forgotten": ("conflict", lambda w, r, p: False),
    "a restriction is forgotten": ("restricted", lambda w, p, at: False),
    "a restriction never ends": (
        "restricted", lambda w, p, at: any(one.person == p and one.starts_at <= at for one in w.restrictions)),
    "a restriction still counts at its end": (
        "restricted", lambda w, p, at: any(one.person == p and one.starts_at <= at
                                           and (one.ends_at is None or at <= one.ends_at) for one in w.restrictions)),
    "a restriction counts only after its start": (
        "restricted", lambda w, p, at: any(one.person == p and one.starts_at < at
                                           and (one.ends_at is None or at < one.ends_at) for one in w.restrictions)),
    "a restriction binds jobs too": ("kept_from", lambda w, r, p, at: rows.conflict(w, r, p) or (
        rows.restricted(w, p, at) and not rows.named_for(w, r, p, at))),
    "a protected address is forgotten": ("address_protected", lambda w, p, at: False),
    "a protected address is protected for good": (
        "address_protected", lambda w, p, at: any(one.person == p and one.starts_at <= at for one in w.protected)),
    "whoever works with a child is named for its address": (
        "named_for_location", lambda w, r, p, at: rows.works_with(w, r, p, at)),
    "school is no place": ("tells_where", lambda row: row.category in ("C01L", "C03P")),
    "whoever left goes on reading": ("at_work", lambda reader: reader.agency.active),
    "an agency that left goes on reading": ("at_work", lambda reader: reader.status == "active"),
    "a summary is as good as the full row": ("oracle", lambda **k: _class(**{**k, "label": _full(k["label"])})),
    "C17 is like any category": ("oracle", lambda **k: _class(**{**k, "category": "C16"}) if k["category"] == "C17" else _class(**k)),
    "a purpose is as good as another": ("oracle", lambda **k: _class(**{**k, "purpose": "protect_this_child"})),
}  # fmt: skip
_class = rows.oracle


def _own_or(world, asking, row, other: str) -> str:
    return "own" if row.owner == asking.reader.agency.name else other


def _names(agreement, asking, row, forgotten: str) -> bool:
    asked = {
        "owner": row.owner in agreement.owners,
        "recipient": asking.reader.agency.name in agreement.recipients,
        "category": row.category in agreement.categories,
        "purpose": asking.purpose in agreement.purposes,
    }
    return all(yes for what, yes in asked.items() if what != forgotten)


def _full(label: str) -> str:
    return "full" if label == "summary" else label


@contextmanager
def with_fault(name: str) -> Iterator[None]:
    where, wrong = FAULTS[name]
    with mock.patch.object(rows, where, wrong):
        yield

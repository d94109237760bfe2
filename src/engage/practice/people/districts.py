"""In which teams' areas a child is, from what agencies say of where the child lives or is placed."""

from __future__ import annotations

from collections.abc import Iterable

from engage.reference import ELSEWHERE, district_number, districts

EVERY_AREA = (1 << len(districts())) - 1


def bits_named(names: Iterable[str]) -> int:
    """The bits of the districts we know by these names; other text says nothing."""
    elsewhere = districts().index(ELSEWHERE)
    bits = 0
    for name in names:
        number = district_number(name)
        # A town we do not know, or a misspelt one, must not take a child out of every team's sight.
        if number != elsewhere or name.strip().casefold() == ELSEWHERE:
            bits |= 1 << number
    return bits


def area_from(bits: int) -> int:
    """A child whose district nobody knows is in every area, so that nobody falls between."""
    return bits or EVERY_AREA

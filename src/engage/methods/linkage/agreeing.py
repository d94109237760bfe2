"""How the two rows of each pair agree, as one number: many pairs are of few kinds, and what holds of one holds of its kind.

In the lowest bits stands the level of the first field (0: it cannot be compared), then of the next; above them, for each
veto that is asked for, whether it holds.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate

from .levels import (
    CLOSE_GIVEN_SQL,
    CLOSE_SURNAME_SQL,
    COMPARISONS,
    FORM_OF_GIVEN,
    SAME_GIVEN,
    SHARED_SURNAME,
)
from .render_splink import condition

# As many bits as the places of a field's levels take.
BITS = {field: (len(levels) - 1).bit_length() for field, levels in COMPARISONS.items()}
POSTCODES = "list_has_any({l}.postcodes, {r}.postcodes)"
DOB_KEYSTROKE = "damerau_levenshtein({l}.dob, {r}.dob) <= 1"
SAME_SURNAME = "({l}.surname <> '' AND {l}.surname = {r}.surname)"
# Conditions of levels and vetoes that are found out once for each pair, and how: what is equal before what is alike. A name
# is a form of itself; one keystroke in a date of eight digits leaves its year as it is, or its last three.
SHARED: dict[str, tuple[str, str]] = {
    "form_of_given": (FORM_OF_GIVEN, f"if({SAME_GIVEN}, TRUE, {FORM_OF_GIVEN})"),
    "shared_surname": (SHARED_SURNAME, f"if({SAME_SURNAME}, TRUE, {SHARED_SURNAME})"),
    "close_given": (CLOSE_GIVEN_SQL, f"if({SAME_GIVEN}, TRUE, {CLOSE_GIVEN_SQL})"),
    "close_surname": (CLOSE_SURNAME_SQL, f"if({SAME_SURNAME}, TRUE, {CLOSE_SURNAME_SQL})"),
    "shared_postcode": (POSTCODES, POSTCODES),
    "dob_keystroke": (
        DOB_KEYSTROKE,
        "if({l}.dob = {r}.dob, TRUE, "
        "if(substr({l}.dob, 1, 4) = substr({r}.dob, 1, 4) OR substr({l}.dob, 6) = substr({r}.dob, 6), "
        f"{DOB_KEYSTROKE}, FALSE))",
    ),
}


def agreements(pairs: str, fields: Sequence[str], vetoes: Mapping[str, str] | None = None) -> str:
    """In SQL: join_key_l, join_key_r and agreement of each of the `pairs` of rows of `people`. Vetoes: as VETOES_IN_SQL."""
    *first_bits, first_veto = _first_bits(fields)
    parts = [f"{_level(field)} << {bit}" for field, bit in zip(fields, first_bits, strict=True)]
    parts += [
        f"if({sql}, 1::BIGINT, 0) << {bit}" for bit, sql in enumerate((vetoes or {}).values(), first_veto)
    ]
    agreement = " + ".join(f"({part})" for part in parts)
    for name, (said, _) in SHARED.items():
        agreement = agreement.replace(said, name)
    columns = sorted(set(re.findall(r"{[lr]}\.(\w+)", agreement)))
    sides = [f"{side}.{column} AS {column}_{side}" for column in columns for side in "lr"]
    shared = [
        f"{found.format(l='l', r='r')} AS {name}" for name, (_, found) in SHARED.items() if name in agreement
    ]
    return f"""
        SELECT join_key_l, join_key_r, {condition(agreement)} AS agreement FROM (
            SELECT {", ".join(("join_key_l", "join_key_r", *sides, *shared))} FROM {pairs}
            JOIN people AS l ON l.row_number = join_key_l JOIN people AS r ON r.row_number = join_key_r
        )
    """


def _level(field: str) -> str:
    cases = " ".join(
        f"WHEN {function.sql} THEN {place}" for place, function in enumerate(COMPARISONS[field].values())
    )
    return f"(CASE {cases} END)::BIGINT"


def _first_bits(fields: Sequence[str]) -> list[int]:
    """Of each field, and of the vetoes."""
    return [0, *accumulate(BITS[field] for field in fields)]


def places(agreement: int, fields: Sequence[str]) -> tuple[int, ...]:
    """Of each field the place of its level."""
    return tuple(
        agreement >> bit & (1 << BITS[field]) - 1
        for field, bit in zip(fields, _first_bits(fields), strict=False)
    )


def holds(agreement: int, fields: Sequence[str]) -> bool:
    """Whether the first veto does, or what was asked for in its place."""
    return bool(agreement >> _first_bits(fields)[-1] & 1)


def vetoes_in_sql(fields: Sequence[str], vetoes: Mapping[str, str]) -> str:
    """In SQL: the codes of those that hold, of the column `agreement`."""
    held = (
        f"if(agreement >> {bit} & 1 = 1, '{code}', NULL)"
        for bit, code in enumerate(vetoes, _first_bits(fields)[-1])
    )
    return f"list_filter([{', '.join(held)}], lambda code: code IS NOT NULL)"

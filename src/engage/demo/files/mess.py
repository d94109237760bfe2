"""The faults agencies send: each returns rows with a few of them, so that receipts show every outcome.

A spoilt row is a copy with a reference of its own, or comes back mended in the next increment,
so that no child is lost from the demo.
"""

from __future__ import annotations

from engage.demo.files.sheets import Row

DAY_THAT_DOES_NOT_EXIST = "31/02/2012"


def spoil(rows: list[Row], reference: str, *, dates: tuple[str, ...], codes: dict[str, str]) -> list[Row]:
    """Adds copies: one for each of `dates` with no such day, one without its reference, one for each code."""
    if len(rows) < 12:
        return rows
    spoilt = list(rows)
    step = len(rows) // (len(dates) + len(codes) + 2)
    for place, column in enumerate(dates, start=1):
        source = rows[place * step]
        spoilt.append(source | {column: DAY_THAT_DOES_NOT_EXIST, reference: source[reference] + "X"})
    spoilt.append(rows[(len(dates) + 1) * step] | {reference: ""})
    for place, (column, code) in enumerate(codes.items(), start=len(dates) + 1):
        spoilt[place * step] = rows[place * step] | {column: code}
    return spoilt


def break_statutory_rules(rows: list[Row], year: int) -> list[Row]:
    """Adds rows that the return's own rules refuse: 567, 1004, 1006, INT13 and a child without a header."""
    if len(rows) < 12:
        return rows
    june, source = f"06/{year - 1}", rows[len(rows) // 2]
    # Starts of their own, so that no spoilt row stands in for a true one.
    return [
        *rows,
        source | {"MIS_START": f"09/{june}", "MIS_END": f"08/{june}"},
        rows[1] | {"MIS_START": f"{year - 1}-06-01"},
        rows[2] | {"MISSING": "m", "MIS_START": f"11/{june}", "MIS_END": f"11/{june}"},
        rows[3] | {"DOB": "01/01/2009", "MIS_START": f"12/{june}", "MIS_END": f"12/{june}"},
        {
            "CHILD": "ZZ90001",
            "DOB": "05/05/2011",
            "MISSING": "M",
            "MIS_START": f"13/{june}",
            "MIS_END": f"14/{june}",
        },
    ]

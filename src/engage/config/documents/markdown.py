"""The few forms of Markdown that the generated pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def cell(text: object) -> str:
    """One line, safe inside a table."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell(one) for one in row)} |" for row in rows]
    return "\n".join(lines)


def code(text: object) -> str:
    return f"`{text}`" if str(text) else ""


def written(title: str, source: str, *parts: str) -> str:
    """A whole page. `source` says what it was written from, and so where to change it."""
    notice = f"<!-- Written by `./run engage documents make` from {source}. Change that, not this page. -->"
    return "\n\n".join([f"# {title}", notice, *(part for part in parts if part)]) + "\n"

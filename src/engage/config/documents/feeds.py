"""docs/reference/feeds.md, from the formats that ship with Engage and the code that reads files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from engage.practice.receiving import reading
from engage.practice.receiving.reading.formats import Column, Format, Sheet, shipped_formats
from engage.practice.receiving.reading.tables import Limits

from .markdown import code, table, written

INTRODUCTION = """A **feed** is one agency sending one kind of file again and again. A **format** says what its columns mean; it is data, so
that an administrator can add one ([add a format](../how-to/add-a-format.md)). These ship with Engage.

**Files.** CSV with comma, semicolon or tab, found by looking; or XLSX, the first visible sheet unless the format names sheets.
UTF-8; Windows-1252 is read where a file is not UTF-8, and the receipt says so. The first line holds the column names; case,
spaces and underscores in them do not matter, nor does the order of columns. Unknown columns are kept with the row as sent and
named in the receipt.

**Dates.** `DD/MM/YYYY` or `YYYY-MM-DD`. Moments: ISO 8601, or `DD/MM/YYYY HH:MM` read as the clock in London. An hour that
the change of clocks makes double or skips is held for a person.

**Withdrawing.** Any format may have one more column `withdrawn`: with `Y` the row stays, marked withdrawn by its sender, and
leaves lists and counts.

**What is not sent stays.** Each file is an increment: a row that is not in it stays as it is. A row whose reference is known
is a new version; a row that says the same as before changes nothing; the same file again gives the first receipt."""

OUTCOMES = {
    "refused": ("The whole file is refused", "Nothing of it is kept but the receipt."),
    "rejected": ("The row is rejected", "It is set aside with the reason; the other rows are received."),
    "held": (
        "The row is held for a person",
        "It is set aside until its sender sends it again, or what it waits for comes.",
    ),
    "flag": ("The row is applied, with a remark", "The value is kept as sent."),
    "file": ("The file is received, with a remark", "These stand under `flags` in the receipt."),
}


def page() -> str:
    limits = Limits()
    return written(
        "Feeds: the files agencies send",
        "src/engage/reference/formats and the code that reads files",
        INTRODUCTION,
        table(
            ["Format", "What it is", "Sent by", "As"],
            [
                (
                    f"[{one.code}](#{one.code})",
                    one.title,
                    ", ".join(one.sender_kinds),
                    " or ".join(word.upper() for word in one.file_types),
                )
                for one in shipped_formats().values()
            ],
        ),
        *(_format(one) for one in shipped_formats().values()),
        "## What becomes of bad input",
        "Sentences say what to mend and never repeat the value. `…` stands for a name that the file gives. "
        f"Limits: a CSV up to {limits.csv >> 20} MiB, an XLSX up to {limits.xlsx_unpacked >> 20} MiB unpacked,"
        f" {limits.statutory_rows:,} rows of the statutory return.",
        *_bad_input(),
    )


def _format(format: Format) -> str:
    kind = (
        "A row no longer sent stays as it is."
        if format.kind == "increment"
        else "A snapshot: marked so in the format; this release treats it as an increment."
    )
    parts = [f"## {format.code}", f"{format.title}. Sent by: {', '.join(format.sender_kinds)}. {kind}"]
    if format.statutory_rules:
        parts.append("The rules of the statutory return decide about its rows; a row that fails one is held.")
    for sheet in format.sheets:
        if sheet.name:
            parts.append(f"### Sheet {sheet.name}")
        parts.append(_about(sheet))
        parts.append(
            table(
                ["Column", "Type", "Required", "Category", "Becomes", "Help"],
                [_column(column) for column in sheet.columns],
            )
        )
    return "\n\n".join(parts)


def _about(sheet: Sheet) -> str:
    said = [f"A row is the same record if {_names(sheet.row_reference)} is the same."]
    if sheet.ordinal_by:
        said[0] = (
            f"A row is the same record if {_names(sheet.row_reference)} is the same, and it is the same one in number"
            " of those in the file."
        )
    if sheet.identity_reference and sheet.identity_reference != sheet.row_reference:
        said.append(f"Rows are of the same child if {_names(sheet.identity_reference)} is the same.")
    where = f"The row as sent lies in category {sheet.raw_category}, for its sender alone"
    if sheet.raw_category_from:
        name, by_value = sheet.raw_category_from
        told = ", ".join(f"{value}: {category}" for value, category in by_value.items())
        where += f"; by `{name}`: {told}"
    said.append(where + ".")
    if sheet.hold:
        said.append(f"Every row is held: {sheet.hold.sentence}")
    return " ".join(said)


def _names(columns: tuple[str, ...]) -> str:
    return " + ".join(code(name) for name in columns)


def _column(column: Column) -> tuple[str, ...]:
    required = "yes" if column.required else "the column" if column.in_header else ""
    allowed = f" One of: {', '.join(column.allowed)}." if column.allowed else ""
    listed = f" Codes: {column.code_list}." if column.code_list else ""
    becomes = "; ".join(
        [code(column.to), *(f"its {part.part}: {code(part.to)} ({part.category})" for part in column.derived)]
    )
    return (
        code(column.name),
        column.type,
        required,
        "of the row" if column.category == "row" else column.category,
        becomes,
        column.help + ("" if column.allowed and column.allowed[0] in column.help else allowed) + listed,
    )


def _bad_input() -> Iterator[str]:
    said: dict[str, dict[str, str]] = {outcome: {} for outcome in OUTCOMES}
    for outcome, reason, sentence in sorted(_problems_in_the_code()):
        said[outcome].setdefault(reason, sentence)
    for outcome, (title, what) in OUTCOMES.items():
        yield f"### {title}\n\n{what}"
        yield table(
            ["Reason", "What the receipt says, for example"],
            [(code(reason), sentence) for reason, sentence in said[outcome].items()],
        )


def _problems_in_the_code() -> Iterator[tuple[str, str, str]]:
    """(outcome, reason, sentence) of every refusal, rejection, hold and remark that reading can give."""
    for path in sorted(Path(reading.__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        sentences = _named_texts(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _problem_of(node, sentences)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and _is_why(node):
                for key, value in zip(node.value.keys, node.value.values, strict=True):
                    yield "refused", _text(key), _text(value)


def _is_why(node: ast.Assign) -> bool:
    """The table of what can be wrong with a workbook."""
    return isinstance(node.targets[0], ast.Name) and node.targets[0].id == "_WHY"


def _problem_of(call: ast.Call, sentences: NamedTexts) -> Iterator[tuple[str, str, str]]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    words = [_text(argument) or _text_called(argument, call.lineno, sentences) for argument in call.args]
    if name in ("FileRefused", "Flag") and words[0]:
        yield "refused" if name == "FileRefused" else "file", words[0], words[1]
        return
    for at, word in enumerate(words[:-2]):
        if word in ("rejected", "held", "flag") and words[at + 1]:
            yield word, words[at + 1], words[at + 2] or "Says what could not be read."


NamedTexts = dict[str, list[tuple[int, str]]]  # name to (line, text), for sentences written beside their use


def _named_texts(tree: ast.Module) -> NamedTexts:
    found: NamedTexts = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _text(node.value):
            found.setdefault(node.targets[0].id, []).append((node.lineno, _text(node.value)))
    return found


def _text_called(node: ast.expr, line: int, sentences: NamedTexts) -> str:
    before = [(at, text) for at, text in sentences.get(getattr(node, "id", ""), ()) if at < line]
    return max(before)[1] if before else ""


def _text(node: ast.expr | None) -> str:
    """A literal text; `…` for what is filled in. Empty where it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values).replace("……", "…")
    if isinstance(node, ast.BinOp) and _text(node.left):
        return f"{_text(node.left)}{_text(node.right) or '…'}"
    return ""

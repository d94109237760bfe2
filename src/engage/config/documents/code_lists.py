"""docs/reference/code-lists.md, from the lists as files."""

from __future__ import annotations

import csv
from importlib.resources import files

from engage import reference

from .markdown import code, table, written

MARKS = """Lists are data: files in `src/engage/reference/`, each row with where it comes from and how far it was checked.

- **V** the fact was in text read at its source
- **P** second hand, cut short, or from a Bill
- **N** general professional knowledge, a local convention or a proposal of ours: not verified, check before use

What a partnership decides for itself (periods, triggers, the matrix) is a setting: these rows are only where it starts."""

# Clocks of process-deadlines.csv that the product counts. Whoever builds the next one adds it here.
RUNNING = {"PD11"}


def page() -> str:
    return written(
        "Code lists",
        "src/engage/reference",
        MARKS,
        "## DfE and police code lists",
        *(_lists("code-lists.csv")),
        "## Return home interview",
        "What an agency may write in its file, and the code that is kept.",
        *(_lists("return-interview-codes.csv", sent=True)),
        "## Signs of exploitation",
        "Signs to ask about, not proof. No number of them decides anything by itself.",
        table(
            ["Id", "About", "Sign", "Of", "Sources"],
            [
                (one.id, one.domain, one.label, ", ".join(one.exploitation_types), " ".join(one.source_ids))
                for one in reference.indicators().values()
            ],
        ),
        "## Kinds of fact",
        "What is told of a child in a row of its own: columns of feeds that become no field of another record.",
        table(
            ["Kind", "Title", "Category", "Label"],
            [
                (code(row["kind"]), row["title"], row["category"], row["label"])
                for row in _rows("fact-kinds.csv")
            ],
        ),
        "## Clocks",
        "**One of these runs in this release**: the 72 elapsed hours of the return home interview, on Today, on the"
        " child's record and on the page of the episode. All others are listed only: Engage neither counts them nor reminds"
        " anybody, and a step without a reminder here may well be due. The review date of a judgement is kept and shown,"
        " and reminds nobody either.",
        table(
            ["Id", "Runs", "Step", "Who", "Starts", "Deadline", "Stops", "Basis", "Mark", "Sources"],
            [
                (
                    one.id,
                    "yes" if one.id in RUNNING else "listed only",
                    one.step,
                    one.who,
                    one.clock_start,
                    one.deadline,
                    one.clock_stop,
                    one.basis,
                    one.verification,
                    " ".join(one.source_ids),
                )
                for one in reference.process_deadlines().values()
            ],
        ),
        "## When repeats or length call for a meeting",
        table(
            ["Code", "What", "Source", "Mark"],
            [(one.code, one.label, one.source, one.verification) for one in reference.repeat_triggers()],
        ),
        "## Districts",
        "`bit` is the district's number in stored area masks and is never changed.",
        table(
            ["Bit", "Area", "Also called", "GSS code", "Mark"],
            [
                (
                    row["bit"],
                    row["area"],
                    row["also_called"].replace(";", ", "),
                    row["gss_code"],
                    row["verification"],
                )
                for row in _rows("geography.csv")
            ],
        ),
        "## Lawful bases",
        "A starting point for a legal check, mostly not verified.",
        table(
            ["Roles", "Article 6 or Part 3", "Special category or criminal", "Statute", "Mark"],
            [
                (
                    ", ".join(one.roles),
                    one.article_6_or_part_3,
                    one.special_category_or_criminal,
                    one.statute,
                    one.verification,
                )
                for one in reference.lawful_bases()
            ],
        ),
        "## How long records are kept",
        "A starting point for a legal check. Nothing is erased by this release.",
        table(
            ["Record", "Period", "From", "Basis", "Mark", "Sources"],
            [
                (one.record, one.period, one.runs_from, one.basis, one.verification, " ".join(one.source_ids))
                for one in reference.retention_periods()
            ],
        ),
        "## Sources",
        table(
            ["Id", "Title", "Where", "Publisher", "Date"],
            [
                (row["id"], row["title"], row["locator"], row["publisher"], row["date"])
                for row in _rows("sources.csv")
            ],
        ),
    )


def _lists(file_name: str, *, sent: bool = False) -> list[str]:
    rows = _rows(file_name)
    parts = []
    for name in dict.fromkeys(row["list"] for row in rows):
        own = [row for row in rows if row["list"] == name]
        sources = dict.fromkeys(
            f"{row['source']} ({row['verification']})" if row.get("verification") else row["source"]
            for row in own
        )
        parts.append(f"### {name}\n\nSource: {'; '.join(sources)}")
        head = ["Code", "Sent as", "Label"] if sent else ["Code", "Label"]
        parts.append(
            table(
                head,
                [
                    (code(row["code"]), *((code(row["sent_as"]),) if sent else ()), row["label"])
                    for row in own
                ],
            )
        )
    return parts


def _rows(file_name: str) -> list[dict[str, str]]:
    text = files(reference).joinpath(file_name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))

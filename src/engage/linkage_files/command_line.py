"""`./run engage linkage`: link a file, and measure clusters against a truth. No database, no server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from .fields import FIELDS, read_fields, usable, without_what_stands_for_not_known
from .linking import Linked, link_table
from .measuring import figures, left_out
from .tables import NotUsable, need_columns, need_folder, need_ids, read_table, write_whole

linkage = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a traceback must not print what a row said
)


@linkage.callback()
def about() -> None:
    """Link the records of a file, and measure clusters against a truth: `run` and `evaluate`, without a database.

    On the records of an installation: `train` learns weights anew, `adopt` decides to link by them, `models` lists them.
    Each has its --help.
    """


@linkage.command()
def run(
    file: Annotated[
        Path, typer.Argument(help="CSV (UTF-8, with the names of its columns) or Parquet (.parquet)")
    ],
    fields: Annotated[
        str,
        typer.Option(
            help="Which column is what, field=column with commas between: given=forename,surname=name,dob=born. "
            f"Fields: {', '.join(FIELDS)}. At least one name; the more fields, the surer. Dates as 2011-05-30, "
            "20110530 or 30/05/2011. `aliases` are parted by ; or |. A `postcode` may be of any country; of a British one its district is known."
        ),
    ],
    id_column: Annotated[str, typer.Option("--id", help="Column with an id that is in no other row")],
    out: Annotated[
        Path,
        typer.Option(
            help="File to write: record_id, cluster_id, weakest_link. Parquet if .parquet, else CSV"
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="Column that says where a record is from; shown in the review file")
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option(
            help="File to write the pairs that a person should look at, with why, the most alike first. Parquet or CSV"
        ),
    ] = None,
    families: Annotated[
        bool,
        typer.Option(
            " /--no-families",
            help="Nobody in the file is a brother, sister or parent of another: given names or birth dates that "
            "clearly differ keep nobody apart, if all else agrees",
        ),
    ] = True,
) -> None:
    """Find which records of one file are of one person. Nothing is kept but the files that you name.

    Weights are learned from the file itself, and from the model that Engage ships where the file is too small.
    Pairs that are not sure, or that something speaks against (given names clearly differ: brothers, sisters, twins),
    stay apart; --review lists them, and how many they are is said at the end. A cluster is named after its first record; `weakest_link` is the weight, in
    bits, of the weakest join that made it (20: a million times likelier than chance), empty where a record is alone.
    """
    try:
        column_of = read_fields(fields)
        if out.absolute() in {file.absolute(), review and review.absolute()} or review == file:
            raise NotUsable("FILE, --out and --review must be different files.")
        for written in filter(None, (out, review)):
            need_folder(written)
        table = read_table(file)
        need_columns(table, file, (id_column, *([source] if source else [])))
        need_ids(table, file, id_column)
        need_columns(table, file, column_of.values())
        table, placeholders = without_what_stands_for_not_known(table, column_of)
        column_of, notes = usable(table, file, column_of)
        for note in (*placeholders, *notes):
            typer.echo(note, err=True)
        linked = _with_bar(table, column_of, id_column, source, families)
        for note in linked.notes:
            typer.echo(note, err=True)
        write_whole({out: linked.clusters, **({review: linked.review} if review else {})})
    except NotUsable as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
    found = linked.clusters["cluster_id"].n_unique()
    typer.echo(f"{len(table):,} records in {found:,} clusters: {out}")
    where = f"{review}, the most alike first" if review else "not written; name a file with --review"
    typer.echo(f"{len(linked.review):,} pairs for a person to look at: {where}")


def _with_bar(
    table: pl.DataFrame, column_of: dict[str, str], id_column: str, source: str | None, families: bool
) -> Linked:
    console = Console(stderr=True)
    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description} {task.completed:,.0f}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with shown as bar:
        task = bar.add_task("reading", total=None)
        return link_table(
            table,
            column_of,
            id_column=id_column,
            source_column=source,
            families=families,
            progress=lambda doing, done: bar.update(task, description=doing, completed=done),
        )


@linkage.command()
def evaluate(
    clusters: Annotated[
        Path, typer.Argument(help="CSV or Parquet with record_id and cluster_id, as `run` writes it")
    ],
    truth: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet with record_id and entity; household_id where known; each further column is a group"
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line for each figure, instead of a table")
    ] = False,
) -> None:
    """Measure clusters against a truth: precision, recall and F1 by pairs and by records (B-cubed).

    Prints a table; with --json one line for each figure: group, figure, value. A share of nothing is “–” (null).
    Also the largest cluster, and, where the truth has households, the pairs joined wrongly inside one.
    By group: the same over the records of that group alone. A column of more than 50 values is no group.
    """
    try:
        found = figures(clusters, truth)
        for column in left_out(truth):
            typer.echo(f"Column “{column}” has more than 50 values: no group.", err=True)
    except NotUsable as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
    if as_json:
        for figure in found:
            line = {"group": figure.group, "figure": figure.name, "value": figure.value}
            typer.echo(json.dumps(line, ensure_ascii=False))
        return
    table = Table("Group", "Figure", "Value")
    for figure in found:
        shown = "–" if figure.value is None else figure.value
        table.add_row(figure.group, figure.name, f"{shown:.4f}" if isinstance(shown, float) else str(shown))
    Console().print(table)

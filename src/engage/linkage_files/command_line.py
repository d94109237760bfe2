"""`./run engage linkage`: link a file, and measure clusters against a truth. No database, no server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .measuring import figures, left_out
from .tables import NotUsable

linkage = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a traceback must not print what a row said
)


@linkage.callback()
def about() -> None:
    """Link the records of a file, and measure clusters against a truth. Needs no database and no server."""


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
        raise typer.Exit(1) from problem
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

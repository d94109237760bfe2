"""Keys from the command line: made, changed, and everything held to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .. import audit, rewrapping
from ..doors import clock
from ..gate import acting_as
from ..keys import DoesNotOpen, KeyProblem, make_root_key, root_key, root_key_file
from ..ledger import sequencer
from ..ledger_keys import NoSigningKey, signing_key

keys = typer.Typer(
    help="The keys that addresses, sealed items and uploads are encrypted with.", no_args_is_help=True
)
errors = Console(stderr=True)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (KeyProblem, DoesNotOpen) as problem:
        errors.print(str(problem), soft_wrap=True)
        raise typer.Exit(2) from problem


@contextmanager
def _bar(words: str) -> Iterator[rewrapping.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@keys.command()
def make() -> None:
    """Make the root key of a new installation, in its file. One that is there stays."""
    with _in_words():
        made = make_root_key()
        typer.echo(f"{'Made' if made else 'There already'}: root key {root_key().name} at {root_key_file()}")
    if made:
        typer.echo(
            "Copy it to where its custodians keep it, apart from every back-up of the database, before anything is received."
        )


@keys.command()
def rotate(
    root: Annotated[
        Path | None,
        typer.Option(
            help="File of a new root key, made if it is not there: the compartments' keys are wrapped by it"
        ),
    ] = None,
    rows_at_once: Annotated[
        int, typer.Option(help="Rows in one transaction", min=1)
    ] = rewrapping.ROWS_AT_ONCE,
) -> None:
    """Give each compartment a new key, or all of them a new root key. Broken off, it goes on when run again."""
    with _in_words():
        if root is not None:
            new = rewrapping.change_root(root)
            _account("change_root_key")
            typer.echo(
                f"Every compartment's key is wrapped by root key {new.name}. Set ENGAGE_ROOT_KEY_FILE to {root} for every"
                " process and start each again. Keep the former file for back-ups made before."
            )
            return
        with _bar("Rows") as progress:
            moved = rewrapping.rotate(progress=progress, rows_at_once=rows_at_once)
        _account("rotate_keys")
        typer.echo(f"{moved} values are under new keys.")


def _account(deed: str) -> None:
    now = clock()
    with acting_as(sequencer(), now=now):
        audit.record(audit.Verb.ALTER, deed)


@keys.command()
def check() -> None:
    """Say which keys there are and what each is for, and open everything that is encrypted. Exits with 1 where something does not open."""
    with _in_words():
        root = root_key()
        with _bar("Rows") as progress:
            found = rewrapping.check(progress=progress)
    table = Table("Key", "For", "Where")
    table.add_row(
        f"Root {root.name}",
        "wraps the compartments' keys; seals the seeds of authenticator apps",
        str(root_key_file()),
    )
    table.add_row(
        f"Compartments: {found.keys}, and {found.retired} earlier",
        "wrap the data keys of addresses, telephones, places, sealed items and uploads",
        "in the database, wrapped by the root key",
    )
    for name, purpose in IN_THE_ENVIRONMENT.items():
        table.add_row(name, purpose, "not set" if name in settings.KEYS_NOT_SET else "in the environment")
    table.add_row("Ledger", "signs the account's checkpoints", _ledger())
    Console().print(table)
    typer.echo(f"Encrypted texts that open: {found.values}; under earlier keys: {found.under_earlier_keys}.")
    for what, opened in found.elsewhere.items():
        typer.echo(f"{what} that open: {opened}.")
    for problem in found.problems:
        typer.echo(problem)
    if found.problems:
        raise typer.Exit(1)


IN_THE_ENVIRONMENT = {
    "ENGAGE_SECRET_KEY": "sessions and forms",
    "ENGAGE_TOKEN_KEY": "search tokens",
    "ENGAGE_AUDIT_KEY": "pseudonyms in the account",
}


def _ledger() -> str:
    try:
        signing_key()
    except NoSigningKey as problem:
        return str(problem)
    return str(settings.LEDGER_KEY_FILE)

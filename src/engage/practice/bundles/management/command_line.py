"""Sealed bundles from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from engage.methods.ledger import BadNote, PublicKey
from engage.practice.access import verifying as ledger
from engage.practice.access.doors import clock
from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.access.ledger_keys import NoSigningKey

from ..verifying import verdict

bundle = typer.Typer(help="Bundles sealed for an inquiry.", no_args_is_help=True)
errors = Console(stderr=True)


@bundle.callback()
def _bundles() -> None:
    """Bundles sealed for an inquiry."""


@bundle.command()
def verify(
    file: Annotated[
        Path,
        typer.Argument(help="The sealed bundle, a ZIP as it was downloaded", exists=True, dir_okay=False),
    ],
    notice: Annotated[str, typer.Option(help="Reference of the notice that it is to answer")],
    key: Annotated[
        list[str] | None,
        typer.Option(help="A public key the ledger signs with, the present one if not given"),
    ] = None,
) -> None:
    """Say whether a sealed bundle is genuine, altered (and where), stale, or made for another notice. Exits with 1 unless genuine."""
    try:
        keys = [PublicKey.read(one) for one in key or ()] or [signing_key_of_the_ledger().public]
    except (BadNote, NoSigningKey) as problem:
        errors.print(str(problem), soft_wrap=True)
        raise typer.Exit(2) from problem
    found = verdict(file.read_bytes(), notice, keys, now=clock())
    typer.echo(f"{found.word.capitalize()}. {found.sentence}")
    if found.word != "genuine" or found.sealed is None:
        raise typer.Exit(1)
    _say_place(UUID(found.sealed.entry["id"]))


def _say_place(entry_id: UUID) -> None:
    with ledger.one_moment():
        place = ledger.verify_entry(entry_id)
    if place is None:
        typer.echo("The ledger's entry for it has no place yet: run ./run engage ledger sequence.")
    elif place.holds:
        typer.echo(f"The ledger accounts for it: index {place.index} of {place.size}, unchanged.")
    else:
        typer.echo(f"The ledger's entry for it was altered: index {place.index} of {place.size}.")
        raise typer.Exit(1)

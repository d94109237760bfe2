"""`./run engage witness`: run by a partner agency, on a machine of its own."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from engage.methods.ledger import BadNote, PublicKey

from .memory import Memory
from .server import Server


def witness(
    state: Annotated[Path, typer.Option(help="Folder for its key and what it has seen; back it up")],
    name: Annotated[str, typer.Option(help="Name of this witness, for example witness.example.org/engage")],
    ledger: Annotated[
        list[str] | None, typer.Option(help="Public key of a ledger to watch; repeat for more")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8600,
    show_key: Annotated[bool, typer.Option("--key", help="Print this witness's public key and stop")] = False,
) -> None:
    """Watch a ledger as a partner: cosign what goes on from what was seen before, and nothing else."""
    try:
        memory = Memory(state, name, [PublicKey.read(key) for key in ledger or []])
    except (BadNote, ValueError) as problem:
        raise typer.BadParameter(str(problem)) from problem
    typer.echo(str(memory.key.public))
    if show_key:
        return
    if not memory.ledgers:
        raise typer.BadParameter("Which ledger? Give its public key with --ledger.")
    with Server((host, port), memory) as server:
        typer.echo(f"Listening on {host}:{server.server_address[1]}")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()

"""The ledger from the command line: sequence, verify, hand over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engage.methods.ledger import BadNote
from engage.methods.ledger.verify_file import CannotRead, Verification, say, verify_lines

from .. import audit, verifying
from ..doors import clock
from ..gate import acting_as
from ..ledger import LedgerDoesNotFit, sequence, sequencer, signing_key_of_the_ledger
from ..ledger_keys import NoSigningKey, Witness, witnesses
from ..witnesses import Answer, ask_witnesses

ledger = typer.Typer(
    help="The account of who did and looked at what, sealed so that a later change shows.",
    no_args_is_help=True,
)
errors = Console(stderr=True)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (NoSigningKey, LedgerDoesNotFit, BadNote, CannotRead) as problem:
        errors.print(str(problem), soft_wrap=True)
        raise typer.Exit(2) from problem


@contextmanager
def _bar(words: str) -> Iterator[verifying.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@ledger.command("sequence")
def sequence_now() -> None:
    """Give waiting entries their places, sign the ledger and ask its witnesses, as the job does each minute."""
    with _in_words():
        now = clock()
        typer.echo(f"{sequence(now=now)} entries were given their places.")
        _say_witnesses(witnesses(), now)


def _say_witnesses(configured: list[Witness], now: datetime) -> bool:
    """Whether none of them has seen another ledger."""
    asked = ask_witnesses(configured, now=now)
    for one in asked:
        typer.echo(f"Witness {one.witness}: {one.answer}. {one.sentence}")
    return all(one.answer != Answer.CONTRADICTED for one in asked)


@ledger.command("key")
def key() -> None:
    """Print the ledger's public key, for witnesses and for whoever verifies."""
    with _in_words():
        typer.echo(str(signing_key_of_the_ledger().public))


@ledger.command()
def verify(
    since: Annotated[
        datetime | None, typer.Option(help="Read entries only from this moment on, UTC; earlier ones by hash")
    ] = None,
    entry: Annotated[UUID | None, typer.Option(help="Only where this one entry stands")] = None,
    extract: Annotated[
        Path | None, typer.Option(help="Verify this extract instead of the database", exists=True)
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A public key the ledger signs with, the present one if not given"),
    ] = None,
) -> None:
    """Recompute everything and compare. Exits with 1 where something was changed."""
    with _in_words():
        if extract:
            with extract.open(encoding="utf-8") as lines:
                found = verify_lines(lines, key or None)
            _say_and_exit(found, bool(key))
        elif entry:
            _verify_entry(entry)
        else:
            _verify_database(since, key or [str(signing_key_of_the_ledger().public)])


def _verify_database(since: datetime | None, keys: list[str]) -> None:
    configured = witnesses()
    with verifying.one_moment(), _bar("Entries") as progress:
        start = verifying.size_at(since.replace(tzinfo=UTC)) if since else 0
        found = verifying.verify_ledger(keys, configured, bodies_from=start, progress=progress)
        without = verifying.waiting()
    if start:
        typer.echo(f"Entries before index {start} by their hashes alone.")
    if without.entries:
        typer.echo(f"Waiting for their places, and not protected yet: {without.entries}.")
    agree = _say_witnesses(configured, clock())
    _say_and_exit(found, True, agree)


def _say_and_exit(found: Verification, given: bool, agree: bool = True) -> None:
    say(found, given)
    if found.problems or not agree:
        raise typer.Exit(1)


def _verify_entry(entry: UUID) -> None:
    with verifying.one_moment():
        found = verifying.verify_entry(entry)
    if found is None:
        typer.echo("This entry has no place in the ledger.")
        raise typer.Exit(1)
    if not found.holds:
        typer.echo(
            f"Wrong: index {found.index}, entry {entry}: not as in the checkpoint of size {found.size}"
        )
        raise typer.Exit(1)
    typer.echo(
        f"Index {found.index} of {found.size}, unchanged; {len(found.proof)} hashes lead to the signed root."
    )


@ledger.command()
def extract(
    out: Annotated[Path, typer.Option(help="File to write; it must not be there yet")],
    since: Annotated[
        datetime | None, typer.Option(help="Bodies only from this moment on, UTC; earlier entries by hash")
    ] = None,
) -> None:
    """Write entries, places, checkpoints and public keys into one file that needs no database to be verified."""
    with _in_words():
        keys, configured, now = [str(signing_key_of_the_ledger().public)], witnesses(), clock()
        # Handing the account over is accounted for, before the first line is written.
        with acting_as(sequencer(), now=now):
            audit.record(audit.Verb.DISCLOSE, "ledger_extract")
        with (
            os.fdopen(
                os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file,
            verifying.one_moment(),
            _bar("Entries") as progress,
        ):
            start = verifying.size_at(since.replace(tzinfo=UTC)) if since else 0
            for line in verifying.extract_lines(keys, configured, bodies_from=start, progress=progress):
                file.write(line)
    typer.echo(f"Written: {out}. Verify it with: python src/engage/methods/ledger/verify_file.py {out}")

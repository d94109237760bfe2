"""Putting a letter into the letterbox from the command line, as the public role."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.db import connections

from ..actions import LetterDoesNotFit, Written, post_letter
from ..models import Letter

letter = typer.Typer(help="The letterbox: letters to the team from outside.", no_args_is_help=True)

KINDS = ", ".join(Letter.SenderKind.values)


@letter.command()
def post(
    sender_kind: Annotated[str, typer.Option(help=f"Who writes; one of: {KINDS}")],
    concern_file: Annotated[
        Path,
        typer.Option(
            help="Text file with the worry: what is typed on a command line others can read",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    place: Annotated[str, typer.Option(help="Where it is about, if said")] = "",
    safe_contact: Annotated[str, typer.Option(help="How and when it is safe to get in touch, if said")] = "",
    safe_to_contact: Annotated[
        bool | None,
        typer.Option(
            "--safe-to-contact/--not-safe-to-contact",
            help="Whether getting in touch is safe; leave out if not said",
        ),
    ] = None,
    immediate_danger: Annotated[
        bool | None,
        typer.Option(
            "--immediate-danger/--no-immediate-danger",
            help="Whether a child is in danger now; leave out if not said",
        ),
    ] = None,
) -> None:
    """Post a letter, as the public role. Nobody outside the team can read it back."""
    if "public" not in settings.DATABASES:
        raise typer.BadParameter(
            "Set ENGAGE_PUBLIC_DATABASE_URL, the address with which the public role signs in."
        )
    try:
        concern = concern_file.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise typer.BadParameter("The worry is UTF-8 text.", param_hint="--concern-file") from problem
    written = Written(sender_kind, concern, place, safe_contact, safe_to_contact, immediate_danger)
    try:
        posted = post_letter(written, connections["public"], now=datetime.now(UTC))
    except LetterDoesNotFit as problem:
        option = "--concern-file" if problem.field == "concern" else f"--{problem.field.replace('_', '-')}"
        raise typer.BadParameter(str(problem), param_hint=option) from problem
    if immediate_danger:
        typer.echo("If a child is in danger now, ring 999. Nobody may have read this letter yet.", err=True)
    typer.echo(f"Posted {posted}.")

"""Sister teams from the command line: who they are, and the filters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from engage.govuk.london_time import moment_words
from engage.practice.access.doors import clock
from engage.practice.access.gate import NotPermitted
from engage.practice.access.keys import DoesNotOpen, KeyProblem
from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.access.ledger_keys import NoSigningKey
from engage.practice.agencies.models import Staff

from ..filters import fetch_filter, make_filter
from ..joining import add_sister, leave_sister
from ..models import HeldFilter, SisterTeam
from ..wire import NotAnswered

sister = typer.Typer(
    help="Teams next door with an Engage of their own: private questions to and from them.",
    no_args_is_help=True,
)
errors = Console(stderr=True)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (KeyProblem, DoesNotOpen, NoSigningKey, NotAnswered, NotPermitted) as problem:
        errors.print(str(problem), soft_wrap=True)
        raise typer.Exit(2) from problem


def _sister(code: str) -> SisterTeam:
    found = SisterTeam.objects.filter(code=code, left_at=None).first()
    if found is None:
        raise typer.BadParameter(f"There is no sister team “{code}”.")
    return found


@sister.command()
def add(
    code: Annotated[str, typer.Option(help="A short name for the team, in the account and here")],
    name: Annotated[str, typer.Option(help="Its name as people read it")],
    address: Annotated[str, typer.Option(help="Of its instance; https, unless it is this machine")],
    telephone: Annotated[str, typer.Option(help="The number to ring after a hit")],
    ask_for: Annotated[str, typer.Option(help="Whom to ask for on the telephone")],
    filter_key: Annotated[str, typer.Option(help="What `./run engage sister key` prints there")],
    our_token: Annotated[
        str, typer.Option(prompt=True, hide_input=True, help="The token that we show them; kept sealed")
    ],
    their_token: Annotated[
        str, typer.Option(prompt=True, hide_input=True, help="The token that they show us; its hash is kept")
    ],
    colleague: Annotated[
        str, typer.Option(help="Code of the colleague of that team who is asked for information")
    ] = "",
) -> None:
    """Add a sister team, or change what stands of it. Tokens left out are asked for, and stay out of the shell's history."""
    person = Staff.objects.select_related("agency").filter(code=colleague).first() if colleague else None
    if colleague and person is None:
        raise typer.BadParameter(f"There is no staff “{colleague}”.", param_hint="--colleague")
    with _in_words():
        added = add_sister(
            code=code,
            name=name,
            address=address,
            telephone=telephone,
            ask_for=ask_for,
            filter_key=filter_key,
            our_token=our_token,
            their_token=their_token,
            colleague=person,
            now=clock(),
        )
    typer.echo(f"{added.name} ({added.code}) at {added.address}")


@sister.command("list")
def list_sisters() -> None:
    """The sister teams, and how old the filters are that we hold of them."""
    held = {one.sister_id: one for one in HeldFilter.objects.defer("content")}
    for one in SisterTeam.objects.order_by("code"):
        filter_words = (
            f"filter {held[one.pk].key_version} of {moment_words(held[one.pk].made_at)}"
            if one.pk in held
            else "no filter"
        )
        typer.echo(f"{one.code}  {one.name}  {one.address}  {'left' if one.left_at else filter_words}")


@sister.command()
def key() -> None:
    """Print the public key that signs our filters, for sister teams."""
    with _in_words():
        typer.echo(str(signing_key_of_the_ledger().public))


@sister.command("filter")
def filter_anew() -> None:
    """Make our filter anew, under a new key; the former one is answered for a short while."""
    with _in_words():
        made = make_filter(now=clock())
    typer.echo(f"Filter {made.version}: {made.count} values")


@sister.command()
def fetch(code: Annotated[str, typer.Option(help="Code of the sister team")]) -> None:
    """Fetch a sister team's filter, and verify it."""
    with _in_words():
        found = fetch_filter(_sister(code), now=clock())
    typer.echo(f"Filter {found.header.key_version}: {found.header.count} values")


@sister.command()
def leave(code: Annotated[str, typer.Option(help="Code of the sister team")]) -> None:
    """Ask and answer a team no more: its token opens nothing, ours and its filter are destroyed."""
    _sister(code)
    typer.echo(f"{leave_sister(code, now=clock()).name} has left.")

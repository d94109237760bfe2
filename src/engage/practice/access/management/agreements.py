"""Reading what agencies have agreed, from the command line. Changing it takes two people and their pages."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from engage.govuk.london_time import moment_words

from ..doors import clock
from ..models import SharingAgreement
from ..queries import agreements, versions_of
from ..tables import named, purposes_in_words

agreement = typer.Typer(help="What agencies have agreed to share.", no_args_is_help=True)


@agreement.command("list")
def list_agreements() -> None:
    """Agreements in force, coming and ended, and changes that wait for approval."""
    found = agreements(clock())
    table = Table("State", "Code", "Version", "From", "Until", "Title")
    for state, versions in (("in force", found.in_force), ("coming", found.coming), ("ended", found.ended)):
        for one in versions:
            table.add_row(
                state, one.code, str(one.version), moment_words(one.starts_at), moment_words(one.in_force_until), one.title
            )  # fmt: skip
    for proposal in found.proposed:
        table.add_row(
            proposal.get_state_display().lower(), proposal.code, "", moment_words(proposal.starts_at),
            moment_words(proposal.ends_at), f"{proposal.get_kind_display()}: {proposal.title}",
        )  # fmt: skip
    Console().print(table)


@agreement.command("show")
def show(code: Annotated[str, typer.Argument(help="Code of the agreement, from `agreement list`")]) -> None:
    """Every version of one agreement, the latest first."""
    try:
        versions = versions_of(code)
    except SharingAgreement.DoesNotExist as unknown:
        raise typer.BadParameter(f"There is no agreement “{code}”.") from unknown
    for one in versions:
        typer.echo(f"{one.named}, {one.code}")
        for what, said in (
            ("Whose records", ", ".join(agency.name for agency in one.owners.all())),
            ("Who receives", ", ".join(agency.name for agency in one.recipients.all())),
            ("Categories", "; ".join(named(one.categories))),
            ("Purposes", purposes_in_words(one.purposes)),
            ("Lawful basis", one.lawful_basis),
            ("In force", f"{moment_words(one.starts_at)} until {moment_words(one.in_force_until)}"),
            ("Signed by", one.signed_by),
        ):
            typer.echo(f"  {what}: {said}")

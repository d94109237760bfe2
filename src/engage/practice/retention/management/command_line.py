"""Keeping and destroying from the command line. Approving takes two people and their pages."""

from __future__ import annotations

from typing import Annotated

import typer

from engage.practice.access.doors import clock
from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency

from ..actions import carry_out_what_has_cooled, keeper
from ..actions import make_plan as plan_records_of
from ..models import Plan
from ..tables import reasons_counted

retention = typer.Typer(
    help="How long records are kept, and destroying what two people approved.", no_args_is_help=True
)


@retention.command("plan")
def plan(agency: Annotated[str, typer.Option(help="Code of the agency whose records are looked at")]) -> None:
    """Look up what would be destroyed and what is kept and why. Nothing is destroyed by it."""
    whose = Agency.objects.filter(code=agency).first()
    if whose is None:
        raise typer.BadParameter(f"There is no agency “{agency}”.")
    now = clock()
    with acting_as(keeper(), now=now):
        made: Plan = plan_records_of(whose, by=keeper(), now=now)
    typer.echo(f"looked_at: {made.looked_at}")
    typer.echo(f"to_destroy: {made.to_destroy}")
    typer.echo(f"kept: {made.kept}")
    for words, count in reasons_counted(made.kept_because):
        typer.echo(f"  {count}: {words}")
    typer.echo(f"plan: {made.pk}")


@retention.command("carry-out")
def carry_out() -> None:
    """Destroy what approved plans list whose days are over, as the job does each hour. Says what was left."""
    done = carry_out_what_has_cooled(now=clock())
    for one in done:
        if one.planned_again:
            typer.echo(
                f"{one.agency}: a period was changed since the approval. Nothing destroyed; planned again: {one.planned_again}"
            )
        else:
            typer.echo(f"{one.agency}: {one.destroyed} destroyed, {one.left} left, plan {one.plan_id}")
    if not done:
        typer.echo("No approved plan has cooled off.")

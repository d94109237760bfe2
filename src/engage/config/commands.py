"""Commands for the administrator: the database and the staff list."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction

from engage.practice.access.reach import compile_reach
from engage.practice.agencies.models import Agency, Installation, Staff, Team
from engage.reference import district_bits, roles

database = typer.Typer(help="Make the tables, or bring them up to this release.", no_args_is_help=True)
staff = typer.Typer(help="Agencies and the people who work in Engage.", no_args_is_help=True)


@database.command()
def migrate() -> None:
    """Bring the tables up to this release, as the owner role."""
    call_command("migrate", database="owner", verbosity=1)
    compile_reach()


@database.command()
def real_work() -> None:
    """Mark a new database as in real use. From then on nobody can step in without signing in."""
    if Installation.objects.exists():
        raise typer.BadParameter("This database is already marked.")
    Installation.objects.create(kind=Installation.Kind.REAL, set_up_at=datetime.now(UTC))


@staff.command("add-agency")
def add_agency(
    code: Annotated[str, typer.Option(help="Short code, for example BWD-CSC")],
    name: Annotated[str, typer.Option(help="Full name")],
    kind: Annotated[str, typer.Option(help=f"One of: {', '.join(Agency.Kind.values)}")],
    telephone: Annotated[str, typer.Option(help="Who to ring")] = "",
) -> None:
    """Add an agency."""
    if kind not in Agency.Kind.values:
        raise typer.BadParameter(f"Kind is one of: {', '.join(Agency.Kind.values)}")
    Agency.objects.create(code=code, name=name, kind=kind, telephone=telephone)


@staff.command("add-team")
def add_team(
    code: Annotated[str, typer.Option(help="Short code")],
    name: Annotated[str, typer.Option(help="Full name")],
    district: Annotated[list[str], typer.Option(help="A district the team works in; repeat for more")],
) -> None:
    """Add a multi-agency team."""
    Team.objects.create(code=code, name=name, district_bits=district_bits(district))


@staff.command("add")
def add(
    code: Annotated[str, typer.Option(help="Sign-in name")],
    name: Annotated[str, typer.Option(help="Name as colleagues know it")],
    agency: Annotated[str, typer.Option(help="Code of the agency")],
    role: Annotated[str, typer.Option(help="One of the roles of the sharing matrix")],
    team: Annotated[str, typer.Option(help="Code of the multi-agency team, if any")] = "",
) -> None:
    """Add somebody, and print the password to give them once. Their first sign-in sets up a second factor."""
    if role not in roles():
        raise typer.BadParameter(f"Role is one of: {', '.join(roles())}")
    password = secrets.token_urlsafe(18)
    with transaction.atomic():
        user = get_user_model().objects.create_user(username=code, password=password)
        Staff.objects.create(
            code=code,
            name=name,
            user=user,
            agency=Agency.objects.get(code=agency),
            team=Team.objects.get(code=team) if team else None,
            role=role,
        )
        compile_reach()
    typer.echo(password)


@staff.command("left")
def left(code: Annotated[str, typer.Option(help="Sign-in name")]) -> None:
    """Somebody left: from now on they see nothing."""
    changed = Staff.objects.filter(code=code).update(status=Staff.Status.LEFT)
    if not changed:
        raise typer.BadParameter("No staff with this code.")

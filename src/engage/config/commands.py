"""Commands for the administrator: the database and the staff list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction

from engage.practice.access import audit, bound_accounts, scanner
from engage.practice.access.doors import clock
from engage.practice.access.gate import acting_as
from engage.practice.access.reach import compile_reach
from engage.practice.agencies.first_passwords import give_first_password
from engage.practice.agencies.models import Agency, Installation, Staff, Team
from engage.reference import district_bits, roles

database = typer.Typer(help="Make the tables, or bring them up to this release.", no_args_is_help=True)
staff = typer.Typer(help="Agencies and the people who work in Engage.", no_args_is_help=True)


@database.command()
def migrate() -> None:
    """Bring the tables up to this release, as the owner role."""
    call_command("migrate", database="owner", verbosity=1)
    compile_reach()
    say_if_leads_are_missing()


def say_if_leads_are_missing() -> None:
    """Nobody reviews their own look, and what a lead who left was to review needs another. No reason not to start."""
    people = Staff.objects.filter(kind=Staff.Kind.PERSON, status=Staff.Status.ACTIVE)
    if people.exists() and people.filter(role="dpo_audit", agency__is_active=True).count() < 2:
        typer.echo(
            "Fewer than two information-governance leads are active. Add one: ./run engage staff add --role dpo_audit …",
            err=True,
        )


def doctor() -> None:
    """Say how this installation stands: keys, leads, malware scanner. Exits with 1 where something is amiss."""
    amiss = [f"{name} is not set." for name in settings.KEYS_NOT_SET]
    if not scanner.is_set():
        typer.echo("Files that come in are NOT scanned for malware: ENGAGE_SCANNER is not set.")
    else:
        try:
            typer.echo(f"The malware scanner answers: {scanner.version()}.")
        except scanner.ScannerAway:
            amiss.append(
                f"The malware scanner at {settings.SCANNER} does not answer: no file is taken until it does."
            )
    say_if_leads_are_missing()
    for sentence in amiss:
        typer.echo(sentence, err=True)
    if amiss:
        raise typer.Exit(1)


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
    """Add somebody, and print a password for their first sign-in. There they choose their own, and set up a second factor."""
    if role not in roles():
        raise typer.BadParameter(f"Role is one of: {', '.join(roles())}")
    with transaction.atomic():
        added = Staff.objects.create(
            code=code,
            name=name,
            user=get_user_model().objects.create_user(username=code),
            agency=Agency.objects.get(code=agency),
            team=Team.objects.get(code=team) if team else None,
            role=role,
        )
        password = give_first_password(added, now=datetime.now(UTC))
        compile_reach()
    typer.echo(password)


@staff.command("password")
def new_password(code: Annotated[str, typer.Option(help="Sign-in name")]) -> None:
    """Print a new first password for somebody whose own is forgotten or whose first one has ended. They are signed out everywhere."""
    person = _person(code)
    if person.user is None or person.status != Staff.Status.ACTIVE:
        raise typer.BadParameter("Only somebody who is active and has an account.")
    with transaction.atomic(), acting_as(person, now=clock()):
        password = give_first_password(person, now=datetime.now(UTC))
        audit.record(audit.Verb.ALTER, "give_first_password", asked=person.pk)
    typer.echo(password)


@staff.command("suspend")
def suspend(code: Annotated[str, typer.Option(help="Sign-in name")]) -> None:
    """Keep somebody out for now: they are signed out everywhere at once and see nothing until `staff back`."""
    _set_status(code, Staff.Status.SUSPENDED, only=Staff.Status.ACTIVE)


@staff.command("back")
def back(code: Annotated[str, typer.Option(help="Sign-in name")]) -> None:
    """Let somebody who was suspended work again."""
    _set_status(code, Staff.Status.ACTIVE, only=Staff.Status.SUSPENDED)


@staff.command("left")
def left(code: Annotated[str, typer.Option(help="Sign-in name")]) -> None:
    """Somebody left: they are signed out everywhere at once, and from now on see nothing."""
    _set_status(code, Staff.Status.LEFT)


def _set_status(code: str, status: str, *, only: str = "") -> None:
    """The database ends the sessions of whoever is no longer active, in the same transaction."""
    found = Staff.objects.filter(code=code, kind=Staff.Kind.PERSON)
    if not found.exists():
        raise typer.BadParameter("No staff with this code.")
    if not (found.filter(status=only) if only else found).update(status=status):
        raise typer.BadParameter(f"Only somebody who is {Staff.Status(only).label.lower()}.")


ProviderId = Annotated[str, typer.Option(help="Id of the provider, as in ENGAGE_OPENID_FILE")]
Code = Annotated[str, typer.Option(help="Sign-in name")]


@staff.command("invite")
def invite_by_agency(code: Code, provider: ProviderId) -> None:
    """Print a code by which somebody ties their agency's account to themselves, once, within three days."""
    with _said_plainly():
        typer.echo(bound_accounts.invite(_person(code), provider=provider, now=clock()))


@staff.command("bind")
def bind(
    code: Code,
    provider: ProviderId,
    subject: Annotated[str, typer.Option(help="How the provider names this person (claim sub)")],
) -> None:
    """Tie somebody's account at their agency's provider to them. Names and addresses are never compared."""
    with _said_plainly():
        bound_accounts.bind(_person(code), provider=provider, subject=subject, now=clock())


@staff.command("unbind")
def unbind(code: Code, provider: ProviderId) -> None:
    """From now on somebody's account at the provider opens nothing here."""
    if not bound_accounts.unbind(_person(code), provider=provider, now=clock()):
        raise typer.BadParameter("They were not bound.")


def _person(code: str) -> Staff:
    found = Staff.objects.select_related("agency", "user").filter(code=code, kind=Staff.Kind.PERSON).first()
    if found is None:
        raise typer.BadParameter("No staff with this code.")
    return found


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except bound_accounts.CannotBind as refusal:
        raise typer.BadParameter(str(refusal)) from refusal

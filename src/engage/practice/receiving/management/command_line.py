"""Handing in files, and the tokens and formats of feeds, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from engage.practice.access.doors import clock
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.scanner import ScannerAway
from engage.practice.agencies.models import Agency, Staff

from ..actions import ROWS_AT_ONCE, FileNotFinished, add_format, receive_file, receiver
from ..feeds import UnknownFormat
from ..feeds import formats as formats_in_use
from ..models import FeedToken, ReceivedFile
from ..queries import receipt
from ..reading import FormatError
from ..tokens import LONGEST_DAYS, make_token, revoke_token

formats = typer.Typer(
    help="The kinds of file agencies send, and what their columns mean.", no_args_is_help=True
)
tokens = typer.Typer(help="Tokens with which agencies' systems send files by API.", no_args_is_help=True)
errors = Console(stderr=True)


def _agency(code: str) -> Agency:
    agency = Agency.objects.filter(code=code).first()
    if agency is None:
        known = ", ".join(Agency.objects.exclude(kind="system").values_list("code", flat=True))
        raise typer.BadParameter(f"There is no agency “{code}”. Known: {known or 'none yet'}.")
    return agency


def receive(
    format: Annotated[str, typer.Argument(help="Code of the format, for example police-missing")],
    file: Annotated[
        Path, typer.Argument(help="The file to receive", exists=True, dir_okay=False, readable=True)
    ],
    agency: Annotated[str, typer.Option(help="Code of the agency whose file it is")],
    by: Annotated[str, typer.Option(help="Code of the person who hands it in")],
    year: Annotated[
        int | None,
        typer.Option(help="Collection year of a statutory return: the year it ends in", min=2000, max=2100),
    ] = None,
    sheet: Annotated[
        str, typer.Option(help="Sheet of a workbook, if not the first or the one that the format names")
    ] = "",
    rows_at_once: Annotated[
        int, typer.Option(help="Rows kept in one transaction; fewer need less memory", min=1)
    ] = ROWS_AT_ONCE,
    as_json: Annotated[bool, typer.Option("--json", help="Print the receipt as JSON")] = False,
) -> None:
    """Receive one file and print its receipt. Exits with 1 where the file is refused."""
    sender = Staff.objects.select_related("agency").filter(code=by).first()
    if sender is None:
        raise typer.BadParameter(f"There is no staff “{by}”.", param_hint="--by")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
    ) as bar:
        task = bar.add_task("Rows", total=None)
        try:
            received = receive_file(
                file,
                format_code=format,
                agency=_agency(agency),
                by=sender,
                now=clock(),
                file_name=file.name,
                collection_year=year,
                sheet=sheet,
                rows_at_once=rows_at_once,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except UnknownFormat as unknown:
            raise typer.BadParameter(f"{unknown} Known: {', '.join(formats_in_use())}.") from unknown
        except NotPermitted as refusal:
            raise typer.BadParameter(str(refusal)) from refusal
        except (FileNotFinished, ScannerAway) as fault:
            errors.print(str(fault))
            raise typer.Exit(1) from fault
    service = receiver()
    with acting_as(service, now=clock()):
        found = receipt(received.file, service)
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _print(found, received.already)
    if received.file.state == ReceivedFile.State.REFUSED:
        raise typer.Exit(1)


def _print(found: dict, already: bool) -> None:
    console = Console()
    if already:
        console.print("These bytes were sent before: nothing changed. This is the first receipt.")
    console.print(
        f"Receipt {found['receipt_id']} · {found['format']} · {found['agency']} · {found['file_name']}"
    )
    if found.get("refusal"):
        console.print(f"Refused: {found['refusal']['sentence']}")
    console.print("  ".join(f"{name} {count}" for name, count in found["rows"].items()))
    for flag in found["flags"]:
        console.print(f"Note: {flag['sentence']}")
    for rule in found["not_checked"]:
        console.print(f"Not checked: {rule}")
    if found["problems"]:
        table = Table("Row", "Column", "What became of it", "What to mend")
        for problem in found["problems"][:50]:
            table.add_row(str(problem["row"]), problem["column"], problem["outcome"], problem["sentence"])
        console.print(table)
        more = len(found["problems"]) - 50 + found["problems_left_out"]
        if more > 0:
            console.print(f"… and {more} more; the CSV of the receipt under Files lists them all.")


@formats.command("list")
def list_formats() -> None:
    """The formats in use."""
    table = Table("Code", "What it is", "Sent by", "As")
    for format in formats_in_use().values():
        table.add_row(format.code, format.title, ", ".join(format.sender_kinds), ", ".join(format.file_types))
    Console().print(table)


@formats.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="TOML text of the format", exists=True, dir_okay=False)],
    by: Annotated[str, typer.Option(help="Code of the administrator")],
) -> None:
    """Check a format and add it, or replace one added before."""
    try:
        added = add_format(file.read_text(encoding="utf-8"), by=Staff.objects.get(code=by), now=clock())
    except UnicodeDecodeError as problem:
        raise typer.BadParameter("The file of a format is UTF-8 text.") from problem
    except FormatError as problem:
        raise typer.BadParameter(str(problem)) from problem
    except (NotPermitted, Staff.DoesNotExist) as problem:
        raise typer.BadParameter("Only an administrator adds formats.") from problem
    typer.echo(f"Added {added.code}.")


@tokens.command("create")
def create(
    agency: Annotated[str, typer.Option(help="Code of the agency")],
    formats: Annotated[str, typer.Option(help="Codes of the formats it may send, with commas between")],
    days: Annotated[
        int, typer.Option(help="After how many days it ends by itself", max=LONGEST_DAYS)
    ] = LONGEST_DAYS,
) -> None:
    """Make a token and print it. It is not shown again."""
    codes = [code.strip() for code in formats.split(",") if code.strip()]
    try:
        _, secret = make_token(agency=_agency(agency), formats=codes, now=clock(), days=days)
    except (UnknownFormat, NotPermitted) as refusal:
        raise typer.BadParameter(str(refusal), param_hint="--formats") from refusal
    typer.echo(secret)


@tokens.command("list")
def list_tokens() -> None:
    """Tokens by agency, without their secrets."""
    table = Table("Id", "Agency", "Formats", "Made", "Ends", "Last used", "Revoked")
    for token in FeedToken.objects.select_related("agency").order_by("agency__code", "made_at"):
        table.add_row(
            str(token.pk),
            token.agency.code,
            ", ".join(token.formats),
            f"{token.made_at:%Y-%m-%d}",
            f"{token.expires_at:%Y-%m-%d}",
            f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never",
            f"{token.revoked_at:%Y-%m-%d}" if token.revoked_at else "",
        )
    Console().print(table)


@tokens.command("revoke")
def revoke(token: Annotated[UUID, typer.Argument(help="Id of the token, from `token list`")]) -> None:
    """End a token at once."""
    if not revoke_token(token, now=clock()):
        raise typer.BadParameter("There is no live token with this id.")
    typer.echo("Revoked.")

"""Making the demo: invent a world, write the files agencies would send, and receive them through the usual door."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from engage.demo.afterwards import (
    change_proposed,
    kept_and_destroyed,
    letters_come,
    list_of_long_ago,
    looked_at,
    settle_in,
    something_went_astray,
)
from engage.demo.copies_asked_for import copies_asked_for
from engage.demo.files.sheets import WrittenFile
from engage.demo.identifiers import Issuer
from engage.demo.real_work import refuse_real_work
from engage.demo.team import set_up_team
from engage.demo.world import World
from engage.practice.agencies.models import Agency, Installation
from engage.practice.receiving.actions import prepare_compartments, receive_file, receiver
from engage.practice.receiving.feeds import format_called
from engage.practice.receiving.models import ReceivedFile

SEED = 20261102  # of the demo that everybody sees
FILES = settings.PROJECT / ".engage" / "demo-files"


@dataclass
class Built:
    files: list[WrittenFile] = field(default_factory=list)
    rows: Counter = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


class BuiltBeside(Protocol):
    """Another installation, built by a process of its own while this one receives its files."""

    def copy_tables(self) -> None: ...
    def begin(self, world: World, issuer: Issuer, folder: Path) -> None: ...
    def wait_until_built(self) -> None: ...


def fresh_database(name: str) -> None:
    """Drop and make the named database as the owner, and point this process and its children at it.

    Raises RealWork, and drops nothing, unless what is there is a demo or empty.
    """
    for alias in connections:
        connections[alias].close()
    with as_owner("postgres") as connection:
        drop_the_demo(connection, name)
        connection.execute(f'CREATE DATABASE "{name}"')
    for alias, variable in (
        ("default", "ENGAGE_DATABASE_URL"),
        ("owner", "ENGAGE_OWNER_DATABASE_URL"),
        ("public", "ENGAGE_PUBLIC_DATABASE_URL"),
    ):
        if alias not in connections:
            continue  # no address was given for the public role
        connections[alias].settings_dict["NAME"] = name
        address = urlsplit(os.environ[variable])
        os.environ[variable] = urlunsplit(address._replace(path=f"/{name}"))


def drop_the_demo(connection: psycopg.Connection, name: str) -> None:
    """Raises RealWork, and drops nothing, unless what is there is a demo or empty."""
    refuse_real_work_in(connection, name)
    drop_database(connection, name)


def refuse_real_work_in(connection: psycopg.Connection, name: str) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        with as_owner(name) as there:
            refuse_real_work(there.cursor())


def drop_database(connection: psycopg.Connection, name: str) -> None:
    """End who is connected there, and drop it. Not WITH (FORCE): that refuses where the server's own vacuum is at work,
    which a plain drop asks to stop."""
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'",
        [name],
    )
    connection.execute(f'DROP DATABASE IF EXISTS "{name}"')


def as_owner(database: str) -> psycopg.Connection:
    owner = connections["owner"].settings_dict
    return psycopg.connect(
        dbname=database, user=owner["USER"], password=owner["PASSWORD"], host=owner["HOST"],
        port=owner["PORT"] or None, autocommit=True,
    )  # fmt: skip


def demo_is_built() -> bool:
    return Installation.objects.filter(kind=Installation.Kind.DEMO, demo_seed__isnull=False).exists()


def build_demo(
    *,
    seed: int,
    as_at: datetime,
    children: int,
    others: int,
    console: Console,
    sister: BuiltBeside | None = None,
) -> Built:
    """Everything from nothing. The same seed and moment give the same demo.

    `sister`: the team next door, with an installation of its own.
    """
    from engage.demo import invent, write_files

    call_command("migrate", database="owner", verbosity=0)
    if sister:
        sister.copy_tables()  # while there is nothing in them
    set_up_team(now=as_at)
    folder = demo_folder(seed, as_at, children, others)
    shutil.rmtree(folder, ignore_errors=True)
    with console.status("Inventing people and writing the files agencies would send"):
        issuer = Issuer(seed)
        world = invent(seed=seed, as_at=as_at, children=children, others=others, issuer=issuer)
        if sister:
            sister.begin(world, issuer, folder)
        files = write_files(world, folder)
    list_of_long_ago(folder, now=as_at)
    built = receive_all(files, now=as_at, console=console)
    settle_in(world, folder, now=as_at)
    letters_come(now=as_at)
    change_proposed(now=as_at)
    looked_at(now=as_at)
    copies_asked_for(now=as_at)
    kept_and_destroyed(now=as_at)
    something_went_astray(now=as_at)
    Installation.objects.update(demo_seed=seed, demo_as_at=as_at)
    if sister:
        sister.wait_until_built()
    return built


def receive_all(files: list[WrittenFile], *, now: datetime, console: Console) -> Built:
    built = Built(files=files)
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    by = receiver()
    prepare_compartments([(agencies[file.agency], format_called(file.format)) for file in files], now=now)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        whole = bar.add_task("Receiving files", total=len(files))
        for file in files:
            part = bar.add_task(file.path.name, total=None)
            received = receive_file(
                file.path,
                format_code=file.format,
                agency=agencies[file.agency],
                by=by,
                now=now,
                file_name=file.path.name,
                collection_year=file.year,
                progress=lambda done, total, part=part: bar.update(part, completed=done, total=total),
            ).file
            bar.remove_task(part)
            bar.advance(whole)
            if received.state == ReceivedFile.State.REFUSED:
                built.refused.append(f"{file.path.name}: {received.refusal}")
            for kind in ("received", "applied", "unchanged", "rejected", "held"):
                built.rows[kind] += getattr(received, f"rows_{kind}")
    return built


def demo_folder(seed: int, as_at: datetime, children: int, others: int) -> Path:
    """Each database's files lie apart: two demos built at once must not write over each other."""
    database = connections["default"].settings_dict["NAME"]
    return FILES / f"{database}-{seed}-{as_at:%Y%m%dT%H%M}-{children}-{others}"

"""The reference pages that the code itself knows, written into docs/reference.

No page draws on a database or a clock: the same code gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from . import (
    access_policy,
    api,
    article_30,
    asvs,
    code_lists,
    command_line,
    data_model,
    dpia,
    feeds,
    glossary,
    linkage,
    proofs,
    sbom,
    sector_failures,
)

PROJECT = Path(__file__).resolve().parents[4]

# Where each page lies, and what writes it.
PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/access-policy.md": access_policy.page,
    "docs/reference/api.md": api.page,
    "docs/reference/openapi.json": api.openapi,
    "docs/reference/code-lists.md": code_lists.page,
    "docs/reference/command-line.md": command_line.page,
    "docs/reference/data-model.md": data_model.page,
    "docs/reference/feeds.md": feeds.page,
    "docs/reference/article-30.md": article_30.page,
    "docs/reference/asvs.md": asvs.page,
    "docs/reference/dpia.md": dpia.page,
    "docs/reference/sbom.json": sbom.page,
    "docs/reference/linkage.md": linkage.page,
    "docs/reference/proofs.md": proofs.page,
    "docs/reference/sector-failures.md": sector_failures.page,
    "GLOSSARY.md": glossary.page,
}

documents = typer.Typer(
    help="The reference pages that are written from the code itself.", no_args_is_help=True
)
Folder = Annotated[Path, typer.Option(help="The checkout whose pages they are")]


def pages_that_differ(folder: Path = PROJECT) -> list[str]:
    """Generated pages that are not what the code would write now, missing ones too."""
    return [
        name
        for name, write in PAGES.items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != write()
    ]


@documents.command()
def make(folder: Folder = PROJECT) -> None:
    """Write the generated pages anew. Says which ones changed."""
    for name in pages_that_differ(folder):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGES[name](), encoding="utf-8")
        typer.echo(f"Written: {name}")


@documents.command()
def check(folder: Folder = PROJECT) -> None:
    """Exit with 1, naming the pages, where a generated page is not what the code would write."""
    stale = pages_that_differ(folder)
    for name in stale:
        typer.echo(f"Differs: {name}", err=True)
    if stale:
        typer.echo("Make them again: ./run engage documents make", err=True)
        raise typer.Exit(1)

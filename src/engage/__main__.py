"""The command line: `./run engage …`. Each command is a thin door to the same actions as the pages."""

from __future__ import annotations

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "engage.config.settings")

import django

django.setup()
# Long work makes very many things that go by themselves; to look through all of them for the rest cost a tenth of the time.
gc.freeze()
gc.set_threshold(50_000, 20, 50)

import typer  # noqa: E402 – the doors below need Django's registry

from engage.config.commands import database, doctor, staff  # noqa: E402
from engage.config.documents import documents  # noqa: E402
from engage.demo.commands import demo  # noqa: E402
from engage.linkage_files.command_line import linkage  # noqa: E402
from engage.practice.access.management.agreements import agreement  # noqa: E402
from engage.practice.access.management.command_line import ledger  # noqa: E402
from engage.practice.access.management.keys import keys  # noqa: E402
from engage.practice.bundles.management.command_line import bundle  # noqa: E402
from engage.practice.people.management.command_line import adopt, list_models, train  # noqa: E402
from engage.practice.publication.management.command_line import letter  # noqa: E402
from engage.practice.receiving.management.command_line import formats, receive, tokens  # noqa: E402
from engage.practice.retention.management.command_line import retention  # noqa: E402
from engage.practice.sister_teams.management.command_line import sister  # noqa: E402
from engage.witness.command_line import witness  # noqa: E402

app = typer.Typer(
    help="Engage: one lawful, accountable picture of each missing or exploited child.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a traceback must not print what a row said
)
app.command()(receive)
app.command()(demo)
app.command()(doctor)
app.command()(witness)
app.add_typer(formats, name="formats")
app.add_typer(tokens, name="token")
app.add_typer(letter, name="letter")
app.add_typer(agreement, name="agreement")
app.add_typer(database, name="database")
app.add_typer(staff, name="staff")
app.add_typer(ledger, name="ledger")
app.add_typer(keys, name="keys")
app.add_typer(bundle, name="bundle")
app.add_typer(retention, name="retention")
app.add_typer(sister, name="sister")
app.add_typer(documents, name="documents")
linkage.command()(train)
linkage.command()(adopt)
linkage.command("models")(list_models)
app.add_typer(linkage, name="linkage")

if __name__ == "__main__":
    app(prog_name="./run engage")

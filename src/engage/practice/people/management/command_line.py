"""The linkage model from the command line: learned anew, adopted, listed. Beside them stand `run` and `evaluate`, which
need no database (engage.linkage_files)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from engage.methods.linkage.model import Model, ModelNotUsable, model_text
from engage.methods.linkage.training import CannotTrain
from engage.methods.moments import london_date
from engage.practice.access.doors import clock
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.agencies.models import Staff

from ..actions.training import NotAdopted, adopt_model, link_all_anew, report, train_model
from ..adopted_models import linkage_model, model_called, shipped_model
from ..models import AdoptedModel


def train(
    out: Annotated[Path, typer.Option(help="File to write the model to; one that is not there yet")],
    version: Annotated[
        str, typer.Option(help="Name of the new model, that no other has; today’s date if not given")
    ] = "",
    report_file: Annotated[
        Path | None, typer.Option("--report", help="File to write the report to, besides showing it")
    ] = None,
    begin: Annotated[
        str,
        typer.Option("--model", help="Version of the model to begin from; the one in use if not given"),
    ] = "",
    seed: Annotated[int, typer.Option(help="Pairs are drawn at random; the same seed draws the same")] = 1,
) -> None:
    """Learn a linkage model from the records here and from what people decided of pairs. Adopts nothing, links nothing.

    Works as the linking service, and sees what that sees: nothing restricted. Says which weights moved by more than half
    a bit, how many pairs the program would decide otherwise, and of whom they are, in counts; it names nobody.
    """
    now = clock()
    if out.exists():
        raise typer.BadParameter(f"{out} is there already.", param_hint="--out")
    try:
        with out.open("x", encoding="utf-8") as file:
            found = train_model(
                version=version or f"{london_date(now)}",
                now=now,
                seed=seed,
                begin=_stored(begin) if begin else None,
            )
            file.write(model_text(found.model))
    except OSError as problem:
        raise typer.BadParameter(
            f"{out} cannot be written: {problem.strerror}", param_hint="--out"
        ) from problem
    except BaseException as problem:
        out.unlink(missing_ok=True)  # no half model stays behind
        if isinstance(problem, CannotTrain | ModelNotUsable):
            raise typer.BadParameter(str(problem)) from problem
        raise
    lines = "\n".join(report(found))
    if report_file:
        report_file.write_text(lines + "\n", encoding="utf-8")
    typer.echo(lines)
    typer.echo(f"\nWritten to {out}. It is used once somebody adopts it: ./run engage linkage adopt {out} …")


def adopt(
    model: Annotated[str, typer.Argument(help="File of a model, or the version of one that `models` lists")],
    by: Annotated[str, typer.Option(help="Code of the person who decides it")],
    reason: Annotated[str, typer.Option(help="Why; kept beside the model")],
    relink: Annotated[
        bool,
        typer.Option(
            "--relink", help="Then weigh all records by it at once; takes as long as receiving them"
        ),
    ] = False,
) -> None:
    """Link by this model from now on: a dated decision of a named person, which stays.

    Nothing is linked or taken apart by it. A record is weighed by the new model when it is next sent, or looked for; with
    --relink all are at once. Joins that the program made and that the new model would not make are taken back then;
    what people decided stands. Going back is adopting the earlier version.
    """
    person = Staff.objects.select_related("agency").filter(code=by, kind=Staff.Kind.PERSON).first()
    if person is None:
        raise typer.BadParameter(f"There is no staff “{by}”.", param_hint="--by")
    now = clock()
    try:
        with acting_as(person, now=now):
            text, called = _text_of(model)
            adopted = adopt_model(text, called=called, reason=reason, by=person, now=now)
    except (ModelNotUsable, NotAdopted, NotPermitted) as refusal:
        raise typer.BadParameter(str(refusal)) from refusal
    typer.echo(f"Adopted {adopted}. Searches and linking use it from now on.")
    if not relink:
        typer.echo("Nothing was linked anew: each record is weighed by it when it is next sent.")
        return
    outcome = link_all_anew(by=person, now=clock())
    typer.echo(
        f"Joined: {outcome.joined}. Taken back: {outcome.taken_back}. Put before people: {outcome.offered}."
    )


def list_models(
    text_of: Annotated[
        str, typer.Option("--text", help="Print the file of this version instead, as it was adopted")
    ] = "",
) -> None:
    """The linkage models that were adopted, the last one first, and the one that Engage ships."""
    if text_of:
        typer.echo(model_text(_stored(text_of)), nl=False)
        return
    in_use = _hash_in_use()
    table = Table("Version", "Hash", "Adopted", "By", "Reason", "In use")
    rows = list(AdoptedModel.objects.select_related("adopted_by").order_by("-adopted_no"))
    for n, one in enumerate(rows):
        day = f"{london_date(one.adopted_at)}"
        table.add_row(
            one.version, one.hash[:12], day, one.adopted_by.name, one.reason, "yes" if n == 0 else "no"
        )
    shipped = shipped_model()
    table.add_row(
        shipped.version,
        shipped.hash[:12],
        "with this release",
        "",
        shipped.trained_on,
        "no" if rows else "yes",
    )
    Console().print(table)
    if in_use:
        typer.echo(in_use)


def _hash_in_use() -> str:
    """Says so where the model in use cannot be read."""
    try:
        linkage_model()
    except ModelNotUsable as problem:
        return str(problem)
    return ""


def _text_of(model: str) -> tuple[str, str]:
    """A file if there is one of that name, and how a refusal calls it."""
    path = Path(model)
    if not path.is_file():
        return model_text(_stored(model)), f"The model “{model}”"
    try:
        return path.read_text(encoding="utf-8"), path.name
    except (OSError, UnicodeDecodeError) as problem:
        raise ModelNotUsable(
            f"{path.name} cannot be read as a linkage model: it is no UTF-8 text"
        ) from problem


def _stored(name: str) -> Model:
    found = model_called(name)
    if found is None:
        raise typer.BadParameter(
            f"There is no file and no model “{name}”: ./run engage linkage models lists them."
        )
    return found

"""docs/reference/command-line.md, from the commands themselves."""

from __future__ import annotations

from typing import Any

import typer

from engage.ground.listing import COMMANDS

from .markdown import code, table, written

INTRODUCTION = """`./run` needs Python 3.11 with venv and nothing else. The first call makes the environment in `.venv`; later calls
fetch nothing again. `./run` alone lists its commands."""


def page() -> str:
    from engage.__main__ import app  # imports this package: not at the top

    parts = [
        INTRODUCTION,
        table(["Command", "Does"], [(f"`./run {name}`", line) for name, line in COMMANDS.items()]),
        "The rest of this page is the command line of Engage itself. A command exits with 0 if it did what it was asked.",
    ]
    _walk("./run engage", typer.main.get_command(app), parts)
    return written("Command line", "the commands' own words", *parts)


def _walk(name: str, command: Any, parts: list[str]) -> None:
    if not hasattr(command, "commands"):
        parts.append(_command(name, command))
        return
    if name != "./run engage":
        parts.append(f"## {name}\n\n{command.help}")
    for word, below in sorted(
        command.commands.items(), key=lambda pair: (hasattr(pair[1], "commands"), pair[0])
    ):
        _walk(f"{name} {word}", below, parts)


def _command(name: str, command: Any) -> str:
    level = "##" if name.count(" ") == 2 else "###"
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    needed = [f"{one.opts[0]} …" for one in options if one.required]
    call = " ".join(
        [name, *(one.name.upper() for one in arguments), *needed]
        + (["[options]"] if len(options) > len(needed) else [])
    )
    parts = [f"{level} {name}", command.help or "", f"```\n{call}\n```"]
    rows = [(code(one.name.upper()), one.help or "", "required") for one in arguments]
    rows += [
        (
            ", ".join(code(word) for word in (*one.opts, *one.secondary_opts)),
            one.help or "",
            _default(one),
        )
        for one in options
    ]
    if rows:
        parts.append(table(["", "What", "Default"], rows))
    return "\n\n".join(part for part in parts if part)


def _default(option: Any) -> str:
    if option.required:
        return "required"
    if getattr(option, "is_flag", False):
        return "yes" if option.default else "no"
    if option.name == "folder":
        return "this checkout"  # the same page on every machine
    return "" if option.default in (None, "") else code(option.default)

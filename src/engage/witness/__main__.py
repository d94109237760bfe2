"""`python -m engage.witness`: without Django, settings or a database."""

import typer

from .command_line import witness

if __name__ == "__main__":
    typer.run(witness)

"""Two invented partners' witnesses for the demo, each a process with a memory of its own on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connections

from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.agencies.models import Installation
from engage.witness.memory import Memory

PARTNERS = ("police", "charity")


def start_witnesses() -> list[subprocess.Popen]:
    """Start both, and tell this process's children, the worker for jobs among them, where they are."""
    ledger = str(signing_key_of_the_ledger().public)
    started, told = [], []
    for partner in PARTNERS:
        folder, name = memory_folder() / partner, f"{partner}.invalid/witness"
        port = _free_port()
        command = ["--state", str(folder), "--name", name, "--ledger", ledger, "--port", str(port)]
        told.append(f"http://127.0.0.1:{port} {Memory(folder, name, []).key.public}")
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "engage.witness", *command],
                stdout=subprocess.DEVNULL,
                env=os.environ,
                start_new_session=True,
            )
        )
    os.environ["ENGAGE_WITNESSES"] = settings.WITNESSES = ", ".join(told)
    return started


def tell_other_terminals() -> None:
    """Where the witnesses are, for commands given beside the running demo."""
    settings.WITNESSES_FILE.write_text(settings.WITNESSES)


def memory_folder() -> Path:
    """One for each demo that was built: a fresh one has another ledger, which the old memory would refuse."""
    database = connections["default"].settings_dict["NAME"]
    built = Installation.objects.values_list("set_up_at", flat=True).first()
    return settings.PROJECT / ".engage" / "witnesses" / f"{database}-{built:%Y%m%dT%H%M%S%f}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])

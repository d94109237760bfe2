"""Parts of the check worked out beside each other: each is for one reader, and none waits for another's answer."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context
from typing import Any

import django
from django.conf import settings
from django.db import connections

# What the check decides as it runs, beside the environment: its processes must have it too.
DECIDED = (
    "DEMO",
    "ALLOWED_HOSTS",
    "AS_AT",
    "AS_AT_RUNS_ON",
    "RECEIVED_FOLDER",
    "SISTER_QUERIES",
    "WITNESSES",
)


def side_by_side(parts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of `parts` gives, in their order; as many at a time as there are processors.

    Each process begins anew. One forked from here would lack the threads that libraries have begun here, and wait for
    them for ever; and it would share our connection to the database. A part that raises raises here.
    """
    decided = {name: getattr(settings, name) for name in DECIDED}
    connections.close_all()
    pool = ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), initializer=_begin, initargs=(decided,))
    try:
        return [future.result() for future in [pool.submit(part) for part in parts]]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown()


def _begin(decided: dict[str, Any]) -> None:
    """The check itself stops in good order when told to end; its parts hold nothing that needs it."""
    django.setup()
    # As in engage.__main__: much is made here and little of it is garbage.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    for name, value in decided.items():
        setattr(settings, name, value)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the check, which has Ctrl-C too, ends them

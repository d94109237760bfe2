"""Parts of the check worked out beside each other: each is for one reader, and none waits for another's answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context
from typing import Any

from django.db import connections


def side_by_side(parts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of `parts` gives, in their order; as many at a time as there are processors.

    A connection to the database cannot be shared by two processes: each opens its own. A part that raises
    raises here.
    """
    connections.close_all()
    pool = ProcessPoolExecutor(os.cpu_count(), get_context("fork"), initializer=_end_when_told)
    try:
        return [future.result() for future in [pool.submit(part) for part in parts]]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown()


def _end_when_told() -> None:
    """The check itself stops in good order when told to end; its parts hold nothing that needs it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the check, which has Ctrl-C too, ends them

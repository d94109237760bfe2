"""Parts of the check worked out beside each other: each is for one reader, and none waits for another's answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from django.db import connections


def side_by_side(parts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of `parts` gives, in their order; as many at a time as there are processors.

    A connection to the database cannot be shared by two processes: each opens its own. A part that raises
    raises here.
    """
    connections.close_all()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        return [future.result() for future in [pool.submit(part) for part in parts]]

"""Lists that are read no further than somebody has opened them: a county's backlog costs no more than a team's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator

COUNTED_UP_TO = 100
MOST_PAGES = 100


def read_so_far(read: Callable[[int], list[Any]], number: int | str | None, per_page: int) -> Page:
    """Page `number`, where `read(most)` gives the first `most` rows of the list in order.

    Some hundred rows past the page are read too, so that it can be said whether there are more.
    """
    asked = str(number)
    wanted = min(int(asked), MOST_PAGES) if asked.isdecimal() and len(asked) < 6 else 1
    wanted = max(1, wanted)
    return Paginator(read(wanted * per_page + COUNTED_UP_TO + 1), per_page).get_page(wanted)


def total_words(total: int) -> str:
    """Of a list read so far: "100+" where there are more than a hundred."""
    return f"{COUNTED_UP_TO}+" if total > COUNTED_UP_TO else str(total)

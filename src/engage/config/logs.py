"""What a line of the log may say: which kind of thing went wrong, where, and in which request. Never what was in it.

The message of an error is written by whoever raised it: a database names the value it refuses, and a value may be a
child's name. Of errors the log has types and places alone. Our own lines are written without personal data; what
those of libraries say is not ours to know, so they are left out too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb

OURS = "engage"
INSTALLED = "site-packages"


class TypeAndPlace(logging.Formatter):
    """`ERROR django.request at django/utils/log.py:253 request 3f…`, then each error with the lines it passed."""

    default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        words = [self.formatTime(record), record.levelname, record.name]
        if record.name.split(".")[0] == OURS:
            words.append(_own_words(record))
        words.append(f"at {_place(record.pathname, record.lineno)}")
        if name := _request():
            words.append(f"request {name}")
        if job := _job(record):
            words.append(f"job {job}")
        error = record.exc_info[1] if record.exc_info else None
        return "\n  ".join([" ".join(words), *(_errors(error) if error else ())])


def _own_words(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)  # logging itself would print the values that do not fit


def _errors(error: BaseException) -> Iterator[str]:
    """Types with the lines they passed through, the first cause first."""
    chain: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and now not in chain:
        chain.append(now)
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    for one in reversed(chain):
        places = [_place(frame.f_code.co_filename, line) for frame, line in walk_tb(one.__traceback__)]
        yield " ".join([f"{type(one).__module__}.{type(one).__qualname__}", *places])
        if isinstance(one, BaseExceptionGroup):
            for part in one.exceptions:
                yield from (f"  {line}" for line in _errors(part))


def _place(file: str, line: int) -> str:
    parts = Path(file).parts
    for root in (INSTALLED, "src"):
        if root in parts:
            parts = parts[len(parts) - parts[::-1].index(root) :]
            break
    else:
        parts = parts[-2:]
    return f"{'/'.join(parts)}:{line}"


def _request() -> str:
    # Not above: the log is set up before there are models.
    from engage.practice.access.guarded import this_request

    return this_request.get()


def _job(record: logging.LogRecord) -> str:
    job = getattr(record, "job", None)  # as procrastinate gives it
    return str(job.get("id", "")) if isinstance(job, dict) else ""

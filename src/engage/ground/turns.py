"""Taking turns between processes, by kernel locks that vanish with the process that held them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process is inside the same `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


class Presence:
    """A mark that this process is using something several processes may use at once."""

    def __init__(self, path: Path) -> None:
        self._mark: IO[str] = path.open("a")
        fcntl.flock(self._mark, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Withdraw the mark; true for the last one out. Call inside `one_at_a_time`, or two may be last."""
        try:
            fcntl.flock(self._mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        finally:
            self._mark.close()


def first_free(folder: Path, most: int = 32) -> tuple[int, IO[str]]:
    """Reserve the lowest number nobody holds, from 1; it is free again when the file is closed."""
    for number in range(1, most + 1):
        mark = (folder / f"slot-{number}.lock").open("a")
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return number, mark
        except BlockingIOError:
            mark.close()
    raise RuntimeError(f"All {most} places in {folder} are taken.")

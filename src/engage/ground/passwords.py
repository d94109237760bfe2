"""Secrets made on this machine, for this machine."""

import json
import os
import secrets
from pathlib import Path

from engage.ground.turns import one_at_a_time


class Passwords:
    """Passwords made here and kept in one file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get_or_make(self, key: str) -> str:
        with one_at_a_time(self.path.with_suffix(".lock")):
            known = self._all()
            if key not in known:
                known[key] = secrets.token_urlsafe(24)
                new = self.path.with_suffix(".new")
                new.unlink(missing_ok=True)
                with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                    json.dump(known, file)
                new.replace(self.path)
            return known[key]

    def _all(self) -> dict[str, str]:
        try:
            return dict(json.loads(self.path.read_text()))
        except FileNotFoundError:
            return {}

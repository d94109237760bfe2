"""Whether somebody may do a thing, and the sentence they read when the answer is no."""

from __future__ import annotations

from dataclasses import dataclass

from .gate import NotPermitted


@dataclass(frozen=True)
class Permission:
    allowed: bool
    sentence: str = ""

    def enforce(self) -> None:
        if not self.allowed:
            raise NotPermitted(self.sentence)

    def __bool__(self) -> bool:
        return self.allowed


YES = Permission(True)


def no(sentence: str) -> Permission:
    return Permission(False, sentence)

"""Putting a letter into the letterbox, as the public role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from .models import LONGEST_CONCERN, LONGEST_LINE, Letter

# The columns in which the public role may write: the migration grants these and no other.
POSTED = (
    "id", "received_at", "sender_kind", "concern", "place", "safe_contact", "safe_to_contact", "immediate_danger",
)  # fmt: skip


class Connection(Protocol):
    """Django's connection or psycopg's, of the public role."""

    def cursor(self) -> Any: ...


class LetterDoesNotFit(ValueError):
    """What was written cannot be sent as it is. `field` says where, the message what to do; neither repeats it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Written:
    """What somebody wrote. None: they did not say."""

    sender_kind: str
    concern: str
    place: str = ""
    safe_contact: str = ""
    safe_to_contact: bool | None = None
    immediate_danger: bool | None = None


def post_letter(written: Written, connection: Connection, *, now: datetime) -> UUID:
    """Send a letter to the team and say its id, by which nobody outside the team can read it.

    Raises LetterDoesNotFit.
    """
    check(written)
    letter_id = uuid4()
    values = (
        letter_id, now, written.sender_kind, written.concern, written.place, written.safe_contact,
        written.safe_to_contact, written.immediate_danger,
    )  # fmt: skip
    # Not through the model: Django names every column, and the state of a letter is not the sender's to write.
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Letter._meta.db_table} ({', '.join(POSTED)}) VALUES ({', '.join(['%s'] * len(POSTED))})",
            values,
        )
    return letter_id


def check(written: Written) -> None:
    """The database refuses the same; its own words would repeat what was written, in errors and in logs."""
    if written.sender_kind not in Letter.SenderKind.values:
        raise LetterDoesNotFit("sender_kind", f"Say who writes: {', '.join(Letter.SenderKind.values)}.")
    if not written.concern.strip():
        raise LetterDoesNotFit("concern", "Say what you are worried about.")
    if len(written.concern) > LONGEST_CONCERN:
        raise LetterDoesNotFit("concern", f"Say it in {LONGEST_CONCERN:,} characters or fewer.")
    for field in ("place", "safe_contact"):
        if len(getattr(written, field)) > LONGEST_LINE:
            raise LetterDoesNotFit(field, f"Say it in {LONGEST_LINE} characters or fewer.")
    for field in ("concern", "place", "safe_contact"):
        if "\0" in getattr(written, field):
            raise LetterDoesNotFit(field, "This is not text.")

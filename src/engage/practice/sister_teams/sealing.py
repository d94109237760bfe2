"""What the root key seals here: the keys that filters are made under, and the tokens that we show sister teams."""

from __future__ import annotations

from collections.abc import Iterator

from engage.methods.private_query import oprf
from engage.practice.access.keys import DoesNotOpen, KeyProblem, RootKey, open_text, root_key, seal_text
from engage.practice.access.rewrapping import OWNER

from .models import HoldingKey, SisterTeam


def _place(row: HoldingKey | SisterTeam) -> bytes:
    if isinstance(row, HoldingKey):
        return f"engage holding key\0{row.version}".encode()
    return f"engage sister token\0{row.code}".encode()


def seal_token(sister: SisterTeam, token: str) -> None:
    sister.our_token = seal_text(token, root_key(), _place(sister))


def token_of(sister: SisterTeam) -> str:
    return open_text(sister.our_token, root_key(), _place(sister))


def seal_key(row: HoldingKey, key: oprf.KeyPair) -> None:
    row.secret = seal_text(key.secret.hex(), root_key(), _place(row))


def key_of(row: HoldingKey) -> oprf.KeyPair:
    return oprf.KeyPair.of(bytes.fromhex(open_text(row.secret, root_key(), _place(row))))


def _rows(lock: bool) -> Iterator[tuple[HoldingKey | SisterTeam, str]]:
    for rows, column in (
        (HoldingKey.objects.using(OWNER).defer("filter").order_by("pk"), "secret"),
        (SisterTeam.objects.using(OWNER).order_by("pk"), "our_token"),
    ):
        for row in rows.select_for_update() if lock else rows:
            if getattr(row, column):
                yield row, column


def seal_anew(old: RootKey, new: RootKey) -> None:
    for row, column in _rows(lock=True):
        text = open_text(getattr(row, column), old, _place(row))
        setattr(row, column, seal_text(text, new, _place(row)))
        row.save(update_fields=[column])


def check_all() -> tuple[int, list[str]]:
    """How many open, and which do not."""
    root, opened, problems = root_key(), 0, []
    for row, column in _rows(lock=False):
        try:
            open_text(getattr(row, column), root, _place(row))
            opened += 1
        except (DoesNotOpen, KeyProblem):
            problems.append(f"Table {row._meta.db_table}, row {row.pk}: does not open.")
    return opened, problems

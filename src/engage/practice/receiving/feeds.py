"""The formats in use: those that ship with Engage and those an administrator added."""

from __future__ import annotations

from .models import AddedFormat
from .reading import Format, parse_format, shipped_formats


class UnknownFormat(LookupError):
    """No format has this code."""


def formats() -> dict[str, Format]:
    added = {row.code: parse_format(row.toml) for row in AddedFormat.objects.order_by("code")}
    return {**shipped_formats(), **added}


def format_called(code: str) -> Format:
    found = formats().get(code)
    if found is None:
        raise UnknownFormat(f"There is no format “{code}”.")
    return found

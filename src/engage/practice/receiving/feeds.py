"""The formats in use: those that ship with Engage and those an administrator added."""

from __future__ import annotations

import logging
from functools import lru_cache

from django.conf import settings

from engage.practice.agencies.models import Agency

from .models import AddedFormat
from .reading import Format, FormatError, Limits, parse_format, shipped_formats

log = logging.getLogger(__name__)
parsed = lru_cache(maxsize=200)(parse_format)


class UnknownFormat(LookupError):
    """No format has this code."""


def formats() -> dict[str, Format]:
    """By code. An added format that this release cannot read any more closes its own door and no other."""
    found = dict(shipped_formats())
    for row in AddedFormat.objects.order_by("code"):
        try:
            found.setdefault(row.code, parsed(row.toml))
        except FormatError:
            log.error("The added format %s cannot be read by this release.", row.code)
    return found


def formats_sent_by(agency: Agency) -> list[Format]:
    return [format for format in formats().values() if agency.kind in format.sender_kinds]


def format_called(code: str) -> Format:
    found = formats().get(code)
    if found is None:
        raise UnknownFormat(f"There is no format “{code}”.")
    return found


def limits() -> Limits:
    """The largest files that this place reads."""
    return Limits(csv=settings.LARGEST_CSV_MIB << 20, xlsx_unpacked=settings.LARGEST_XLSX_MIB << 20)

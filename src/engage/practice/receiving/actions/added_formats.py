from __future__ import annotations

from datetime import datetime

from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Fact, SourceRecord

from .. import permissions
from ..models import AddedFormat
from ..reading import Format, FormatError, parse_format, shipped_formats

LONGEST_NAME = SourceRecord._meta.get_field("format").max_length or 40
LONGEST_KIND = Fact._meta.get_field("kind").max_length or 40
LONGEST_CATEGORY = len("/C01")


def add_format(toml: str, *, by: Staff, now: datetime) -> AddedFormat:
    """An administrator adds a format, or replaces one added before. Raises FormatError in plain words."""
    permissions.may_add_formats(by).enforce()
    format = parse_format(toml)
    _refuse_what_cannot_be_kept(format)
    with acting_as(by, now=now):
        added, _ = AddedFormat.objects.update_or_create(
            code=format.code, defaults={"toml": toml, "added_at": now, "added_by": by}
        )
        audit.record(audit.Verb.ALTER, "add_format", asked=format.code)
    return added


def _refuse_what_cannot_be_kept(format: Format) -> None:
    if format.code in shipped_formats():
        raise FormatError(f"“{format.code}” comes with Engage and stays as it is: choose another code.")
    for sheet in format.sheets:
        if (
            len(format.code) + max(len(f"/{sheet.name}") if sheet.name else 0, LONGEST_CATEGORY)
            > LONGEST_NAME
        ):
            raise FormatError(
                f"The code, with the name of a sheet, may have {LONGEST_NAME} characters: shorten it."
            )
        for column in sheet.columns:
            for to in (column.to, *(part.to for part in column.derived)):
                if len(to.partition(".")[2]) > LONGEST_KIND:
                    raise FormatError(
                        f"Column {column.name}: the name after the dot may have {LONGEST_KIND} characters."
                    )

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from engage.practice.access import audit
from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Fact, SourceRecord

from .. import permissions
from ..drawing import REPORT_MOMENTS, TAKEN, UNNAMED
from ..models import AddedFormat
from ..reading import Format, FormatError, parse_format, shipped_formats
from ..reading.formats import TYPES

LONGEST_NAME = SourceRecord._meta.get_field("format").max_length or 40
LONGEST_KIND = Fact._meta.get_field("kind").max_length or 40
# What may stand in a field; any other field takes one text.
TYPES_FOR = {
    **dict.fromkeys(("identity.dob", "identity.address_from", "identity.address_to"), frozenset({"date"})),
    "identity.age": {"integer"},
    "identity.birth_text": {"birth_text"},
    "identity.full_name": {"full_name"},
    **dict.fromkeys(("missing.started_on", "missing.ended_on"), frozenset({"date"})),
    **dict.fromkeys(
        (
            *(f"missing.{name}" for name in REPORT_MOMENTS),
            *(f"interview.{name}" for name in ("returned_at", "offered_at", "held_at")),
            "referral.referred_at",
            "call.started_at",
        ),
        frozenset({"datetime"}),
    ),
    **dict.fromkeys(
        (
            *(
                f"{record}.{name}"
                for record in ("referral", "call")
                for name in ("immediate_danger", "missing_now")
            ),
            "call.safe_to_call_back",
            "interview.independent",
        ),
        frozenset({"flag"}),
    ),
    "missing.companions": {"names"},
    "interview.report_refs": {"codes"},
    **dict.fromkeys(("referral.indicators", "interview.indicators"), frozenset({"codes"})),
}
ONE_TEXT = TYPES - {"date", "datetime", "integer", "flag", "codes", "names", "full_name", "birth_text"}
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


def types_for(to: str) -> Set[str]:
    """Which types of column may go there; a fact is kept as text, whatever was sent."""
    if to.startswith(("fact.", "legacy.")):
        return TYPES - {"full_name", "birth_text"}
    kept_as_facts = to.partition(".")[0] not in ("identity",) and tuple(to.split(".", 1)) not in TAKEN
    return TYPES_FOR.get(to) or (TYPES if kept_as_facts else ONE_TEXT)


def _refuse_what_cannot_be_kept(format: Format) -> None:
    if format.code in shipped_formats():
        raise FormatError(f"“{format.code}” comes with Engage and stays as it is: choose another code.")
    for sheet in format.sheets:
        ending = max(len(f"/{sheet.name}") if sheet.name else 0, LONGEST_CATEGORY)
        if not any(column.required for column in sheet.columns if column.name in sheet.identity_reference):
            ending += len(UNNAMED)
        if len(format.code) + ending > LONGEST_NAME:
            raise FormatError(
                f"The code, with the name of a sheet, may have {LONGEST_NAME} characters: shorten it."
            )
        for column in sheet.columns:
            for to in (column.to, *(part.to for part in column.derived)):
                if to == column.to and column.type not in types_for(to):
                    raise FormatError(
                        f"Column {column.name}: {to} takes the type {' or '.join(sorted(types_for(to)))}."
                    )
                if len(to.partition(".")[2]) > LONGEST_KIND:
                    raise FormatError(
                        f"Column {column.name}: the name after the dot may have {LONGEST_KIND} characters."
                    )

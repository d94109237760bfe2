"""A format of kind `snapshot` is a whole list each time: who is not in it any more is marked, and never deleted."""

from __future__ import annotations

from django.db.models import Q

from engage.practice.people.models import Record

from ..drawing import register_of
from ..reading import Reading
from .chunks import Sender

SNAPSHOT = "snapshot"


def mark_no_longer_sent(reading: Reading, sender: Sender) -> int:
    """How many records are newly marked. Whoever is in the list again loses the mark.

    Nobody is marked by a list that does not tell of all: some mended rows, a workbook without one of its sheets,
    a row whose reference is missing.
    """
    is_whole = reading.is_whole_list
    listed: set[tuple[str, str]] = set()
    for row in reading.rows():
        if row.reference is None:
            is_whole = False
        else:
            register = register_of(row, sender.sheet_of(row), sender.format)
            listed.add((register, row.identity or row.reference))
    code = sender.format.code
    of_this_list = Record.objects.visible_to(sender.service).filter(
        Q(register=code) | Q(register__startswith=f"{code}/"), agency=sender.agency
    )
    gone, back = [], []
    for pk, register, reference, marked_at in of_this_list.values_list(
        "pk", "register", "reference", "no_longer_sent_at"
    ):
        if (register, reference) in listed:
            if marked_at:
                back.append(pk)
        elif is_whole and not marked_at:
            gone.append(pk)
    of_this_list.filter(pk__among=back).update(no_longer_sent_at=None)
    of_this_list.filter(pk__among=gone).update(no_longer_sent_at=sender.now)
    return len(gone)

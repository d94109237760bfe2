"""Taking back what was recorded at a desk by mistake. Nothing is deleted: the entry stays, and stands no longer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engage.practice.access import audit
from engage.practice.access.permissions import no
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Fact

from .. import permissions, queries
from ..models import MissingReport, ReportPlaces, ReturnInterview
from .desk import TimesDoNotFit, found
from .episodes import derive_episodes

Entry = MissingReport | ReturnInterview


def take_back(report_id: UUID, entry_id: UUID, *, reason: str, by: Staff, now: datetime) -> Entry:
    """Take back one entry of one's own agency on this episode: a return, a grade, an offer, an interview.

    What the agency had said before it does not come back by itself. Sent twice, it is taken back once.
    Raises MissingReport.DoesNotExist if `by` may see no such entry, NotPermitted if another agency recorded it.
    """
    episode = found(report_id, by)
    entry = queries.desk_entry(episode, entry_id, by)
    permissions.may_take_back(by, entry).enforce()
    if entry.taken_back_at:
        return entry
    if not reason.strip():
        raise TimesDoNotFit("reason", "Say why: the reason is kept with the entry.")
    if not entry.current:
        no("Something newer was recorded in the stead of this entry.").enforce()
    entry.current = False
    entry.taken_back_at, entry.taken_back_by, entry.taken_back_why = now, by, reason
    entry.save(update_fields=["current", "taken_back_at", "taken_back_by", "taken_back_why"])
    _what_was_written_with(entry, by)
    assert entry.person_id is not None, "a deed at a desk is about a child who is shown"
    derive_episodes({entry.person_id}, now=now)
    audit.record(
        audit.Verb.ALTER, "take_back", subjects=[entry.person_id], kinds=[type(entry)._meta.label_lower]
    )
    return entry


def _what_was_written_with(entry: Entry, by: Staff) -> None:
    """Its places, the reason of a grade, what was said in an interview: they stand no longer either."""
    if isinstance(entry, MissingReport):
        ReportPlaces.objects.visible_to(by).filter(report=entry.pk, current=True).update(current=False)
    kinds = ["grade_reason"] if isinstance(entry, MissingReport) else list(queries.INTERVIEW_FACTS)
    Fact.objects.visible_to(by).filter(
        record_id=entry.record_id,
        recorded_at=entry.recorded_at,
        compartment__owner_id=by.agency_id,
        source__isnull=True,
        kind__in=kinds,
        current=True,
    ).update(current=False)

"""Saying to which time missing a held report belongs. Asked of a person because no rule can know."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engage.practice.access import audit
from engage.practice.access.permissions import no
from engage.practice.agencies.models import Staff

from .. import permissions, queries
from ..models import MissingReport
from .desk import anchor_of
from .episodes import derive_episodes


def settle_held_report(
    report_id: UUID,
    *,
    same_episode_as: UUID | None = None,
    separate: bool = False,
    by: Staff,
    now: datetime,
) -> MissingReport:
    """Place a held report with the episode of another report, or make it an absence of its own.

    What the report says is not altered: the decision stands beside it and outlives its next version.
    Raises MissingReport.DoesNotExist if `by` may see either report not.
    """
    if (same_episode_as is None) == (not separate):
        raise ValueError("Either one episode or a separate absence.")
    visible = MissingReport.objects.visible_to(by).filter(current=True)
    report = visible.select_for_update().get(pk=report_id)
    permissions.may_settle(by).enforce()
    anchor = report.pk
    if same_episode_as is not None:
        episode = queries.episode(same_episode_as, by)
        if episode.person_id != report.person_id or episode.is_held:
            raise MissingReport.DoesNotExist
        anchor = anchor_of(episode, now)
    if report.pinned_to == anchor:
        return report  # the same answer sent twice
    if not report.held_reason:
        no("Somebody has settled this report already.").enforce()
    report.pinned_to = anchor
    report.save(update_fields=["pinned_to"])
    derive_episodes({report.person_id}, now=now)
    audit.record(
        audit.Verb.ALTER,
        "settle_held_report",
        subjects=[report.person_id],
        kinds=[MissingReport._meta.label_lower],
    )
    report.refresh_from_db(fields=["episode_id", "held_reason"])
    return report

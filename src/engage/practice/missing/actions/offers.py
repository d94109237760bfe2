"""Deeds on return home interviews: offered, held, declined are facts of their own, each with its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from engage.methods.spans import is_before
from engage.practice.access import audit
from engage.practice.access.models import Label
from engage.practice.agencies.models import Staff
from engage.practice.front_door.versions import compartments_by_owner
from engage.practice.people.models import Fact

from .. import permissions
from ..episodes import EpisodeShown
from ..models import MissingReport, ReturnInterview
from .desk import TimesDoNotFit, anchor_of, found, keep_facts, not_in_the_future
from .episodes import derive_episodes

OfferOutcome = ReturnInterview.OfferOutcome


def offer_interview(
    episode_id: UUID,
    *,
    offered_at: datetime,
    method: str = "",
    outcome: str = "",
    decline_reason: str = "",
    by: Staff,
    now: datetime,
) -> ReturnInterview:
    """Record an offer. `outcome` empty: no answer yet. Declined closes the episode, the others keep it open."""
    episode = found(episode_id, by)
    told: dict[str, Any] = {
        "offered_at": offered_at,
        "offer_method": method,
        "offer_outcome": outcome,
        "decline_reason": decline_reason if outcome == OfferOutcome.DECLINED else "",
    }
    if same := _same(episode, by, **told):
        return same
    permissions.may_offer_interview(by, episode).enforce()
    _after_return(episode, offered_at, now, "offered_at", "offered")
    if outcome and outcome not in OfferOutcome.values:
        raise TimesDoNotFit("outcome", "Say what became of the offer.")
    return _write(episode, "offer_interview", by, now, **told)


def decline_interview(
    episode_id: UUID, *, declined_at: datetime, reason: str, method: str = "", by: Staff, now: datetime
) -> ReturnInterview:
    if not reason.strip():
        raise TimesDoNotFit("reason", "Say why the interview was declined, in the child's words if you can.")
    return offer_interview(
        episode_id,
        offered_at=declined_at,
        method=method,
        outcome=OfferOutcome.DECLINED,
        decline_reason=reason,
        by=by,
        now=now,
    )


def hold_interview(
    episode_id: UUID,
    *,
    held_at: datetime,
    place_kind: str = "",
    summary_for_team: str,
    child_words: str = "",
    actions: str = "",
    independent: bool | None = None,
    also_covers: Sequence[UUID] = (),
    by: Staff,
    now: datetime,
) -> ReturnInterview:
    """Record that it was held, and what was said: the summary (C05), the child's own words (C04, full)
    and what is to be done (C04, summary), each for those who may read it.

    `also_covers`: reports of the child's other episodes of which this one interview speaks too.
    """
    episode = found(episode_id, by)
    others = [found(other_id, by) for other_id in sorted(set(also_covers) - {episode_id})]
    if any(other.person_id != episode.person_id for other in others):
        raise MissingReport.DoesNotExist
    covered = [episode, *(other for other in others if other.key != episode.key)]
    anchors = [str(anchor_of(one, now)) for one in covered]
    texts = {
        "summary_for_team": summary_for_team,
        "child_words": child_words,
        "interview_actions": actions,
    }
    if recorded := _same(episode, by, held_at=held_at):
        rest = (recorded.place_kind, recorded.independent, recorded.report_refs)
        if _says_the_same(recorded, texts, by) and rest == (place_kind, independent, anchors):
            return recorded
        raise TimesDoNotFit(
            "summary_for_team",
            "You have recorded this interview already, and otherwise. To correct it, take back that entry on the page"
            " of this missing episode, and then save this one.",
        )
    for one in covered:
        permissions.may_hold_interview(by, one).enforce()
        _after_return(one, held_at, now, "held_at", "held")
    if not summary_for_team.strip():
        raise TimesDoNotFit(
            "summary_for_team", "Write the summary: it is what helps others keep the child safe."
        )
    label = strictest(covered)
    interview = _write(
        episode,
        "hold_interview",
        by,
        now,
        anchors=anchors,
        label=label,
        held_at=held_at,
        place_kind=place_kind,
        independent=independent,
    )
    said = {
        "summary_for_team": ("C05", label, summary_for_team),
        "child_words": ("C04", label, child_words),
        "interview_actions": ("C04", Label.SUMMARY if label == Label.FULL else label, actions),
    }
    keep_facts(interview, said, true_at=held_at, by=by, now=now)
    return interview


def strictest(episodes: Sequence[EpisodeShown]) -> str:
    """One interview of several episodes is kept as closely as the closest kept of them."""
    labels = {episode.label for episode in episodes}
    return next((label for label in (Label.SEALED, Label.RESTRICTED) if label in labels), Label.FULL)


def _write(
    episode: EpisodeShown,
    deed: str,
    by: Staff,
    now: datetime,
    *,
    anchors: Sequence[str] = (),
    label: str = "",
    **told: Any,
) -> ReturnInterview:
    assert episode.person_id is not None, "a deed at a desk is about a child who is shown"
    label = label or episode.label
    compartments = compartments_by_owner([(by.agency, "C03", label)])
    interview_id = uuid4()
    interview = ReturnInterview.objects.create(
        id=interview_id,
        compartment_id=compartments[by.agency_id, "C03", label],
        person_id=episode.person_id,
        area=episode.reports[0].area,
        record_id=episode.record_id,
        recorded_at=now,
        reference=f"desk {interview_id}",
        report_refs=list(anchors) or [str(anchor_of(episode, now))],
        interviewer=by.name,
        recorded_by=by,
        **told,
    )
    derive_episodes({episode.person_id}, now=now)
    audit.record(
        audit.Verb.ALTER, deed, subjects=[episode.person_id], kinds=[ReturnInterview._meta.label_lower]
    )
    return interview


def _same(episode: EpisodeShown, by: Staff, **told: object) -> ReturnInterview | None:
    for one in episode.interviews:
        row = one.interview
        if row.recorded_by_id == by.pk and all(getattr(row, name) == value for name, value in told.items()):
            return row
    return None


def _says_the_same(interview: ReturnInterview, texts: dict[str, str], by: Staff) -> bool:
    """A corrected text is not the same form sent twice."""
    kept = Fact.objects.visible_to(by).filter(
        record_id=interview.record_id,
        recorded_at=interview.recorded_at,
        compartment__owner_id=by.agency_id,
        current=True,
        kind__in=list(texts),
    )
    said = {kind: text for kind, text in texts.items() if text.strip()}
    return dict(kept.values_list("kind", "text")) == said


def _after_return(episode: EpisodeShown, moment: datetime, now: datetime, field: str, done: str) -> None:
    not_in_the_future(moment, now, field)
    back = episode.account.returned
    if back is not None and is_before(moment, back):
        raise TimesDoNotFit(field, f"The interview cannot have been {done} before the child came back.")

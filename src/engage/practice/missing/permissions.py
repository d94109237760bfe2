"""Who may record what about a missing episode they may see, and the words when the answer is no."""

from __future__ import annotations

from engage.govuk.london_time import date_words, moment_words
from engage.practice.access.permissions import YES, Permission, no
from engage.practice.agencies.models import Staff

from .episodes import EpisodeShown
from .models import MissingReport, ReturnInterview

RECORD_RETURN = {"police_team", "social_worker", "team_manager", "helpline"}
GRADE = {"police_team", "social_worker", "team_manager"}
OFFER = {"police_team", "social_worker", "team_manager", "helpline"}
# Their agency may keep the child's own words (C04); nobody else should be told them first.
INTERVIEW = {"social_worker", "team_manager"}


def may_record_return(by: Staff, episode: EpisodeShown) -> Permission:
    if by.role not in RECORD_RETURN:
        return no("Police, social workers, managers and the helpline record that a child is back.")
    return _settled_and_counted(episode) and _not_closed(episode)


def may_record_located(by: Staff, episode: EpisodeShown) -> Permission:
    if by.role not in RECORD_RETURN:
        return no("Police, social workers, managers and the helpline record that a child was found.")
    return _still_missing(episode)


def may_regrade(by: Staff, episode: EpisodeShown) -> Permission:
    if by.role not in GRADE:
        return no("Police, social workers and managers grade a missing episode.")
    return _still_missing(episode)


def may_offer_interview(by: Staff, episode: EpisodeShown) -> Permission:
    if by.role not in OFFER:
        return no(
            "Police, social workers, managers and the helpline record offers of a return home interview."
        )
    return _back(episode) and _not_closed(episode)


def may_hold_interview(by: Staff, episode: EpisodeShown) -> Permission:
    if by.role not in INTERVIEW:
        return no("Social workers and managers record what was said in a return home interview.")
    return _back(episode) and _not_closed(episode)


def may_take_back(by: Staff, entry: MissingReport | ReturnInterview) -> Permission:
    """Of one's own agency, and by those who could have recorded it."""
    if entry.recorded_by_id is None:
        return no(
            "Only what somebody recorded in Engage is taken back here. A file is corrected by its sender."
        )
    if entry.compartment.owner_id != by.agency_id:
        return no("Only the agency that recorded an entry takes it back.")
    if by.role not in _who_record(entry):
        return no("Only those who may record such an entry take it back.")
    return YES


def _who_record(entry: MissingReport | ReturnInterview) -> set[str]:
    if isinstance(entry, ReturnInterview):
        return INTERVIEW if entry.held else OFFER
    return GRADE if entry.grade else RECORD_RETURN


def may_settle(by: Staff) -> Permission:
    if by.role in GRADE:
        return YES
    return no("Police, social workers and managers say which missing episode a report belongs to.")


def _settled_and_counted(episode: EpisodeShown) -> Permission:
    if episode.is_held:
        return no("First say which missing episode this report belongs to.")
    if episode.is_cancelled:
        return no("This was recorded as not missing, so nothing more is recorded on it.")
    return YES


def _still_missing(episode: EpisodeShown) -> Permission:
    answer = _settled_and_counted(episode)
    if answer and episode.is_back:
        return no("This missing episode has ended: a source says the child is back.")
    return answer


def _back(episode: EpisodeShown) -> Permission:
    answer = _settled_and_counted(episode)
    if answer and not episode.is_back:
        return no("Record first that the child is back.")
    return answer


def _not_closed(episode: EpisodeShown) -> Permission:
    if episode.held_interview:
        interview = episode.held_interview.interview
        held = moment_words(interview.held_at) if interview.held_at else date_words(interview.held_on)
        return no(f"This missing episode is closed: the return home interview was held on {held}.")
    return YES  # a child who declined can still ask for an interview

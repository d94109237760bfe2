"""Deeds on missing episodes, by files and by people at their desks."""

from .desk import TimesDoNotFit, record_located, record_return, regrade
from .episodes import derive_episodes
from .holding import settle_held_report
from .interviews import InterviewInput, write_interviews
from .offers import decline_interview, hold_interview, offer_interview
from .reports import PlacesInput, ReportInput, write_reports
from .taking_back import take_back

__all__ = [
    "InterviewInput",
    "PlacesInput",
    "ReportInput",
    "TimesDoNotFit",
    "decline_interview",
    "derive_episodes",
    "hold_interview",
    "offer_interview",
    "record_located",
    "record_return",
    "regrade",
    "settle_held_report",
    "take_back",
    "write_interviews",
    "write_reports",
]

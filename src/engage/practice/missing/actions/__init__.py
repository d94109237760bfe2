"""Deeds on missing episodes, by files and by people at their desks."""

from .episodes import derive_episodes
from .interviews import InterviewInput, write_interviews
from .reports import PlacesInput, ReportInput, write_reports

__all__ = [
    "InterviewInput",
    "PlacesInput",
    "ReportInput",
    "derive_episodes",
    "write_interviews",
    "write_reports",
]

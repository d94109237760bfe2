"""Who looked, in words that a child of twelve reads. Nothing here names what somebody found.

Left out, and said so to the lead: looks to prevent or detect crime, and looks on lists, where nobody opened the child's record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from engage.govuk.london_time import date_words, in_london
from engage.practice.agencies.models import Agency, Staff

from .looking import UNEXPLAINED
from .models import CircleMember
from .who_looked import Look

Kind = CircleMember.Kind
HEALTH = (Agency.Kind.HEALTH, Agency.Kind.DRUGS_SERVICE, Agency.Kind.HOSPITAL)
WHO = {
    "police_team": "a police officer",
    "police_intel": "a police officer",
    "social_worker": "a social worker",
    "team_manager": "the manager of the team",
    "parent_support": "a worker who helps parents",
    "helpline": "somebody who answers the helpline",
    "school_lead": "somebody at school who keeps children safe",
    "sister_team": "somebody of the team next door",
    "board_analyst": "somebody who checks how agencies work together",
    "inquiry_liaison": "somebody who helps an inquiry",
    "dpo_audit": "the person who checks who looks at your information",
}
# By how the account calls the page and the rows that were read, the first that fits.
WHAT_PAGES = {
    "share_about_child": "what could be told to somebody else about you",
    "preview_sharing": "what could be told to somebody else about you",
    "ask_who_looked": "the list of who looked at your information",
    "who_looked": "the list of who looked at your information",
    "who_looked_told": "the list of who looked at your information",
    "records_of_child": "where your information comes from",
}
WHAT_ROWS = {
    "people.fact": "notes that school, health or other services keep about you",
    "missing.missingreport": "notes on when you were missing",
    "missing.returninterview": "what you said when you came back",
    "front_door.referral": "worries that people passed on about you",
    "screening.exploitationjudgement": "what the team thinks about how safe you are",
    "front_door.call": "notes of calls about you",
}
MOST_THINGS = 3  # in one sentence; a whole record is many
WHY = {
    Kind.LEAD: "because they are the worker who looks after your plan",
    Kind.CO_WORKER: "because they work with you",
    Kind.INTERVIEWER: "to talk with you after you came back",
    Kind.FIRST_LOOK: "to find out whether you need help",
    Kind.REFERRAL: "because somebody was worried about you and told them",
    Kind.MEETING: "to plan your meeting",
    Kind.NAMED: "because they are one of the few who may",
    Kind.EMERGENCY: "because somebody thought you were in danger right then",
    "first_look_waits": "to find out whether you need help",
    "looks_after_access": "to check that others looked for good reasons",
    "piece": "because somebody asked or told them something about you",
}
WHY_STATED = {
    "protect_this_child": "to help keep you safe",
    "protect_another_child": "to help keep another child safe",
    "plan_and_supervise": "to plan the team’s work",
    "answer_a_request": "to answer a question",
    "inquiry": "for an inquiry",
    "audit": "to check that others looked for good reasons",
}
NOT_TOLD = ("prevent_or_detect_crime",)


@dataclass(frozen=True)
class ToldToChild:
    sentences: list[str]
    left_out: int


def told_to_child(looks: Iterable[Look]) -> ToldToChild:
    """One sentence for each person and day, the latest first."""
    by_day: dict[tuple[date, Staff], list[Look]] = {}
    left_out = 0
    for one in looks:
        if one.body.get("purpose") in NOT_TOLD or one.body.get("basis") in NOT_TOLD:
            left_out += 1
        else:
            by_day.setdefault((in_london(one.at).date(), one.by), []).append(one)
    return ToldToChild([_sentence(by, day, theirs) for (day, by), theirs in by_day.items()], left_out)


def _sentence(by: Staff, day: date, theirs: list[Look]) -> str:
    who = _who(by, {one.explained for one in theirs})
    what = _listed(list(dict.fromkeys(words for one in theirs for words in _what(one))))
    unexplained = any(one.is_unexplained for one in theirs)
    # Of the moment of the look. Whether they were asked since, and what came of it, stands with the lead.
    why = "They did not say why" if unexplained else _why(theirs[0])
    said = f"{who} looked at {what} on {date_words(day)}"
    return f"{said}. {why}." if unexplained else f"{said} {why}."


def _who(by: Staff, reasons: set[str]) -> str:
    """A health service is not told apart from another: somebody else may read the page over the child's shoulder."""
    role = "a health worker" if by.agency.kind in HEALTH else WHO.get(by.role, "somebody of the team")
    if reasons & {Kind.LEAD, Kind.CO_WORKER} and role.startswith("a "):
        role = f"your {role.removeprefix('a ')}"
    role = role[0].upper() + role[1:]
    first_name = by.name.split()[-2] if len(by.name.split()) > 1 else by.name
    name = {"first_name": first_name, "name": by.name}.get(settings.LOOKS_CALL_STAFF, "")
    return f"{role}, {name}," if name else role


def _what(look: Look) -> list[str]:
    if page := WHAT_PAGES.get(str(look.body.get("action"))):
        return [page]
    rows = set(look.body.get("kinds", ()))
    return [words for kind, words in WHAT_ROWS.items() if kind in rows] or ["your information"]


def _why(look: Look) -> str:
    if look.explained in (Kind.DUTY, Kind.STATED):
        return WHY_STATED.get(
            str(look.body.get("basis") or look.body.get("purpose")), "to help keep you safe"
        )
    return WHY.get(look.explained, "to do their work") if look.explained != UNEXPLAINED else ""


def _listed(words: list[str]) -> str:
    if len(words) > MOST_THINGS:
        words = [*words[: MOST_THINGS - 1], "other notes about you"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

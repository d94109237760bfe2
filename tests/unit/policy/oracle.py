"""An independent reading of the access rules, in plain Python.

Written from the prose of the access design (letters, reach, rules that forbid) and from
nothing else: it neither imports the policy nor shares a line or a table with it, and it
reads the sharing matrix from the file by itself. Where the two differ, one of them shows
too much or too little.
"""

import csv
from pathlib import Path

MATRIX_FILE = Path(__file__).parents[3] / "src" / "engage" / "reference" / "sharing-matrix.csv"

NOTHING: frozenset[str] = frozenset()
ANY, AREA, CIRCLE, NAMED, ADD = (
    "see_any_child", "see_child_in_area", "see_child_in_circle", "see_named_child", "add",
)  # fmt: skip


def read_matrix() -> dict[str, dict[str, str]]:
    """Letter by role and category. Places and addresses are full only, so where S is the letter they are N."""
    letters: dict[str, dict[str, str]] = {}
    with MATRIX_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            category = row["category"]
            if category in ("C01L", "C03P"):
                continue  # worked out below, so that a slip in the file shows
            for role in row.keys() - {"category", "label"}:
                letters.setdefault(role, {})[category] = row[role]
                if category == "C01":
                    letters[role]["C01L"] = "N" if row[role] == "S" else row[role]
                if category == "C03":
                    letters[role]["C03P"] = "N" if row[role] == "S" else row[role]
    return letters


MATRIX = read_matrix()
ROLES = sorted(MATRIX)
CATEGORIES = sorted(MATRIX["police_team"])


def may_state(role: str, purpose: str) -> bool:
    match purpose:
        case "prevent_or_detect_crime":
            return role.startswith("police_")
        case "plan_and_supervise":
            return role == "team_manager"
        case "protect_this_child" | "protect_another_child" | "answer_a_request" | "audit" | "inquiry":
            return True
        case _:
            return False


def oracle(
    *, role: str, core_team: bool, active: bool, purpose: str, owner: str, category: str, label: str
) -> frozenset[str]:
    """Everything this profile may do with rows of this owner, category and label."""
    if not active or not may_state(role, purpose):
        return NOTHING
    if category == "C17" and not (role == "police_intel" and purpose == "prevent_or_detect_crime"):
        return NOTHING
    if role.startswith("service_"):
        return job(role, category, label)
    if role not in MATRIX or role == "sys_admin":
        return NOTHING
    if role == "board_analyst" and category != "C24":
        return NOTHING
    letter = MATRIX[role].get(category, "N")
    if owner == "own":
        return own(role, letter, core_team, category, label)
    if owner == "party":
        return partner(role, letter, core_team, category, label)
    return NOTHING


def own(role: str, letter: str, core_team: bool, category: str, label: str) -> frozenset[str]:
    if label == "unverified":
        return unverified(role, letter, category)
    may = set(area(role, letter, core_team, category, label))
    if letter == "F":
        if label == "full" or label == "summary":
            may |= {ANY, ADD}
        elif label == "restricted":
            may |= {NAMED, ADD}
        elif label == "raw":
            may.add(ANY)
    elif letter == "S":
        if label == "summary":
            may.add(ANY)
        elif label == "restricted":
            may.add(NAMED)
    takes_first_looks = core_team and answers_the_phone(role) and letter != "N"
    if takes_first_looks and category in ("C03", "C06") and label in ("full", "summary"):
        may.add(ADD)
    return frozenset(may)


def partner(role: str, letter: str, core_team: bool, category: str, label: str) -> frozenset[str]:
    if label == "unverified":
        return unverified(role, letter, category)
    may = set(area(role, letter, core_team, category, label))
    if label == "restricted" and letter in ("F", "S"):
        may.add(NAMED)
    if label == "summary" and letter in ("F", "S"):
        may.add(CIRCLE)
    if label == "full" and letter == "F":
        may.add(CIRCLE)
    return frozenset(may)


def unverified(role: str, letter: str, category: str) -> frozenset[str]:
    """Persons of concern of an older register: the feeds' page names police intelligence and the manager."""
    reads = role in ("police_intel", "team_manager") and letter == "F" and category == "C18"
    return frozenset({ANY}) if reads else NOTHING


def area(role: str, letter: str, core_team: bool, category: str, label: str) -> frozenset[str]:
    """What is seen of any child in the area, circle or not."""
    if letter not in ("F", "S"):
        return NOTHING
    if answers_the_phone(role) and core_team:
        seen = {("C01", "summary"), ("C06", "summary")} | ({("C03", "full")} if letter == "F" else set())
        return frozenset({AREA}) if (category, label) in seen else NOTHING
    if role == "police_intel" and category[:3] in {f"C{n}" for n in range(14, 20)}:
        shown = ("full", "summary") if letter == "F" else ("summary",)
        return frozenset({AREA}) if label in shown else NOTHING
    return NOTHING


def answers_the_phone(role: str) -> bool:
    """Core team."""
    return role in {
        "police_team",
        "social_worker",
        "team_manager",
        "drugs_worker",
        "sexual_health",
        "helpline",
    }


def job(role: str, category: str, label: str) -> frozenset[str]:
    """Jobs of the software see what their work needs, whoever owns it."""
    if role == "service_receiver":
        return frozenset({ANY, ADD})
    if role == "service_linker":
        if category == "C01" and label == "full":
            return frozenset({ANY, ADD})
        if (category == "C01" and label == "summary") or (
            category == "C01L" and label in ("full", "summary")
        ):
            return frozenset({ANY})
    if role == "service_clock":
        if category in ("C03", "C06") and label in ("full", "summary", "restricted"):
            return frozenset({ANY, ADD})
        # Why a look is opened or raised; the look itself is as hidden as a restricted record or a call.
        if category == "C18" and label in ("full", "summary"):
            return frozenset({ANY})
        if (category, label) in {("C18", "restricted"), ("C21", "summary"), ("C21", "restricted")}:
            return frozenset({ANY, ADD})
    return NOTHING


def never(*, role: str, active: bool, purpose: str, owner: str, category: str, label: str) -> frozenset[str]:
    """What no rule may ever open, however many permits somebody adds: the rules that forbid, and win."""
    every = {ANY, AREA, CIRCLE, NAMED, ADD}
    if not active or not may_state(role, purpose):
        return frozenset(every)
    if category == "C17" and not (role == "police_intel" and purpose == "prevent_or_detect_crime"):
        return frozenset(every)
    if role.startswith("service_"):
        return NOTHING
    if role == "sys_admin" or (role == "board_analyst" and category != "C24"):
        return frozenset(every)
    if owner == "other" or label == "sealed" or MATRIX.get(role, {}).get(category) == "N":
        return frozenset(every)
    shut = set() if owner == "own" else {ADD}
    if label == "restricted":
        shut |= {ANY, AREA, CIRCLE}
    if label == "unverified":
        shut |= every - {ANY} if role in ("police_intel", "team_manager") else every
    if label == "raw":
        shut |= every - {ANY} if owner == "own" else every
    return frozenset(shut)

"""Who may say who is who."""

from __future__ import annotations

from engage.practice.access.permissions import YES, Permission, no
from engage.practice.access.reach import CORE_TEAM_ROLES
from engage.practice.agencies.models import Staff
from engage.reference import categories, sharing_matrix

MAY_JUDGE = CORE_TEAM_ROLES | {"police_intel"}


def may_judge(by: Staff) -> Permission:
    """Say whether two records are one person, and take such a judgement back."""
    if by.role in MAY_JUDGE and by.is_active:
        return YES
    return no("Only the team and police intelligence staff decide whether two records are one person.")


def may_create_person(by: Staff) -> Permission:
    if by.role in MAY_JUDGE and by.is_active:
        return YES
    return no("Only the team and police intelligence staff add a child.")


def may_look_after_linkage(by: Staff) -> Permission:
    """Read how well records are put together. Whoever may, reads figures over what they may see, and of nobody else."""
    if by.role == "team_manager" and by.is_active:
        return YES
    return no("Only the team manager looks after how records are put together.")


def may_adopt_model(by: Staff) -> Permission:
    """Decide by which weights records are linked from now on."""
    if by.role in {"team_manager", "dpo_audit"} and by.is_active and by.kind == Staff.Kind.PERSON:
        return YES
    return no("Only a team manager or an information-governance lead adopts a linkage model.")


def may_restrict(by: Staff) -> Permission:
    """Say that only those named see a child, name them, and lift it."""
    if by.role == "team_manager" and by.is_active:
        return YES
    return no("Only the team manager restricts a child, names who sees it, and lifts that again.")


NEVER_SEE_A_CHILD = {"sys_admin", "board_analyst", "dpo_audit", "inquiry_liaison"}


def may_be_named_for_location(colleague: Staff) -> bool:
    """Of any agency: who works with the child need not be of the manager's team."""
    return (
        colleague.is_active
        and colleague.kind == Staff.Kind.PERSON
        and colleague.role not in NEVER_SEE_A_CHILD
    )


def may_name_for_location(by: Staff) -> Permission:
    """Where too few are left who may open a protected address: by somebody who cannot open it."""
    if by.role == "dpo_audit" and by.is_active:
        return YES
    return no("Only the information-governance lead names somebody where too few are left.")


def may_bar(by: Staff, colleague: Staff) -> Permission:
    if by.is_active and (
        by.pk == colleague.pk or (by.role == "team_manager" and by.team_id == colleague.team_id)
    ):
        return YES
    return no("You say it of yourself; of a colleague the team manager says it.")


def may_unbar(by: Staff, colleague: Staff) -> Permission:
    if (
        by.is_active
        and by.role == "team_manager"
        and by.team_id == colleague.team_id
        and by.pk != colleague.pk
    ):
        return YES
    return no("The team manager says that a conflict of interest is no more, and never of themselves.")


def gives_reason(reason: str) -> Permission:
    return YES if reason.strip() else no("Say why: the reason is kept with your judgement.")


def says_why_new(new_because: str) -> Permission:
    if new_because.strip():
        return YES
    return no("Say why this is a new child and none of those found.")


# What is known of a child when it is no longer sealed. Identity, places and episodes are told where they belong; nobody
# unseals into what C16 and C17 hold back.
NOTES = (
    "C02",
    "C05",
    "C06",
    "C07",
    "C08",
    "C10",
    "C11",
    "C13",
    "C14",
    "C15",
    "C18",
    "C19",
    "C20",
    "C21",
    "C22",
)


def categories_of_notes(by: Staff) -> dict[str, str]:
    """Categories of which somebody may write notes in full, in the name of their agency, with their titles."""
    letters, titles = sharing_matrix(), categories()
    return {category: titles[category] for category in NOTES if letters.get((by.role, category)) == "F"}


def may_seal(by: Staff) -> Permission:
    """Seal something about a child, so that one named person alone reads it."""
    if by.is_active and by.kind == Staff.Kind.PERSON and categories_of_notes(by):
        return YES
    return no("Only staff whose role writes notes about children seal one.")


def may_hold(holder: Staff, by: Staff) -> Permission:
    if may_seal(holder) and holder.agency_id == by.agency_id:
        return YES
    return no("The holder is a colleague of your own agency whose role writes notes about children.")


def may_unseal_to(category: str, by: Staff) -> Permission:
    if category in categories_of_notes(by):
        return YES
    return no("Choose what kind of information it is: one of which your role writes notes.")


def may_give_second(by: Staff, first: Staff) -> Permission:
    if by.pk != first.pk:
        return YES
    return no("You said what you think and asked for a second opinion: a colleague gives it.")


def may_be_related(verdict: str, relation: str) -> Permission:
    if not relation or (
        verdict == "not_same" and relation in {"sibling", "twin", "parent", "family", "household"}
    ):
        return YES
    return no(
        "Two records of one person are not related to each other: say how they are related, or that they are one."
    )

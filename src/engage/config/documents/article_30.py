"""docs/reference/article-30.md: the record of processing as any installation begins with it."""

from __future__ import annotations

from collections.abc import Sequence

from engage.practice.access.doors import ROLE_NAMES
from engage.practice.access.policy import PURPOSES, purposes_of
from engage.practice.access.registers import (
    bases_of,
    categories_part,
    measures_part,
    periods_part,
)
from engage.practice.agencies.models import Agency
from engage.reference import categories, roles, sharing_matrix

from .markdown import code, table, written

Kind = Agency.Kind

INTRODUCTION = """What a controller writes down of its processing: UK GDPR Article 30, and for policing DPA 2018 section 61. Written from the policy,
the sharing matrix and the lists of lawful bases and periods. It is what any installation begins with: the record of
*your* installation, with its agencies and its agreements, stands under **Access**, *Registers*, and can be printed or taken as a flat file.

It is a starting point for a legal check and no legal advice. Marks: **V** read at its source, **P** known in part, **N** not verified.
To be added by hand: each controller's name, contact and data-protection officer, and who is a processor for whom."""

# Where a role usually works. An installation may do otherwise; its own record says so.
KINDS_OF_ROLE = {
    "police_team": (Kind.POLICE,), "police_intel": (Kind.POLICE,), "social_worker": (Kind.COUNCIL,),
    "team_manager": (Kind.TEAM, Kind.COUNCIL), "drugs_worker": (Kind.DRUGS_SERVICE, Kind.HEALTH, Kind.CHARITY),
    "sexual_health": (Kind.HEALTH,), "parent_support": (Kind.CHARITY,), "helpline": (Kind.CHARITY,),
    "school_lead": (Kind.SCHOOL,), "hospital_ed": (Kind.HOSPITAL,), "sister_team": (Kind.TEAM, Kind.COUNCIL),
    "board_analyst": (Kind.BOARD,), "inquiry_liaison": (Kind.BOARD, Kind.COUNCIL), "sys_admin": (Kind.COUNCIL,),
    "dpo_audit": (Kind.COUNCIL, Kind.POLICE, Kind.HEALTH),
}  # fmt: skip

PEOPLE = [
    ("Children", "whom an agency reports missing, refers or works with, and whom a caller names"),
    ("Adults who were such children", "as long as their records are kept"),
    ("Family and carers", "as records of a child name them"),
    ("Adults of concern, suspected or convicted", "told apart by category and label, so that suspicion is not read as fact"),
    ("Companions, victims and witnesses", "as records of a child name them"),
    ("Callers, referrers and writers of letters", "a summary never names or describes them"),
    ("People at work", "name, agency, role, and what they looked at and did"),
]  # fmt: skip

RECIPIENTS = [
    ("Another agency's staff, by an agreement in force", "categories, purposes and time that the agreement names, of children they work with", "[look after access](../how-to/look-after-access.md)"),
    ("One named colleague of another agency, by a disclosure", "single facts, previewed, under a stated basis", "[share with another agency](../how-to/share-with-another-agency.md)"),
    ("The child, or whoever asks by right", "a copy of what is held, read and redacted by two people", "[subject access](../how-to/answer-a-subject-access-request.md)"),
    ("A court or inquiry, by its notice", "a sealed bundle of the same kind", "[subject access](../how-to/answer-a-subject-access-request.md)"),
    ("A child or carer, by letter", "what somebody wrote, to an address that is confirmed to be safe", "[contact safely](../how-to/contact-safely.md)"),
    ("Partners who witness the ledger", "hashes and sizes, no personal data", "[witness the ledger](../how-to/witness-the-ledger.md)"),
    ("The installation's own back-up", "everything", "[install](../how-to/install.md)"),
]  # fmt: skip


def page() -> str:
    kept, periods, measures = categories_part(), periods_part(), measures_part()
    return written(
        "Record of processing",
        "the policy and the lists in src/engage/reference",
        INTRODUCTION,
        "## Purposes",
        table(
            ["Purpose", "Who may state it"],
            [
                (words, _named([role for role in roles() if purpose in purposes_of(role)]))
                for purpose, words in PURPOSES.items()
            ],
        ),
        "## People",
        table(["Who", "When"], PEOPLE),
        f"## {kept.title}",
        table(kept.columns, kept.rows),
        "## By kind of agency and role",
        "F: in full, S: in short, R: on request only ([access policy](access-policy.md)). Of its own agency's records, and of others' by an"
        " agreement, for children the role works with.",
        *[part for kind in Kind if kind != Kind.SYSTEM for part in _kind(kind)],
        "## Recipients",
        table(["Who", "What", "See"], RECIPIENTS),
        "Nobody outside the United Kingdom by Engage itself: it calls its witnesses and the agencies' own sign-ins that the installation names, and no other"
        " site. Where these and the machine stand is for the installation to say.",
        f"## {periods.title}",
        table(periods.columns, periods.rows),
        f"## {measures.title}",
        table(measures.columns, measures.rows),
    )


def _kind(kind: Kind) -> Sequence[str]:
    working = [role for role in roles() if kind in KINDS_OF_ROLE[role]]
    return (
        f"### {kind.label}",
        table(
            ["Role", "Called", "Purposes", "Article 6 or Part 3", "Special categories or offences", "Statute", "Mark", "F", "S", "R"],
            [
                (code(role), ROLE_NAMES[role], ", ".join(PURPOSES[one] for one in purposes_of(role)), *basis, *_letters(role))
                for role in working
                for basis in bases_of(role)
            ],
        ),
    )  # fmt: skip


def _named(some: list[str]) -> str:
    return "every role" if len(some) == len(roles()) else ", ".join(map(code, some))


def _letters(role: str) -> list[str]:
    if role == "sys_admin":  # rule `administrator`: none at all
        return ["none", "none", "none"]
    matrix = sharing_matrix()
    return [
        ", ".join(one for one in categories() if matrix[role, one] == letter) or "none" for letter in "FSR"
    ]

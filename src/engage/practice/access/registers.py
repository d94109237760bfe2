"""The record of processing that this installation owes (UK GDPR Article 30; DPA 2018 section 61).

Said of agencies, agreements and the policy, never of a child: every part is the same whatever records there are.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engage.govuk.london_time import moment_words
from engage.practice.agencies.models import Agency, Installation, Staff
from engage.reference import (
    categories,
    categories_of_data,
    lawful_bases,
    retention_periods,
    sharing_matrix,
)

from .doors import ROLE_NAMES
from .models import SharingAgreement
from .policy import PURPOSES, policy_version, purposes_of

# What a spreadsheet would begin to calculate.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
NOT_LISTED = "Not in the list: the agency decides"

# Said in general words, as the article asks; SECURITY.md says more, and what is not defended.
MEASURES = (
    ("Who sees what", "A written policy decides by role, agency and purpose; the program and the database each compare its answers. Default is no."),
    ("Sharing", "By agreements that two people approve, for a stated time; single facts by a guarded act, previewed, to a person of the directory."),
    ("Signing in", "A passkey, a password of twelve characters or more with a second factor, or the agency’s own sign-in; once more before anything leaves or the policy changes. Ten hours at most, ended at once for whoever is suspended or leaves."),
    ("Looking", "Whoever has no work with a child says why they look; a look that nothing explains, and reading very many, wait for the information-governance lead, who reads who looked."),
    ("Account", "Every look and every deed is accounted for in the same transaction; the account is sealed each minute, and partners’ witnesses cosign it."),
    ("Where a child is", "A protected address is for those named alone. Before a letter or anything shared leaves, Engage looks for what must not be in it."),
    ("On the way", "TLS by the installation’s proxy; the program calls partners’ witnesses and agencies’ own sign-ins, and no other site."),
    ("At rest", "Addresses, telephones and places of a child’s record, sealed items and files that wait are encrypted by the program; disks and back-ups by the installation. What is not: SECURITY.md."),
    ("Keeping", "Nothing is destroyed without a period that the agency adopted, two approvals, days to think again and a last look at holds. A breach has an owner and a clock."),
    ("Availability", "Back-ups by a role of their own, restored for practice; files received twice do no harm."),
)  # fmt: skip


# How long each agency keeps what, as a later app knows: set in its AppConfig.ready. One row for each adopted period.
adopted_periods: list[Callable[[Sequence[Agency]], list[tuple[str, ...]]]] = []


@dataclass(frozen=True)
class Part:
    """One table of the register, in words. The first cell of a row names it."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def article_30(now: datetime) -> list[Part]:
    agencies = list(Agency.objects.exclude(kind=Agency.Kind.SYSTEM))
    return [
        _installation(now),
        _agencies(agencies),
        _agreements(now),
        _bases(agencies),
        categories_part(),
        _adopted(agencies),
        periods_part(),
        measures_part(),
    ]


def _installation(now: datetime) -> Part:
    marked = Installation.objects.first()
    rows = [
        ("As at", moment_words(now)),
        ("Installation", str(marked) if marked else "Not marked yet as real work"),
        ("Policy", f"version {policy_version()[:12]}"),
        ("Controllers", "Each agency below for its own records; jointly where an agreement says so"),
        ("Contact and data-protection officer of each", "To be entered by hand: Engage does not keep them"),
        ("Other countries", "Engage itself sends nothing abroad; where the machine stands is the installation’s to say"),
    ]  # fmt: skip
    return Part("This installation", ("What", "Is"), rows)


def _agencies(agencies: Sequence[Agency]) -> Part:
    at_work = _roles_at_work()
    return Part(
        "Agencies",
        ("Agency", "Kind", "Roles at work", "Purposes", "Categories of data that its staff may write"),
        [
            (
                one.name if one.is_active else f"{one.name} (has left)",
                one.get_kind_display(),
                ", ".join(sorted(map(_role, at_work[one.pk]))) or "nobody",
                ", ".join(_purposes(at_work[one.pk])),
                ", ".join(_written(at_work[one.pk])),
            )
            for one in agencies
        ],
    )


def _roles_at_work() -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    people = Staff.objects.filter(kind=Staff.Kind.PERSON, status=Staff.Status.ACTIVE, agency__is_active=True)
    for agency_id, role in people.values_list("agency_id", "role"):
        found[agency_id].add(role)
    return found


def _role(role: str) -> str:
    return ROLE_NAMES.get(role, role)


def _purposes(roles: set[str]) -> list[str]:
    stated = {purpose for role in roles for purpose in purposes_of(role)}
    return [words for purpose, words in PURPOSES.items() if purpose in stated]


def _written(roles: set[str]) -> list[str]:
    """By letter F. An administrator has none that counts: the policy shuts everything."""
    matrix = sharing_matrix()
    working = roles - {"sys_admin"}
    return [code for code in categories() if any(matrix.get((role, code)) == "F" for role in working)]


def _agreements(now: datetime) -> Part:
    versions = SharingAgreement.objects.select_related(
        "proposal__first_approver", "proposal__second_approver"
    ).prefetch_related("owners", "recipients")
    return Part(
        "Recipients: agreements in force",
        ("Agreement", "Whose records", "Who receives", "Categories", "Purposes", "Lawful basis", "From", "Until", "Signed by", "Approved by"),
        [
            (
                f"{one.code} version {one.version}: {one.title}",
                ", ".join(agency.name for agency in one.owners.all()),
                ", ".join(agency.name for agency in one.recipients.all()),
                ", ".join(one.categories),
                ", ".join(words for purpose, words in PURPOSES.items() if purpose in one.purposes),
                one.lawful_basis,
                moment_words(one.starts_at),
                moment_words(one.in_force_until),
                one.signed_by,
                _approved(one),
            )
            for one in versions
            if one.starts_at <= now < one.in_force_until
        ],
    )  # fmt: skip


def _approved(one: SharingAgreement) -> str:
    if one.proposal is None or one.proposal.first_approver is None or one.proposal.second_approver is None:
        return "entered when Engage was set up"
    return f"{one.proposal.first_approver.name}, {one.proposal.second_approver.name}"


def _bases(agencies: Sequence[Agency]) -> Part:
    at_work = _roles_at_work()
    rows = []
    for role in sorted({role for one in agencies for role in at_work[one.pk]}):
        where = ", ".join(one.name for one in agencies if role in at_work[one.pk])
        rows += [(_role(role), where, *basis) for basis in bases_of(role)]
    return Part(
        "Lawful bases by role",
        ("Role", "At", "Article 6 or Part 3", "Special categories or offences", "Statute", "Mark"),
        rows,
    )


def bases_of(role: str) -> list[tuple[str, str, str, str]]:
    """As the list has them: Article 6 or Part 3, special categories, statute, mark. Some hold "if NHS" alone."""
    found = []
    for one in lawful_bases():
        for name in one.roles:
            named, _, condition = name.partition(" ")
            if named == role:
                article = f"{condition}: {one.article_6_or_part_3}" if condition else one.article_6_or_part_3
                found.append((article, one.special_category_or_criminal, one.statute, one.verification))
    return found or [(NOT_LISTED, "", "", "")]


def categories_part() -> Part:
    periods = {one.record: f"{one.period} ({one.verification or 'N'})" for one in retention_periods()}
    return Part(
        "Categories of data and of people",
        ("Category", "What it holds", "Of whom", "Special category or offence", "Kept, as proposed", "Mark"),
        [
            (
                one.category,
                categories()[one.category],
                ", ".join(one.about),
                one.special or "no",
                f"{one.kept_as}: {periods[one.kept_as]}" if one.kept_as else NOT_LISTED,
                one.verification,
            )
            for one in categories_of_data().values()
        ],
    )


def _adopted(agencies: Sequence[Agency]) -> Part:
    return Part(
        "How long records are kept: periods that agencies adopted",
        ("Agency", "Record", "Period", "Basis", "Mark", "Adopted"),
        [row for of in adopted_periods for row in of(agencies)],
    )


def periods_part() -> Part:
    """The reference list: where each agency starts. By itself it destroys nothing."""
    return Part(
        "How long records are kept: proposals, where an agency has adopted no period",
        ("Record", "Proposed period", "From", "Basis", "Mark"),
        [(one.record, one.period, one.runs_from, one.basis, one.verification) for one in retention_periods()],
    )


def measures_part() -> Part:
    return Part("Security measures in general words", ("Of", "Measure"), MEASURES)


def as_csv(parts: Sequence[Part]) -> str:
    """One flat table of values: part, row, column, value. No cell begins a calculation."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("Part", "Row", "Column", "Value"))
    for part in parts:
        for number, row in enumerate(part.rows, start=1):
            for column, value in zip(part.columns, row, strict=True):
                writer.writerow([_plain(one) for one in (part.title, str(number), column, value)])
    return written.getvalue()


def _plain(cell: str) -> str:
    cell = " ".join(cell.split())
    return f"'{cell}" if cell.startswith(BEGINS_A_FORMULA) else cell

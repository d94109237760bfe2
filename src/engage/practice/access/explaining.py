"""Why somebody may see something and why not: the policy's own answers, beside the agreements in force.

Nothing here looks at any child. Whether a child is in the area, and whether somebody works with it, is
supposed in the question, so that the answer cannot tell that a child exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from engage.practice.agencies.models import Agency, Staff
from engage.reference import categories, sharing_matrix

from .models import SharingAgreement
from .policy import Action, CompartmentClass, Explanation, Label, Owner, explain_all
from .reach import ProfileKey, policy_profile, profiles_at_work

# How the child may stand to the reader, and which questions of the policy that answers yes to.
SITUATIONS: dict[str, tuple[str, tuple[Action, ...]]] = {
    "elsewhere": ("A child outside the area of their team, with whom they do not work", ("see_any_child",)),
    "in_area": (
        "A child in the area of their team, with whom they do not work",
        ("see_any_child", "see_child_in_area"),
    ),
    "in_circle": (
        "A child with whom they work, or whose record they opened on duty for this purpose",
        ("see_any_child", "see_child_in_circle"),
    ),
    "named": (
        "A restricted child, or a restricted record of a child, for which they are named",
        ("see_any_child", "see_child_in_circle", "see_named_child"),
    ),
    "restricted": ("A restricted child for which they are not named", ()),
    "barred": ("A child of their own family or at their own address, from whom they are barred", ()),
}
SHOWN_LABELS: tuple[Label, ...] = ("summary", "full", "restricted", "unverified", "raw")
WAYS: dict[Action, str] = {
    "see_any_child": "any child",
    "see_child_in_area": "any child in the area of their team",
    "see_child_in_circle": "children with whom they work",
    "see_named_child": "restricted children for whom they are named",
}


def in_force(agency: Agency, purpose: str, now: datetime) -> QuerySet[SharingAgreement]:
    """Agreements by which this agency receives for this purpose at this moment."""
    return SharingAgreement.objects.filter(
        recipients=agency, purposes__contains=[purpose], starts_at__lte=now, ends_at__gt=now
    ).exclude(ended_at__lte=now)


@dataclass(frozen=True)
class Answer:
    """Of one category: the labels that are open, and the rules that open them or, where none is, forbid."""

    labels: tuple[Label, ...]
    rules: tuple[str, ...]
    letter: str
    agreements: tuple[SharingAgreement, ...] = ()
    owners: tuple[str, ...] = ()  # names of the other agencies; empty for one's own


@dataclass(frozen=True)
class CategoryAnswers:
    category: str
    title: str
    own: Answer
    others: tuple[Answer, ...]  # empty where no agreement in force names the category


def what_may_see(reader: Staff, purpose: str, situation: str, now: datetime) -> list[CategoryAnswers]:
    """By category, what `reader` may see of a child who stands to them as supposed."""
    actions = SITUATIONS[situation][1] if reader.is_active else ()
    agreements = list(in_force(reader.agency, purpose, now).prefetch_related("owners"))
    profile = policy_profile(ProfileKey(reader.role, reader.agency_id, purpose))
    classes = [
        CompartmentClass(owner, category, label)
        for owner in _OWN_AND_PARTY
        for category in categories()
        for label in SHOWN_LABELS
    ]
    said = explain_all(profile, classes, actions) if actions else {}
    return [
        CategoryAnswers(
            category,
            title,
            _answer("own", category, said, actions, reader.role),
            tuple(
                _answer("party", category, said, actions, reader.role, one, reader.agency)
                for one in agreements
                if category in one.categories
            ),
        )
        for category, title in categories().items()
    ]


_OWN_AND_PARTY: tuple[Owner, ...] = ("own", "party")


def _answer(
    owner: Owner,
    category: str,
    said: dict[tuple[CompartmentClass, Action], Explanation],
    actions: Iterable[Action],
    role: str,
    agreement: SharingAgreement | None = None,
    reader_of: Agency | None = None,
) -> Answer:
    open_labels: list[Label] = []
    yes: set[str] = set()
    no: set[str] = set()
    for label in SHOWN_LABELS:
        cls = CompartmentClass(owner, category, label)
        allowed = [said[cls, action] for action in actions if said[cls, action].allowed]
        if allowed:
            open_labels.append(label)
            yes.update(rule for one in allowed for rule in one.rules)
        elif label in ("summary", "full"):
            no.update(rule for action in actions for rule in said[cls, action].rules)
    others = (
        tuple(one.name for one in agreement.owners.all() if reader_of is None or one.pk != reader_of.pk)
        if agreement
        else ()
    )
    return Answer(
        tuple(open_labels),
        tuple(sorted(yes or no)),
        sharing_matrix().get((role, category), ""),
        (agreement,) if agreement else (),
        others,
    )


@dataclass(frozen=True)
class MaySee:
    """A role of an agency that may see rows of one compartment, for these purposes, of these children."""

    role: str
    agency: str
    purposes: tuple[str, ...]
    ways: tuple[Action, ...]
    rules: tuple[str, ...]
    agreements: tuple[SharingAgreement, ...]
    people: int  # at work now


def who_may_see(owner: Agency, category: str, label: Label, now: datetime) -> list[MaySee]:
    """Every role at work that may see such rows of `owner`; jobs of Engage itself are left out."""
    at_work: dict[tuple[str, int], int] = defaultdict(int)
    people = Staff.objects.filter(kind=Staff.Kind.PERSON, status=Staff.Status.ACTIVE, agency__is_active=True)
    for role, agency_id in people.values_list("role", "agency_id"):
        at_work[role, agency_id] += 1
    agencies = {one.pk: one for one in Agency.objects.all()}
    found: dict[tuple, list[str]] = defaultdict(list)
    for key in sorted(profiles_at_work()):
        if (key.role, key.agency_id) not in at_work:
            continue
        own = key.agency_id == owner.pk
        agreements = in_force(agencies[key.agency_id], key.purpose, now)
        by = [] if own else list(agreements.filter(owners=owner, categories__contains=[category]))
        if not own and not by:
            continue
        cls = CompartmentClass("own" if own else "party", category, label)
        answers = explain_all(policy_profile(key), [cls], WAYS)
        open_ways = tuple(action for action in WAYS if answers[cls, action].allowed)
        if open_ways:
            rules = sorted({rule for action in open_ways for rule in answers[cls, action].rules})
            found[key.role, key.agency_id, open_ways, tuple(rules), tuple(by)].append(key.purpose)
    return [
        MaySee(role, agencies[agency_id].name, tuple(purposes), ways, rules, by, at_work[role, agency_id])
        for (role, agency_id, ways, rules, by), purposes in found.items()
    ]

"""Why agencies worry about one child, and what named people judged, as far as the reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from engage.practice.agencies.models import Agency, Staff
from engage.practice.people.models import Fact
from engage.practice.screening.models import Cause, ExploitationJudgement
from engage.reference import indicators

FLAGS = {
    "cse_flag": "Police flag: sexual exploitation",
    "cce_flag": "Police flag: criminal exploitation",
}
WORDED = {"grade_reason": "Why the police graded so", "people_of_concern": "A person of concern is named"}


@dataclass(frozen=True)
class Reason:
    what: str
    told_by: str
    on: date | datetime | None


@dataclass(frozen=True)
class JudgementShown:
    level: str
    by: str
    at: datetime
    reason: str
    next_step: str
    review_on: date | None


def reasons_for(person_id: UUID, reader: Staff) -> tuple[list[Reason], UUID | None]:
    """Latest first, and the first look that waits for somebody, if there is one."""
    reasons: list[Reason] = []
    facts = (
        Fact.objects.visible_to(reader)
        .filter(person_id=person_id, current=True, kind__in=["indicator", *FLAGS, *WORDED])
        .select_related("compartment__owner")
    )
    for fact in facts:
        on, owner = fact.true_at or fact.true_on, fact.compartment.owner.name
        if fact.kind == "indicator":
            known = indicators()
            labels = [known[code].label if code in known else code for code in fact.codes]
            reasons += [Reason(label, owner, on) for label in labels]
        elif fact.kind in FLAGS:
            if fact.text == "yes":
                reasons.append(Reason(FLAGS[fact.kind], owner, on))
        elif fact.text:
            reasons.append(Reason(f"{WORDED[fact.kind]}: {fact.text}", owner, on))
    causes = list(
        Cause.objects.visible_to(reader)
        .filter(person_id=person_id, current=True)
        .select_related("compartment__owner")
        .order_by("-at", "id")
    )
    # The other causes say in fewer words what the facts above say.
    reasons += [
        Reason(
            "Immediate danger was said" if cause.immediate_danger else str(cause.get_kind_display()),
            cause.compartment.owner.name,
            cause.at,
        )
        for cause in causes
        if cause.immediate_danger or cause.kind in (Cause.Kind.EPISODE, Cause.Kind.REFERRAL)
    ]
    waiting = next((cause.look_id for cause in causes if cause.waiting), None)
    return sorted(reasons, key=lambda reason: (_day(reason.on), reason.what), reverse=True), waiting


def judgements_of(person_id: UUID, reader: Staff) -> list[JudgementShown]:
    """Latest first; in full where the reader may see that, else what was judged and when."""
    rows = (
        ExploitationJudgement.objects.visible_to(reader)
        .filter(person_id=person_id, current=True)
        .select_related("by")
        .order_by("-at", "is_summary", "id")
    )
    once: dict[tuple[datetime, UUID], ExploitationJudgement] = {}
    for row in rows:
        once.setdefault((row.at, row.by_id), row)
    return [
        JudgementShown(
            str(row.get_level_display()), row.by.name, row.at, row.reason, row.next_step, row.review_on
        )
        for row in once.values()
    ]


def _day(on: date | datetime | None) -> str:
    return on.isoformat()[:10] if on else ""


def who_to_ring(
    social_workers: Sequence[tuple[str, Agency]], colleagues: Sequence[tuple[str, str, Agency]]
) -> list[tuple[str, str, str]]:
    """(who, agency, telephone), from rows the reader sees already: nothing here says that an agency holds more."""
    people = [(f"Social worker {name}", agency) for name, agency in social_workers]
    people += [(f"{name}, {kind.lower()}", agency) for name, kind, agency in colleagues]
    return [(who, agency.name, agency.telephone) for who, agency in people if agency.telephone]

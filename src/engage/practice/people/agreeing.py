"""How well reviewers agree: told by pairs that were decided and put before somebody once more without their knowing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q

from engage.methods.proportions import wilson_interval
from engage.practice.agencies.models import Staff

from .models import Judgement, Opinion


@dataclass(frozen=True, slots=True)
class ReviewerAgreement:
    agreed: int
    compared: int  # repeats answered with "same" or "not the same"
    unsure: int  # and those of whose answer nothing follows
    low: float | None  # Wilson, 95 %; None where nothing was compared
    high: float | None

    @property
    def share(self) -> float | None:
        return self.agreed / self.compared if self.compared else None


def agreement_of_reviewers(reader: Staff, now: datetime) -> ReviewerAgreement:
    """Over the repeats answered until `now` of pairs that this reader sees."""
    repeats = Opinion.objects.visible_to(reader).filter(kind=Opinion.Kind.REPEAT, at__lte=now)
    unsure = Q(verdict=Judgement.Verdict.UNSURE)
    counted = repeats.aggregate(
        compared=Count("pk", filter=~unsure),
        agreed=Count("pk", filter=~unsure & Q(verdict=F("stood"))),
        unsure=Count("pk", filter=unsure),
    )
    interval = wilson_interval(counted["agreed"], counted["compared"])
    low, high = interval if interval else (None, None)
    return ReviewerAgreement(counted["agreed"], counted["compared"], counted["unsure"], low, high)

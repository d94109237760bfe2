from __future__ import annotations

from uuid import UUID

from engage.govuk.london_time import date_words
from engage.practice.agencies.models import Staff
from engage.practice.sharing.offer import Shareable, told_by_words

from .reasons import judgements_of


def judgement_in_force(person_id: UUID, sender: Staff) -> list[Shareable]:
    """The last judgement on exploitation, where the sender sees one."""
    latest = judgements_of(person_id, sender)[:1]
    return [
        Shareable(
            f"judgement:{one.by.pk}:{one.at.isoformat()}",
            "C06",
            "Exploitation, as judged",
            one.level,
            f"{one.by.name}, {told_by_words(one.by.agency)}",
            date_words(one.at),
        )
        for one in latest
    ]

"""Words on a pair that move nobody by themselves: the first of two opinions, a second that differs, and repeats."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff

from .. import permissions
from ..models import Judgement, Opinion, Pair, Record
from ..waiting import first_opinion, looks_undecided

Verdict = Judgement.Verdict
OnceMore = Pair.OnceMore
WHICH_ANSWERS = "Choose whether the two records are the same person, are not, or that you are not sure."


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: str
    relation: str
    reason: str
    by: Staff
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    kind: str
    agrees: bool | None  # None: there is nothing yet that it is held against, or one of the two was not sure
    carries: bool  # both opinions agree: now it is a judgement


def may_answer(said: Answer, by: Staff) -> None:
    permissions.may_judge(by).enforce()
    permissions.gives_reason(said.reason).enforce()
    if said.verdict not in (Verdict.SAME, Verdict.NOT_SAME, Verdict.UNSURE):
        raise NotPermitted(WHICH_ANSWERS)
    permissions.may_be_related(said.verdict, said.relation).enforce()


def opinion_on(pair: Pair, said: Answer, *, ask_second: bool) -> Kept | None:
    """Keep what is said as an opinion, where the pair or whoever answers asks for one. None: it is a judgement like any."""
    if pair.once_more == OnceMore.SECOND:
        return _second(pair, said)
    if pair.once_more == OnceMore.REPEAT and looks_undecided(pair, said.by, said.at):
        return _repeat(pair, said)
    if not ask_second:
        return None
    if said.verdict == Verdict.UNSURE:
        raise NotPermitted(
            "Say what you think, for a second opinion. If you are not sure, a colleague is asked anyway."
        )
    _keep(pair, said, Opinion.Kind.FIRST, "ask_second_opinion")
    _mark(pair, Pair.State.OPEN, OnceMore.SECOND)
    return Kept(Opinion.Kind.FIRST, agrees=None, carries=False)


def put_once_more(a: UUID, b: UUID, by: Staff) -> None:
    """Of decided pairs a small share is put before somebody again. Which, follows from the pair and from nothing else."""
    if not repeated(a, b, settings.PAIRS_REPEATED_ONE_IN):
        return
    pairs = Pair.objects.visible_to(by).filter(record_a_id=a, record_b_id=b)
    if not Opinion.objects.visible_to(by).filter(pair__in=pairs, kind=Opinion.Kind.REPEAT).exists():
        pairs.update(once_more=OnceMore.REPEAT)


def repeated(a: UUID, b: UUID, one_in: int) -> bool:
    """One pair in so many; none where that is 0."""
    chosen = hashlib.sha256(a.bytes + b.bytes).digest()[:8]
    return one_in > 0 and int.from_bytes(chosen, "big") % one_in == 0


def _second(pair: Pair, said: Answer) -> Kept:
    first = first_opinion(pair, said.by)
    permissions.may_give_second(said.by, first.by).enforce()
    _keep(pair, said, Opinion.Kind.SECOND, "second_opinion")
    agrees = said.verdict == first.verdict
    if not agrees:
        _mark(pair, Pair.State.OPEN, OnceMore.DISAGREE)
    return Kept(Opinion.Kind.SECOND, agrees=agrees, carries=agrees)


def _repeat(pair: Pair, said: Answer) -> Kept:
    stood = (
        Judgement.objects.visible_to(said.by)
        .filter(record_a_id=pair.record_a_id, record_b_id=pair.record_b_id, by_person=True)
        .exclude(verdict=Verdict.UNSURE)
        .latest("judged_no")
    )
    _keep(pair, said, Opinion.Kind.REPEAT, "judge_pair", stood=stood.verdict)
    agrees = None if said.verdict == Verdict.UNSURE else said.verdict == stood.verdict
    if agrees is False:
        _mark(pair, Pair.State.OPEN, OnceMore.DISAGREE)
    else:
        _mark(pair, Pair.State.DECIDED, "")
    return Kept(Opinion.Kind.REPEAT, agrees=agrees, carries=False)


def _keep(pair: Pair, said: Answer, kind: str, deed: str, stood: str = "") -> None:
    Opinion.objects.create(
        pair=pair,
        kind=kind,
        verdict=said.verdict,
        relation=said.relation,
        reason=said.reason,
        by=said.by,
        role=said.by.role,
        at=said.at,
        stood=stood,
    )
    persons = Record.objects.visible_to(said.by).filter(pk__among=[pair.record_a_id, pair.record_b_id])
    audit.record(
        audit.Verb.ALTER,
        deed,
        subjects=set(persons.values_list("person_id", flat=True)),
        kinds=["people.opinion"],
    )


def _mark(pair: Pair, state: str, once_more: str) -> None:
    pair.state, pair.once_more = state, once_more
    pair.save(update_fields=["state", "once_more"])

"""People's judgements on who is who. Each is one more row; none is ever changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from engage.practice.access import audit, gate
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff

from .. import permissions
from ..grouping import regroup
from ..models import Judgement, Pair, Record
from ..queries import standing
from .opinions import WHICH_ANSWERS, Answer, Kept, may_answer, opinion_on, put_once_more
from .pairs import ordered
from .protecting import settle_location_likeness
from .restricting import settle_likeness
from .words import next_judgement_numbers

Verdict = Judgement.Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    made: Judgement | None  # None where the answer moves nobody
    # What the two records are now. A "same" may stay without effect while another judgement
    # says that the two groups are different: then the pair waits as a conflict.
    one_person: bool
    kept: Kept | None = None

    @property
    def judgement(self) -> Judgement:
        assert self.made is not None, "this answer is kept as an opinion"
        return self.made


def judge_pair(
    *,
    pair_id: UUID,
    verdict: str,
    reason: str,
    by: Staff,
    now: datetime,
    relation: str = "",
    ask_second: bool = False,
) -> Judged:
    """Say whether a pair put before people is one person.

    "Unsure" is kept, and leaves the pair for a colleague. `ask_second`: the answer is kept and moves nobody until a
    colleague gives theirs; so it is with the answer to a repeat. Raises Pair.DoesNotExist unless `by` sees both
    records, NotPermitted for roles that may not judge.
    """
    pair = Pair.objects.visible_to(by).select_for_update().get(pk=pair_id)
    _both_visible(pair.record_a_id, pair.record_b_id, by)
    said = Answer(verdict, relation, reason.strip(), by, now)
    may_answer(said, by)
    kept = opinion_on(pair, said, ask_second=ask_second)
    if kept is not None and not kept.carries:
        return Judged(None, one_person=_are_one(pair.record_a_id, pair.record_b_id, by), kept=kept)
    judged = judge_records(
        record_a=pair.record_a_id,
        record_b=pair.record_b_id,
        verdict=verdict,
        reason=reason,
        by=by,
        now=now,
        relation=relation,
        weight_bits=pair.weight_bits,
        evidence=pair.evidence,
        model_version=pair.model_version,
    )
    return replace(judged, kept=kept)


def judge_records(
    *,
    record_a: UUID,
    record_b: UUID,
    verdict: str,
    reason: str,
    by: Staff,
    now: datetime,
    relation: str = "",
    weight_bits: float | None = None,
    evidence: dict | None = None,
    model_version: str = "",
) -> Judged:
    """Say whether two records are one person. Raises Record.DoesNotExist unless `by` sees both."""
    a, b = ordered(record_a, record_b)
    _both_visible(a, b, by)
    may_answer(Answer(verdict, relation, reason, by, now), by)
    if a == b:
        raise NotPermitted(WHICH_ANSWERS)
    (number,) = next_judgement_numbers(1)
    judgement = Judgement.objects.create(
        record_a_id=a,
        record_b_id=b,
        verdict=verdict,
        relation=relation,
        by=by,
        by_person=True,
        role=by.role,
        reason=reason.strip(),
        weight_bits=weight_bits,
        evidence=evidence or {},
        model_version=model_version,
        at=now,
        judged_no=number,
    )
    if verdict != Verdict.UNSURE:
        settle_likeness(a, b, same=verdict == Verdict.SAME, by=by, now=now)
        settle_location_likeness(a, b, same=verdict == Verdict.SAME, by=by, now=now)
        _set_pair_state(a, b, Pair.State.DECIDED, by)
        put_once_more(a, b, by)
    return _regrouped(judgement, "judge_pair", by, now)


def undo(*, judgement_id: UUID, reason: str, by: Staff, now: datetime) -> Judged:
    """Take a judgement back by one more: a person's word is withdrawn, a program's join is called not the same.

    Raises Judgement.DoesNotExist unless `by` sees both records.
    """
    undone = Judgement.objects.visible_to(by).get(pk=judgement_id)
    _both_visible(undone.record_a_id, undone.record_b_id, by)
    permissions.may_judge(by).enforce()
    permissions.gives_reason(reason).enforce()
    if not stands(undone, by):
        raise NotPermitted("This judgement was taken back or replaced already.")
    (number,) = next_judgement_numbers(1)
    judgement = Judgement.objects.create(
        record_a_id=undone.record_a_id,
        record_b_id=undone.record_b_id,
        verdict=Verdict.TAKEN_BACK if undone.by_person else Verdict.NOT_SAME,
        by=by,
        by_person=True,
        role=by.role,
        reason=reason.strip(),
        at=now,
        judged_no=number,
    )
    _set_pair_state(
        undone.record_a_id,
        undone.record_b_id,
        Pair.State.OPEN if undone.by_person else Pair.State.DECIDED,
        by,
    )
    return _regrouped(judgement, "undo_judgement", by, now)


def stands(judgement: Judgement, reader: Staff) -> bool:
    """Whether it is the last word of its pair, a person's outranking a program's."""
    words = (
        Judgement.objects.visible_to(reader)
        .filter(record_a_id=judgement.record_a_id, record_b_id=judgement.record_b_id)
        .order_by("-at", "-judged_no")
    )
    return judgement.pk in standing(list(words))


def _both_visible(a: UUID, b: UUID, by: Staff) -> None:
    if Record.objects.visible_to(by).filter(pk__among=[a, b]).count() != len({a, b}):
        raise Record.DoesNotExist


def _set_pair_state(a: UUID, b: UUID, state: str, by: Staff) -> None:
    """What was asked about the pair once more is answered by this."""
    Pair.objects.visible_to(by).filter(record_a_id=a, record_b_id=b).update(state=state, once_more="")


def _regrouped(judgement: Judgement, action: str, by: Staff, now: datetime) -> Judged:
    persons = regroup([judgement.record_a_id, judgement.record_b_id], now=now)
    # The circle follows the records, so the person at work may now work with another group.
    gate.refresh_circle()
    joins = judgement.verdict == Verdict.SAME
    audit.record(
        audit.Verb.COMBINE if joins else audit.Verb.ALTER,
        action,
        subjects=persons,
        kinds=["people.judgement"],
    )
    return Judged(judgement, one_person=_are_one(judgement.record_a_id, judgement.record_b_id, by))


def _are_one(a: UUID, b: UUID, by: Staff) -> bool:
    persons = Record.objects.visible_to(by).filter(pk__among=[a, b]).values_list("person_id", flat=True)
    return len(set(persons)) == 1

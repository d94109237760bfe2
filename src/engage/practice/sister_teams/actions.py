"""Asking a sister team whether it knows one child: entered first and committed, then sent, then concluded here.

The three steps are apart because nobody may be asked without an entry, and no transaction waits for another machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from engage.methods.linkage.records import StandardRecord, fold, standardise
from engage.methods.private_query import asking, patterns
from engage.methods.private_query.filter import Filter
from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted, acting, acting_as
from engage.practice.agencies.models import Staff
from engage.practice.people.identities import identities
from engage.practice.people.models import Record
from engage.practice.people.queries import records_of, restriction_of
from engage.practice.sharing.models import Purpose

from . import permissions, wire
from .filters import fetch_filter, held_filter
from .models import QuestionAsked, SisterTeam, VolumeAlarm
from .wire import AnotherFilter, NotAnswered

Outcome = QuestionAsked.Outcome
OUTCOMES = {
    patterns.Level.KNOWN: Outcome.KNOWN,
    patterns.Level.POSSIBLY_KNOWN: Outcome.POSSIBLY_KNOWN,
    patterns.Level.NOTHING_FOUND: Outcome.NOTHING_FOUND,
}
CASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,29}")


@dataclass(frozen=True)
class Begun:
    """A question that is entered and not sent yet. What it would be made of stays in memory."""

    question: QuestionAsked
    by: Staff
    now: datetime
    purpose: str  # for which they are at work
    session: str
    records: tuple[StandardRecord, ...] = field(repr=False)


def ask_sister_team(
    person_id: UUID, sister: SisterTeam, *, purpose: str, case: str, by: Staff, now: datetime
) -> QuestionAsked:
    """Ask, and wait for the answer. Outside any transaction. Raises Record.DoesNotExist and NotPermitted.

    A team that does not answer is an outcome (*failed*, with its reason), and not an exception.
    """
    with transaction.atomic(durable=True), acting_as(by, now=now):
        begun = begin(person_id, sister, purpose=purpose, case=case, by=by, now=now)
    return send(begun)


def to_ask_with(person_id: UUID, by: Staff) -> tuple[Record, tuple[StandardRecord, ...]]:
    """What `by` sees of the child, and the record the question is kept on. Raises Record.DoesNotExist; NotPermitted
    where nobody is asked about this child."""
    records = records_of(person_id, by)
    if not records:
        raise Record.DoesNotExist
    permissions.may_ask(by).enforce()
    if restricted := restriction_of(person_id, by):
        raise NotPermitted(
            f"This child is restricted to those who are named, and no other team is asked. Speak to {restricted.by}."
        )
    found = identities([record.pk for record in records], by)
    if any(one.restricted for one in found.values()):
        raise NotPermitted("A record of this child is restricted, and no other team is asked. Ring the team.")
    standard = tuple(map(standardise, found.values()))
    if not patterns.texts_of(standard):
        raise NotPermitted(
            "You see too little of this child to ask: no date of birth, postcode, telephone or number. Ring the team."
        )
    return records[0], standard


def begin(person_id: UUID, sister: SisterTeam, *, purpose: str, case: str, by: Staff, now: datetime) -> Begun:
    """Enter the question. Nothing has left; `send` follows when this is committed."""
    record, standard = to_ask_with(person_id, by)
    if sister.left_at:
        raise NotPermitted(f"{sister.name} is not asked any more.")
    if purpose not in Purpose.values:
        raise NotPermitted("Choose what you ask for.")
    _names_nobody(case, standard)
    _within_limit(by, now)
    question = QuestionAsked.objects.create(
        record_id=record.pk,
        person_id=person_id,
        sister=sister,
        asked_by=by,
        team=by.team,
        asked_at=now,
        purpose=purpose,
        case=case,
    )
    audit.record(
        audit.Verb.DISCLOSE,
        "ask_sister_team",
        subjects=[person_id],
        basis=purpose,
        acting_for=sister.code,
        asked=question.pk,
    )
    return Begun(question, by, now, acting().purpose, acting().session, standard)


def send(begun: Begun) -> QuestionAsked:
    """Ask what was entered, and record what came of it. Not inside a transaction."""
    question = begun.question
    try:
        level, question.left_out = _asked(begun)
        question.outcome = OUTCOMES[level]
    except (NotAnswered, asking.BadMessage) as problem:
        question.outcome, question.failed_because = Outcome.FAILED, str(problem)[:200]
    except AnotherFilter:
        question.outcome = Outcome.FAILED
        question.failed_because = "Its filter was replaced while it was asked. Ask again."
    with acting_as(begun.by, now=begun.now, purpose=begun.purpose, session=begun.session):
        QuestionAsked.objects.visible_to(begun.by).filter(pk=question.pk).update(
            outcome=question.outcome, failed_because=question.failed_because, left_out=question.left_out
        )
        audit.record(audit.Verb.COLLECT, "hear_sister_team", subjects=[question.person_id], asked=question.pk)
    return question


def _asked(begun: Begun) -> tuple[patterns.Level, int]:
    """The highest level of a hit, and how many texts one question had no room for."""
    sister = begun.question.sister
    held = held_filter(sister)
    if held is not None:
        try:
            return _asked_once(begun, held)
        except AnotherFilter:
            pass  # replaced since it was fetched
    return _asked_once(begun, fetch_filter(sister, now=begun.now))


def _asked_once(begun: Begun, held: Filter) -> tuple[patterns.Level, int]:
    question = begun.question
    asked = asking.ask(
        begun.records,
        held,
        id=uuid4().hex,
        asker=settings.LEDGER_ORIGIN,
        # Another for each team: two that lay theirs side by side do not meet.
        asked_by=audit.pseudonym(f"asks {question.sister.code} {begun.by.pk}"),
        purpose=question.purpose,
        case=question.case,
    )
    answer = asking.read_answer(wire.send_question(question.sister, asked.question.text()))
    return asked.conclude(answer, held), asked.left_out


def settle_alarm(alarm_id: UUID, *, words: str, by: Staff, now: datetime) -> VolumeAlarm:
    """The lead says what they found. Raises VolumeAlarm.DoesNotExist."""
    alarm = VolumeAlarm.objects.visible_to(by).select_for_update(of=("self",)).get(pk=alarm_id)
    permissions.may_settle(by, alarm).enforce()
    if not words.strip():
        raise NotPermitted("Say what you found.")
    alarm.settled_by, alarm.settled_at, alarm.words = by, now, words.strip()
    alarm.save(update_fields=["settled_by", "settled_at", "words"])
    audit.record(audit.Verb.ALTER, "settle_sister_alarm", acting_for=alarm.sister.code, asked=alarm.pk)
    return alarm


def _within_limit(by: Staff, now: datetime) -> None:
    """Of the 24 hours before now, to all teams together; one that failed counts."""
    with connection.cursor() as cursor:  # two at once would both be the last
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"engage.sister {by.pk}"])
    asked = QuestionAsked.objects.visible_to(by).filter(asked_by=by, asked_at__gt=now - timedelta(days=1))
    if asked.count() >= settings.SISTER_QUESTIONS_A_DAY_BY_PERSON:
        raise NotPermitted(
            f"You have asked {settings.SISTER_QUESTIONS_A_DAY_BY_PERSON} questions within a day, and more are not sent."
            " Ring the team."
        )


def _names_nobody(case: str, records: tuple[StandardRecord, ...]) -> None:
    """The case number is sent as it is."""
    if not CASE.fullmatch(case) or not re.search(r"\d", case):
        raise NotPermitted(
            "A case number has at least one digit, up to 30 letters, digits, points, strokes and dashes, and no space."
        )
    letters, digits = fold(case).replace(" ", ""), re.sub(r"\D", "", case)
    for std in records:
        names = {*fold(f"{std.record.forenames} {std.record.known_as}").split(), *std.surname_forms}
        day, month, year = std.dob[6:], std.dob[4:6], std.dob[:4]
        numbers = {std.nhs_number, std.phone[-9:], std.dob, day + month + year, day + month + year[2:]}
        if (
            any(len(name) > 2 and name in letters for name in {*names, std.upn.lower()})
            or any(len(number) > 5 and number in digits for number in numbers)
        ):  # fmt: skip
            raise NotPermitted(
                "The case number is sent as it is: use one without name, date of birth or number of the child."
            )

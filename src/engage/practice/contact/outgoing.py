"""Writing to a child or carer, and ringing them: only to what is recorded and confirmed to be safe, never typed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engage.practice.access import audit
from engage.practice.access.gate import NotPermitted
from engage.practice.agencies.models import Staff
from engage.practice.people.models import Record

from . import leaving, permissions, queries
from .actions import LOCATION, own_compartment
from .leaving import Finding
from .models import Outgoing, WayOfContact


@dataclass(frozen=True)
class Letter:
    """Exactly what would be printed, and what stands in the way."""

    way: queries.Way
    to_name: str
    to_value: str
    subject: str
    text: str
    findings: Sequence[Finding]
    fingerprint: str


class Changed(Exception):
    """What would leave is not what was looked at. `letter` is what it would be now."""

    def __init__(self, letter: Letter):
        super().__init__("What leaves has changed since you looked at it.")
        self.letter = letter


def prepare_letter(
    person_id: UUID, way_id: UUID, *, subject: str, text: str, by: Staff, now: datetime
) -> Letter:
    """Raises WayOfContact.DoesNotExist; NotPermitted where the way may not be used, with the reason and what to do."""
    way = _usable(person_id, way_id, WayOfContact.Kind.ADDRESS, by, now)
    if not subject.strip() or not text.strip():
        raise NotPermitted("Write the letter: a line on what it is about, and the text.")
    words = [leaving.Words("Subject", subject.strip()), leaving.Words("Letter", text.strip())]
    to_the_child = way.last.whose == WayOfContact.Whose.CHILD
    findings = leaving.looked_at(person_id, words, None, by, now, to_the_child=to_the_child)
    leaves = [str(way.last.pk), way.last.whose_name, way.last.value, subject.strip(), text.strip()]
    letter = hashlib.sha256(json.dumps(leaves, ensure_ascii=False).encode()).hexdigest()
    seen = leaving.seen_with(letter, findings)
    return Letter(way, way.last.whose_name, way.last.value, subject.strip(), text.strip(), findings, seen)


def write_letter(
    person_id: UUID,
    way_id: UUID,
    *,
    subject: str,
    text: str,
    seen: str,
    because: Mapping[str, str],
    by: Staff,
    now: datetime,
) -> Outgoing:
    """Keep what is printed, word for word. `seen` is the fingerprint of the preview; `because` the reason for each finding."""
    letter = prepare_letter(person_id, way_id, subject=subject, text=text, by=by, now=now)
    if seen != letter.fingerprint:
        raise Changed(letter)
    warned = leaving.answered(letter.findings, because)
    made = _keep(
        Outgoing.Kind.LETTER,
        letter.way,
        by,
        now,
        subject=letter.subject,
        text=letter.text,
        warned="\n".join(warned),
        fingerprint=seen,
    )
    _account(audit.Verb.DISCLOSE, "write_letter", made)
    return made


def log_call(
    person_id: UUID, way_id: UUID, *, outcome: str, text: str, in_spite: str, by: Staff, now: datetime
) -> Outgoing:
    """A call that was made or is about to be. `in_spite`: why outside the safe times; needed only there."""
    way = _usable(person_id, way_id, WayOfContact.Kind.PHONE, by, now)
    if outcome not in Outgoing.Outcome.values:
        raise NotPermitted("Say whether you reached them.")
    if way.warning and not in_spite.strip():
        raise NotPermitted(f"{way.warning} Ring at a safe time, or say why it cannot wait.")
    warned = f"{way.warning} The caller: {in_spite.strip()}" if way.warning else ""
    made = _keep(Outgoing.Kind.CALL, way, by, now, outcome=outcome, text=text.strip(), warned=warned)
    spoke = outcome == Outgoing.Outcome.SPOKE
    _account(audit.Verb.DISCLOSE if spoke else audit.Verb.CONSULT, "log_call", made)
    return made


def _usable(person_id: UUID, way_id: UUID, kind: str, by: Staff, now: datetime) -> queries.Way:
    permissions.may_reach_out(by, person_id).enforce()
    way = queries.way(person_id, way_id, by, now)
    if way.last.kind != kind:
        raise NotPermitted("Choose one of those shown: a letter goes to an address, a call to a number.")
    if not way.standing.safe:
        raise NotPermitted(way.standing.sentence)
    return way


def _keep(kind: str, way: queries.Way, by: Staff, now: datetime, **said: str) -> Outgoing:
    record = Record.objects.visible_to(by).get(pk=way.last.record_id)
    return Outgoing.objects.create(
        compartment_id=own_compartment(LOCATION, by),
        record=record,
        person_id=record.person_id,
        area=record.area,
        recorded_at=now,
        kind=kind,
        way=way.last,
        by=by,
        at=now,
        to_name=way.last.whose_name,
        to_value=way.last.value,
        **said,
    )


def _account(verb: audit.Verb, deed: str, made: Outgoing) -> None:
    audit.record(
        verb,
        deed,
        subjects=[made.person_id] if made.person_id else [],
        kinds=["contact.outgoing"],
        asked=made.pk,
        counts={"warned": len(made.warned.splitlines())},
    )

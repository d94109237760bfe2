"""Of the question to a sister team: whether it is answered rightly, and whether anything of a child left with it.

Who should be known there is found by comparing the two teams' records in clear, which no team could do.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from engage.demo.at_hand import staff_called
from engage.demo.disclosed import mark, names_disclosed, rows_since
from engage.demo.forwarder import Forwarder
from engage.demo.freedom import PROTECTED, as_written, children_known
from engage.demo.proofs import Figure
from engage.demo.sister import Sister
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.methods.private_query.patterns import Level, texts_of
from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Staff
from engage.practice.people.identities import identities
from engage.practice.people.models import Record
from engage.practice.people.queries import records_of
from engage.practice.sister_teams.actions import ask_sister_team
from engage.practice.sister_teams.filters import fetch_filter
from engage.practice.sister_teams.models import SisterTeam

SAID = {Level.KNOWN: "known", Level.POSSIBLY_KNOWN: "possibly_known", Level.NOTHING_FOUND: "nothing_found"}
# What a question is seen by, in each place that is searched.
PASSED = {
    "on the wire": b"POST /api/sister/question",
    "in its rows": b"sister_teams_questionreceived",
    "in its log": b"/api/sister/question",
}
SECONDS_FOR_THE_LOG = 10
LOOKED_AT = 500  # of Engage's children, for one whom Freedom does not have


@dataclass(frozen=True)
class ToAsk:
    what: str
    person_id: UUID
    records: list[IdentityRecord]
    expected: str


def figures(
    freedom: SisterTeam, sister: Sister, *, port: int, folder: Path, log: Path, now: datetime
) -> Iterator[Figure]:
    """`port`, `log`: of Freedom's page server. `folder`: where Engage's truth lies, and Freedom's files below it."""
    by = staff_called("ewan")
    with acting_as(by, now=now):
        to_ask = list(_one_of_each(folder, by))
    marked, logged = mark(sister.database), log.stat().st_size
    with Forwarder(port) as wire:
        freedom.address = wire.address  # for this alone: it is not saved
        fetch_filter(freedom, now=now)
        answers = {one.what: _answer(one, number, freedom, by, now) for number, one in enumerate(to_ask, 1)}
        left = {"on the wire": b"\n".join(wire.passed_on())}
    as_expected = len(to_ask) == 4 and all(answers[one.what] == one.expected for one in to_ask)
    yield "sister_query", answers.get("known", "nobody to ask about"), as_expected
    left["in its rows"] = b"\n".join(rows_since(sister.database, marked))
    left["in its log"] = _written_since(log, logged, questions=len(to_ask))
    disclosed = names_disclosed(left, [record for one in to_ask for record in one.records])
    # Where nothing was seen to pass, nothing was looked through.
    seen = all(left[where].count(seen_by) >= len(to_ask) for where, seen_by in PASSED.items())
    yield "sister_query_names_disclosed", disclosed, seen and not disclosed


def _written_since(log: Path, place: int, *, questions: int) -> bytes:
    """A page server writes its log a moment after it has answered."""
    ends = time.monotonic() + SECONDS_FOR_THE_LOG
    while (written := log.read_bytes()[place:]).count(PASSED["in its log"]) < questions:
        if time.monotonic() > ends:
            break
        time.sleep(0.1)
    return written


def _answer(one: ToAsk, number: int, freedom: SisterTeam, by: Staff, now: datetime) -> str:
    case = f"EN-2026/{number:04d}"
    asked = ask_sister_team(one.person_id, freedom, purpose="protect_this_child", case=case, by=by, now=now)
    if asked.outcome != one.expected:
        print(f"  asked of one who is {one.what}: {asked.outcome} {asked.failed_because}", flush=True)
    return asked.outcome


def _one_of_each(folder: Path, by: Staff) -> Iterator[ToAsk]:
    """The first of each kind, of those whom `by` sees: known, possibly known, not there, and protected there."""
    known = children_known(folder / "freedom")
    written = as_written(folder / "freedom")
    held = {child.reference: texts_of([standardise(written[child.reference])]) for child in known}
    engages = _references(folder, by.agency.code)
    wanted = {Level.KNOWN, Level.POSSIBLY_KNOWN}
    for child in known:
        for person, records in _people(engages.get(child.child_id, []), by):
            level = _in_clear(records, held[child.reference].keys())
            if child.how == PROTECTED and level == Level.KNOWN:
                yield ToAsk("protected", person, records, SAID[Level.NOTHING_FOUND])
            elif child.how != PROTECTED and level in wanted:
                wanted.remove(level)
                yield ToAsk(SAID[level], person, records, SAID[level])
    everybodys = {text for texts in held.values() for text in texts}
    there = {child.child_id for child in known}
    others = (child for child in engages if child not in there)
    for child_id in islice(others, LOOKED_AT):
        for person, records in _people(engages[child_id], by):
            if texts_of(map(standardise, records)) and _in_clear(records, everybodys) == Level.NOTHING_FOUND:
                yield ToAsk("not there", person, records, SAID[Level.NOTHING_FOUND])
                return


def _references(folder: Path, agency: str) -> dict[str, list[str]]:
    """By the true child, what Engage's agency calls it."""
    found: dict[str, list[str]] = {}
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["agency"] == agency and row["format"] == "social-care-people":
                found.setdefault(row["child_id"], []).append(row["reference"])
    return found


def _people(references: list[str], by: Staff) -> Iterator[tuple[UUID, list[IdentityRecord]]]:
    """Everything that `by` is shown of each of these children: what a question would be made of."""
    visible = Record.objects.visible_to(by).filter(agency=by.agency, reference__in=references)
    for person in set(visible.exclude(person_id=None).values_list("person_id", flat=True)):
        yield person, list(identities([record.pk for record in records_of(person, by)], by).values())


def _in_clear(records: list[IdentityRecord], held) -> Level:
    texts = texts_of(map(standardise, records))
    return max((level for text, level in texts.items() if text in held), default=Level.NOTHING_FOUND)

"""What is looked at before anything leaves, by letter, call or to another agency: who is told, and what the words hold.

One question with one answer, asked when it is shown and again when it goes; the answer is part of what was seen.
It is worked out from what the sender sees. The name of a child who is hidden from the sender is a word like any other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from django.db.models import Count

from engage.methods.linkage.records import fold
from engage.practice.access import gate
from engage.practice.access.gate import NotPermitted, acting
from engage.practice.access.models import CircleMember, ProtectedLocation
from engage.practice.agencies.models import Staff
from engage.practice.people.grouping import service
from engage.practice.people.keys import token
from engage.practice.people.models import Record, Token
from engage.practice.people.queries import has_conflict, shown_identity

from . import queries
from .models import NotToPerson
from .standing import holds

BECAUSE = "because-"
MOST_NAMED = 20
SHORTEST_PLACE = 5
MOST_RECORDS = 500
WORD = re.compile(r"[^\W\d_][\w'’\-]*")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """A text that leaves, and what it is called on the page."""

    what: str
    said: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`refused`: it does not leave like this. Otherwise it leaves once the sender says why it may."""

    key: str
    sentence: str
    in_short: str  # for those who may know of the decision and not of who else is named
    refused: bool = False


def looked_at(
    person_id: UUID,
    texts: Sequence[Words],
    recipient: Staff | None,
    by: Staff,
    now: datetime,
    *,
    to_the_child: bool = False,
) -> list[Finding]:
    """Everything that stands in the way, or has to be answered, of these words about this child.

    Without a `recipient` at work they go out of the house: to the child, or to somebody else.
    """
    found: list[Finding] = []
    if recipient is not None:
        found += _recipient(person_id, recipient, by, now)
    found += _where(person_id, texts, recipient, by, now, to_the_child)
    return [*found, *_named(person_id, texts, by)]


def refusals(findings: Iterable[Finding]) -> list[str]:
    return [one.sentence for one in findings if one.refused]


def answered(findings: Iterable[Finding], because: Mapping[str, str]) -> list[str]:
    """The reasons in words, to be kept with what left. Raises NotPermitted for what is refused or not answered."""
    findings = list(findings)
    if no := refusals(findings):
        raise NotPermitted(" ".join(no))
    open_ = [one.sentence for one in findings if not because.get(one.key, "").strip()]
    if open_:
        raise NotPermitted(f"{' '.join(open_)} Say for each why it may leave, or leave it out.")
    return [f"{one.in_short} The sender: {because[one.key].strip()}" for one in findings]


def open_findings(findings: Iterable[Finding], because: Mapping[str, str]) -> list[tuple[Finding, str]]:
    """Those that a reason answers, each with what was typed so far."""
    return [(one, because.get(one.key, "")) for one in findings if not one.refused]


def reasons_typed(posted: Mapping[str, str]) -> dict[str, str]:
    """By finding, from the fields that `contact/findings.html` shows."""
    return {name.removeprefix(BECAUSE): words for name, words in posted.items() if name.startswith(BECAUSE)}


def seen_with(fingerprint: str, findings: Sequence[Finding]) -> str:
    """The fingerprint of what leaves together with what was found in it: another finding, and it was not seen."""
    if not findings:
        return fingerprint
    found = json.dumps([fingerprint, [[one.key, one.sentence] for one in findings]], ensure_ascii=False)
    return hashlib.sha256(found.encode()).hexdigest()


def kept_from(person_id: UUID, recipient: Staff, now: datetime) -> bool:
    """Whether a colleague must learn nothing of the child: a conflict of interest, or the colleague is somebody to be
    kept away. Asked as Engage's own service: it holds whoever decides, and whatever they see."""
    with gate.acting_as(service("service_receiver"), now=now) as engage:
        if has_conflict(person_id, recipient, engage.staff):
            return True
        rows = NotToPerson.objects.visible_to(engage.staff).filter(person_id=person_id)
        last: dict[UUID, NotToPerson] = {row.about_id: row for row in rows.order_by("said_no")}
        return any(row.colleague_id == recipient.pk and holds(row, now) for row in last.values())


def kept_from_words(recipient: Staff) -> str:
    return (
        f"{recipient.name} must not be told of this child: a conflict of interest is recorded. Choose a colleague of "
        "theirs, and tell your manager if that is new to you."
    )


def _recipient(person_id: UUID, recipient: Staff, by: Staff, now: datetime) -> list[Finding]:
    if kept_from(person_id, recipient, now):
        words = kept_from_words(recipient)
        return [Finding(f"kept-from-{recipient.pk}", words, words, refused=True)]
    called = fold(recipient.name)
    return [
        Finding(
            f"same-name-{one.about_id}",
            f"{recipient.name} has the name of somebody who must learn nothing of this child ({one.name}).",
            "The recipient has the name of somebody who must learn nothing of this child.",
        )
        for one in queries.not_to_now(person_id, by, now)
        if any(_within(fold(name), called) for name in (one.name, *one.aliases))
    ]


def _within(name: str, called: str) -> bool:
    return bool(name) and " " in name and f" {name} " in f" {called} "


def _where(
    person_id: UUID,
    texts: Sequence[Words],
    recipient: Staff | None,
    by: Staff,
    now: datetime,
    to_the_child: bool,
) -> list[Finding]:
    """Where a protected child is, in words that go to somebody whom the lead has not named for it. Of those children
    for whom the sender is named: nobody else knows the words to look for."""
    children = [
        child
        for child, reasons in acting().reasons.items()
        if any(kind == CircleMember.Kind.LOCATION for kind, _ in reasons)
    ]
    found = []
    for child in sorted(children):
        values = queries.places_of(child, by)
        holding = _holding(texts, values)
        if not holding or (recipient is not None and may_know_where(child, recipient, now)):
            continue
        words = f"{quoted(holding)} tells where a child is whose address is protected."
        may_answer = to_the_child and child == person_id
        what_to_do = "" if may_answer else " Leave it out: only those whom the lead named may be told."
        found.append(Finding(f"where-{child}", words + what_to_do, words, refused=not may_answer))
    return found


def may_know_where(child: UUID, recipient: Staff, now: datetime) -> bool:
    """Whether where this child is is not kept from them: asked as the recipient would be."""
    with gate.acting_as(recipient, now=now) as theirs:
        return child not in theirs.kept_location


def is_protected(child: UUID, now: datetime) -> bool:
    """Whether where this child is is kept back from anybody: asked as Engage's own service, for what leaves alone."""
    with gate.acting_as(service("service_receiver"), now=now) as engage:
        rows = ProtectedLocation.objects.visible_to(engage.staff)
        return rows.filter(person_id=child, ends_at=None).exists()


def telling_where(child: UUID, texts: Iterable[Words], now: datetime) -> list[str]:
    """Which of these hold a place by which the child is found: of all that is known, whoever sends them."""
    with gate.acting_as(service("service_receiver"), now=now) as engage:
        values = queries.places_of(child, engage.staff)
    return _holding(texts, values)


def _holding(texts: Iterable[Words], values: Iterable[str]) -> list[str]:
    return [text.what for text in texts if any(_stands_in(value, text.said) for value in values)]


def _stands_in(value: str, text: str) -> bool:
    """A telephone by its digits, a postcode or address by its letters and digits, however they are spaced."""
    wanted = fold(value).replace(" ", "")
    return len(wanted) >= SHORTEST_PLACE and wanted in fold(text).replace(" ", "")


def _named(person_id: UUID, texts: Sequence[Words], by: Staff) -> list[Finding]:
    """Other children whose names stand in the words, of those whom the sender sees."""
    pairs = {text.what: _pairs(text.said) for text in texts}
    asked = {pair for found in pairs.values() for pair in found}
    if not asked:
        return []
    own = [
        _names(record)
        for record in Record.objects.visible_to(by).filter(person_id=person_id, withdrawn=False)
    ]
    asked = {pair for pair in asked if not any(_is_called(pair, *names) for names in own)}
    named: dict[UUID, set[Pair]] = defaultdict(set)
    for record in _bearing_two(asked, person_id, by):
        called = _names(record)
        if record.person_id and (hits := {pair for pair in asked if _is_called(pair, *called)}):
            named[record.person_id] |= hits
    who = shown_identity(list(named)[:MOST_NAMED], by)
    found = []
    for other, identity in sorted(who.items(), key=lambda item: (item[1].name, str(item[0]))):
        stands_in = [what for what, said in pairs.items() if not named[other].isdisjoint(said)]
        found.append(
            Finding(
                f"named-{other}",
                f"{quoted(stands_in)} names {identity.words}: a child of whom you see a record, and not the child this is about.",
                "It names another child.",
            )
        )
    return found


def _bearing_two(pairs: Collection[Pair], person_id: UUID, by: Staff) -> list[Record]:
    """Records that two of these words name, by the keys that the sender may see."""
    words = {word for pair in pairs for word in pair}
    if not words:
        return []
    hits = (
        Token.objects.visible_to(by)
        .filter(value__in=[token("search_name", word) for word in sorted(words)])
        .values("record_id")
        .annotate(words=Count("value", distinct=True))
        .filter(words__gte=2)
        .values_list("record_id", flat=True)[:MOST_RECORDS]
    )
    rows = Record.objects.visible_to(by).filter(pk__in=list(hits), withdrawn=False)
    return list(rows.exclude(person_id=person_id))


def _pairs(text: str) -> set[Pair]:
    """Two words beside each other that may be a name: both begin with a capital, or nothing in the text does."""
    words = WORD.findall(text)
    capitals = [word for word in words if word[:1].isupper()]
    may_be = set(capitals) if capitals else set(words)
    found: set[Pair] = set()
    for one, other in pairwise(words):
        if one in may_be and other in may_be:
            left, right = fold(one).split(), fold(other).split()
            if left and right:
                found.add((left[-1], right[0]))
    return found


def _names(record: Record) -> tuple[set[str], set[str]]:
    given = {*fold(record.forenames).split(), *fold(record.known_as).split()}
    return given, set(fold(record.surname).split())


def _is_called(pair: Pair, given: set[str], surname: set[str]) -> bool:
    one, other = pair
    return (one in given and other in surname) or (one in surname and other in given)


def quoted(titles: Sequence[str]) -> str:
    return " and ".join(f"“{title}”" for title in titles)

"""Reading who is who: for one reader at a time, from nothing but rows this reader may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from engage.methods.births import age_on
from engage.methods.moments import london_date
from engage.practice.access import gate
from engage.practice.access.models import Barred, CircleMember, ProtectedLocation, Restriction
from engage.practice.access.written_once import (
    MOMENT,
    ROW_ID,
    UUIDS,
    part_written_once,
    rows_with,
    written_once,
)
from engage.practice.agencies.models import Staff

from .identities import end_of_month
from .lists import COUNTED_UP_TO, total_words
from .models import (
    Judgement,
    Opinion,
    Pair,
    Record,
    RecordDetail,
    SealedHandover,
    SealedItem,
    SourceRecord,
    shown_name,
)
from .permissions import may_hold

# Persons with something open, of whom pairs are worth somebody's time. Later apps add theirs in
# AppConfig.ready: each a function of the reader that gives a query set of person ids.
open_business: list[Callable[[Staff], Any]] = []

# Whose spelling of a name is shown, if the reader sees several: who knows the child longest comes first.
NAMES_FROM = (
    "social-care-people",
    "ssda903-header",
    "ssda903",
    "ssda903-missing",
    "return-interviews",
    "police-missing",
)

KINDS_OF_RECORD = {
    "social-care-people": "the council's list of people",
    "ssda903": "statutory return on looked-after children",
    "return-interviews": "return home interview",
    "police-missing": "missing report",
    "referrals": "referral",
    "helpline-calls": "call to the helpline",
    "health-contacts": "contact with a service",
    "legacy-register": "register of an older operation",
    "desk": "typed in Engage",
}

SHOWN_OF_A_RECORD = (
    "id", "person_id", "register", "received_no", "bridges", "surname", "forenames", "known_as", "born_in",
    "district", "agency__name", "area", "agency_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownIdentity:
    person_id: UUID
    name: str
    age: str  # "14", "13 or 14" where the reader sees no day of birth, or empty
    district: str
    born_on: date | None  # None too where the reader may not see it
    sources: tuple[str, ...]  # agencies whose record of the child this reader sees
    name_from: str
    area: int = 0  # bits of every district that these records lie in
    agencies: frozenset[int] = frozenset()  # whose records they are

    @property
    def words(self) -> str:
        return ", ".join(
            part for part in (self.name, f"age {self.age}" if self.age else "", self.district) if part
        )


@dataclass(frozen=True, slots=True)
class JudgementShown:
    judgement: Judgement
    left: Record
    right: Record
    stands: bool
    told_of_left: str  # agency, kind of record, and the reference for who may see it
    told_of_right: str


def conflicts_of(person_id: UUID, reader: Staff) -> list[Barred]:
    """Who sees nothing of this child for a conflict of interest: told to the manager of their team. One for each."""
    rows = (
        Barred.objects.visible_to(reader)
        .filter(person_id=person_id, ended_at=None)
        .exclude(staff=reader)
        .select_related("staff__agency", "added_by")
        .order_by("added_at", "id")
    )
    return list({row.staff_id: row for row in rows}.values())


def has_conflict(person_id: UUID, somebody: Staff, reader: Staff) -> bool:
    """Whether a conflict of interest with this child stands. Asked as Engage's own service, for somebody else."""
    rows = Barred.objects.visible_to(reader).filter(person_id=person_id, staff=somebody, ended_at=None)
    return rows.exists()


def conflicts_told_since(since: datetime, reader: Staff) -> list[Barred]:
    """Lately said by colleagues of the reader's team, newest first, one for each colleague and child."""
    rows = (
        Barred.objects.visible_to(reader)
        .filter(added_at__gte=since, ended_at=None)
        .exclude(staff=reader)
        .exclude(added_by=reader)
        .select_related("staff__agency")
        .order_by("-added_at", "id")
    )
    return list({(row.staff_id, row.person_id): row for row in rows[:200]}.values())


def sealed_by(reader: Staff, person_id: UUID | None = None) -> QuerySet[SealedItem]:
    """What this reader alone holds, of one child or of all; the day of review nearest or longest past first."""
    rows = SealedItem.objects.visible_to(reader).filter(current=True).select_related("sealed_by")
    return (rows.filter(person_id=person_id) if person_id else rows).order_by("review_on", "id")


def offered_sealed(reader: Staff) -> QuerySet[SealedHandover]:
    """Sealed items that colleagues ask this reader to hold."""
    return (
        SealedHandover.objects.visible_to(reader)
        .filter(offered_to=reader, ended_at=None)
        .select_related("offered_by__agency")
        .order_by("offered_at", "id")
    )


def offers_made(reader: Staff) -> dict[UUID, SealedHandover]:
    """By sealed item the colleague whom this reader asks to hold it."""
    rows = SealedHandover.objects.visible_to(reader).filter(offered_by=reader, ended_at=None)
    return {row.item_id: row for row in rows.select_related("offered_to__agency")}


def colleagues_who_may_hold(by: Staff) -> list[Staff]:
    own = Staff.objects.select_related("agency").filter(agency=by.agency, kind=Staff.Kind.PERSON)
    return [one for one in own.exclude(pk=by.pk).order_by("name") if may_hold(one, by)]


@dataclass(frozen=True, slots=True)
class RestrictionShown:
    """Told to those alone who are named for the child."""

    kind: str
    kind_words: str
    reason: str
    since: datetime
    by: str
    named: tuple[Staff, ...]


def restriction_of(person_id: UUID, reader: Staff) -> RestrictionShown | None:
    if person_id not in gate.acting().named_people:
        return None
    now = gate.acting().now
    first = (
        Restriction.objects.visible_to(reader)
        .filter(person_id=person_id, starts_at__lte=now)
        .exclude(ends_at__lte=now)
        .select_related("added_by")
        .order_by("starts_at", "id")
        .first()
    )
    if first is None:
        return None
    members = (
        CircleMember.objects.visible_to(reader)
        .filter(person_id=person_id, named=True, starts_at__lte=now)
        .exclude(ends_at__lte=now)
        .select_related("staff__agency")
    )
    named = sorted({member.staff.pk: member.staff for member in members}.values(), key=lambda one: one.name)
    return RestrictionShown(
        first.kind, first.get_kind_display(), first.reason, first.starts_at, first.added_by.name, tuple(named)
    )


@dataclass(frozen=True, slots=True)
class LocationKeptBack:
    """Told to those alone who are named for it."""

    reason: str
    since: datetime
    by: str
    named: tuple[Staff, ...]


def location_kept_back(person_id: UUID, reader: Staff) -> LocationKeptBack | None:
    """Whether where the child lives is protected, as far as the reader is one of those named for it."""
    if person_id in gate.acting().kept_location:
        return None
    rows = ProtectedLocation.objects.visible_to(reader).filter(person_id=person_id, ends_at=None)
    first = rows.select_related("added_by").order_by("starts_at", "id").first()
    if first is None:
        return None
    members = (
        CircleMember.objects.visible_to(reader)
        .filter(person_id=person_id, kind=CircleMember.Kind.LOCATION, ends_at=None)
        .select_related("staff__agency")
    )
    named = sorted({member.staff.pk: member.staff for member in members}.values(), key=lambda one: one.name)
    return LocationKeptBack(first.reason, first.starts_at, first.added_by.name, tuple(named))


def named_for_location_since(since: datetime, reader: Staff) -> list[CircleMember]:
    """By the information-governance lead, where too few were left: one of each child."""
    return list({row.person_id: row for row in _named_for_location(reader, since=since)}.values())


@written_once(since=MOMENT)
def _named_for_location(reader: Staff, since: datetime) -> QuerySet[CircleMember]:
    rows = CircleMember.objects.visible_to(reader).filter(staff=reader, kind=CircleMember.Kind.LOCATION)
    rows = rows.filter(ends_at=None, starts_at__gt=since, added_by__role="dpo_audit")
    return rows.select_related("added_by__agency").order_by("-starts_at")


def shown_identity(person_ids: Collection[UUID], reader: Staff) -> dict[UUID, ShownIdentity]:
    """Name, age and district to show for each person, in one statement. Persons of whom the reader sees
    nothing are not among the answers."""
    if not person_ids:
        return {}
    try:
        rows = rows_with(_shown_of_records(reader, person_ids=person_ids), one=_births(reader))
    except EmptyResultSet:
        return {}
    by_person: dict[UUID, list[Any]] = {}
    births: dict[UUID, date] = {}
    # A child who was reported missing often has a record of each report: bare rows of what is shown of them.
    for record, birth in rows:
        by_person.setdefault(record.person_id, []).append(record)
        if birth:
            births[record.id] = birth.born_on
    return {
        person_id: _shown(person_id, sorted(records, key=_preference), births)
        for person_id, records in by_person.items()
    }


@part_written_once(person_ids=UUIDS)
def _shown_of_records(reader: Staff, person_ids: Collection[UUID]) -> QuerySet:
    records = Record.objects.visible_to(reader).filter(person_id__among=person_ids, withdrawn=False)
    return records.values_list(*SHOWN_OF_A_RECORD)


@part_written_once()
def _births(reader: Staff) -> QuerySet:
    told = RecordDetail.objects.visible_to(reader).filter(record=ROW_ID, current=True)
    return told.filter(born_on__isnull=False).values_list("record_id", "born_on")


def records_of(person_id: UUID, reader: Staff) -> list[Record]:
    """The records that make this person, as far as the reader sees them, in the order names are chosen."""
    return sorted(_records_of([person_id], reader).select_related("agency"), key=_preference)


def resolve_person(person_id: UUID, reader: Staff) -> UUID:
    """The person as known now, from a present or former id.

    Raises Record.DoesNotExist where the reader sees no record of it.
    """
    records = Record.objects.visible_to(reader)
    standing_records = records.filter(withdrawn=False)
    if standing_records.filter(person_id=person_id).exists():
        return person_id
    # A former id is that of the record received first, which may have been withdrawn since; its person
    # may bear another's id now.
    now_known_as = records.values_list("person_id", flat=True).get(pk=person_id)
    return standing_records.filter(person_id=now_known_as).values_list("person_id", flat=True)[:1].get()


def judgements_on(person_id: UUID, reader: Staff) -> list[JudgementShown]:
    """Every judgement on the records of this person, newest first. Some are with records of other persons."""
    ids = [record.pk for record in records_of(person_id, reader)]
    said = list(
        Judgement.objects.visible_to(reader)
        .filter(Q(record_a__in=ids) | Q(record_b__in=ids))
        .select_related("by__agency")
        .order_by("-at", "-judged_no")
    )
    last_words = standing(said)
    # That the program keeps two apart says nothing that the two records do not show.
    rows = [row for row in said if row.by_person or row.verdict != Judgement.Verdict.NOT_SAME]
    records = {
        record.pk: record
        for record in Record.objects.visible_to(reader)
        .filter(pk__in={side for row in rows for side in (row.record_a_id, row.record_b_id)})
        .select_related("agency")
    }
    references = references_shown(records.values(), reader)

    def told_of(record: Record) -> str:
        return ", ".join(filter(None, (record.agency.name, kind_of_record(record), references[record.pk])))

    return [
        JudgementShown(
            row, left, right, row.pk in last_words, told_of_left=told_of(left), told_of_right=told_of(right)
        )
        for row in rows
        for left, right in [(records[row.record_a_id], records[row.record_b_id])]
    ]


def references_shown(records: Iterable[Record], reader: Staff) -> dict[UUID, str]:
    """By record its agency's own reference, empty for who sees no more of it than the summary.

    The reference is a council's number of a child, a report's or a referral's: an identifier, of which the
    summary says only that it exists. Whoever may see the rest of who somebody is sees a row of details.
    """
    references = {record.pk: record.reference for record in records if record.register != "desk"}
    in_full = set(
        RecordDetail.objects.visible_to(reader)
        .filter(record__among=list(references))
        .values_list("record_id", flat=True)
    )
    return defaultdict(str, {pk: told for pk, told in references.items() if pk in in_full})


def kind_of_record(record: Record) -> str:
    """Empty for a format that this place added itself."""
    family = record.register.partition("/")[0]
    return KINDS_OF_RECORD.get("ssda903" if family.startswith("ssda903") else family, "")


def standing(newest_first: Sequence[Judgement]) -> set[UUID]:
    """Of each pair the last word of a person, or where there is none or it was taken back, of the program."""
    last: dict[tuple[UUID, UUID, bool], Judgement] = {}
    for row in newest_first:
        last.setdefault((row.record_a_id, row.record_b_id, row.by_person), row)
    found = set()
    for (a, b, by_person), row in last.items():
        by_somebody = last.get((a, b, True))
        overruled = not by_person and by_somebody and by_somebody.verdict != Judgement.Verdict.TAKEN_BACK
        if row.verdict != Judgement.Verdict.TAKEN_BACK and not overruled:
            found.add(row.pk)
    return found


class AskedOfEach(Exists):
    """Looked up for each row in turn, with OFFSET 0 to say so: the list ends after a page, and PostgreSQL
    would otherwise first read all that is open in a county."""

    template = "EXISTS(%(subquery)s OFFSET 0)"


def pairs_to_decide(reader: Staff) -> Any:
    """Open pairs that touch a person with something open, or that somebody asked a colleague about, likeliest first."""
    return _open_pairs(reader).filter(_touches_open_business(reader) | ~Q(once_more=""))


def pairs_touching_nothing_open(reader: Staff) -> Any:
    """The other open pairs: they wait until something opens for one of the two."""
    return _open_pairs(reader).exclude(_touches_open_business(reader) | ~Q(once_more=""))


def pairs_to_repeat(reader: Staff, since: datetime) -> Any:
    """Decided pairs that are put before this reader as if nobody had decided them, likeliest first: decided by
    somebody else, or by the reader before `since`. As with any other pair, one of the two has something open."""
    own_of_late = Judgement.objects.visible_to(reader).filter(
        by=reader,
        record_a_id=OuterRef("record_a_id"),
        record_b_id=OuterRef("record_b_id"),
        at__gt=since,
    )
    return (
        _not_withdrawn(reader)
        .filter(_touches_open_business(reader), state=Pair.State.DECIDED, once_more=Pair.OnceMore.REPEAT)
        .exclude(Exists(own_of_late))
        .order_by("-weight_bits", "id")
    )


def _touches_open_business(reader: Staff) -> Q:
    either = [OuterRef("record_a__person_id"), OuterRef("record_b__person_id")]
    touches = Q()
    for open_persons in open_business:
        touches |= Q(AskedOfEach(open_persons(reader).filter(person_id__in=either)))
    return touches if open_business else Q(pk__in=[])


def _open_pairs(reader: Staff) -> Any:
    """Not those that judgements have joined meanwhile (unless just that is in question), nor those the reader was
    not sure of or asked a second opinion on: they are a colleague's; nor those with a record that its agency
    withdrew, until it sends it again.
    """
    asked_others = Opinion.objects.visible_to(reader).filter(
        by=reader, kind=Opinion.Kind.FIRST, pair_id=OuterRef("pk")
    )
    unsure = Judgement.objects.visible_to(reader).filter(
        by=reader,
        verdict=Judgement.Verdict.UNSURE,
        record_a_id=OuterRef("record_a_id"),
        record_b_id=OuterRef("record_b_id"),
        at__gte=OuterRef("offered_at"),
    )
    return (
        _not_withdrawn(reader)
        .filter(state=Pair.State.OPEN)
        .exclude(
            ~Q(why=Pair.CHANGED),
            ~Q(once_more=Pair.OnceMore.DISAGREE),
            record_a__person_id=F("record_b__person_id"),
        )
        .exclude(Exists(unsure))
        .exclude(Q(Exists(asked_others)), once_more=Pair.OnceMore.SECOND)
        .order_by("-weight_bits", "id")
    )


def _not_withdrawn(reader: Staff) -> Any:
    return Pair.objects.visible_to(reader).filter(record_a__withdrawn=False, record_b__withdrawn=False)


def first_of(rows: QuerySet, most: int) -> tuple[list[Any], str]:
    """The first `most` rows, and in words how many there are: asked only where there may be more."""
    first = list(rows[:most])
    return first, str(len(first)) if len(first) < most else count_words(rows)


def count_words(rows: Any) -> str:
    """Counted up to 100, so that no list is read to its end for a number."""
    return total_words(rows.order_by()[: COUNTED_UP_TO + 1].count())


def new_because(record: Record, reader: Staff) -> str:
    """Why somebody said at the desk that this was a new child."""
    source = (
        SourceRecord.objects.visible_to(reader)
        .filter(agency=record.agency_id, format="desk", reference=record.reference)
        .first()
    )
    return source.content.get("new_because", "") if source else ""


def age_words(born_on: date | None, born_in: date | None, today: date) -> str:
    if born_on:
        return str(age_on(born_on, today)) if born_on <= today else ""
    if not born_in or born_in > today:
        return ""
    youngest, oldest = age_on(min(end_of_month(born_in), today), today), age_on(born_in, today)
    return str(oldest) if youngest == oldest else f"{youngest} or {oldest}"


def _records_of(person_ids: Iterable[UUID], reader: Staff) -> QuerySet[Record]:
    return Record.objects.visible_to(reader).filter(person_id__in=list(person_ids), withdrawn=False)


def _preference(record: Any) -> tuple:
    rank = NAMES_FROM.index(record.register) if record.register in NAMES_FROM else len(NAMES_FROM)
    # A record that may not join others never changes what is shown, unless the reader sees no other.
    return (not record.bridges, not record.surname, rank, -record.received_no)


def _shown(person_id: UUID, records: Sequence[Any], births: dict[UUID, date]) -> ShownIdentity:
    today = london_date(gate.acting().now)
    first = records[0]
    speaking = [record for record in records if record.bridges] or list(records)
    born_on = next((births[record.id] for record in speaking if record.id in births), None)
    born_in = next((record.born_in for record in speaking if record.born_in), None)
    return ShownIdentity(
        person_id=person_id,
        name=shown_name(first.forenames, first.surname, first.known_as) or "Name not known",
        age=age_words(born_on, born_in, today),
        district=next((record.district for record in speaking if record.district), ""),
        born_on=born_on,
        sources=tuple(dict.fromkeys(record.agency__name for record in records)),
        name_from=first.agency__name,
        area=reduce(or_, (record.area for record in records), 0),
        agencies=frozenset(record.agency_id for record in records),
    )

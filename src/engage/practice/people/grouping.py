"""Who is one person follows from the judgements; everything that hangs on a record follows from that.

Nothing else writes `person_id` and `area`. What is written here is a function of the records,
their addresses and the judgements, so that undoing a judgement restores every row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import connection

from engage.methods.linkage import grouping as method
from engage.practice.access import gate
from engage.practice.access.bulk import array_text
from engage.practice.agencies.models import Staff

from . import districts, mixtures
from .models import Judgement, Pair, Record

# Called with the persons that were regrouped and the time, as the receiving service, in the same
# transaction. Later apps add theirs in AppConfig.ready.
after_regroup: list[Callable[[set[UUID], datetime], None]] = []

# Facts whose text may name the district where the child is placed.
PLACING_FACTS = ["placing_authority", "placement"]
ONE_AT_A_TIME = "engage.people.grouping"
RECORDS_AT_ONCE = 20_000


class Grouped(NamedTuple):
    """What grouping has to know of a record: a file may regroup a hundred thousand."""

    pk: UUID
    bridges: bool
    withdrawn: bool
    district: str
    person_id: UUID | None  # before


def service(code: str) -> Staff:
    return Staff.objects.select_related("agency", "team").get(code=code)


def wait_for_turn() -> None:
    """Linking and regrouping take turns, so that each sees what the other wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [ONE_AT_A_TIME])


def regroup(record_ids: Collection[UUID], *, now: datetime) -> set[UUID]:
    """Work out anew which persons these records, and all judged the same as them, make up.

    Returns the persons they are now. Acts as the receiving service, which alone sees every record.
    """
    if not record_ids:
        return set()
    with gate.acting_as(service("service_receiver"), now=now):
        wait_for_turn()
        persons: set[UUID] = set()
        for part in _parts(_component(record_ids)):
            persons |= _regroup_part(part, now)
        for hook in after_regroup:
            hook(persons, now)
    return persons


def _regroup_part(component: list[UUID], now: datetime) -> set[UUID]:
    records = _records(component)
    judgements = _judgements(component)
    withdrawn = {record.pk for record in records if record.withdrawn}
    bridging = {record.pk for record in records if record.bridges}
    # A withdrawn record stays with the person it clearly belonged to, and joins nobody to anybody.
    grouping = method.group([record.pk for record in records], bridging - withdrawn, judgements)
    mixtures.keep_what_comes_apart(
        {record.pk: record.person_id for record in records},
        grouping.person_of,
        bridging,
        withdrawn,
        judgements,
        now,
    )
    areas = _areas(records, grouping.person_of)
    _rewrite(
        [(record_id, person_id, areas[person_id]) for record_id, person_id in grouping.person_of.items()]
    )
    _offer_conflicts(
        (conflict for conflict in grouping.needs_attention if withdrawn.isdisjoint(conflict.same.pair)), now
    )
    return set(grouping.person_of.values())


def tables_of_records() -> list[str]:
    """Every table whose rows say both which record and which person they belong to."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if {"record_id", "person_id"} <= {field.attname for field in model._meta.concrete_fields}
    )


def _component(record_ids: Collection[UUID]) -> list[UUID]:
    """These records and all that any judgement, standing or not, ever called the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE reached(id) AS (
                SELECT unnest(%s::uuid[])
                UNION
                SELECT step.other FROM reached CROSS JOIN LATERAL (
                    SELECT record_b_id AS other FROM people_judgement
                    WHERE record_a_id = reached.id AND verdict = 'same'
                    UNION ALL
                    SELECT record_a_id FROM people_judgement
                    WHERE record_b_id = reached.id AND verdict = 'same'
                ) step
            ) SELECT id FROM reached
            """,
            [list(record_ids)],
        )
        return [record_id for (record_id,) in cursor.fetchall()]


def _parts(component: list[UUID]) -> Iterator[list[UUID]]:
    """The same records in parts of some thousands, whoever was ever called the same in one of them: a file may
    touch a hundred thousand records, and five times as many judgements on them."""
    if len(component) <= RECORDS_AT_ONCE:
        yield component
        return
    head = {record_id: record_id for record_id in component}

    def find(record_id: UUID) -> UUID:
        while head[record_id] != record_id:
            head[record_id] = head[head[record_id]]
            record_id = head[record_id]
        return record_id

    for start in range(0, len(component), RECORDS_AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT record_a_id, record_b_id FROM people_judgement WHERE verdict = 'same' AND record_a_id = ANY(%s)",
                [component[start : start + RECORDS_AT_ONCE]],
            )
            for a, b in cursor.fetchall():
                if b in head:
                    head[find(a)] = find(b)
    together: dict[UUID, list[UUID]] = defaultdict(list)
    for record_id in component:
        together[find(record_id)].append(record_id)
    part: list[UUID] = []
    for members in together.values():
        part += members
        if len(part) >= RECORDS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _records(component: list[UUID]) -> list[Grouped]:
    """In the order of receipt."""
    reader = gate.acting().staff
    rows = (
        Record.objects.visible_to(reader)
        .filter(pk__among=component)
        .order_by("received_no")
        .values_list("pk", "bridges", "withdrawn", "district", "person_id")
    )
    return [Grouped(*row) for row in rows]


def _judgements(component: list[UUID]) -> list[method.Judgement]:
    verdicts = {Judgement.Verdict.TAKEN_BACK: "undone"}
    reader = gate.acting().staff
    rows = Judgement.objects.visible_to(reader).filter(record_a__among=component, record_b__among=component)
    told = rows.values_list(
        "record_a_id", "record_b_id", "verdict", "by_person", "weight_bits", "at", "judged_no"
    )
    return [
        method.Judgement(
            a=a,
            b=b,
            verdict=verdicts.get(verdict, verdict),
            by_person=by_person,
            weight_bits=weight_bits or 0.0,
            at=at,
            id=f"{judged_no:020d}",
        )
        for a, b, verdict, by_person, weight_bits, at, judged_no in told
    ]


def _areas(records: Iterable[Grouped], person_of: dict) -> dict[UUID, int]:
    """The districts where any record that may bridge says the child lives or is placed.

    A withdrawn record has no say, unless the person has no other.
    """
    may_say = [record for record in records if record.bridges]
    known_otherwise = {person_of[record.pk] for record in may_say if not record.withdrawn}
    told: dict[UUID, set[str]] = defaultdict(set)
    bridging = []
    for record in may_say:
        if not record.withdrawn or person_of[record.pk] not in known_otherwise:
            bridging.append(record.pk)
            told[record.pk].add(record.district)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT record_id, district FROM people_address
            WHERE record_id = ANY(%s) AND current AND (to_on IS NULL OR to_on > engage_now()::date)
            UNION ALL
            SELECT record_id, text FROM people_fact WHERE record_id = ANY(%s) AND current AND kind = ANY(%s)
            """,
            [bridging, bridging, PLACING_FACTS],
        )
        for record_id, text in cursor.fetchall():
            told[record_id] |= {text, *(part.strip() for part in text.split(","))}
    bits: dict[UUID, int] = defaultdict(int)
    for record_id, names in told.items():
        bits[person_of[record_id]] |= districts.bits_named(names)
    return {person_id: districts.area_from(bits[person_id]) for person_id in set(person_of.values())}


def _rewrite(rows: list[tuple[UUID, UUID, int]]) -> None:
    new = "unnest(%s::uuid[], %s::uuid[], %s::int[]) AS new(record_id, person_id, area)"
    without_area = _without_area()
    for start in range(0, len(rows), 10_000):
        part = rows[start : start + 10_000]
        columns = [array_text(column) for column in zip(*part, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE people_record r SET person_id = new.person_id, area = new.area FROM {new}"
                " WHERE r.id = new.record_id AND (r.person_id, r.area) IS DISTINCT FROM (new.person_id, new.area)",
                columns,
            )
            for table in tables_of_records():
                has_area = table not in without_area
                area = ", area = new.area" if has_area else ""
                differs = (
                    "(t.person_id, t.area) IS DISTINCT FROM (new.person_id, new.area)"
                    if has_area
                    else "t.person_id IS DISTINCT FROM new.person_id"
                )
                cursor.execute(
                    f"UPDATE {table} t SET person_id = new.person_id{area} FROM {new}"
                    f" WHERE t.record_id = new.record_id AND {differs}",
                    columns,
                )


def _without_area() -> set[str]:
    return {
        model._meta.db_table
        for model in apps.get_models()
        if "area" not in {field.attname for field in model._meta.concrete_fields}
    }


def _offer_conflicts(conflicts: Iterable[method.Conflict[UUID]], now: datetime) -> None:
    """Put before a person what judgements contradict; a program's answer that a person overruled is no conflict."""
    pairs = [
        Pair(
            record_a_id=min(conflict.same.a, conflict.same.b),
            record_b_id=max(conflict.same.a, conflict.same.b),
            weight_bits=conflict.same.weight_bits,
            evidence={},
            model_version="",
            why="conflict",
            offered_at=now,
        )
        for conflict in conflicts
        if conflict.same.by_person or not (conflict.not_same and conflict.not_same.by_person)
    ]
    Pair.objects.bulk_create(
        pairs,
        update_conflicts=True,
        unique_fields=["record_a", "record_b"],
        update_fields=["state", "why"],
    )


__all__ = ["after_regroup", "regroup", "service", "tables_of_records", "wait_for_turn"]

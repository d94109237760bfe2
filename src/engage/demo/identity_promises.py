"""Who is who, held to its promises on the demo's own records: a join taken back leaves no trace, ids stay when a little
more is received, and one record is weighed as a whole file is. All of it is taken back."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import duckdb
from django.db import connection
from django.test import Client

from engage.methods.linkage import batch
from engage.methods.linkage.blocking import BATCH_RULES, ONLINE_RULES
from engage.methods.linkage.records import IdentityRecord, standardise
from engage.practice.access.gate import acting_as
from engage.practice.access.models import Restriction
from engage.practice.agencies.models import Agency
from engage.practice.people.actions import (
    AddressInput,
    IdentityInput,
    judge_pair,
    link_records,
    undo,
    write_records,
)
from engage.practice.people.actions.pairs import candidate_pairs, edge_of, ordered
from engage.practice.people.adopted_models import linkage_model
from engage.practice.people.grouping import regroup, service, tables_of_records
from engage.practice.people.identities import identities
from engage.practice.people.models import Pair, Record
from engage.practice.receiving.actions import receiver

from . import probing
from .at_hand import staff_called
from .one_thing_more import taken_back

Figure = tuple[str, object, bool]
JUDGE = "grace"
# What is said of records is kept for good; everything else follows from it.
THE_LOG = frozenset({"people_judgement", "people_mixture", "people_mixtureseen"})
# Where what is known of a child is told; the list of what was said of who is who is part of the log.
PAGES_OF_A_CHILD = ("/children/{}/", "/children/{}/contact/", "/first-looks/{}/")
NEW_RECORDS = 8
GROUPED_AGAIN = 500
WEIGHED_ANEW = 40
EQUAL_BITS = 1e-6


def identity_figures(now: datetime) -> Iterator[Figure]:
    traces, tried = unmerged(now)
    for one in traces:
        print(f"  left a trace: {one}", flush=True)
    yield "unmerge_identical", "no" if traces or not tried else "yes", tried > 0 and not traces
    changed, gained = ids_changed(now)
    yield "ids_changed_without_cause", changed, gained > 0 and not changed
    unequal, pairs = online_and_batch(now)
    for one in unequal:
        print(f"  weighed otherwise: {one}", flush=True)
    yield "online_equals_batch", "no" if unequal or not pairs else "yes", pairs > 0 and not unequal


# ------------------------------------------------------------------------------------ un-merging


def unmerged(now: datetime) -> tuple[list[str], int]:
    """Two who wait to be judged are called one person, and the word is taken back. What differs then in any table of
    people, or on a page of either of the two; and how many pairs were joined so."""
    judge = staff_called(JUDGE)
    client = probing.signed_in(judge)
    for pair, persons in _waiting(now):
        with taken_back():
            addresses = [page.format(person) for person in persons for page in PAGES_OF_A_CHILD]
            pages = {address: _told(client, address) for address in addresses}
            before = _tables(now)
            with acting_as(judge, now=now):
                said = judge_pair(
                    pair_id=pair.pk, verdict="same", reason="Said in the check.", by=judge, now=now
                )
                if not said.one_person:
                    continue  # somebody said already that the two are different
                undo(judgement_id=said.judgement.pk, reason="Taken back in the check.", by=judge, now=now)
            after = _tables(now)
            traces = [f"table {table}" for table in before if after[table] != before[table]]
            # Once a minute an answer sets the session's cookie again: a difference has to come twice.
            traces += [
                f"page {number % len(PAGES_OF_A_CHILD)} of {number // len(PAGES_OF_A_CHILD)}"
                for number, address in enumerate(addresses)
                if _told(client, address) != pages[address] and _told(client, address) != pages[address]
            ]
            return traces, 1
    return [], 0


def _waiting(now: datetime) -> list[tuple[Pair, tuple[UUID, UUID]]]:
    """Pairs that the judge is asked about, likeliest first, of two people whom nobody restricted."""
    judge, by = staff_called(JUDGE), receiver()
    with acting_as(by, now=now):
        live = Restriction.objects.visible_to(by).filter(ends_at=None)
        restricted = set(live.values_list("person_id", flat=True))
    with acting_as(judge, now=now):
        found = Pair.objects.visible_to(judge).filter(state=Pair.State.OPEN).exclude(why="restricted")
        found = found.filter(record_a__withdrawn=False, record_b__withdrawn=False)
        pairs = found.select_related("record_a", "record_b").order_by("-weight_bits", "id")[:200]
        of_two = [(pair, (pair.record_a.person_id, pair.record_b.person_id)) for pair in pairs]
        return [
            (pair, (one, other))
            for pair, (one, other) in of_two
            if one and other and one != other and restricted.isdisjoint({one, other})
        ]


def _told(client: Client, address: str) -> tuple:
    with taken_back():
        return probing.answer(client.get(address))


def _tables(now: datetime) -> dict[str, tuple[int, str]]:
    """Of each table of people how many rows, and one number made of all they hold, whoever they are of."""
    tables = {"people_record", "people_pair", *tables_of_records()} - THE_LOG
    found = {}
    with acting_as(receiver(), now=now), connection.cursor() as cursor:
        for table in sorted(tables):
            told = "t::text" if table != "people_token" else "concat(t.id, t.person_id, t.area)"
            cursor.execute(f"SELECT count(*), sum(hashtextextended({told}, 0))::text FROM {table} t")
            found[table] = cursor.fetchone()
    return found


# ------------------------------------------------------------------------------------ ids


def ids_changed(now: datetime) -> tuple[int, int]:
    """Some records more, linked, and others grouped again: of how many people the id changed though their companions are
    the ones they had; and how many gained a record."""
    with taken_back():
        was = _who_is_who(now)
        new = _a_few_more(now)
        with acting_as(receiver(), now=now):
            again = random.Random(1).sample(sorted(was), min(GROUPED_AGAIN, len(was)))
            regroup(again, now=now)
        now_are = _who_is_who(now)
    companions, later = _members(was), _members(now_are)
    changed = gained = 0
    for person, records in companions.items():
        persons = {now_are[record][0] for record in records}
        # Who had no record that may name a person is named after the child they are found to be.
        if len(persons) != 1 or not any(was[record][1] for record in records):
            continue
        (same,) = persons
        if later[same] - new == records:
            changed += same != person
            gained += bool(later[same] & new)
    return changed, gained


def _who_is_who(now: datetime) -> dict[UUID, tuple[UUID, bool]]:
    with acting_as(receiver(), now=now):
        rows = Record.objects.visible_to(receiver()).values_list("pk", "person_id", "bridges", "withdrawn")
        return {
            pk: (person_id, bridges and not withdrawn)
            for pk, person_id, bridges, withdrawn in rows
            if person_id
        }


def _members(person_of: dict[UUID, tuple[UUID, bool]]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for record, (person, _) in person_of.items():
        found[person].add(record)
    return found


def _a_few_more(now: datetime) -> set[UUID]:
    """A school tells of children who are known, in the words of others, and of one whom nobody knows."""
    by = receiver()
    school = Agency.objects.get(code="SCHOOLS")
    with acting_as(by, now=now):
        known = identities(_drawn(now, NEW_RECORDS), by).values()
        inputs = [_as_sent(one, school, number) for number, one in enumerate(known)]
        nobody = [
            replace(one, reference="MORE-NEW", surname="Quillfeather", nhs_number="") for one in inputs[:1]
        ]
        new = set(write_records([*inputs, *nobody], by=by, now=now).values())
        link_records(new, by=by, now=now)
    return new


def _as_sent(one: IdentityRecord, school: Agency, number: int) -> IdentityInput:
    return IdentityInput(
        school,
        "referrals",
        f"MORE-{number}",
        forenames=one.forenames,
        surname=one.surname,
        born_on=one.dob,
        sex=one.sex or "",
        nhs_number=one.nhs_number or "",
        district=one.district or "",
        addresses=tuple(AddressInput("", postcode, one.district or "") for postcode in one.postcodes[:1]),
    )


def _drawn(now: datetime, how_many: int) -> list[UUID]:
    """Records that tell a name and a day of birth and may join others, the same ones each time."""
    by = receiver()
    rows = Record.objects.visible_to(by).filter(bridges=True, withdrawn=False, restricted=False)
    named = rows.exclude(surname="").exclude(forenames="").exclude(born_in=None).order_by("received_no")
    every = list(named.values_list("pk", flat=True))
    return random.Random(len(every)).sample(every, min(how_many, len(every)))


# ------------------------------------------------------------------------------------ two engines


def online_and_batch(now: datetime) -> tuple[list[str], int]:
    """Records drawn from the demo, with all that share a key: by the engine for one record and by that for whole files.
    Whichever pairs either finds are weighed by both."""
    model, linker = linkage_model(), service("service_linker")
    with acting_as(receiver(), now=now):
        drawn = set(_drawn(now, WEIGHED_ANEW))
    with acting_as(linker, now=now):
        found, _ = candidate_pairs(drawn, [*BATCH_RULES, *ONLINE_RULES])
        told = identities({*drawn, *(record for pair in found for record in pair)}, linker)
    others = [one for record, one in sorted(told.items()) if record not in drawn]
    new = [one for record, one in sorted(told.items()) if record in drawn]
    in_order = [UUID(one.id) for one in (*others, *new)]
    with duckdb.connect() as engine:
        batch.load(engine, others)
        batch.load(engine, new, first_row=len(others))
        batch.candidate_pairs(engine, first_new=len(others))
        by_batch = {
            ordered(in_order[a], in_order[b])
            for a, b in engine.execute("SELECT join_key_l, join_key_r FROM pairs").fetchall()
        }
        place = {record: row for row, record in enumerate(in_order)}
        for a, b in sorted(found - by_batch):
            if a in place and b in place:
                engine.execute("INSERT INTO pairs VALUES ('0', ?, ?)", sorted((place[a], place[b])))
        whole = {ordered(UUID(e.a_id), UUID(e.b_id)): e for e in batch.edges(engine, model)}
    standard = {record: standardise(one) for record, one in told.items()}
    single = {
        (a, b): edge
        for a, b in found | by_batch
        if a in standard and b in standard and (edge := edge_of(standard[a], standard[b], model))
    }
    unequal: Counter[str] = Counter()
    for pair in single.keys() | whole.keys():
        one, other = single.get(pair), whole.get(pair)
        if one is None or other is None:
            unequal["found by one of the two alone"] += 1
        elif abs(one.weight_bits - other.weight_bits) > EQUAL_BITS:
            unequal["weight"] += 1
        elif one.decision != other.decision or set(one.vetoes) != {veto.code for veto in other.vetoes}:
            unequal["outcome"] += 1
        elif pair not in found:
            unequal["no key of one record's search"] += 1
    return [f"{n} pairs: {why}" for why, n in unequal.items()], len(single)

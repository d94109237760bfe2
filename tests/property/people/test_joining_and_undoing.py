"""Whatever is said and taken back, the tables end as if it had never been said."""

from __future__ import annotations

from itertools import combinations
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engage.practice.access.gate import acting_as
from engage.practice.agencies.models import Agency
from engage.practice.people.actions import (
    FactInput,
    IdentityInput,
    judge_records,
    undo,
    write_facts,
    write_records,
)
from engage.practice.people.grouping import regroup, tables_of_records
from engage.practice.people.models import Judgement, Record

pytestmark = pytest.mark.django_db

RECORDS = 5
PAIRS = list(combinations(range(RECORDS), 2))
WORDS = st.lists(
    st.tuples(st.sampled_from(PAIRS), st.sampled_from(["same", "same", "not_same", "unsure"])),
    min_size=1,
    max_size=6,
)


@pytest.fixture
def five(receiver, now) -> list[UUID]:
    """Five records in the judge's area with a fact each; the last may not join others."""
    agencies = {a.code: a for a in Agency.objects.all()}
    districts = ["Blackburn with Darwen", "Hyndburn", "Ribble Valley", "Hyndburn", "Ribble Valley"]
    with acting_as(receiver, now=now):
        inputs = [
            IdentityInput(
                agencies["ELSH" if n == RECORDS - 1 else "LANCS-POL"],
                "health-contacts" if n == RECORDS - 1 else "police-missing",
                f"R{n}",
                category="C10" if n == RECORDS - 1 else "C01",
                forenames="Katie",
                district=district,
            )
            for n, district in enumerate(districts)
        ]
        written = write_records(inputs, by=receiver, now=now)
        ids = [written[i.key] for i in inputs]
        write_facts(
            [FactInput(i.agency, r, "cse_flag", "C06") for i, r in zip(inputs, ids, strict=True)],
            by=receiver,
            now=now,
        )
        regroup(ids, now=now)
    return ids


def everything() -> list:
    rows = []
    with connection.cursor() as cursor:
        for table in ("people_record", *tables_of_records()):
            cursor.execute(f"SELECT id, person_id, to_jsonb(t)->'area' FROM {table} t ORDER BY id")
            rows.append(cursor.fetchall())
    return rows


class RolledBack(Exception):
    pass


@given(words=WORDS, order=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_r18_whatever_is_said_and_taken_back_in_any_order_leaves_no_trace_in_the_grouping(
    words, order, five, people_at_work, now
):
    service = people_at_work["service_receiver"]
    judge = people_at_work["dina"]  # sees her own service's record as well
    with pytest.raises(RolledBack), transaction.atomic():
        with acting_as(service, now=now):
            before = everything()
        with acting_as(judge, now=now):
            assert set(Record.objects.visible_to(judge).values_list("pk", flat=True)) == set(five)
            for (a, b), verdict in words:
                judge_records(
                    record_a=five[a], record_b=five[b], verdict=verdict, reason="r", by=judge, now=now
                )
        with acting_as(service, now=now):
            said = everything()
            # The grouping is a function of the judgements: worked out again, it is the same.
            regroup(five, now=now)
            assert everything() == said
        with acting_as(judge, now=now):
            # Only the last word of a pair stands, and each is taken back.
            last = {}
            for judgement in Judgement.objects.visible_to(judge).order_by("judged_no"):
                last[judgement.record_a_id, judgement.record_b_id] = judgement
            standing = list(last.values())
            order.shuffle(standing)
            for judgement in standing:
                undo(judgement_id=judgement.pk, reason="r", by=judge, now=now)
        with acting_as(service, now=now):
            assert everything() == before
        raise RolledBack

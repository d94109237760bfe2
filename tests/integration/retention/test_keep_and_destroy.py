"""A plan, a look at holds, two approvals, a rest, and only then a tombstone."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from psycopg.types.json import Jsonb
from tests.integration.retention.conftest import ADDRESSED

from engage.practice.access import audit
from engage.practice.access.gate import GuardedManager, NotPermitted, acting_as
from engage.practice.access.models import CircleMember, Restriction
from engage.practice.agencies.models import Agency, Staff
from engage.practice.front_door.actions import ReferralInput, write_referrals
from engage.practice.front_door.models import Referral
from engage.practice.missing.actions import ReportInput, write_reports
from engage.practice.missing.models import MissingReport
from engage.practice.people.actions import judge_records
from engage.practice.people.grouping import regroup
from engage.practice.people.models import Fact, Judgement, Pair, Record
from engage.practice.receiving.models import RowProblem, SetAsideRow
from engage.practice.retention import actions
from engage.practice.retention.actions import EffectHasChanged
from engage.practice.retention.models import Approval, Plan, Tombstone
from engage.practice.retention.names import name_hash
from engage.practice.screening.models import FirstLook
from engage.practice.sharing.models import Disclosure, EmergencyAccess, InformationRequest

pytestmark = pytest.mark.django_db


def said(response) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(text.replace("&#x27;", "'").split())


def refused(words: str, *parameters, sql="SELECT * FROM engage_destroy_under_schedule(%s, '{}', '{}', '{}')"):
    with pytest.raises(DatabaseError, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_r14_nothing_is_destroyed_without_an_adopted_period(archive):
    plan = archive.plan()
    assert (plan.looked_at, plan.to_destroy, plan.kept) == (0, 0, 0)
    archive.adopt()
    plan = archive.plan()
    assert (plan.looked_at, plan.to_destroy, plan.kept) == (4, 2, 2)
    assert plan.kept_because == {"not_due": 1, "start_not_known": 1}
    with pytest.raises(NotPermitted, match="of the agency"):
        archive.adopt(by="olga")


@contextmanager
def accounts():
    """The entries written meanwhile: the application cannot read them back."""
    written = []

    def watch(execute, sql, params, many, context):
        if "access_auditentry" in str(sql):
            written.extend(one.obj for one in params if isinstance(one, Jsonb))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield written


def test_r14_a_hold_placed_between_approval_and_carrying_out_is_kept_to(archive, browser):
    archive.adopt()
    plan = archive.approved()
    before = archive.records()
    assert plan.state == Plan.State.APPROVED
    assert archive.carry_out(at=13.9) == []
    archive.hold(scope="child", reference=" p1", at=10)

    with accounts() as written:
        (done,) = archive.carry_out()
    assert (done.destroyed, done.left) == (1, 1)
    assert archive.became(plan) == {
        before["P1"].pk: ("left", "hold"),
        before["P2"].pk: ("destroyed", ""),
    }
    assert archive.records().keys() == {"P1", "P3", "P4"}
    gone = before["P2"].pk
    with acting_as(archive.people["service_receiver"], now=archive.now), connection.cursor() as cursor:
        cursor.execute("SELECT name::text FROM engage_tables_of_records()")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE record_id = %s OR person_id = %s", [gone, gone]
            )
            assert cursor.fetchone() == (0,), table
        cursor.execute("SELECT reference FROM people_sourcerecord ORDER BY 1")
        assert [one.split("|")[0] for (one,) in cursor.fetchall()] == ["P1", "P3", "P4"]
    stones = {bytes(one.name_hash) for one in Tombstone.objects.filter(plan=plan)}
    assert len(stones) == 2 and name_hash("BWD-CSC", "social-care-people", "P2") in stones
    (entry,) = [one for one in written if one["verb"] == audit.Verb.ERASE]
    assert entry["counts"]["destroyed"] == 1 and entry["counts"]["left"] == 1 and entry["counts"]["rows"] > 5
    assert entry["subjects"] == [audit.pseudonym(gone)]

    # Destroyed is absent: the same page as for an id that never was.
    ewan = browser("ewan")
    there, never = ewan.get(f"/children/{gone}/"), ewan.get(f"/children/{uuid4()}/")
    assert (there.status_code, said(there)) == (404, said(never))


def test_r14_what_was_destroyed_does_not_come_back_with_the_next_file(archive):
    archive.adopt()
    archive.approved()
    archive.carry_out()
    receipt = archive.feeds.send(
        "social-care-people", "BWD-CSC", [ADDRESSED[1] | {"school": "Another High"}, ADDRESSED[2] | {"sex": "M"}],
        now=archive.at(20),
    )  # fmt: skip
    assert (receipt["rows"]["held"], receipt["rows"]["applied"]) == (1, 1)
    (problem,) = archive.feeds.rows(RowProblem)
    assert (
        problem.reason_code == "destroyed_under_schedule"
        and "under your agency’s schedule" in problem.sentence
    )
    (aside,) = archive.feeds.rows(SetAsideRow)
    assert (aside.content, aside.reference) == ({}, "")
    assert archive.records().keys() == {"P3", "P4"}


def test_r12_nobody_destroys_alone(archive):
    archive.adopt()
    own = archive.plan(by="lena")
    with pytest.raises(NotPermitted, match="You made this plan"):
        archive.approve(own, "lena")
    plan = archive.plan()
    archive.approve(plan, "grace")
    with pytest.raises(NotPermitted, match="You have approved this"):
        archive.approve(plan, "grace")
    manager = Staff.objects.create(code="mo", name="Mo Invented", agency=archive.agency, role="team_manager")
    archive.people["mo"] = manager
    with pytest.raises(NotPermitted, match="information-governance lead"):
        archive.approve(plan, "mo")
    for nothing_there in ("ewan", "olga"):
        with pytest.raises(Plan.DoesNotExist):
            archive.approve(plan, nothing_there)

    # Nor can one who writes to the database as the application.
    keeper = archive.people["service_retention"]
    with acting_as(keeper, now=archive.at(30)):
        refused("not approved", plan.pk)
        Plan.objects.visible_to(keeper).filter(pk=plan.pk).update(state="approved")
        refused("lacks an approval", plan.pk)
        refused("row-level security", uuid4(), plan.pk, manager.pk, archive.at(30), plan.digest, sql=(
            "INSERT INTO retention_approval (id, plan_id, by_id, role, at, digest) VALUES (%s, %s, %s, 'dpo_audit', %s, %s)"
        ))  # fmt: skip
        refused("never altered", plan.pk, sql="UPDATE retention_plan SET digest = 'another' WHERE id = %s")
        refused(
            "permission denied", plan.pk, sql="UPDATE retention_planitem SET reason = 'x' WHERE plan_id = %s"
        )
        refused("permission denied", sql="SELECT engage_destroy_record(gen_random_uuid())")
        refused("permission denied", sql="DELETE FROM people_record")
    with acting_as(archive.people["lena"], now=archive.at(30)):
        refused("the service for it alone", plan.pk)


def test_r12_the_application_may_delete_no_row_about_somebody(db):
    made_anew = {"people_token", "screening_cause"}
    not_kept = {"contact_searchasked"}  # what somebody searched for
    guarded = {
        model._meta.db_table
        for model in apps.get_models()
        if isinstance(model._default_manager, GuardedManager) and not model._meta.proxy
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND has_table_privilege('engage_app', oid, 'DELETE')",
            [list(guarded)],
        )
        assert {name for (name,) in cursor.fetchall()} == made_anew | not_kept


def test_r14_a_period_changed_after_the_approval_is_planned_again(archive):
    archive.adopt()
    plan = archive.plan()
    archive.approve(plan, "grace")
    archive.adopt(years=25, at=1)
    with pytest.raises(EffectHasChanged):
        archive.approve(plan, "lena", at=2)
    plan = archive.approved(archive.plan(at=3), at=3)
    archive.adopt(years=22, at=4)
    (done,) = archive.carry_out(at=20)
    assert (done.destroyed, done.left) == (0, 0) and archive.records().keys() == {"P1", "P2", "P3", "P4"}
    lena = archive.people["lena"]
    with acting_as(lena, now=archive.now):
        assert Plan.objects.visible_to(lena).get(pk=plan.pk).state == Plan.State.CLOSED
        assert Plan.objects.visible_to(lena).get(pk=done.planned_again).state == Plan.State.PLANNED


def test_r14_stopped_in_the_middle_nothing_is_half_done(archive):
    archive.adopt()
    plan = archive.approved()
    first = min(one.pk for one in archive.records().values() if one.reference in ("P1", "P2"))
    with acting_as(archive.people["service_retention"], now=archive.at(15)):
        # Of the second record no name is given, after the first is gone.
        refused("leaves a tombstone", plan.pk, first, "x", b"x", sql=(
            "SELECT * FROM engage_destroy_under_schedule(%s, ARRAY[%s]::uuid[], ARRAY[%s], ARRAY[%s]::bytea[])"
        ))  # fmt: skip
    assert archive.records().keys() == {"P1", "P2", "P3", "P4"} and not Tombstone.objects.exists()
    assert archive.carry_out()[0].destroyed == 2


def reasons(archive):
    """Each thing that keeps a record alive, made for one of them: its name and what makes it."""
    receiver, grace, lena, now = (
        *(archive.people[code] for code in ("service_receiver", "grace", "lena")),
        archive.now,
    )
    record = archive.records()["P1"]
    of_child = {"record_id": record.pk, "person_id": record.person_id}

    def missing():
        told = ReportInput(record.pk, archive.agency, None, "M1", "police", last_seen_at=now, reported_at=now)
        write_reports([told], by=receiver, now=now)

    def pair():
        a, b = sorted([record.pk, archive.records()["P2"].pk])
        Pair.objects.create(
            record_a_id=a, record_b_id=b, weight_bits=1, model_version="", why="grey", offered_at=now
        )

    return {
        "hold": lambda: archive.hold(scope="agency"),
        "open_episode": missing,
        "circle": lambda: CircleMember.objects.create(
            **of_child, staff=grace, kind="lead", starts_at=now - timedelta(1), added_by=grace),
        "open_pair": pair,
        "request": lambda: InformationRequest.objects.create(
            **of_child, asked_by=grace, asked_at=now, owner=lena, about="x", question="x", due_on=now.date()),
        "disclosure": lambda: Disclosure.objects.create(
            **of_child, state="sent", sent_by=grace, agency=archive.agency, decided_at=now, recipient=lena,
            expires_at=now + timedelta(1)),
        "emergency": lambda: EmergencyAccess.objects.create(
            **of_child, taken_by=grace, taken_at=now, ends_at=now, reviewer=lena, review_due_on=now.date()),
        "protected": lambda: Restriction.objects.create(
            **of_child, kind="high_profile", starts_at=now - timedelta(1), added_by=grace),
    }  # fmt: skip


def test_r14_a_record_that_is_held_or_alive_is_kept_with_the_reason(archive):
    archive.adopt()
    found = {}
    for reason, make in reasons(archive).items():
        with transaction.atomic():
            with acting_as(archive.people["service_receiver"], now=archive.now):
                make()
            found[reason] = archive.plan().kept_because
            transaction.set_rollback(True)
    kept = {"not_due": 1, "start_not_known": 1}
    assert {reason: one.get(reason) for reason, one in found.items()} == {
        reason: {"hold": 2, "open_pair": 2}.get(reason, 1) for reason in found
    }
    assert found["circle"] == kept | {"circle": 1}


def test_a_hold_ends_by_two_people(archive):
    hold = archive.hold(scope="everything")
    lena, grace = archive.people["lena"], archive.people["grace"]
    with acting_as(grace, now=archive.now):
        with pytest.raises(NotPermitted, match="Nobody has asked"):
            actions.end_hold(hold.pk, by=grace, now=archive.now)
        actions.ask_to_end(hold.pk, because="The inquiry is over", by=grace, now=archive.now)
        with pytest.raises(NotPermitted, match="Somebody else ends it"):
            actions.end_hold(hold.pk, by=grace, now=archive.now)
        refused("never altered", grace.pk, archive.now, hold.pk,
                sql="UPDATE retention_hold SET ended_by_id = %s, ended_at = %s WHERE id = %s")  # fmt: skip
    with acting_as(lena, now=archive.now):
        assert actions.end_hold(hold.pk, by=lena, now=archive.now).ended_at
    with acting_as(grace, now=archive.now), pytest.raises(NotPermitted, match="information-governance lead"):
        actions.place_hold(
            archive.agency, scope="everything", kind="other", reason="x", by=grace, now=archive.now
        )


def test_what_other_agencies_hold_of_the_person_stays_theirs(archive):
    """The council's record came first, so that the person bore its id; a police report is the same person."""
    receiver, now = archive.people["service_receiver"], archive.now
    row = ADDRESSED[0] | {"address": "1 Mill Lane", "postcode": "BB1 1AA", "nhs_number": "9990000018"}
    archive.receive([row | {"sex": "F"}], years_ago=7)
    report = {
        "report_ref": "LP/1", "surname": "Ainscough", "forenames": "Ada", "dob": "04/05/2000", "sex": "F",
        "home_address": "1 Mill Lane", "home_postcode": "BB1 1AA", "home_district": "Hyndburn",
        "nhs_number": "9990000018", "last_seen_at": "01/10/2018 20:00", "reported_at": "01/10/2018 22:00",
        "returned_at": "02/10/2018 09:00", "outcome": "returned", "grade": "low",
    }  # fmt: skip
    archive.feeds.send("police-missing", "LANCS-POL", [report], now=archive.at(-365 * 6))
    council = archive.records()["P1"]
    (police,) = archive.feeds.rows(Record, register="police-missing")
    if police.person_id != council.pk:
        with acting_as(receiver, now=now):
            a, b = sorted([police.pk, council.pk])
            Judgement.objects.create(
                record_a_id=a, record_b_id=b, verdict="same", by=receiver, by_person=False, role="test", at=now,
                weight_bits=30, judged_no=1_000_000,
            )  # fmt: skip
            regroup([police.pk], now=now)
        (police,) = archive.feeds.rows(Record, register="police-missing")
    assert police.person_id == council.pk
    with acting_as(receiver, now=now):
        # The school's worry hangs on the council's record, and so does a colleague's former work with the child.
        told = ReferralInput(
            council.pk,
            Agency.objects.get(code="SCHOOLS"),
            None,
            "F1",
            now - timedelta(2000),
            what_happened="x",
        )
        write_referrals([told], by=receiver, now=now)
        CircleMember.objects.create(
            record_id=council.pk, person_id=council.pk, staff=archive.people["ewan"], kind="lead",
            starts_at=now - timedelta(900), ends_at=now - timedelta(800), added_by=receiver,
        )  # fmt: skip
        # Somebody looked at the child, long ago.
        looks = FirstLook.objects.visible_to(receiver).filter(person_id=council.pk)
        assert looks.update(state="decided") == 1
    archive.adopt()
    plan = archive.approved()
    assert plan.to_destroy == 2, plan.kept_because
    (done,) = archive.carry_out()
    assert done.destroyed == 2
    (police,) = archive.feeds.rows(Record, register="police-missing")
    assert police.person_id == police.pk
    (referral,) = archive.feeds.rows(Referral)
    (report,) = archive.feeds.rows(MissingReport)
    assert referral.record_id == report.record_id == referral.person_id == police.pk
    with acting_as(receiver, now=now):
        (former,) = CircleMember.objects.visible_to(receiver).filter(staff=archive.people["ewan"])
        assert former.person_id == former.record_id == police.pk
        assert not Judgement.objects.visible_to(receiver).exists()
    assert [one.kind for one in archive.feeds.rows(Fact, compartment__owner__code="BWD-CSC")] == []


def test_a_lead_reads_references_and_no_names_and_another_agencys_nothing(archive, browser):
    archive.adopt()
    plan = archive.plan()
    address = f"/access/retention/plans/{plan.pk}/"
    page = said(browser("lena").get(address))
    assert "P2" in page and "You see the reference and not the child" in page
    assert "Bickerdike" not in page and "Ainscough" not in page
    assert (
        "2 Its period has not passed" not in page
        and "The day from which its period counts is not known 1" in page
    )

    olga = browser("olga")
    hidden, absent = olga.get(address), olga.get(f"/access/retention/plans/{uuid4()}/")
    assert (hidden.status_code, said(hidden)) == (404, said(absent))
    assert "P2" not in said(olga.get("/access/retention/"))
    for code in ("ewan", "max"):
        client = browser(code)
        assert client.get(address).status_code == client.get("/access/retention/").status_code == 403


def test_r14_what_joined_the_person_before_its_turn_comes_stays_and_is_a_person_of_its_own(archive):
    archive.adopt()
    archive.approved()
    before, grace, joined = archive.records(), archive.people["grace"], []

    def somebody_judges_first(execute, sql, params, many, context):
        if not joined and (
            "pg_advisory_xact_lock" in str(sql) or "engage_destroy_under_schedule" in str(sql)
        ):
            joined.append(True)
            with acting_as(grace, now=archive.at(14)):
                judge_records(
                    record_a=before["P2"].pk, record_b=before["P3"].pk, verdict="same", reason="Invented", by=grace,
                    now=archive.at(14),
                )  # fmt: skip
            assert archive.records()["P3"].person_id == before["P2"].pk
        return execute(sql, params, many, context)

    with connection.execute_wrapper(somebody_judges_first):
        (done,) = archive.carry_out()
    assert done.destroyed == 2 and joined
    after = archive.records()
    assert after.keys() == {"P3", "P4"} and after["P3"].person_id == before["P3"].pk


def test_r14_a_plan_that_fails_stops_no_other_and_stands_where_plans_are_listed(
    archive, browser, settings, caplog
):
    keeper, grace = archive.people["service_retention"], archive.people["grace"]
    with acting_as(keeper, now=archive.now):
        lacking = actions.make_plan(Agency.objects.get(code="LANCS-POL"), by=keeper, now=archive.now)
    with acting_as(grace, now=archive.now):
        Approval.objects.create(
            plan=lacking, by=grace, role=grace.role, at=archive.now, digest=lacking.digest
        )
    with acting_as(keeper, now=archive.now):
        Plan.objects.visible_to(keeper).filter(pk=lacking.pk).update(state="approved")
    archive.adopt()
    plan = archive.approved(at=0.1)

    (done,) = archive.carry_out(at=15)
    assert (done.plan_id, done.destroyed) == (plan.pk, 2)
    (logged,) = [one.getMessage() for one in caplog.records if "carried out" in one.getMessage()]
    assert logged == f"Plan {lacking.pk} was not carried out: ProgrammingError"
    manager = browser("grace")
    settings.AS_AT = archive.at(15).isoformat()
    assert said(manager.get("/access/retention/")).count("Not carried out") == 1

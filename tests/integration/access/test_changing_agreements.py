"""Two approvals, a preview that is kept, and versions that nobody alters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from engage.practice.access import actions, audit, effect, reach
from engage.practice.access.actions import EffectDiffers, EffectHasChanged, TermsDoNotFit, refuse, withdraw
from engage.practice.access.effect import effect_of, lines_of
from engage.practice.access.gate import NotPermitted, acting_as
from engage.practice.access.models import AgreementProposal, Compartment, Reach, SharingAgreement
from engage.practice.access.reach import compartments, compile_reach, places_by_number, stored_reach
from engage.practice.agencies.models import Staff

pytestmark = pytest.mark.django_db
State = AgreementProposal.State


@pytest.fixture
def rows_at_hand(agency, receiver, now):
    """Compartments of two agencies, so that the stored sets have something in them."""
    with acting_as(receiver, now=now):
        for code in ("LANCS-POL", "BWD-CSC"):
            compartments(
                agency[code], {(c, lab) for c in ("C01", "C03", "C06") for lab in ("full", "summary")}
            )


@pytest.fixture
def on_request(agency, now, rows_at_hand) -> actions.Terms:
    """Police and one council would share, beside what they share already, to answer requests."""
    return actions.Terms(
        code="REQUESTS-2026",
        title="Agreement on answering requests",
        owners=[agency["LANCS-POL"], agency["BWD-CSC"]],
        recipients=[agency["LANCS-POL"], agency["BWD-CSC"]],
        categories=["C01", "C06"],
        purposes=["answer_a_request"],
        lawful_basis="Children Act 2004 s11, for a test",
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=31),
        signed_by="An invented director",
    )


def changed(before: reach.Compiled, now):
    return effect.difference(before, stored_reach(), now)


def test_a_proposal_and_one_approval_change_nothing(table, on_request):
    before = list(Reach.objects.order_by("role", "agency", "purpose", "starts_at").values())
    proposal = table.propose(on_request)
    table.approve(proposal, "lena")
    compile_reach()
    after = list(Reach.objects.order_by("role", "agency", "purpose", "starts_at").values())
    assert [{**row, "id": 0} for row in before] == [{**row, "id": 0} for row in after]
    assert not SharingAgreement.objects.filter(code="REQUESTS-2026").exists()


def test_the_second_approval_does_what_the_preview_said_and_nothing_else(table, on_request, now):
    proposal = table.propose(on_request)
    previewed = effect_of(proposal, now)
    before = stored_reach()
    table.agree(proposal)
    assert changed(before, now) == previewed.within(places_by_number().values())
    assert changed(before, now)


def test_the_preview_says_who_gains_what_of_whom_and_until_when(table, on_request, now, agency):
    lines = lines_of(effect_of(table.propose(on_request), now))
    assert {line.turn for line in lines} == {"gains"}
    social_worker = [line for line in lines if line.role == "social_worker" and line.way == "in_area"]
    assert {line.owners for line in social_worker} == {("Lancashire Constabulary",)}
    assert {(line.labels, line.categories) for line in social_worker} == {(("summary",), ("C01", "C06"))}
    assert {(line.starts_at, line.ends_at) for line in lines} == {(on_request.starts_at, on_request.ends_at)}
    assert {line.purposes for line in lines} == {("answer_a_request",)}
    # Max and Lena are of the council too, and see nothing all the same.
    assert not [line for line in lines if line.role in ("sys_admin", "dpo_audit")]


def test_the_preview_counts_the_people_at_work_whom_it_concerns(table, on_request, now, people_at_work):
    effect = effect_of(table.propose(on_request), now)
    assert effect.staff_concerned() == 3  # Amir and Beth of the police, Ewan of the council
    Staff.objects.filter(code="beth").update(status=Staff.Status.LEFT)
    assert effect.staff_concerned() == 2


def test_a_version_that_names_less_takes_away_from_its_start(table, standing, as_signed, rows_at_hand, now):
    less = replace(
        as_signed,
        categories=[c for c in as_signed.categories if c != "C06"],
        starts_at=now + timedelta(days=2),
    )
    proposal = table.propose_version(standing, less)
    assert {(c.turn, c.place.category) for c in effect_of(proposal, now).changes} == {("loses", "C06")}
    table.agree(proposal)
    standing.refresh_from_db()
    assert (standing.ended_at, standing.ends_at) == (less.starts_at, as_signed.ends_at)
    latest = SharingAgreement.objects.get(code=standing.code, version=2)
    assert (latest.starts_at, latest.proposal) == (less.starts_at, proposal)


def test_the_same_terms_again_change_nothing_for_anybody(table, standing, as_signed, rows_at_hand, now):
    again = replace(as_signed, starts_at=now + timedelta(days=2))
    assert effect_of(table.propose_version(standing, again), now).changes == frozenset()


def test_a_start_that_has_passed_means_at_once_and_never_backwards(table, on_request, now):
    proposal = table.propose(replace(on_request, starts_at=now - timedelta(days=100)))
    assert {c.starts_at for c in effect_of(proposal, now).changes} == {None}
    later = now + timedelta(hours=3)
    table.approve(proposal, "lena", now)
    table.approve(proposal, "grace", later)  # an hour or three later it is still the same effect
    assert SharingAgreement.objects.get(code="REQUESTS-2026").starts_at == later


@pytest.mark.parametrize(
    ("proposer", "first", "second", "sentence"),
    [
        ("lena", "lena", None, "You proposed this"),
        ("max", "max", None, "Only information-governance leads"),
        ("grace", "grace", None, "You proposed this"),
        ("max", "ewan", None, "looked after by"),
        ("lena", "max", None, "Only information-governance leads"),
        ("max", "lena", "lena", "You have approved this"),
        ("lena", "grace", "lena", "You proposed this"),
        ("grace", "lena", "grace", "You proposed this"),
    ],
)
def test_two_approve_and_neither_proposed(table, on_request, proposer, first, second, sentence):
    proposal = table.propose(on_request, by=proposer)
    if second:
        table.approve(proposal, first)
    with pytest.raises(NotPermitted, match=sentence):
        table.approve(proposal, second or first)
    proposal.refresh_from_db()
    assert proposal.state == (State.APPROVED_ONCE if second else State.PROPOSED)


def test_one_of_the_two_is_an_information_governance_lead(table, on_request, people_at_work):
    Staff.objects.filter(code="farah").update(role="team_manager")
    table.people["farah"].refresh_from_db()
    compile_reach()
    proposal = table.propose(on_request)
    table.approve(proposal, "grace")
    with pytest.raises(NotPermitted, match="information-governance lead"):
        table.approve(proposal, "farah")
    assert table.approve(proposal, "olga").state == State.IN_FORCE


def test_two_leads_may_approve_what_a_manager_proposed(table, on_request):
    proposal = table.propose(on_request, by="grace")
    table.approve(proposal, "lena")
    assert table.approve(proposal, "olga").state == State.IN_FORCE


def test_the_database_itself_refuses_one_person_for_two(table, on_request, people_at_work):
    proposal = table.propose(on_request)
    table.approve(proposal, "lena")
    lena = people_at_work["lena"]
    for wrong in (
        {"second_approver": lena, "second_approved_at": table.now, "state": "activated"},
        {"first_approver": people_at_work["max"]},
        {"state": "activated"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            AgreementProposal.objects.filter(pk=proposal.pk).update(**wrong)


@pytest.mark.parametrize("code", ["ewan", "amir", "hal", "nia", "kit", "beth"])
def test_whoever_does_not_look_after_access_proposes_nothing(table, on_request, code):
    with pytest.raises(NotPermitted, match="looked after by"):
        table.propose(on_request, by=code)


def test_a_preview_that_has_become_stale_is_refused(table, standing, as_signed, on_request, now):
    """Meanwhile another agreement gave the same: the change that was shown is no longer what it would do."""
    proposal = table.propose(on_request)
    seen = effect_of(proposal, now).digest
    table.approve(proposal, "lena")
    wider = replace(
        as_signed, purposes=[*as_signed.purposes, "answer_a_request"], starts_at=now + timedelta(hours=1)
    )
    table.agree(table.propose_version(standing, wider, by="grace"), by=("lena", "olga"))
    with pytest.raises(EffectHasChanged, match="Read the new preview"):
        table.approve(proposal, "grace", seen=seen)
    assert not SharingAgreement.objects.filter(code="REQUESTS-2026").exists()

    # Whoever approves the new preview is the first to approve it: the earlier approval was for another effect.
    proposal = table.approve(proposal, "grace")
    assert (proposal.state, proposal.first_approver.code) == (State.APPROVED_ONCE, "grace")
    assert table.approve(proposal, "lena").state == State.IN_FORCE


def test_terms_altered_after_an_approval_void_it(table, on_request, now):
    proposal = table.propose(on_request)
    table.approve(proposal, "lena")
    AgreementProposal.objects.filter(pk=proposal.pk).update(lawful_basis="Something else")
    proposal.refresh_from_db()
    assert table.approve(proposal, "grace").state == State.APPROVED_ONCE


def test_nothing_comes_into_force_beside_what_was_previewed(table, on_request, people_at_work):
    """Sets that nobody compiled after the staff list changed would change with it, unseen."""
    proposal = table.propose(on_request)
    Staff.objects.filter(code="iris").update(role="police_team")
    table.approve(proposal, "lena")
    with pytest.raises(EffectDiffers, match="database migrate"):
        table.approve(proposal, "grace")
    proposal.refresh_from_db()
    assert proposal.state == State.APPROVED_ONCE
    assert not SharingAgreement.objects.filter(code="REQUESTS-2026").exists()
    compile_reach()
    assert table.approve(proposal, "grace").state == State.IN_FORCE


def test_a_compartment_made_after_the_preview_is_within_it(table, on_request, agency, receiver, now):
    proposal = table.propose(on_request)
    digest = effect_of(proposal, now).digest
    Compartment.objects.filter(category="C06")._raw_delete("default")  # what hangs on it asks who is at work
    compile_reach()
    assert effect_of(proposal, now).digest == digest
    table.agree(proposal)
    with acting_as(receiver, now=now):
        made = compartments(agency["LANCS-POL"], {("C06", "full")})["C06", "full"]
    row = Reach.objects.get(
        role="social_worker",
        agency=agency["BWD-CSC"],
        purpose="answer_a_request",
        starts_at=on_request.starts_at,
    )
    assert made in row.in_circle


def test_what_was_approved_is_not_altered(table, on_request, agency):
    table.agree(table.propose(on_request))
    version = SharingAgreement.objects.get(code="REQUESTS-2026")
    for change in (
        lambda: SharingAgreement.objects.filter(pk=version.pk).update(title="Another title"),
        lambda: SharingAgreement.objects.filter(pk=version.pk).update(ends_at=version.ends_at + timedelta(1)),
        lambda: SharingAgreement.objects.filter(pk=version.pk).update(proposal=None),
        lambda: version.owners.add(agency["ELSH"]),
        lambda: version.recipients.clear(),
        lambda: version.delete(),
    ):
        with pytest.raises(DatabaseError, match="not altered"), transaction.atomic():
            change()


def test_an_end_once_set_moves_only_forward_in_time_to_an_earlier_moment(table, on_request, now):
    table.agree(table.propose(on_request))
    version = SharingAgreement.objects.get(code="REQUESTS-2026")
    table.agree(table.propose_end(version, now + timedelta(days=10)))
    with pytest.raises(DatabaseError, match="not altered"), transaction.atomic():
        SharingAgreement.objects.filter(pk=version.pk).update(ended_at=now + timedelta(days=11))
    with pytest.raises(DatabaseError, match="not altered"), transaction.atomic():
        SharingAgreement.objects.filter(pk=version.pk).update(ended_at=None)


def test_every_step_is_accounted_for_by_code_and_pseudonym(table, on_request, monkeypatch):
    written = []
    record = audit.record
    monkeypatch.setattr(audit, "record", lambda *a, **k: written.append(record(*a, **k)) or written[-1])
    table.agree(table.propose(on_request))
    assert [(entry.body["action"], entry.body["verb"], entry.actor.code) for entry in written] == [
        ("propose_agreement_change", "alter", "max"),
        ("approve_agreement_change", "alter", "lena"),
        ("activate_agreement_change", "alter", "grace"),
    ]
    assert {entry.body["agreement"] for entry in written} == {"REQUESTS-2026"}
    assert all(not entry.body["subjects"] and entry.body["asked"] for entry in written)


def test_refused_and_withdrawn_proposals_stay_readable_and_do_nothing(table, on_request, people_at_work, now):
    first, second = table.propose(on_request), table.propose(replace(on_request, code="OTHER-2026"))
    with table.at_work("lena") as who:
        assert refuse(first.pk, because="Too wide", **who).state == State.REFUSED
        with pytest.raises(NotPermitted, match="Only whoever proposed"):
            withdraw(second.pk, because="x", **who)
    with table.at_work("max") as who:
        with pytest.raises(NotPermitted, match="Only information-governance leads"):
            refuse(second.pk, because="x", **who)
        assert withdraw(second.pk, because="Written anew", **who).state == State.WITHDRAWN
    for closed in (first, second):
        with pytest.raises(NotPermitted, match="closed"):
            table.approve(closed, "grace")


def test_only_one_change_of_a_version_waits_at_a_time(table, standing, as_signed, now):
    table.propose_end(standing, now + timedelta(days=3))
    with pytest.raises(NotPermitted, match="waits for approval"):
        table.propose_version(standing, replace(as_signed, starts_at=now + timedelta(days=3)))


def test_a_code_that_is_taken_asks_for_a_new_version(table, on_request):
    with pytest.raises(TermsDoNotFit, match="new version"):
        table.propose(replace(on_request, code="ENGAGE-2026"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"categories": []}, "categories"),
        ({"categories": ["C99"]}, "categories"),
        ({"purposes": ["curiosity"]}, "purposes"),
        ({"owners": []}, "owners"),
        ({"recipients": []}, "recipients"),
        ({"ends_at": None}, "ends_at"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(table, on_request, change, field):
    change = {key: on_request.starts_at if value is None else value for key, value in change.items()}
    with pytest.raises(TermsDoNotFit) as refusal:
        table.propose(replace(on_request, **change))
    assert refusal.value.field == field


def test_the_stored_sets_are_the_ones_compiled_from_what_stands(rows_at_hand):
    compiled = reach.compiled(
        reach.agreements_as_they_stand().values(), places_by_number().values(), reach.profiles_at_work()
    )
    assert stored_reach() == compiled
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM access_reach")
        assert cursor.fetchone()[0] == sum(map(len, compiled.values()))

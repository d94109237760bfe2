"""The facts of the access policy that a practitioner would name."""

from functools import cache
from itertools import product

import cedarpy
import pytest
from tests.unit.policy.every_question import CLASSES
from tests.unit.policy.oracle import CATEGORIES, ROLES

from engage.practice.access.policy import (
    ACTIONS,
    LABELS,
    OWNERS,
    SERVICES,
    CompartmentClass,
    Profile,
    explain,
    reach,
)

SEEING = {"see_any_child", "see_child_in_area", "see_child_in_circle", "see_named_child"}


@cache
def everything(profile):
    return reach([profile], CLASSES)


def may(role, owner, category, label, *, purpose="protect_this_child", core_team=True, active=True):
    profile = Profile(role=role, purpose=purpose, core_team=core_team, active=active)
    return everything(profile)[profile, CompartmentClass(owner, category, label)]


def test_a_drugs_worker_never_sees_sexual_health_notes():
    for owner, label in product(OWNERS, LABELS):
        assert may("drugs_worker", owner, "C10", label) == set()


def test_the_sexual_health_adviser_sees_the_notes_of_her_own_service():
    assert may("sexual_health", "own", "C10", "full") == {"see_any_child", "add"}


def test_the_team_sees_a_health_safety_summary_only_in_the_circle():
    for role in ("police_team", "social_worker", "team_manager", "drugs_worker"):
        assert may(role, "party", "C26", "full") == {"see_child_in_circle"}
        assert may(role, "party", "C26", "summary") == {"see_child_in_circle"}


def test_helpline_and_parent_support_see_one_line_of_the_health_safety_summary():
    for role in ("helpline", "parent_support"):
        assert may(role, "party", "C26", "summary") == {"see_child_in_circle"}
        assert may(role, "party", "C26", "full") == set()


@pytest.mark.parametrize(
    "role", ["police_team", "social_worker", "team_manager", "drugs_worker", "sexual_health", "helpline"]
)
def test_the_core_team_sees_who_is_missing_in_its_area_but_not_where(role):
    assert "see_child_in_area" in may(role, "party", "C03", "full")
    assert "see_child_in_area" in may(role, "party", "C01", "summary")
    assert "see_child_in_area" in may(role, "party", "C06", "summary")
    assert may(role, "party", "C03P", "full") == {"see_child_in_circle"}
    assert may(role, "party", "C01L", "full") == {"see_child_in_circle"}
    assert may(role, "party", "C01", "full") == {"see_child_in_circle"}
    assert "see_child_in_area" not in may(role, "party", "C06", "full")


def test_the_helpline_sees_no_reasons_for_a_judgement_but_may_record_one():
    assert may("helpline", "party", "C06", "full") == set()
    assert may("helpline", "own", "C06", "full") == {"add"}


def test_a_police_officer_outside_a_team_that_answers_for_an_area_needs_the_circle():
    assert may("police_team", "party", "C03", "full", core_team=False) == {"see_child_in_circle"}


def test_a_school_that_belongs_to_a_core_team_by_mistake_still_gets_no_area():
    for category, label in product(CATEGORIES, LABELS):
        assert "see_child_in_area" not in may("school_lead", "party", category, label)


def test_a_school_sees_a_name_but_no_address_of_a_child_in_its_circle():
    assert may("school_lead", "party", "C01", "summary") == {"see_child_in_circle"}
    assert may("school_lead", "party", "C01L", "full") == set()
    assert may("school_lead", "party", "C01L", "summary") == set()


def test_police_read_of_the_childs_own_words_only_that_an_interview_was_held():
    assert may("police_team", "party", "C04", "full") == set()
    assert may("police_team", "party", "C04", "summary") == {"see_child_in_circle"}


def test_police_intelligence_sees_intelligence_for_the_area_and_risk_only_in_the_circle():
    assert may("police_intel", "party", "C16", "full") == {"see_child_in_area", "see_child_in_circle"}
    assert may("police_intel", "party", "C06", "full") == {"see_child_in_circle"}


def test_without_an_agreement_nobody_sees_another_agencys_record():
    for role in ROLES:
        for category, label in product(CATEGORIES, LABELS):
            assert may(role, "other", category, label) == set()


def test_source_identity_is_police_intelligence_for_crime_alone():
    for role, purpose in product((*ROLES, *SERVICES), ("protect_this_child", "prevent_or_detect_crime")):
        for owner, label in product(OWNERS, LABELS):
            if (role, purpose) != ("police_intel", "prevent_or_detect_crime"):
                assert may(role, owner, "C17", label, purpose=purpose) == set()
    assert "see_any_child" in may("police_intel", "own", "C17", "full", purpose="prevent_or_detect_crime")


def test_a_system_administrator_gets_no_personal_data_even_where_the_matrix_gives_a_letter():
    for owner, category, label in product(OWNERS, CATEGORIES, LABELS):
        assert may("sys_admin", owner, category, label) == set()
    why = explain(
        Profile(role="sys_admin", purpose="audit", core_team=False, active=True),
        CompartmentClass("own", "C25", "summary"),
        "see_any_child",
    )
    assert (why.allowed, why.letter, why.rules) == (False, "S", ("administrator",))


def test_the_analyst_works_from_released_tables_alone():
    for owner, category, label in product(OWNERS, CATEGORIES, LABELS):
        if category != "C24":
            assert may("board_analyst", owner, category, label) == set()


def test_restricted_rows_are_reached_by_the_named_circle_alone():
    for role, owner, category in product(ROLES, OWNERS, CATEGORIES):
        assert may(role, owner, category, "restricted") & SEEING <= {"see_named_child"}
    assert "see_named_child" in may("social_worker", "party", "C05", "restricted")


def test_being_named_does_not_open_a_category_the_letter_refuses():
    assert may("drugs_worker", "party", "C10", "restricted") == set()
    assert may("police_team", "party", "C08", "restricted") == set()


def test_no_role_opens_a_sealed_row():
    for role, owner, category in product(ROLES, OWNERS, CATEGORIES):
        assert may(role, owner, category, "sealed") == set()


def test_a_row_as_sent_is_for_its_sender_alone():
    assert may("social_worker", "own", "C07", "raw") == {"see_any_child"}
    for role, category, owner in product(ROLES, CATEGORIES, ("party", "other")):
        assert may(role, owner, category, "raw") == set()


def test_nobody_writes_in_the_name_of_another_agency():
    for role, category, label, owner in product(ROLES, CATEGORIES, LABELS, ("party", "other")):
        assert "add" not in may(role, owner, category, label)


def test_somebody_who_left_sees_and_writes_nothing():
    for role in (*ROLES, *SERVICES):
        assert may(role, "own", "C01", "full", active=False) == set()


def test_only_police_look_to_detect_crime_and_only_the_manager_to_plan():
    assert may("social_worker", "own", "C01", "full", purpose="prevent_or_detect_crime") == set()
    assert may("police_team", "own", "C01", "full", purpose="prevent_or_detect_crime")
    assert may("social_worker", "own", "C01", "full", purpose="plan_and_supervise") == set()
    assert may("team_manager", "own", "C01", "full", purpose="plan_and_supervise")


def test_receiving_sees_a_protected_child_so_that_no_unprotected_copy_is_made():
    assert may("service_receiver", "other", "C01", "restricted") == {"see_any_child", "add"}
    assert may("service_receiver", "other", "C01", "sealed") == {"see_any_child", "add"}


def test_linking_reads_no_health_record_and_nothing_restricted():
    for owner, category, label in product(OWNERS, CATEGORIES, LABELS):
        if category not in ("C01", "C01L") or label not in ("full", "summary"):
            assert may("service_linker", owner, category, label) == set()


def test_the_clock_reads_restricted_episodes_so_that_no_child_is_left_without_a_deadline():
    assert "see_any_child" in may("service_clock", "party", "C03", "restricted")


def test_categories_that_no_rule_tells_apart_cost_one_question(monkeypatch):
    """Compiling takes seconds, and half of a minute where each class were asked by itself (counted, not timed)."""
    asked = []
    really = cedarpy.is_authorized_batch
    monkeypatch.setattr(
        cedarpy,
        "is_authorized_batch",
        lambda requests, *rest: asked.extend(requests) or really(requests, *rest),
    )
    profiles = [
        Profile(role=role, purpose=purpose, core_team=True, active=True)
        for role in ROLES
        for purpose in ("protect_this_child", "protect_another_child", "answer_a_request")
    ]
    answers = reach(profiles, CLASSES)
    assert len(answers) == 15 * 3 * len(CLASSES)
    whole = len(answers) * len(ACTIONS)
    assert len(asked) < whole * 0.6, f"{len(asked)} questions put for {whole} answers"


def test_the_clock_reads_what_opens_a_first_look_and_no_notes_of_a_service_or_row_as_sent():
    for category, label in (("C18", "full"), ("C18", "restricted"), ("C21", "restricted")):
        assert "see_any_child" in may("service_clock", "party", category, label)
    for category, label in (
        ("C10", "full"), ("C11", "full"), ("C12", "full"), ("C16", "full"), ("C17", "full"), ("C01", "full"),
        ("C21", "full"), ("C06", "sealed"), ("C18", "sealed"), ("C06", "raw"),
    ):  # fmt: skip
        assert may("service_clock", "party", category, label) == set()

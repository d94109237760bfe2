"""The policy text itself: valid, explained, and counted in the version."""

import json
import re

import cedarpy
import pytest
from tests.unit.policy.every_question import CLASSES, differences

from engage.practice.access.policy import (
    SERVICES,
    CompartmentClass,
    PolicyError,
    Profile,
    decide,
    explain,
    policy_text,
    policy_version,
    reach,
    schema_text,
)

MANAGER = Profile(role="team_manager", purpose="protect_this_child", core_team=True, active=True)
OWN_NAME = CompartmentClass("own", "C01", "full")


@pytest.fixture
def with_policy(monkeypatch):
    """Put other policy text in force for one test."""

    def put(text):
        parsed = cedarpy.PolicySet.from_str(text)
        monkeypatch.setattr(decide, "_policy", lambda: parsed)

    return put


def rules():
    return list(json.loads(cedarpy.policies_to_json_str(policy_text()))["staticPolicies"].values())


def test_the_policy_is_valid_against_its_schema():
    result = cedarpy.validate_policies(policy_text(), schema_text())
    assert result.validation_passed, [str(e) for e in result.errors]


def test_the_schema_catches_a_misspelt_word():
    result = cedarpy.validate_policies(
        policy_text().replace("resource.owner", "resource.ownr", 1), schema_text()
    )
    assert not result.validation_passed


def test_every_rule_has_a_name_a_law_with_its_mark_and_a_sentence():
    ids = [rule["annotations"]["id"] for rule in rules()]
    assert len(ids) == len(set(ids)) >= 30
    for rule in rules():
        said = rule["annotations"]
        assert re.search(r"\((V|P|N)\)", said["law"]), said["id"]
        assert said["explain"].endswith("."), said["id"]


def without(rule_id):
    text = policy_text()
    start = text.index(f'@id("{rule_id}")')
    return text[:start] + text[text.index("};", start) + 2 :]


# As the matrix stands police_intel has no S among C14 to C19: that rule has a test of its own.
PERMITS = [r["annotations"]["id"] for r in rules() if r["effect"] == "permit"]


@pytest.mark.parametrize("name", [n for n in PERMITS if n != "intelligence-area-summary"])
def test_every_permit_is_needed_without_it_somebody_sees_or_writes_less(name, with_policy):
    with_policy(without(name))
    roles = ("helpline", "police_intel", *SERVICES)
    profiles = [Profile(role=r, purpose="protect_this_child", core_team=True, active=True) for r in roles]
    assert list(differences(profiles))


NEEDED_FORBIDS = {
    "not-active": Profile(role="police_team", purpose="audit", core_team=True, active=False),
    "purpose-unknown": Profile(role="police_team", purpose="curiosity", core_team=True, active=True),
    "crime-purpose-is-for-police": Profile(
        role="helpline", purpose="prevent_or_detect_crime", core_team=True, active=True
    ),
    "planning-purpose-is-for-the-manager": Profile(
        role="helpline", purpose="plan_and_supervise", core_team=True, active=True
    ),
    "source-identity": Profile(
        role="police_intel", purpose="protect_this_child", core_team=True, active=True
    ),
    "administrator": Profile(role="sys_admin", purpose="audit", core_team=True, active=True),
}


@pytest.mark.parametrize("name", NEEDED_FORBIDS)
def test_without_this_forbid_somebody_would_see_more(name, with_policy):
    with_policy(without(name))
    assert list(differences([NEEDED_FORBIDS[name]]))


@pytest.mark.parametrize(
    "name, profile",
    [
        ("letter-n", "drugs_worker"),
        ("no-agreement", "police_team"),
        ("write-in-own-name", "police_team"),
        ("restricted-named-only", "police_team"),
        ("sealed-holder-only", "police_team"),
        ("as-sent-for-its-sender", "police_team"),
        ("analyst-tables-alone", "board_analyst"),
    ],
)
def test_a_forbid_holds_even_if_somebody_adds_a_permit_for_everything(name, profile, with_policy):
    """These stand behind permits that are already narrow; they matter when one is added carelessly."""
    open_house = '\n@id("open-house") permit (principal, action, resource);'
    person = Profile(role=profile, purpose="protect_this_child", core_team=True, active=True)
    with_policy(policy_text() + open_house)
    guarded = reach([person], CLASSES)
    with_policy(without(name) + open_house)
    assert guarded != reach([person], CLASSES)


def test_no_rule_looks_into_a_word():
    """reach() asks once for categories that no rule names; `like` could tell them apart."""
    assert not re.search(r'\blike\s*"', policy_text())


def test_a_forbid_beats_a_permit_for_everything(with_policy):
    with_policy(policy_text() + '\n@id("open-house") permit (principal, action, resource);')
    profiles = {
        role: Profile(role=role, purpose="protect_this_child", core_team=True, active=True)
        for role in ("police_team", "sys_admin", "drugs_worker")
    }
    classes = {
        "sealed": CompartmentClass("own", "C01", "sealed"),
        "source": CompartmentClass("own", "C17", "full"),
        "no agreement": CompartmentClass("other", "C01", "summary"),
        "own": CompartmentClass("own", "C01", "full"),
        "never": CompartmentClass("party", "C10", "full"),
    }
    answers = reach(profiles.values(), classes.values())
    assert answers[profiles["police_team"], classes["own"]]  # the open house is in force
    for name in ("sealed", "source", "no agreement", "never"):
        assert not answers[profiles["police_team"], classes[name]], name
    assert not answers[profiles["sys_admin"], classes["own"]]
    left = Profile(role="police_team", purpose="protect_this_child", core_team=True, active=False)
    assert not reach([left], [classes["own"]])[left, classes["own"]]


def test_a_rule_that_cannot_be_evaluated_stops_the_answer(with_policy):
    with_policy(
        policy_text() + '\n@id("broken") forbid (principal, action, resource) when { principal.missing };'
    )
    with pytest.raises(PolicyError):
        reach([MANAGER], [OWN_NAME])


def test_the_version_changes_with_the_text_and_with_the_matrix(monkeypatch):
    before = policy_version()
    assert re.fullmatch(r"[0-9a-f]{64}", before)
    assert policy_version() == before
    text = policy_text()
    monkeypatch.setattr(decide, "policy_text", lambda: text + "\n// a word more")
    assert policy_version() != before
    monkeypatch.undo()
    matrix = {**decide.sharing_matrix(), ("drugs_worker", "C10"): "S"}
    monkeypatch.setattr(decide, "sharing_matrix", lambda: matrix)
    assert policy_version() != before


def test_the_matrix_is_data_an_agreement_that_gives_a_letter_changes_the_answer(monkeypatch):
    profile = Profile(role="drugs_worker", purpose="protect_this_child", core_team=True, active=True)
    mental_health = CompartmentClass("party", "C12", "full")
    assert reach([profile], [mental_health])[profile, mental_health] == frozenset()
    matrix = {**decide.sharing_matrix(), ("drugs_worker", "C12"): "F"}
    monkeypatch.setattr(decide, "sharing_matrix", lambda: matrix)
    assert reach([profile], [mental_health])[profile, mental_health] == {"see_child_in_circle"}


def test_police_intelligence_with_letter_s_would_see_summaries_alone_for_the_area(monkeypatch):
    matrix = {**decide.sharing_matrix(), ("police_intel", "C14"): "S"}
    monkeypatch.setattr(decide, "sharing_matrix", lambda: matrix)
    profile = Profile(role="police_intel", purpose="protect_this_child", core_team=True, active=True)
    summary, full = (CompartmentClass("party", "C14", label) for label in ("summary", "full"))
    answers = reach([profile], [summary, full])
    assert answers[profile, summary] == {"see_child_in_area", "see_child_in_circle"}
    assert answers[profile, full] == frozenset()


def test_a_yes_is_explained_by_its_rule_and_law():
    why = explain(MANAGER, OWN_NAME, "see_any_child")
    assert why.allowed
    assert why.letter == "F"
    assert why.rules == ("own-agency-full",)
    assert why.sentences[0].startswith("With letter F, staff see the full and the summary rows")
    assert "Art 6(1)(e)" in why.laws[0]


def test_a_no_by_default_says_so_and_names_the_letter():
    why = explain(MANAGER, CompartmentClass("party", "C10", "full"), "see_child_in_circle")
    assert not why.allowed
    assert why.letter == "R"
    assert why.rules == ()
    assert "the owner may be asked" in why.sentences[1]


def test_a_no_by_a_forbid_names_every_forbid_that_spoke():
    left = Profile(role="police_team", purpose="protect_this_child", core_team=True, active=False)
    why = explain(left, CompartmentClass("other", "C17", "sealed"), "see_any_child")
    assert not why.allowed
    assert set(why.rules) == {
        "not-active",
        "source-identity",
        "letter-n",
        "no-agreement",
        "sealed-holder-only",
    }
    assert len(why.sentences) == 5

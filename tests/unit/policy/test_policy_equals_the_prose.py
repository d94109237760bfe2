"""The Cedar policy and an independent reading of the prose agree on every question there is."""

import pytest
from tests.unit.policy.every_question import CLASSES, differences
from tests.unit.policy.oracle import CATEGORIES, ROLES, may_state

from engage.practice.access.policy import (
    PURPOSES,
    SERVICES,
    Profile,
    purposes_of,
    reach,
)


def test_the_questions_cover_15_roles_28_categories_and_every_owner_label_and_purpose():
    assert len(ROLES) == 15
    assert len(CATEGORIES) == 28
    assert len(CLASSES) == 3 * 28 * 6
    assert len(PURPOSES) == 7


@pytest.mark.parametrize("role", [*ROLES, *SERVICES])
def test_policy_and_oracle_agree_for_every_owner_category_label_purpose_and_action(role):
    profiles = [
        Profile(role=role, purpose=purpose, core_team=core_team, active=True)
        for purpose in PURPOSES
        for core_team in ((True, False) if purpose == "protect_this_child" else (True,))
    ]
    assert list(differences(profiles)) == []


def test_policy_and_oracle_agree_that_the_inactive_the_unknown_and_the_purposeless_get_nothing():
    profiles = [
        *(
            Profile(role=r, purpose=purposes_of(r)[0], core_team=True, active=False)
            for r in (*ROLES, *SERVICES)
        ),
        Profile(role="volunteer", purpose="protect_this_child", core_team=True, active=True),
        Profile(role="", purpose="protect_this_child", core_team=True, active=True),
        Profile(role="team_manager", purpose="curiosity", core_team=True, active=True),
        Profile(role="team_manager", purpose="", core_team=True, active=True),
    ]
    assert list(differences(profiles)) == []
    assert not any(reach(profiles, CLASSES).values())


@pytest.mark.parametrize("role", [*ROLES, *SERVICES])
def test_the_purposes_a_page_offers_are_those_the_policy_accepts(role):
    assert set(purposes_of(role)) == {p for p in PURPOSES if may_state(role, p)}
    assert len(set(purposes_of(role))) == len(purposes_of(role))

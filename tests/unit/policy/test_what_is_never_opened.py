"""A permit for everything, added carelessly, opens nothing that the prose forbids."""

import cedarpy
import pytest
from tests.unit.policy.every_question import never_opened
from tests.unit.policy.oracle import ROLES

from engage.practice.access.policy import SERVICES, Profile, decide, policy_text, purposes_of

OPEN_HOUSE = '\n@id("open-house") permit (principal, action, resource);'


@pytest.mark.parametrize("role", [*ROLES, *SERVICES])
def test_beside_a_permit_for_everything_the_rules_that_forbid_hold(role, monkeypatch):
    parsed = cedarpy.PolicySet.from_str(policy_text() + OPEN_HOUSE)
    monkeypatch.setattr(decide, "_policy", lambda: parsed)
    profiles = [
        Profile(role=role, purpose=purpose, core_team=True, active=active)
        for purpose, active in (
            (purposes_of(role)[0], True),
            ("plan_and_supervise", True),
            ("prevent_or_detect_crime", True),
            ("audit", False),
        )
    ]
    assert list(never_opened(profiles)) == []

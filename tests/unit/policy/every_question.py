"""Every class of compartment there is, and where policy and oracle differ about it."""

from itertools import product

from tests.unit.policy.oracle import CATEGORIES, never, oracle

from engage.practice.access.policy import ACTIONS, LABELS, OWNERS, CompartmentClass, reach

CLASSES = [CompartmentClass(*parts) for parts in product(OWNERS, CATEGORIES, LABELS)]


def differences(profiles):
    answers = reach(profiles, CLASSES)
    assert len(answers) == len(profiles) * len(CLASSES)
    for (profile, cls), actions in answers.items():
        expected = oracle(
            role=profile.role,
            core_team=profile.core_team,
            active=profile.active,
            purpose=profile.purpose,
            owner=cls.owner,
            category=cls.category,
            label=cls.label,
        )
        if actions != expected:
            yield profile, cls, sorted(actions), sorted(expected)


def never_opened(profiles):
    """Where policy and oracle differ about what stays shut beside a permit for everything, which must be in force."""
    for (profile, cls), actions in reach(profiles, CLASSES).items():
        shut = never(
            role=profile.role,
            active=profile.active,
            purpose=profile.purpose,
            owner=cls.owner,
            category=cls.category,
            label=cls.label,
        )
        if actions != frozenset(ACTIONS) - shut:
            yield profile, cls, sorted(actions), sorted(shut)

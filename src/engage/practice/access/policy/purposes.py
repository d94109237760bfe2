"""Why somebody looks: the seven purposes, and which of them a role may state."""

from __future__ import annotations

PURPOSES = {
    "protect_this_child": "Protect this child",
    "protect_another_child": "Protect another child",
    "prevent_or_detect_crime": "Prevent or detect crime",
    "plan_and_supervise": "Plan and supervise",
    "answer_a_request": "Answer a request",
    "audit": "Audit",
    "inquiry": "Inquiry",
}

# The forbids of engage.cedar say the same and win; here it is what a page may offer.
RESERVED = {
    "prevent_or_detect_crime": ("police_team", "police_intel"),
    "plan_and_supervise": ("team_manager",),
}

USUAL = {"dpo_audit": "audit", "inquiry_liaison": "inquiry"}


def purposes_of(role: str) -> tuple[str, ...]:
    """The purposes this role may state, the usual one first."""
    usual = USUAL.get(role, "protect_this_child")
    allowed = [p for p in PURPOSES if role in RESERVED.get(p, (role,))]
    return (usual, *(p for p in allowed if p != usual))

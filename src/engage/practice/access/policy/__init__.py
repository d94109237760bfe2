"""The access policy: Cedar text that a lawyer can read, and the answers it gives."""

from .decide import (
    ACTIONS,
    LABELS,
    OWNERS,
    SERVICES,
    Action,
    CompartmentClass,
    Explanation,
    Label,
    Owner,
    PolicyError,
    Profile,
    explain,
    policy_text,
    policy_version,
    reach,
    rules_count,
    schema_text,
)
from .purposes import PURPOSES, purposes_of

__all__ = [
    "ACTIONS",
    "LABELS",
    "OWNERS",
    "PURPOSES",
    "SERVICES",
    "Action",
    "CompartmentClass",
    "Explanation",
    "Label",
    "Owner",
    "PolicyError",
    "Profile",
    "explain",
    "policy_text",
    "policy_version",
    "purposes_of",
    "reach",
    "rules_count",
    "schema_text",
]

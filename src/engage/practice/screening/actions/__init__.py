"""First looks: opened by what arrives, taken and decided by named people."""

from .looks import decide, hand_back, open_with_purpose, state_purpose, take
from .opening import open_first_looks, sweep_first_looks

__all__ = [
    "decide",
    "hand_back",
    "open_first_looks",
    "open_with_purpose",
    "state_purpose",
    "sweep_first_looks",
    "take",
]

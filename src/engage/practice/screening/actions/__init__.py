"""First looks: opened by what arrives, taken and decided by named people."""

from .opening import open_first_looks, sweep_first_looks

__all__ = ["open_first_looks", "sweep_first_looks"]

"""A share with the interval it may lie in: small samples are the rule where people review people's decisions."""

from math import sqrt

NORMAL_95 = 1.959964


def wilson_interval(hits: int, of: int, z: float = NORMAL_95) -> tuple[float, float] | None:
    """Wilson's score interval, without continuity correction. None of nothing. (E. B. Wilson, JASA 22, 1927.)"""
    if not of:
        return None
    share = hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)

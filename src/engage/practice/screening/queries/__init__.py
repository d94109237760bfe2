"""Reading first looks: for one reader, from nothing but rows this reader may see."""

from .listing import FirstLookRow, count_waiting, first_looks, looks_of, restricted_alone, without_its_row
from .reasons import JudgementShown, Reason, judgements_of, reasons_for

__all__ = [
    "FirstLookRow",
    "JudgementShown",
    "Reason",
    "count_waiting",
    "first_looks",
    "judgements_of",
    "looks_of",
    "reasons_for",
    "restricted_alone",
    "without_its_row",
]

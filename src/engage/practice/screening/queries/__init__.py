"""Reading first looks: for one reader, from nothing but rows this reader may see."""

from .listing import FirstLookRow, first_looks, looks_of, restricted_alone, without_its_row
from .reasons import JudgementShown, Reason, judgements_of, reasons_for
from .reviews import ReviewDue, due_for_review, judgements_to_review

__all__ = [
    "FirstLookRow",
    "JudgementShown",
    "Reason",
    "ReviewDue",
    "due_for_review",
    "first_looks",
    "judgements_of",
    "judgements_to_review",
    "looks_of",
    "reasons_for",
    "restricted_alone",
    "without_its_row",
]

"""The deeds of this app: keeping what was sent, linking records, and people's judgements on who is who."""

from .creating import TypedIdentity, create_person
from .facts import FactInput, outdate_facts, write_facts
from .judging import Judged, judge_pair, judge_records, undo
from .linking import LinkOutcome, link_records
from .protecting import FewNamed, few_named, lift_location, name_for_location, protect_location
from .records import AddressInput, IdentityInput, write_records
from .restricting import bar, lift, restrict, unbar
from .sealing import answer_offer, hand_over, keep_sealed, seal, unseal
from .sources import SourceInput, SourceOutcome, write_sources

__all__ = [
    "AddressInput",
    "FactInput",
    "FewNamed",
    "IdentityInput",
    "Judged",
    "LinkOutcome",
    "SourceInput",
    "SourceOutcome",
    "TypedIdentity",
    "answer_offer",
    "bar",
    "create_person",
    "few_named",
    "hand_over",
    "judge_pair",
    "judge_records",
    "keep_sealed",
    "lift",
    "lift_location",
    "link_records",
    "name_for_location",
    "outdate_facts",
    "protect_location",
    "restrict",
    "seal",
    "unbar",
    "undo",
    "unseal",
    "write_facts",
    "write_records",
    "write_sources",
]

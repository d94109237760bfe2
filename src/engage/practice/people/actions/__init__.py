"""The deeds of this app: keeping what was sent, linking records, and people's judgements on who is who."""

from .facts import FactInput, outdate_facts, write_facts
from .records import AddressInput, IdentityInput, write_records
from .sources import SourceInput, SourceOutcome, write_sources

__all__ = [
    "AddressInput",
    "FactInput",
    "IdentityInput",
    "SourceInput",
    "SourceOutcome",
    "outdate_facts",
    "write_facts",
    "write_records",
    "write_sources",
]

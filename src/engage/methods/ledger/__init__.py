"""A ledger in which a later change shows: a Merkle tree over entries, and signed statements of its size and root.

Data in, data out. Sources: RFC 6962 and RFC 9162, section 2.1, for the tree and its proofs; C2SP signed-note,
tlog-checkpoint and tlog-cosignature for the statements. It proves that nothing was changed after it was written. It
does not prove that what was written was true, or that everything was.
"""

from .merkle import (
    EMPTY_ROOT,
    MOST_PROOF_LINES,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from .notes import BadNote, Checkpoint, PublicKey, SigningKey, cosigned_at, read_note, signed_by

__all__ = [
    "EMPTY_ROOT",
    "MOST_PROOF_LINES",
    "BadNote",
    "Checkpoint",
    "CompactRange",
    "PublicKey",
    "SigningKey",
    "consistency_proof",
    "cosigned_at",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "read_note",
    "root_of",
    "signed_by",
    "verify_consistency",
    "verify_inclusion",
]

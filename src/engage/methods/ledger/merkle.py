"""The Merkle tree of RFC 6962: an ordered list of leaves, one root, and short proofs between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
HASH_BYTES = 32
MOST_PROOF_LINES = 63  # of a consistency proof sent to a witness (C2SP tlog-witness)


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    # Another first byte than a leaf's, so that no entry can be passed off as a part of the tree.
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """All that must be kept of a tree to go on with it: the roots of its largest full subtrees, left to right.

    There is one for each 1 in the size written in binary, so twenty hashes stand for a million leaves.
    """

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        self.size, self.edge = size, list(edge)
        if len(self.edge) != size.bit_count() or any(len(one) != HASH_BYTES for one in self.edge):
            raise ValueError(f"This is not the edge of a tree of {size} leaves.")

    def append(self, leaf: bytes) -> None:
        self.edge.append(leaf)
        self.size += 1
        size = self.size
        while size % 2 == 0:
            right = self.edge.pop()
            self.edge[-1] = node_hash(self.edge[-1], right)
            size //= 2

    def root(self) -> bytes:
        if not self.edge:
            return EMPTY_ROOT
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> CompactRange:
        return CompactRange(self.size, self.edge)

    def starts(self) -> dict[int, bytes]:
        """The full subtrees by the index of their first leaf."""
        found, start = {}, 0
        for one in self.edge:
            found[start] = one
            start += 1 << ((self.size - start).bit_length() - 1)
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def _split(width: int) -> int:
    """The largest power of two below `width`: where a tree divides."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from the leaf at `index` to the root (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*inclusion_proof(index, leaves[:middle]), root_of(leaves[middle:])]
    return [*inclusion_proof(index - middle, leaves[middle:]), root_of(leaves[:middle])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` stands at `index` in the tree of `size` leaves with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, made = index, size - 1, leaf
    for one in proof:
        if last == 0 or len(one) != HASH_BYTES:
            return False
        if here % 2 or here == last:
            made = node_hash(one, made)
            while here and not here % 2:
                here, last = here >> 1, last >> 1
        else:
            made = node_hash(made, one)
        here, last = here >> 1, last >> 1
    return last == 0 and made == root


def consistency_proof(old: CompactRange, added: Sequence[bytes]) -> list[bytes]:
    """That the tree of `old` is the beginning of the tree with `added` leaves after it (RFC 6962, 2.1.2).

    Each hash of such a proof is either a full subtree at the edge of the old tree or covers new leaves alone, so
    nothing older than the old edge need be read.
    """
    if not old.size or not added:
        return []
    edge = old.starts()

    def covering(start: int, end: int) -> bytes:
        return edge[start] if start < old.size else root_of(added[start - old.size : end - old.size])

    def proof(start: int, end: int, whole: bool) -> list[bytes]:
        if old.size == end:
            return [] if whole else [covering(start, end)]
        middle = start + _split(end - start)
        if old.size <= middle:
            return [*proof(start, middle, whole), covering(middle, end)]
        return [*proof(middle, end, False), covering(start, middle)]

    return proof(0, old.size + len(added), True)


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `old_size` leaves is the beginning of the tree of `size` (RFC 9162, 2.1.4.2)."""
    if old_size == size:
        return not proof and old_root == root
    if not 0 <= old_size < size or any(len(one) != HASH_BYTES for one in proof):
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    # A full tree is a subtree of the new one, and its root is left out of the proof.
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    if not path:
        return False
    here, last = old_size - 1, size - 1
    while here % 2:
        here, last = here >> 1, last >> 1
    made_old = made = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if here % 2 or here == last:
            made_old, made = node_hash(one, made_old), node_hash(one, made)
            while here and not here % 2:
                here, last = here >> 1, last >> 1
        else:
            made = node_hash(made, one)
        here, last = here >> 1, last >> 1
    return last == 0 and made_old == old_root and made == root

"""RFC 6962, section 2.1, as it is written there: slow, recursive, and sharing no line with the product.

The second opinion. The one package of this kind on offer is under a licence that this project does not take in.
"""

import hashlib


def mth(entries: list[bytes]) -> bytes:
    n = len(entries)
    if n == 0:
        return hashlib.sha256(b"").digest()
    if n == 1:
        return hashlib.sha256(bytes([0]) + entries[0]).digest()
    k = half(n)
    return hashlib.sha256(bytes([1]) + mth(entries[:k]) + mth(entries[k:])).digest()


def half(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, entries: list[bytes]) -> list[bytes]:
    n = len(entries)
    if n == 1:
        return []
    k = half(n)
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m: int, entries: list[bytes]) -> list[bytes]:
    return subproof(m, entries, True)


def subproof(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
    n = len(entries)
    if m == n:
        return [] if whole else [mth(entries)]
    k = half(n)
    if m <= k:
        return [*subproof(m, entries[:k], whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def root_from_path(m: int, n: int, entry: bytes, hashes: list[bytes]) -> bytes | None:
    """The root to which a path leads; None where it has the wrong length."""
    if n == 1:
        return mth([entry]) if not hashes else None
    if not hashes:
        return None
    k, last = half(n), hashes[-1]
    if m < k:
        left = root_from_path(m, k, entry, hashes[:-1])
        return left and hashlib.sha256(b"\x01" + left + last).digest()
    right = root_from_path(m - k, n - k, entry, hashes[:-1])
    return right and hashlib.sha256(b"\x01" + last + right).digest()


def roots_from_proof(m: int, n: int, hashes: list[bytes], old_root: bytes) -> tuple[bytes, bytes] | None:
    """The old and the new root to which a consistency proof leads; None where it has the wrong length."""

    def walk(m: int, n: int, whole: bool, rest: list[bytes]):
        if m == n:
            if whole:
                return (old_root, old_root) if not rest else None
            return (rest[0], rest[0]) if len(rest) == 1 else None
        if not rest:
            return None
        k, last = half(n), rest[-1]
        if m <= k:
            found = walk(m, k, whole, rest[:-1])
            return found and (found[0], hashlib.sha256(b"\x01" + found[1] + last).digest())
        found = walk(m - k, n - k, False, rest[:-1])
        return found and tuple(hashlib.sha256(b"\x01" + last + one).digest() for one in found)

    return walk(m, n, True, hashes)

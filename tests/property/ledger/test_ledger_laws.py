"""Laws of the ledger: whatever is appended is proved, and no change of a single bit is."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ledger import naive_tree

from engage.methods.ledger import (
    BadNote,
    Checkpoint,
    CompactRange,
    SigningKey,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    read_note,
    root_of,
    signed_by,
    verify_consistency,
    verify_inclusion,
)

entries = st.lists(st.binary(max_size=8), min_size=1, max_size=70)
KEY = SigningKey("engage.example/l", b"\x07" * 32)


def flipped(data: bytes, bit: int) -> bytes:
    bit %= len(data) * 8
    return bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(data))


@given(entries, st.data())
def test_what_is_appended_is_in_the_tree_and_nothing_else_is(entries, data):
    leaves = [leaf_hash(entry) for entry in entries]
    root, size = root_of(leaves), len(leaves)
    assert root == naive_tree.mth(entries)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, leaves)
    assert verify_inclusion(leaves[index], index, size, proof, root)
    bit = data.draw(st.integers(0, 2**20))
    assert not verify_inclusion(flipped(leaves[index], bit), index, size, proof, root)
    assert not verify_inclusion(leaves[index], index, size, proof, flipped(root, bit))
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        proof[at] = flipped(proof[at], bit)
        assert not verify_inclusion(leaves[index], index, size, proof, root)
        assert naive_tree.root_from_path(index, size, entries[index], proof) != root


@given(entries, st.data())
def test_a_tree_is_proved_to_go_on_from_each_earlier_one_and_from_no_other(entries, data):
    leaves = [leaf_hash(entry) for entry in entries]
    size = len(leaves)
    old = data.draw(st.integers(1, size))
    before = CompactRange()
    for leaf in leaves[:old]:
        before.append(leaf)
    root, proof = root_of(leaves), consistency_proof(before, leaves[old:])
    assert proof == naive_tree.proof(old, entries)
    assert verify_consistency(old, size, before.root(), root, proof)
    bit = data.draw(st.integers(0, 2**20))
    assert not verify_consistency(old, size, flipped(before.root(), bit), root, proof)
    assert not verify_consistency(old, size, before.root(), flipped(root, bit), proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        proof[at] = flipped(proof[at], bit)
        assert not verify_consistency(old, size, before.root(), root, proof)


@given(entries, entries, st.data())
def test_both_implementations_refuse_the_same_proofs(entries, others, data):
    """Proofs put together at random, nearly all of them wrong."""
    leaves = [leaf_hash(entry) for entry in entries]
    size = len(leaves)
    pool = [*leaves, *(leaf_hash(other) for other in others), root_of(leaves)]
    proof = data.draw(st.lists(st.sampled_from(pool), max_size=8))
    old = data.draw(st.integers(1, size))
    old_root, root = root_of(leaves[:old]), data.draw(st.sampled_from([root_of(leaves), *pool]))
    assert verify_consistency(old, size, old_root, root, proof) == (
        naive_tree.roots_from_proof(old, size, proof, old_root) == (old_root, root)
    )
    index = data.draw(st.integers(0, size - 1))
    assert verify_inclusion(leaves[index], index, size, proof, root) == (
        naive_tree.root_from_path(index, size, entries[index], proof) == root
    )


@given(entries, st.integers(0, 2**20))
def test_a_signed_checkpoint_with_one_bit_changed_is_not_believed(entries, bit):
    text = KEY.sign(Checkpoint("engage.example/l", len(entries), naive_tree.mth(entries))).encode()
    believed = False
    # Text that is not even read is not believed either.
    with suppress(BadNote, UnicodeDecodeError):
        checkpoint, signatures = read_note(flipped(text, bit).decode())
        believed = signed_by(checkpoint, signatures, KEY.public)
    assert not believed

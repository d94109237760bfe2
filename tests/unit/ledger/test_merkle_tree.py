"""The tree against published values, and against a second implementation that shares no line with it."""

import pytest
from tests.unit.ledger import naive_tree

from engage.methods.ledger import (
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# Published with the reference implementation of RFC 6962 (Certificate Transparency): eight entries, the root after
# each, and some proofs.
ENTRIES = [
    bytes.fromhex(one)
    for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
FIRST_OF_EIGHT = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
SIX_TO_EIGHT = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
SIZES = range(1, 40)
MANY = [bytes([n]) * (n % 5) + b"%d" % n for n in range(max(SIZES))]


def grown(leaves) -> CompactRange:
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree


def test_an_empty_tree_has_the_root_of_nothing():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert CompactRange().root().hex() == naive_tree.mth([]).hex() == empty


@pytest.mark.parametrize("size", range(1, 9))
def test_both_implementations_give_the_published_roots(size):
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]
    assert naive_tree.mth(ENTRIES[:size]).hex() == ROOTS[size - 1]


def test_both_implementations_give_the_published_proofs():
    assert [one.hex() for one in inclusion_proof(0, LEAVES)] == FIRST_OF_EIGHT
    assert [one.hex() for one in naive_tree.path(0, ENTRIES)] == FIRST_OF_EIGHT
    assert [one.hex() for one in consistency_proof(grown(LEAVES[:6]), LEAVES[6:])] == SIX_TO_EIGHT
    assert [one.hex() for one in naive_tree.proof(6, ENTRIES)] == SIX_TO_EIGHT


@pytest.mark.parametrize("size", SIZES)
def test_every_place_in_trees_up_to_forty_is_proved_as_the_second_implementation_does(size):
    entries = MANY[:size]
    leaves = [leaf_hash(entry) for entry in entries]
    root = root_of(leaves)
    for index in range(size):
        proof = inclusion_proof(index, leaves)
        assert proof == naive_tree.path(index, entries)
        assert verify_inclusion(leaves[index], index, size, proof, root)
        assert naive_tree.root_from_path(index, size, entries[index], proof) == root


@pytest.mark.parametrize("size", SIZES)
def test_every_earlier_size_is_proved_as_the_second_implementation_does(size):
    entries = MANY[:size]
    leaves = [leaf_hash(entry) for entry in entries]
    root = root_of(leaves)
    for old in range(1, size + 1):
        before = grown(leaves[:old])
        proof = consistency_proof(before, leaves[old:])
        assert proof == naive_tree.proof(old, entries)
        assert verify_consistency(old, size, before.root(), root, proof)
        assert naive_tree.roots_from_proof(old, size, proof, before.root()) == (before.root(), root)


def test_a_proof_of_another_length_proves_nothing():
    root, before = root_of(LEAVES), grown(LEAVES[:6])
    inclusion = inclusion_proof(1, LEAVES)
    consistency = consistency_proof(before, LEAVES[6:])
    for wrong in (inclusion[:-1], [*inclusion, inclusion[0]], []):
        assert not verify_inclusion(LEAVES[1], 1, 8, wrong, root)
    for wrong in (consistency[:-1], [*consistency, consistency[0]], []):
        assert not verify_consistency(6, 8, before.root(), root, wrong)


def test_a_proof_never_leads_backwards_or_past_the_end():
    root = root_of(LEAVES)
    assert not verify_consistency(8, 6, root, grown(LEAVES[:6]).root(), [])
    assert not verify_consistency(8, 8, root, root_of(LEAVES[:7]), [])
    assert not verify_consistency(0, 8, root, root, [])
    assert not verify_inclusion(LEAVES[0], 8, 8, inclusion_proof(0, LEAVES), root)
    assert not verify_inclusion(LEAVES[0], -1, 8, inclusion_proof(0, LEAVES), root)
    with pytest.raises(IndexError):
        inclusion_proof(8, LEAVES)


def test_a_leaf_cannot_be_passed_off_as_a_part_of_the_tree():
    # Without the two first bytes, the two hashes below the root could be shown as the one entry of a tree.
    two = LEAVES[:2]
    assert leaf_hash(two[0] + two[1]) != root_of(two)


def test_an_edge_that_does_not_fit_its_size_is_refused():
    with pytest.raises(ValueError):
        CompactRange(5, LEAVES[:1])
    with pytest.raises(ValueError):
        CompactRange(1, [b"short"])

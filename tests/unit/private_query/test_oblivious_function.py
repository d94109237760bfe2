"""The oblivious function gives what RFC 9497 publishes in appendix A.1, and refuses what it must.

A.1.1 (base mode): test vectors 1 and 2. A.1.2 (verifiable mode): 1, 2 and the batch of two, 3. Those of the third
mode (A.1.3), which we do not have, are left out.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import rbcl
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.methods.private_query import oprf
from engage.methods.private_query.oprf import Blinded, Evaluated, Mode, NotUsable, ProofFails

SOURCE = Path(oprf.__file__).parents[3]
SEED, KEY_INFO = b"\xa3" * 32, b"test key"
BLIND = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
OTHER_BLIND = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"
TEXT_1, TEXT_2 = "00", "5a" * 17
ORDER = 2**252 + 27742317777372353535851937790883648493  # of the group: RFC 9496, section 4


@dataclass
class Vector:
    mode: Mode
    texts: list[str]
    blinds: list[str]
    blinded: list[str]
    evaluated: list[str]
    outputs: list[str]
    proof: str = ""
    proof_scalar: str = ""


OUTPUT_1 = (
    "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
    "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"
)
OUTPUT_2 = (
    "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
    "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"
)
VECTORS = {
    "A.1.1 base mode, 1": Vector(
        Mode.BASE,
        [TEXT_1],
        [BLIND],
        ["609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"],
        ["7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e"],
        [
            "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
            "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"
        ],
    ),
    "A.1.1 base mode, 2": Vector(
        Mode.BASE,
        [TEXT_2],
        [BLIND],
        ["da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418"],
        ["b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25"],
        [
            "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
            "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"
        ],
    ),
    "A.1.2 verifiable mode, 1": Vector(
        Mode.VERIFIABLE,
        [TEXT_1],
        [BLIND],
        ["863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"],
        ["aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"],
        [OUTPUT_1],
        "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
        "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
        OTHER_BLIND,
    ),
    "A.1.2 verifiable mode, 2": Vector(
        Mode.VERIFIABLE,
        [TEXT_2],
        [BLIND],
        ["cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"],
        ["60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"],
        [OUTPUT_2],
        "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
        "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
        OTHER_BLIND,
    ),
    "A.1.2 verifiable mode, 3: a batch of two": Vector(
        Mode.VERIFIABLE,
        [TEXT_1, TEXT_2],
        [BLIND, OTHER_BLIND],
        [
            "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
            "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
        ],
        [
            "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
            "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
        ],
        [OUTPUT_1, OUTPUT_2],
        "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
        "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
        "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
    ),
}
each_vector = pytest.mark.parametrize("vector", VECTORS.values(), ids=list(VECTORS))
PROVED = {name: vector for name, vector in VECTORS.items() if vector.proof}


def unhex(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in texts]


def test_keys_follow_from_the_published_seed():
    base = oprf.derive_key(SEED, KEY_INFO, Mode.BASE)
    assert base.secret.hex() == "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"
    verifiable = oprf.derive_key(SEED, KEY_INFO)
    assert verifiable.secret.hex() == "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909"
    assert verifiable.public.hex() == "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"


@each_vector
def test_blinded_evaluated_and_output_values_are_the_published_ones(vector):
    key = oprf.derive_key(SEED, KEY_INFO, vector.mode)
    texts = unhex(vector.texts)
    blinded = [
        oprf.blind(text, vector.mode, scalar=scalar)
        for text, scalar in zip(texts, unhex(vector.blinds), strict=True)
    ]
    assert [one.element.hex() for one in blinded] == vector.blinded
    evaluated = oprf.evaluate(key, [one.element for one in blinded])
    assert [one.hex() for one in evaluated] == vector.evaluated
    assert [one.hex() for one in oprf.finalize(texts, blinded, evaluated)] == vector.outputs
    assert [oprf.output(key, text, vector.mode).hex() for text in texts] == vector.outputs


@pytest.mark.parametrize("vector", PROVED.values(), ids=list(PROVED))
def test_proofs_are_the_published_ones_and_hold(vector):
    key = oprf.derive_key(SEED, KEY_INFO)
    answer = oprf.evaluate_and_prove(
        key, unhex(vector.blinded), proof_scalar=bytes.fromhex(vector.proof_scalar)
    )
    assert answer.proof.hex() == vector.proof
    blinded = [Blinded(*both) for both in zip(unhex(vector.blinds), unhex(vector.blinded), strict=True)]
    found = oprf.verify_and_finalize(unhex(vector.texts), blinded, answer, key.public)
    assert [one.hex() for one in found] == vector.outputs


def asked(*texts: bytes) -> tuple[oprf.KeyPair, list[Blinded], Evaluated]:
    key = oprf.new_key()
    blinded = [oprf.blind(text) for text in texts]
    return key, blinded, oprf.evaluate_and_prove(key, [one.element for one in blinded])


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_what_the_asker_gets_is_what_the_holder_would_work_out_alone(texts):
    key, blinded, answer = asked(*texts)
    found = oprf.verify_and_finalize(texts, blinded, answer, key.public)
    assert list(found) == [oprf.output(key, text) for text in texts]
    assert oprf.output(oprf.new_key(), texts[0]) != found[0]


def test_the_same_text_is_never_sent_in_the_same_form_twice():
    assert len({oprf.blind(b"Ada Byron").element for _ in range(50)}) == 50


def test_an_answer_with_another_key_fails_whatever_part_of_the_batch_it_is_in():
    texts = [b"one", b"two", b"three"]
    key, blinded, answer = asked(*texts)
    points = [one.element for one in blinded]
    other = oprf.new_key()
    for place in range(3):
        elements = list(answer.elements)
        elements[place] = oprf.evaluate(other, [points[place]])[0]
        with pytest.raises(ProofFails):
            oprf.verify_and_finalize(texts, blinded, Evaluated(tuple(elements), answer.proof), key.public)
    with pytest.raises(ProofFails):
        oprf.verify_and_finalize(texts, blinded, oprf.evaluate_and_prove(other, points), key.public)
    with pytest.raises(ProofFails):
        oprf.verify_and_finalize(texts, blinded, answer, other.public)


def test_answers_in_another_order_or_number_fail():
    texts = [b"one", b"two"]
    key, blinded, answer = asked(*texts)
    for elements in (answer.elements[::-1], answer.elements[:1], answer.elements * 2, ()):
        with pytest.raises(ProofFails):
            oprf.verify_and_finalize(texts, blinded, Evaluated(elements, answer.proof), key.public)


def test_two_answers_that_are_wrong_by_opposite_amounts_fail():
    # Their plain sum is right: the weights of the composites are there for this.
    texts = [b"one", b"two"]
    key, blinded, answer = asked(*texts)
    off = rbcl.crypto_core_ristretto255_random()
    elements = (
        rbcl.crypto_core_ristretto255_add(answer.elements[0], off),
        rbcl.crypto_core_ristretto255_sub(answer.elements[1], off),
    )
    with pytest.raises(ProofFails):
        oprf.verify_and_finalize(texts, blinded, Evaluated(elements, answer.proof), key.public)


@pytest.mark.parametrize("byte", [0, 20, 40, 60])
def test_a_proof_with_one_bit_changed_fails(byte):
    key, blinded, answer = asked(b"one")
    proof = bytearray(answer.proof)
    proof[byte] ^= 1
    with pytest.raises(ProofFails):
        oprf.verify(key.public, [blinded[0].element], Evaluated(answer.elements, bytes(proof)))


NO_POINTS = {
    "the identity": bytes(32),
    "no point of the curve": b"\x01" + bytes(31),
    "not reduced (RFC 9496, A.2)": bytes.fromhex("00" + "ff" * 31),
    "too short": bytes(31),
    "too long": bytes(33),
    "empty": b"",
}


@pytest.mark.parametrize("element", NO_POINTS.values(), ids=list(NO_POINTS))
def test_what_is_no_point_is_refused_wherever_it_comes_in(element):
    key, blinded, answer = asked(b"one")
    point, good = blinded[0].element, answer.elements[0]
    for deed in (
        lambda: oprf.evaluate(key, [point, element]),
        lambda: oprf.evaluate_and_prove(key, [element]),
        lambda: oprf.finalize([b"one"], blinded, [element]),
        lambda: oprf.verify(key.public, [element], Evaluated((good,), answer.proof)),
        lambda: oprf.verify(key.public, [point], Evaluated((element,), answer.proof)),
        lambda: oprf.verify(element, [point], answer),
        lambda: oprf.read_element(element),
    ):
        with pytest.raises(NotUsable):
            deed()


NO_SCALARS = {
    "zero": bytes(32),
    "the order of the group": ORDER.to_bytes(32, "little"),
    "not reduced": (ORDER + 5).to_bytes(32, "little"),
    "all ones": b"\xff" * 32,
    "too short": b"\x01" * 31,
}


@pytest.mark.parametrize("scalar", NO_SCALARS.values(), ids=list(NO_SCALARS))
def test_what_is_no_scalar_is_refused_as_key_blind_or_proof(scalar):
    key, blinded, answer = asked(b"one")
    proofs = [scalar + answer.proof[32:], answer.proof[:32] + scalar]
    for deed in (
        lambda: oprf.KeyPair.of(scalar),
        lambda: oprf.blind(b"one", scalar=scalar),
        lambda: oprf.finalize([b"one"], [Blinded(scalar, blinded[0].element)], answer.elements),
    ):
        with pytest.raises(NotUsable):
            deed()
    for proof in proofs:
        with pytest.raises((NotUsable, ProofFails)):
            oprf.verify(key.public, [blinded[0].element], Evaluated(answer.elements, proof))


def test_an_empty_batch_a_text_too_long_and_a_short_seed_are_refused():
    key = oprf.new_key()
    for deed in (
        lambda: oprf.evaluate(key, []),
        lambda: oprf.evaluate(key, [bytes(32)] * 65_536),
        lambda: oprf.blind(b"x" * 65_536),
        lambda: oprf.derive_key(b"short", b""),
    ):
        with pytest.raises(NotUsable):
            deed()


def test_no_secret_is_shown_with_the_object_that_holds_it():
    key, blinded = oprf.new_key(), oprf.blind(b"one")
    assert key.secret.hex() not in repr(key) and repr(key.secret) not in repr(key)
    assert repr(blinded.scalar) not in repr(blinded)


def test_the_library_leaves_no_file_in_the_temporary_folder(tmp_path):
    program = "from engage.methods.private_query import oprf; assert oprf.new_key()"
    subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "TMPDIR": str(tmp_path)},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []

"""An oblivious pseudo-random function: the asker learns F(key, text), the holder of the key learns nothing of text.

RFC 9497 with ristretto255-SHA512, in its base and its verifiable mode; names in comments are the RFC's. Everything
on the curve, scalars included, is done by libsodium through `rbcl`: Python's integers take a time that depends on
their value. What stands here is the order of the steps and the texts that are hashed.

In the verifiable mode the holder proves that it used the key whose public half the asker knows. Without it a holder
could answer each asker under another key, and tell them apart later.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha512
from hmac import compare_digest
from itertools import accumulate
from pathlib import Path

import rbcl

# rbcl writes libsodium to a file of its own at each import and leaves it there; once loaded nobody needs the file.
Path(sys.modules["rbcl._sodium"].lib_path).unlink(missing_ok=True)

ELEMENT_BYTES = SCALAR_BYTES = SEED_BYTES = 32
PROOF_BYTES = 2 * SCALAR_BYTES
OUTPUT_BYTES = 64
LONGEST_TEXT = 2**16 - 1
MOST_AT_ONCE = 2**16 - 1  # the place in a batch is hashed as two bytes
IDENTITY = bytes(ELEMENT_BYTES)
ZERO = bytes(SCALAR_BYTES)
SUITE = b"ristretto255-SHA512"


class Mode(IntEnum):
    BASE = 0
    VERIFIABLE = 1


class NotUsable(ValueError):
    """A point, scalar, text or batch that the protocol refuses. Says which, never its value."""


class ProofFails(Exception):
    """The answer was not made with the key whose public half is known. Nothing of it may be used."""


@dataclass(frozen=True)
class KeyPair:
    secret: bytes = field(repr=False)
    public: bytes

    @classmethod
    def of(cls, secret: bytes) -> KeyPair:
        """Raises NotUsable where the secret is zero or not written as RFC 9497 writes a scalar."""
        return cls(read_scalar(secret), _times_base(secret))


@dataclass(frozen=True)
class Blinded:
    """`scalar` stays with the asker and is used once; `element` goes to the holder."""

    scalar: bytes = field(repr=False)
    element: bytes


@dataclass(frozen=True)
class Evaluated:
    elements: tuple[bytes, ...]
    proof: bytes


def derive_key(seed: bytes, info: bytes, mode: Mode = Mode.VERIFIABLE) -> KeyPair:
    """DeriveKeyPair: the same key from the same 32 secret bytes and public info."""
    if len(seed) != SEED_BYTES or len(info) > LONGEST_TEXT:
        raise NotUsable("A key is derived from a seed of 32 bytes.")
    text = seed + _with_length(info)
    for counter in range(256):
        secret = _hash_to_scalar(text + bytes([counter]), b"DeriveKeyPair" + _context(mode))
        if secret != ZERO:
            return KeyPair.of(secret)
    raise NotUsable("No key follows from this seed.")


def new_key() -> KeyPair:
    return KeyPair.of(rbcl.crypto_core_ristretto255_scalar_random())


def blind(text: bytes, mode: Mode = Mode.VERIFIABLE, *, scalar: bytes | None = None) -> Blinded:
    """Blind: what the holder is sent says nothing of `text`. A `scalar` is given by published vectors alone."""
    chosen = rbcl.crypto_core_ristretto255_scalar_random() if scalar is None else read_scalar(scalar)
    return Blinded(chosen, _times(chosen, _hash_to_group(text, mode)))


def evaluate(key: KeyPair, elements: Sequence[bytes]) -> tuple[bytes, ...]:
    """BlindEvaluate of the base mode: the holder's part, for points that an asker sent."""
    return tuple(_times(key.secret, one) for one in _a_batch(elements))


def evaluate_and_prove(
    key: KeyPair, elements: Sequence[bytes], *, proof_scalar: bytes | None = None
) -> Evaluated:
    """BlindEvaluate of the verifiable mode: one proof for all of them."""
    answers = evaluate(key, elements)
    return Evaluated(answers, _prove(key, elements, answers, proof_scalar))


def finalize(
    texts: Sequence[bytes], blinded: Sequence[Blinded], evaluated: Sequence[bytes]
) -> tuple[bytes, ...]:
    """Finalize of the base mode: takes the blinds off. 64 bytes each, the same as `output` of the same key and text."""
    _a_batch(evaluated)
    inverses = _inverses([read_scalar(one.scalar) for one in blinded])
    return tuple(
        _output(text, _times(inverse, element))
        for text, inverse, element in zip(texts, inverses, evaluated, strict=True)
    )


def verify_and_finalize(
    texts: Sequence[bytes], blinded: Sequence[Blinded], evaluated: Evaluated, public: bytes
) -> tuple[bytes, ...]:
    """Finalize of the verifiable mode. Raises ProofFails before anything of the answer is used."""
    if not len(texts) == len(blinded) == len(evaluated.elements):
        raise ProofFails("The answer has another number of points than the question.")
    verify(public, [one.element for one in blinded], evaluated)
    return finalize(texts, blinded, evaluated.elements)


def output(key: KeyPair, text: bytes, mode: Mode = Mode.VERIFIABLE) -> bytes:
    """Evaluate: what an asker gets for `text`, worked out by the holder of the key alone."""
    return _output(text, _times(key.secret, _hash_to_group(text, mode)))


def verify(public: bytes, elements: Sequence[bytes], evaluated: Evaluated) -> None:
    """VerifyProof. Raises ProofFails, or NotUsable for a point or scalar that is none."""
    if len(evaluated.elements) != len(elements) or len(evaluated.proof) != PROOF_BYTES:
        raise ProofFails("The answer does not have the form of an answer to this question.")
    _a_batch(elements)
    challenge, response = evaluated.proof[:SCALAR_BYTES], evaluated.proof[SCALAR_BYTES:]
    read_scalar(challenge)
    read_scalar(response)
    weights = _weights(public, elements, evaluated.elements)
    asked, answered = _weighed(weights, elements), _weighed(weights, evaluated.elements)
    base = _add(_times_base(response), _times(challenge, public))
    point = _add(_times(response, asked), _times(challenge, answered))
    if not compare_digest(challenge, _challenge(public, asked, answered, base, point)):
        raise ProofFails("The holder did not answer with the key whose public half is known.")


def read_element(element: bytes) -> bytes:
    """DeserializeElement: refuses what is no point of the group, and the identity. For where nothing is multiplied yet."""
    if len(element) != ELEMENT_BYTES or element == IDENTITY:
        raise NotUsable("This is no point that may be used.")
    if not rbcl.crypto_core_ristretto255_is_valid_point(element):
        raise NotUsable("This is no point of the group.")
    return element


def read_scalar(scalar: bytes) -> bytes:
    """DeserializeScalar: refuses zero, and a scalar that is not reduced (one number has one writing)."""
    if len(scalar) != SCALAR_BYTES or compare_digest(scalar, ZERO):
        raise NotUsable("This is no scalar that may be used.")
    if not compare_digest(rbcl.crypto_core_ristretto255_scalar_reduce(scalar + bytes(SCALAR_BYTES)), scalar):
        raise NotUsable("This scalar is not reduced.")
    return scalar


def _prove(
    key: KeyPair, elements: Sequence[bytes], answers: Sequence[bytes], proof_scalar: bytes | None
) -> bytes:
    """GenerateProof, with ComputeCompositesFast: who has the key need not weigh the answers."""
    asked = _weighed(_weights(key.public, elements, answers), elements)
    answered = _times(key.secret, asked)
    secret = (
        rbcl.crypto_core_ristretto255_scalar_random() if proof_scalar is None else read_scalar(proof_scalar)
    )
    challenge = _challenge(key.public, asked, answered, _times_base(secret), _times(secret, asked))
    response = rbcl.crypto_core_ristretto255_scalar_sub(
        secret, rbcl.crypto_core_ristretto255_scalar_mul(challenge, key.secret)
    )
    return challenge + response


def _weights(public: bytes, elements: Sequence[bytes], answers: Sequence[bytes]) -> list[bytes]:
    """The scalars of ComputeComposites: they hang on the whole batch, so that no answer can make up for another."""
    seed = sha512(_with_length(public) + _with_length(b"Seed-" + _context(Mode.VERIFIABLE))).digest()
    return [
        _hash_to_scalar(
            _with_length(seed)
            + place.to_bytes(2, "big")
            + _with_length(asked)
            + _with_length(answer)
            + b"Composite"
        )
        for place, (asked, answer) in enumerate(zip(elements, answers, strict=True))
    ]


def _weighed(weights: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    first, *others = map(_times, weights, elements)
    for one in others:
        first = _add(first, one)
    return first


def _challenge(public: bytes, *points: bytes) -> bytes:
    return _hash_to_scalar(b"".join(_with_length(one) for one in (public, *points)) + b"Challenge")


def _output(text: bytes, element: bytes) -> bytes:
    return sha512(_with_length(text) + _with_length(element) + b"Finalize").digest()


def _hash_to_group(text: bytes, mode: Mode) -> bytes:
    if len(text) > LONGEST_TEXT:
        raise NotUsable("This text is too long.")
    uniform = _expand(text, b"HashToGroup-" + _context(mode))
    return bytes(rbcl.crypto_core_ristretto255_from_hash(uniform))


def _hash_to_scalar(text: bytes, separation: bytes | None = None) -> bytes:
    """Where no separation is given: that of proofs, which only the verifiable mode has."""
    uniform = _expand(text, separation or b"HashToScalar-" + _context(Mode.VERIFIABLE))
    return bytes(rbcl.crypto_core_ristretto255_scalar_reduce(uniform))


def _expand(text: bytes, separation: bytes) -> bytes:
    """expand_message_xmd of RFC 9380, section 5.3.1, with SHA-512, for 64 bytes: one block is enough."""
    suffix = separation + bytes([len(separation)])
    first = sha512(bytes(128) + text + (64).to_bytes(2, "big") + b"\x00" + suffix).digest()
    return sha512(first + b"\x01" + suffix).digest()


def _context(mode: Mode) -> bytes:
    return b"OPRFV1-" + bytes([mode]) + b"-" + SUITE


def _with_length(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def _a_batch(elements: Sequence[bytes]) -> Sequence[bytes]:
    if not 0 < len(elements) <= MOST_AT_ONCE:
        raise NotUsable("A batch has at least one point, and at most 65,535.")
    return elements


def _inverses(scalars: Sequence[bytes]) -> list[bytes]:
    """All of them by one inversion, which costs as much as twenty products: going up, then back."""
    multiply = rbcl.crypto_core_ristretto255_scalar_mul
    products = list(accumulate(scalars, multiply))
    left, inverses = rbcl.crypto_core_ristretto255_scalar_invert(products[-1]), []
    for before, scalar in zip(reversed(products[:-1]), reversed(scalars[1:]), strict=True):
        inverses.append(multiply(left, before))
        left = multiply(left, scalar)
    return [*reversed([*inverses, left])]


def _times(scalar: bytes, element: bytes) -> bytes:
    """Raises NotUsable for what is no point of the group and for the identity: libsodium refuses both here."""
    if len(element) != ELEMENT_BYTES:
        raise NotUsable("This is no point that may be used.")
    try:
        return bytes(rbcl.crypto_scalarmult_ristretto255(scalar, element))
    except RuntimeError:
        raise NotUsable("This is no point that may be used.") from None


def _times_base(scalar: bytes) -> bytes:
    try:
        return bytes(rbcl.crypto_scalarmult_ristretto255_base(scalar))
    except RuntimeError:
        raise NotUsable("This product is no point that may be used.") from None


def _add(one: bytes, other: bytes) -> bytes:
    return bytes(rbcl.crypto_core_ristretto255_add(one, other))

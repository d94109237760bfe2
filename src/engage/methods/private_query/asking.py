"""One question between two teams, and its answer: what goes over the wire, however it goes, and what each side does.

The asker keeps `Asking` and sends its question; the holder answers it; the asker concludes, on its own side. Whether the
question may be asked, how often, and that it is entered at both ends: the app that uses this sees to it. The holder
counts `len(question.points)` evaluations for it before it answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engage.methods.linkage.records import StandardRecord

from . import oprf
from .filter import Filter
from .patterns import VERSION, Level, texts_of

QUESTION, ANSWER = "engage private query question 1", "engage private query answer 1"
MOST_POINTS = 64  # a child with many names has some twenty
LARGEST_MESSAGE = 8_000  # bytes
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,79}")


class BadMessage(Exception):
    """What came is no question or answer, or not one to this. Says what is wrong, and nothing of what is in it."""


@dataclass(frozen=True)
class Question:
    id: str  # random; given by the asker
    asker: str  # team
    asked_by: str  # a pseudonym of the person, the same for each of their questions
    purpose: str
    case: str  # the asker's own reference, not a name
    key_version: str
    patterns: str
    points: tuple[bytes, ...]

    def __post_init__(self) -> None:
        _words(self.id, self.asker, self.asked_by, self.purpose, self.case, self.key_version, self.patterns)
        _points(self.points)

    def text(self) -> bytes:
        return _written({"format": QUESTION, **vars(self), "points": [one.hex() for one in self.points]})


@dataclass(frozen=True)
class Answer:
    question: str  # its id
    key_version: str
    points: tuple[bytes, ...]
    proof: bytes

    def __post_init__(self) -> None:
        _words(self.question, self.key_version)
        _points(self.points)
        if len(self.proof) != oprf.PROOF_BYTES:
            raise BadMessage("This is no proof.")

    def text(self) -> bytes:
        points = [one.hex() for one in self.points]
        return _written({"format": ANSWER, **vars(self), "points": points, "proof": self.proof.hex()})


@dataclass(frozen=True)
class Asking:
    """What stays with the asker until the answer is there, and is used for one answer. Never stored, never logged."""

    question: Question
    left_out: int  # texts beyond the most that one question has: to be said beside "nothing found"
    _texts: dict[bytes, Level] = field(repr=False)
    _blinded: tuple[oprf.Blinded, ...] = field(repr=False)

    def conclude(self, answer: Answer, held: Filter) -> Level:
        """The highest level of any hit. Raises BadMessage for the answer to another question, or with another key."""
        if answer.question != self.question.id:
            raise BadMessage("This is the answer to another question.")
        if not self.question.key_version == answer.key_version == held.header.key_version:
            raise BadMessage("This answer is of another key than the filter.")
        evaluated = oprf.Evaluated(answer.points, answer.proof)
        try:
            values = oprf.verify_and_finalize(list(self._texts), self._blinded, evaluated, held.header.public)
        except (oprf.ProofFails, oprf.NotUsable) as problem:
            raise BadMessage(str(problem)) from None
        levels = zip(values, self._texts.values(), strict=True)
        return max((level for value, level in levels if value in held), default=Level.NOTHING_FOUND)


Message = TypeVar("Message", Question, Answer)


def ask(
    records: Iterable[StandardRecord],
    held: Filter,
    *,
    id: str,
    asker: str,
    asked_by: str,
    purpose: str,
    case: str,
) -> Asking:
    """A question about one person to the holder of this filter. Raises BadMessage where the records say too little."""
    strongest_first = sorted(texts_of(records).items(), key=lambda one: -one[1])
    if not strongest_first:
        raise BadMessage(
            "Too little is known of this person to ask: no date of birth, postcode, telephone or number."
        )
    texts = dict(strongest_first[:MOST_POINTS])
    blinded = tuple(map(oprf.blind, texts))
    points = tuple(one.element for one in blinded)
    question = Question(id, asker, asked_by, purpose, case, held.header.key_version, VERSION, points)
    return Asking(question, len(strongest_first) - len(texts), texts, blinded)


def answer(question: Question, key: oprf.KeyPair, *, key_version: str) -> Answer:
    """The holder's part. Raises BadMessage where the asker has a filter of another key, or other patterns."""
    if question.key_version != key_version:
        raise BadMessage("The question is to a filter that is no longer in force.")
    if question.patterns != VERSION:
        raise BadMessage(f"The question is of patterns {question.patterns}; here they are {VERSION}.")
    evaluated = oprf.evaluate_and_prove(key, question.points)
    return Answer(question.id, key_version, evaluated.elements, evaluated.proof)


def read_question(sent: bytes) -> Question:
    """Raises BadMessage."""
    return _read(sent, QUESTION, lambda told: Question(**told))


def read_answer(sent: bytes) -> Answer:
    """Raises BadMessage."""
    return _read(sent, ANSWER, lambda told: Answer(**{**told, "proof": bytes.fromhex(told["proof"])}))


def _written(told: dict[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()


def _read(sent: bytes, wanted: str, made: Callable[[dict[str, Any]], Message]) -> Message:
    if len(sent) > LARGEST_MESSAGE:
        raise BadMessage("This message is too large.")
    try:
        told = json.loads(sent)
        if told.pop("format") != wanted:
            raise BadMessage("This message is of another kind or version.")
        message = made({**told, "points": tuple(map(_point, told["points"]))})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadMessage("This message cannot be read.") from None
    # Written again it must be the same: no field twice, none that is not known, nothing spelled in another way.
    if message.text() != sent:
        raise BadMessage("This message is written in another way.")
    return message


def _words(*words: str) -> None:
    if not all(isinstance(one, str) and WORD.fullmatch(one) for one in words):
        raise BadMessage("A name, number or reference in this message is not written as one.")


def _points(points: tuple[bytes, ...]) -> None:
    if not 0 < len(points) <= MOST_POINTS:
        raise BadMessage(f"A message has at least one point, and at most {MOST_POINTS}.")


def _point(text: str) -> bytes:
    return oprf.read_element(bytes.fromhex(text))

"""Asking partners' witnesses to cosign the ledger (C2SP tlog-witness). Hashes and sizes alone leave."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from engage.methods.ledger import BadNote, cosigned_at, read_note
from engage.methods.ledger.notes import read_signatures

from .gate import acting_as
from .ledger import LedgerDoesNotFit, last_checkpoint, proof_between, sequencer
from .ledger_keys import Witness
from .models import Checkpoint, Cosignature

SECONDS_TO_WAIT = 5
LARGEST_ANSWER = 64 * 1024


class NotElsewhere(HTTPRedirectHandler):
    """Whom we ask is where the administrator entered it; one that sends on to another address did not answer."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class Answer(StrEnum):
    COSIGNED = "cosigned"
    SILENT = "did not answer"
    REFUSED = "does not take statements of this ledger"
    CONTRADICTED = "has seen another ledger"  # somebody must look at once


@dataclass(frozen=True)
class Asked:
    witness: str
    answer: Answer
    sentence: str = ""


def ask_witnesses(configured: list[Witness], *, now: datetime) -> list[Asked]:
    """Ask each for its cosignature of the last checkpoint, and keep it. None of them can stop another, or work.

    One that cosigned it already is asked again: it confirms that it still has seen no other ledger.
    """
    checkpoint = last_checkpoint()
    return [_ask(witness, checkpoint, now) for witness in configured] if checkpoint else []


def _ask(witness: Witness, checkpoint: Checkpoint, now: datetime) -> Asked:
    last = (
        Checkpoint.objects.filter(cosignatures__witness=witness.name, size__lte=checkpoint.size)
        .order_by("-size")
        .first()
    )
    try:
        status, said = _send(witness, last, checkpoint)
        if status == 409 and said.strip().isdecimal() and int(said) != (last.size if last else 0):
            # It remembers another size than we: one that cosigned and was not heard, or another ledger.
            seen = int(said)
            last = Checkpoint.objects.filter(size=seen).first() if seen <= checkpoint.size else None
            if last is None and seen:
                words = f"It has seen {seen} entries; here {checkpoint.size} are signed, and never {seen}."
                return Asked(witness.name, Answer.CONTRADICTED, words)
            status, said = _send(witness, last, checkpoint)
    except LedgerDoesNotFit as problem:
        return Asked(witness.name, Answer.CONTRADICTED, str(problem))
    except (OSError, UnicodeDecodeError) as problem:
        return Asked(witness.name, Answer.SILENT, type(problem).__name__)
    if status == 200:
        return _keep(witness, checkpoint, said, now)
    if status in (409, 422):
        words = (
            f"It was shown {checkpoint.size} entries, which do not go on from what it saw (status {status})."
        )
        return Asked(witness.name, Answer.CONTRADICTED, words)
    if status in (400, 403, 404):
        return Asked(witness.name, Answer.REFUSED, f"Status {status}: does it have this ledger's public key?")
    return Asked(witness.name, Answer.SILENT, f"Status {status}")


def _send(witness: Witness, last: Checkpoint | None, checkpoint: Checkpoint) -> tuple[int, str]:
    proof = "".join(f"{b64encode(one).decode()}\n" for one in proof_between(last, checkpoint))
    body = f"old {last.size if last else 0}\n{proof}\n{checkpoint.text}".encode()
    request = Request(
        f"{witness.address}/add-checkpoint", body, {"Content-Type": "text/plain"}, method="POST"
    )
    try:
        with build_opener(NotElsewhere).open(request, timeout=SECONDS_TO_WAIT) as answer:
            return answer.status, answer.read(LARGEST_ANSWER).decode()
    except HTTPError as answer:
        with answer:
            return answer.code, answer.read(LARGEST_ANSWER).decode()


def _keep(witness: Witness, checkpoint: Checkpoint, lines: str, now: datetime) -> Asked:
    """Only what verifies is kept; lines of keys that we do not know are passed over."""
    try:
        statement, _ = read_note(checkpoint.text)
        signatures = read_signatures(lines)
    except BadNote as problem:
        return Asked(witness.name, Answer.SILENT, str(problem))
    of_witness = [
        line
        for line, signature in zip(lines.split("\n"), signatures, strict=False)
        if cosigned_at(statement, [signature], witness.key) is not None
    ]
    if not of_witness:
        return Asked(witness.name, Answer.SILENT, "What it answered is not signed by its key.")
    with acting_as(sequencer(), now=now):
        Cosignature.objects.bulk_create(
            [Cosignature(checkpoint=checkpoint, witness=witness.name, line=of_witness[0] + "\n", at=now)],
            ignore_conflicts=True,  # asked twice at once
        )
    return Asked(witness.name, Answer.COSIGNED, f"{checkpoint.size} entries")

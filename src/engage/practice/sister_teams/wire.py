"""Asking a sister team's instance over HTTPS. What leaves is the question as it is written, and the token."""

from __future__ import annotations

import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from engage.methods.private_query.asking import LARGEST_MESSAGE
from engage.practice.access.witnesses import NotElsewhere

from .models import SisterTeam
from .sealing import token_of

SECONDS_TO_WAIT = 5
SECONDS_FOR_A_FILTER = 120
LARGEST_FILTER = 160 * 1024**2
THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}

MEANING = {
    401: "It does not know the token that we show it.",
    404: "It has no filter yet, or takes no questions.",
    422: "It could not read the question. Both teams need the same release.",
    429: "Its limit for today is reached.",
}


class NotAnswered(Exception):
    """Why there is no answer, in words for whoever asked. Nothing of what was sent or came is in it."""


class AnotherFilter(Exception):
    """The filter that we hold is not in force there any more."""


def readable(address: str) -> bool:
    """TLS, unless it is this very machine; no name or password, query or part."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    if port == 0 or not parts.hostname or parts.username or parts.password or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE)


def fetch_filter(sister: SisterTeam) -> bytes:
    return _send(sister, "filter", None, LARGEST_FILTER, SECONDS_FOR_A_FILTER)


def send_question(sister: SisterTeam, question: bytes) -> bytes:
    return _send(sister, "question", question, LARGEST_MESSAGE, SECONDS_TO_WAIT)


def _send(sister: SisterTeam, what: str, body: bytes | None, largest: int, seconds: int) -> bytes:
    request = Request(
        f"{sister.address}/api/sister/{what}",
        body,
        {"Authorization": f"Bearer {token_of(sister)}", "Content-Type": "application/json"},
        method="GET" if body is None else "POST",
    )
    ends, got = time.monotonic() + seconds, bytearray()
    try:
        with build_opener(ProxyHandler({}), NotElsewhere).open(request, timeout=SECONDS_TO_WAIT) as answer:
            if answer.status != 200:
                raise NotAnswered(f"It answered in a way that we do not know (status {answer.status}).")
            while part := answer.read1(65_536):
                got += part
                if len(got) > largest:
                    raise NotAnswered("Its answer is too large.")
                if time.monotonic() > ends:
                    raise NotAnswered("Its answer took too long.")
            if answer.length:  # cut short
                raise NotAnswered("Its answer broke off.")
    except HTTPError as refusal:
        refusal.close()
        if refusal.code == 409:
            raise AnotherFilter from None
        unknown = f"It answered in a way that we do not know (status {refusal.code})."
        raise NotAnswered(MEANING.get(refusal.code, unknown)) from None
    except (OSError, HTTPException):
        raise NotAnswered("It could not be reached, or did not answer in time.") from None
    return bytes(got)

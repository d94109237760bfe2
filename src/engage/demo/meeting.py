"""Engage and Freedom are told of one another: where they are, whose filters are believed, and tokens for this demo alone.

`python -m engage.demo.meeting ENGAGE_AT FREEDOM_AT`, beside the running demo, does all of it. Freedom's half, in its own
environment, is `python -m engage.demo.meeting`: what it is told comes on its input, for tokens are no arguments.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from datetime import datetime

if __name__ == "__main__":
    import django

    django.setup()

from django.conf import settings

from engage.demo.at_hand import staff_called
from engage.demo.serving import server_environment, wait_for_page
from engage.demo.sister import Sister
from engage.demo.typed import question_of
from engage.methods.private_query.asking import MOST_POINTS
from engage.practice.access.doors import clock
from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.sister_teams.answering import ALARM_AT, answer_question
from engage.practice.sister_teams.filters import fetch_filter, make_filter
from engage.practice.sister_teams.joining import add_sister
from engage.practice.sister_teams.models import HoldingKey, SisterTeam


def meet(sister: Sister, *, engage_at: str, freedom_at: str, now: datetime) -> tuple[SisterTeam, str]:
    """Freedom, as Engage knows it from now on, and the token it shows; its filter is fetched. Both must answer already."""
    ours, theirs = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    told = {
        "address": engage_at,
        "filter_key": str(signing_key_of_the_ledger().public),
        "our_token": theirs,
        "their_token": ours,
    }
    freedom = add_sister(
        code="FREEDOM",
        name="Freedom",
        address=freedom_at,
        telephone="01632 960111",
        ask_for="Petra Lund",
        filter_key=_in_freedom(sister, "engage.demo.meeting", said=json.dumps(told)),
        our_token=ours,
        their_token=theirs,
        colleague=staff_called("nia"),
        now=now,
    )
    fetch_filter(freedom, now=now)
    return freedom, theirs


def start_making_ours(as_at: datetime) -> subprocess.Popen:
    """Of every child here, about a millisecond each: beside what else is to be done."""
    words = [sys.executable, "-m", "engage", "sister", "filter"]
    return subprocess.Popen(
        words, env=server_environment(as_at), stdout=subprocess.DEVNULL, start_new_session=True
    )


def make_ours(*, now: datetime) -> bool:
    """Whether it was made now; one that was made with this demo stays."""
    if HoldingKey.objects.filter(ended_at=None).exists():
        return False
    make_filter(now=now)
    return True


def fetched_by_freedom(sister: Sister) -> None:
    _in_freedom(sister, "engage", "sister", "fetch", "--code", "ENGAGE")


def freedom_asks_much(freedom: SisterTeam, *, now: datetime) -> None:
    """Two of Freedom's people ask so much within a day that a lead here has to look at it."""
    asked = 0
    while asked < settings.SISTER_POINTS_A_DAY * ALARM_AT:
        answer_question(freedom, question_of(freedom, asked // MOST_POINTS, MOST_POINTS), now=now)
        asked += MOST_POINTS


def _in_freedom(sister: Sister, *module_and_words: str, said: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", *module_and_words],
        env=sister.environment(),
        input=said,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return done.stdout.strip()


def freedoms_half(told: dict[str, str], *, now: datetime) -> str:
    """Engage, as Freedom knows it; answers with the key that signs Freedom's filter."""
    add_sister(
        code="ENGAGE",
        name="Engage",
        telephone="01632 960109",
        ask_for="Grace Whittam",
        colleague=None,
        now=now,
        **told,
    )
    return str(signing_key_of_the_ledger().public)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(freedoms_half(json.load(sys.stdin), now=clock()))
    else:
        for address in sys.argv[1:]:
            wait_for_page(address)
        engage_at, freedom_at = sys.argv[1:]
        there = Sister()
        freedom, _ = meet(there, engage_at=engage_at, freedom_at=freedom_at, now=clock())
        fresh = make_ours(now=clock())
        fetched_by_freedom(there)
        if fresh:
            freedom_asks_much(freedom, now=clock())

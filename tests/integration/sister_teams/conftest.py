"""Two sides in one database: this instance asks itself, over HTTP, as if it were the team next door."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import Client
from tests.integration.desk.conftest import *  # noqa: F403 (two children of two areas, and browsers)

from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.sister_teams.filters import make_filter
from engage.practice.sister_teams.joining import add_sister

OURS, THEIRS = "the-token-that-we-show-" + "a" * 32, "the-token-that-they-show-" + "b" * 32


class ASite(HTTPServer):
    """The site in a thread, within the transaction of this test: whoever asks is in none meanwhile."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.database = connections[DEFAULT_DB_ALIAS]

    def serve(self) -> None:
        connections[DEFAULT_DB_ALIAS] = self.database
        self.serve_forever(poll_interval=0.02)


class _Handler(BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        got = Client().generic(
            self.command, self.path, body, self.headers.get("Content-Type", ""), headers=dict(self.headers)
        )
        self.send_response(got.status_code)
        self.send_header("Content-Length", str(len(got.content)))
        self.end_headers()
        self.wfile.write(got.content)

    do_GET = do_POST = answer

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    with ASite() as site:
        site.database.inc_thread_sharing()
        thread = threading.Thread(target=site.serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{site.server_address[1]}"
        finally:
            site.shutdown()
            thread.join()
            site.database.dec_thread_sharing()


@pytest.fixture
def signer(settings, tmp_path, db):
    settings.LEDGER_KEY_FILE, settings.LEDGER_ORIGIN = tmp_path / "ledger.key", "engage.test/ledger"
    return signing_key_of_the_ledger()


@pytest.fixture
def next_door(signer, settings, now, people_at_work):
    """Add the team at an address; its tokens fit, as both sides are this instance."""
    settings.AS_AT, settings.SISTER_QUERIES = now.isoformat(), True

    def add(address: str, **changed):
        said = dict(
            code="NEXT",
            name="Team next door",
            address=address,
            telephone="01632 960111",
            ask_for="the duty worker",
            filter_key=str(signer.public),
            our_token=OURS,
            their_token=THEIRS,
            colleague=people_at_work["nia"],
            now=now,
        )
        return add_sister(**said | changed)

    return add


@pytest.fixture
def serving_here(db) -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.fixture
def sister(next_door, serving_here):
    """The team next door, answering; it holds nobody until a filter is made. ASKER is what it knows us as."""
    next_door(serving_here, code="ASKER", our_token="unused-" + "c" * 40, their_token=OURS)
    return next_door(serving_here)


@pytest.fixture
def holding(katie, sister, now):
    """The filter of the team next door, with Katie in it."""
    return make_filter(now=now)

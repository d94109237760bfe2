"""Whatever comes back instead of an answer is a failure in words, never a child that was not found."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from tests.integration.sister_teams.conftest import OURS

from engage.practice.sister_teams import wire
from engage.practice.sister_teams.actions import ask_sister_team
from engage.practice.sister_teams.models import HoldingKey

pytestmark = pytest.mark.django_db


@contextmanager
def answering(filter_sent: bytes, status: int, body: bytes, said_length: int | None = None, **headers: str):
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            seen.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            honest = self.command == "GET" and filter_sent
            self.send_response(200 if honest else status)
            content = filter_sent if honest else body
            self.send_header(
                "Content-Length", str(len(content) if honest or said_length is None else said_length)
            )
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()


def test_nothing_but_an_answer_to_this_question_is_believed(
    katie, holding, next_door, people_at_work, now, monkeypatch
):
    monkeypatch.setattr(wire, "SECONDS_TO_WAIT", 1)
    amir, made = people_at_work["amir"], bytes(HoldingKey.objects.get().filter)
    said = {"purpose": "protect_this_child", "case": "CASE/17", "by": amir, "now": now}
    for words, given in (
        ("not know the token", (b"", 401, b"")),
        ("not as its holder made it", (b"", 200, made[:-1] + bytes([made[-1] ^ 1]))),
        ("cannot be read", (made, 200, b"[]")),
        ("too large", (made, 200, b"x" * 9000)),
        ("broke off|in time", (made, 200, b"{}", 500)),
        ("status 302", (made, 302, b"")),
        ("status 500", (made, 500, b"Katie Holden")),
    ):
        with answering(*given, Location="/elsewhere/") as (address, seen):
            question = ask_sister_team(katie, next_door(address), **said)
        assert (question.outcome, "Katie" in question.failed_because) == ("failed", False)
        assert re.search(words, question.failed_because), question.failed_because
        assert "/elsewhere/" not in seen


def test_the_api_opens_by_a_sister_teams_token_alone(sister, settings):
    def get(token: str | None):
        return Client().get(
            "/api/sister/filter", headers={"Authorization": f"Bearer {token}"} if token else {}
        )

    assert get(OURS).status_code == 404  # no filter yet
    refused = [get(token) for token in (None, "x", "engage_" + "a" * 43)]
    settings.SISTER_QUERIES = False
    refused.append(get(OURS))
    assert {(one.status_code, one.content) for one in refused} == {(401, refused[0].content)}
    settings.SISTER_QUERIES = True
    sent = Client().post(
        "/api/sister/question", b"x" * 9000, "application/json", headers={"Authorization": f"Bearer {OURS}"}
    )
    assert sent.status_code == 413

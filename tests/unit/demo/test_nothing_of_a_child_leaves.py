"""The search for what was disclosed finds a name, date or number however it is written; and sees all that passed by."""

import json
import threading
from base64 import b64encode, urlsafe_b64encode
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from engage.demo.disclosed import found_in, names_disclosed, told_of
from engage.demo.forwarder import Forwarder
from engage.methods.linkage.records import IdentityRecord

CHILD = IdentityRecord(
    id="one",
    source="BWD-CSC",
    forenames="Łucja Zoé",
    surname="O'Hargreaves-Pye",
    known_as="Lu",
    dob=date(2011, 3, 14),
    nhs_number="9990000018",
    upn="H889201200001",
    postcodes=("BB1 4QT",),
    phone="07700 900123",
)
WORDS = told_of([CHILD])


@pytest.mark.parametrize(
    "said",
    [
        b"hargreaves", b"HARGREAVES", b'{"name": "hargreaves"}', "Łucja".encode(), b"lucja", b"a Pye came",
        json.dumps("Łucja").encode(), quote("łucja").encode(), "zoé".encode("cp1252"), b"xHargreavesx",
        b"2011-03-14", b"20110314", b"14/03/2011", b"14.03.2011", b"14 March 2011", b"03/14/2011",
        b"999 000 0018", b"9990000018", b"999-000-0018", b"h889201200001", b"bb1 4qt", b"BB14QT", b"07700900123",
        b"\\x" + b"Hargreaves".hex().encode(), b"hargreaves".hex().upper().encode(), "Łucja".encode().hex().encode(),
        *(b64encode(b"." * before + b"hargreaves and more") for before in range(3)),
        urlsafe_b64encode(b"born 2011-03-14"),
    ],
)  # fmt: skip
def test_it_is_found_however_it_is_written(said):
    assert found_in(b"before " + said + b" after", WORDS)


@pytest.mark.parametrize(
    "said", [b"", b"copyerror", b"2011-03-15", b"argreave", b"9990000019", bytes(range(256))]
)
def test_something_else_is_not_taken_for_it(said):
    assert found_in(b"before " + said + b" after", WORDS) == []


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"We know Zo" + "é".encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def other_team():
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_name_disclosed_on_purpose_is_seen_on_its_way_there_and_back(other_team):
    with Forwarder(other_team) as wire:
        for body in (b"Do you know Hargreaves?", b"x" * 200_000 + b"BB1 4QT"):
            with urlopen(Request(f"{wire.address}/question", body, method="POST"), timeout=20) as answer:
                assert answer.read() == b"We know Zo" + "é".encode()
        asked_1, answered, asked_2, _ = wire.passed_on()
    assert b"POST /question" in asked_1 and b"200 OK" in answered
    assert found_in(asked_1, WORDS) == ["Hargreaves"]
    assert found_in(answered, WORDS) == ["Zoé"]
    assert "BB1 4QT" in found_in(asked_2, WORDS)


def test_what_was_disclosed_in_any_place_is_counted_and_said(capsys):
    left = {
        "on the wire": b"POST Hargreaves",
        "in its rows": b"\\x" + b"bb1 4qt".hex().encode(),
        "in its log": b"",
    }
    assert names_disclosed(left, [CHILD]) == 2
    assert (
        capsys.readouterr().out == "  disclosed on the wire: Hargreaves\n  disclosed in its rows: BB1 4QT\n"
    )
    assert names_disclosed(dict.fromkeys(left, b"nothing of it"), [CHILD]) == 0

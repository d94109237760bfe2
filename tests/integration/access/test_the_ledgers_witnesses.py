"""The ledger and its witnesses together: cosigned, one silent, and what whoever rules the server cannot hide."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import override_settings
from tests.conftest import NOW

from engage.methods.ledger import Checkpoint as Statement
from engage.methods.ledger import PublicKey, root_of
from engage.methods.ledger.verify_file import verify_lines
from engage.practice.access import audit, verifying
from engage.practice.access.jobs import sequence_ledger
from engage.practice.access.ledger import signing_key_of_the_ledger
from engage.practice.access.ledger_keys import Witness, witnesses
from engage.practice.access.models import Checkpoint, Cosignature, LedgerLeaf
from engage.practice.access.witnesses import Answer, ask_witnesses
from engage.witness.memory import Memory
from engage.witness.server import Server


@contextmanager
def running(folder, name, ledger_key: PublicKey):
    with Server(("127.0.0.1", 0), Memory(folder / name, f"{name}.test/w", [ledger_key])) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Witness(f"http://127.0.0.1:{server.server_address[1]}", server.memory.key.public)
        server.shutdown()


@pytest.fixture
def two(ledger, tmp_path):
    key = signing_key_of_the_ledger().public
    with running(tmp_path, "police", key) as police, running(tmp_path, "charity", key) as charity:
        yield [police, charity]


def answers(asked) -> list[str]:
    return [one.answer for one in asked]


def written_anew(ledger, leaves: list[bytes]) -> None:
    """With the database and the signing key: other checkpoints, properly signed, over altered places."""
    key = signing_key_of_the_ledger()
    for (size,) in ledger.rows("SELECT size FROM access_checkpoint ORDER BY size"):
        root = root_of(leaves[:size])
        ledger.as_owner(
            "UPDATE access_checkpoint SET root = %(root)s, text = %(text)s WHERE size = %(size)s",
            parameters={
                "root": root,
                "size": size,
                "text": key.sign(Statement("engage.test/ledger", size, root)),
            },
        )


def alter_entry(ledger, index: int) -> None:
    """Body and both hashes, so that each row fits every other."""
    (((entry, body)),) = ledger.rows(
        "SELECT e.id, e.body FROM access_auditentry e JOIN access_ledgerleaf l ON l.entry_id = e.id"
        f" WHERE l.index = {index}"
    )
    body["action"] = "something_harmless"
    given = {"body": json.dumps(body), "leaf": audit.leaf_of(body), "id": entry}
    ledger.as_owner(
        "UPDATE access_auditentry SET body = %(body)s, leaf = %(leaf)s WHERE id = %(id)s", parameters=given
    )
    ledger.as_owner(
        "UPDATE access_ledgerleaf SET leaf = %(leaf)s WHERE entry_id = %(id)s",
        parameters={"leaf": given["leaf"], "id": entry},
    )


def test_each_witness_cosigns_as_the_ledger_grows_and_what_it_signed_is_verified(ledger, two):
    for _ in range(3):
        ledger.looks(4)
        ledger.sequence()
        assert answers(ask_witnesses(two, now=NOW)) == [Answer.COSIGNED] * 2
    assert Cosignature.objects.count() == 6
    found = ledger.verify(two)
    assert found.problems == [] and found.cosigned == {"police.test/w": 12, "charity.test/w": 12}
    with verifying.one_moment():
        lines = list(verifying.extract_lines([str(signing_key_of_the_ledger().public)], two))
    assert verify_lines(lines).cosigned == found.cosigned


def test_asked_again_about_the_same_a_witness_confirms_and_nothing_more_is_kept(ledger, two):
    ledger.looks(2)
    ledger.sequence()
    for _ in range(2):
        assert answers(ask_witnesses(two, now=NOW)) == [Answer.COSIGNED] * 2
    assert Cosignature.objects.count() == 2


def test_a_silent_witness_is_told_of_and_stops_neither_the_other_nor_the_work(ledger, two, caplog):
    silent = Witness("http://127.0.0.1:9", two[0].key)
    settings = f"{silent.address} {silent.key}, {two[1].address} {two[1].key}"
    with override_settings(WITNESSES=settings):
        assert witnesses() == [silent, two[1]]
        ledger.looks(3)
        sequence_ledger(timestamp=0)
    assert len(ledger.places()) == 3
    assert [one.witness for one in Cosignature.objects.all()] == ["charity.test/w"]
    assert [r.getMessage().split(".")[0] for r in caplog.records if r.name.endswith("jobs")] == [
        "Witness police"
    ]
    ledger.looks(3)
    ledger.sequence()
    assert answers(ask_witnesses(two, now=NOW)) == [Answer.COSIGNED] * 2  # it catches up


def test_a_witness_that_cosigned_and_was_not_heard_goes_on_from_what_it_saw(ledger, two):
    ledger.looks(3)
    ledger.sequence()
    ask_witnesses(two, now=NOW)
    ledger.as_owner("DELETE FROM access_cosignature")
    ledger.looks(3)
    ledger.sequence()
    assert answers(ask_witnesses(two, now=NOW)) == [Answer.COSIGNED] * 2


def test_a_witness_that_does_not_know_the_ledger_or_its_key_is_told_of(ledger, tmp_path):
    stranger = PublicKey("elsewhere.test/ledger", 1, signing_key_of_the_ledger().public.key)
    other_key = PublicKey("engage.test/ledger", 1, bytes(31) + b"\x01")
    ledger.looks(1)
    ledger.sequence()
    with running(tmp_path, "a", stranger) as a, running(tmp_path, "b", other_key) as b:
        assert answers(ask_witnesses([a, b], now=NOW)) == [Answer.REFUSED] * 2


def test_an_answer_signed_by_somebody_else_is_not_kept(ledger, two):
    ledger.looks(1)
    ledger.sequence()
    impostor = Witness(two[0].address, two[1].key)
    assert answers(ask_witnesses([impostor], now=NOW)) == [Answer.SILENT]
    assert not Cosignature.objects.exists()


def test_a_witness_that_sends_elsewhere_is_not_followed(ledger):
    asked = []

    class SendsOn(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *args):
            pass

    ledger.looks(1)
    ledger.sequence()
    with HTTPServer(("127.0.0.1", 0), SendsOn) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there = Witness(f"http://127.0.0.1:{server.server_address[1]}", signing_key_of_the_ledger().public)
        assert answers(ask_witnesses([there], now=NOW)) == [Answer.SILENT]
        server.shutdown()
    assert asked == ["/add-checkpoint"]


def test_signed_anew_over_an_altered_entry_the_cosignatures_tell(ledger, two):
    ledger.looks(4)
    ledger.sequence()
    ask_witnesses(two, now=NOW)
    alter_entry(ledger, 1)
    written_anew(ledger, [bytes(one.leaf) for one in LedgerLeaf.objects.order_by("index")])
    assert ledger.verify().problems == []  # the database and the key alone are not enough to find it
    sentences = [one.sentence for one in ledger.verify(two).problems]
    assert sentences == [
        f"what {name}.test/w cosigned at size 4 is something else" for name in ("charity", "police")
    ]


def test_with_the_cosignatures_gone_too_the_witnesses_themselves_tell(ledger, two):
    ledger.looks(4)
    ledger.sequence()
    ask_witnesses(two, now=NOW)
    alter_entry(ledger, 1)
    written_anew(ledger, [bytes(one.leaf) for one in LedgerLeaf.objects.order_by("index")])
    ledger.as_owner("DELETE FROM access_cosignature")
    found = ledger.verify(two)
    assert (found.problems, found.cosigned) == ([], {})
    assert answers(ask_witnesses(two, now=NOW)) == [Answer.CONTRADICTED] * 2


def test_the_end_cut_off_and_lived_on_without_is_told_by_the_witnesses(ledger, two):
    """The whole host: entries, places, checkpoints and cosignatures of the last hour gone, as if never there."""
    ledger.looks(4)
    ledger.sequence()
    made = ledger.looks(3)
    ledger.sequence()
    ask_witnesses(two, now=NOW)
    ledger.as_owner(
        "DELETE FROM access_cosignature",
        "DELETE FROM access_ledgerleaf WHERE index >= 4",
        "DELETE FROM access_checkpoint WHERE size > 4",
        f"DELETE FROM access_auditentry WHERE id IN ({', '.join(repr(str(one)) for one in made)})",
    )
    assert ledger.verify(two).problems == []
    (asked, _) = ask_witnesses(two, now=NOW)
    assert (asked.answer, "has seen 7 entries" in asked.sentence) == (Answer.CONTRADICTED, True)
    ledger.looks(3)  # and not by going on to the same size either
    ledger.sequence()
    assert Checkpoint.objects.order_by("-size").first().size == 7
    assert answers(ask_witnesses(two, now=NOW)) == [Answer.CONTRADICTED] * 2
